"""Damage and malice: no text raises, no line takes more than linear time, every line has one outcome."""

from __future__ import annotations

import gzip
import random
import time
from pathlib import Path

import polars as pl
import pytest

from pullstats.formats.detect import guess
from pullstats.formats.entry import KINDS, Entry, entries, entry
from pullstats.formats.parse import open_reader
from pullstats.sources.lines import Block
from pullstats.tables import IGNORED, PARSED, REJECTED
from tests.formats.support import lines_of

SHARED = Path(__file__).parents[3] / "shared" / "corpora" / "logs"
CAP = 65_536
HEAD = '192.0.2.1 - - [01/Feb/2024:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" '
HOSTILE = {
    "quotes": '"' * CAP,
    "backslashes": "\\" * CAP,
    "escaped quotes": '"' + '\\"' * (CAP // 2),
    "spaces": " " * CAP,
    "spaces in a request": HEAD.replace("GET / HTTP/1.1", "GET " + " " * (CAP - 200)) + '"-"',
    "times": ("x - - [01/Feb/2024:10:00:00 +0000] " * (CAP // 36))[:CAP],
    "heads": (HEAD * (CAP // len(HEAD)))[:CAP],
    "digits": "1" * CAP,
    "an agent of digits": HEAD + '"' + "1" * (CAP - 100) + '" "' + "1." * 50 + '"',
    "colons": ":" * CAP,
    "addresses": ("1.2.3.4, " * (CAP // 9))[:CAP],
    "braces": "{" * CAP,
    "brackets": "[" * CAP,
    "objects in objects": '{"a":' * (CAP // 5),
    "keys": ('{"a":"b",' + '"a":"b",' * (CAP // 8))[:CAP],
    "equals": ("a=b " * (CAP // 4))[:CAP],
    "tabs": "\t" * CAP,
    "pipes": "|" * CAP,
    "hashes": "#" * CAP,
    "percent": "%25" * (CAP // 3),
    "names": ('"log":"' * (CAP // 7))[:CAP],
    "parts": "2026-11-23T18:45:19Z stdout P " + "a" * (CAP - 40),
    "text": "a " * (CAP // 2),
    "no text": "\ufffd" * (CAP // 3),
}


QUADRATIC = 10  # seconds: linear work on these 1.5 MB takes a tenth, quadratic work minutes


@pytest.mark.parametrize("which", entries(), ids=lambda which: which.name)
def test_hostile_lines_are_judged_in_linear_time(which: Entry) -> None:
    begin = time.process_time()
    records = open_reader(which).read(pl.Series(list(HOSTILE.values()), dtype=pl.String))
    assert time.process_time() - begin < QUADRATIC
    assert len(records) == len(HOSTILE)


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_lines_of_a_megabyte_are_lines_like_others(kind: str) -> None:
    text = "".join(line * (1_000_000 // len(line)) + "\n" for line in HOSTILE.values()).encode()
    which = next(each for each in entries() if each.kind == kind)
    begin = time.process_time()
    records = open_reader(which).read(Block(text, 1).lines())
    assert time.process_time() - begin < QUADRATIC
    assert len(records) == len(HOSTILE)


def test_hostile_lines_are_looked_at_in_linear_time() -> None:
    begin = time.process_time()
    for line in HOSTILE.values():
        guess([line] * 3)
    assert time.process_time() - begin < QUADRATIC * 3


def test_lines_at_the_cap_that_do_not_parse_are_too_long() -> None:
    records = open_reader(entry("nginx-combined")).read(pl.Series([HEAD + '"' + "a" * CAP]))
    assert records.row(0)[:2] == (REJECTED, "line too long")


def test_a_long_line_that_parses_is_a_record() -> None:
    records = open_reader(entry("nginx-combined")).read(pl.Series([HEAD + '"' + "a" * 60_000 + '"']))
    assert records["outcome"][0] == PARSED
    assert len(records["user_agent"][0]) == 60_000


def test_blank_lines_are_ignored() -> None:
    records = open_reader(entry("nginx-combined")).read(pl.Series(["", "  ", "\t"]))
    assert records["outcome"].to_list() == [IGNORED] * 3
    assert set(records["reason"]) == {"blank"}


def test_no_lines_give_no_rows() -> None:
    for each in entries():
        assert open_reader(each).read(pl.Series([], dtype=pl.String)).height == 0


@pytest.mark.parametrize("which", entries(), ids=lambda which: which.name)
def test_random_bytes_are_rejected_line_by_line(which: Entry) -> None:
    rnd = random.Random(5)
    text = bytes(rnd.randrange(256) for _ in range(20_000))
    lines = lines_of(text)
    outcomes = open_reader(which).read(pl.Series(lines, dtype=pl.String))["outcome"]
    assert len(outcomes) == len(lines)
    assert PARSED not in outcomes.to_list()


def test_half_a_surrogate_pair_is_a_replacement_character() -> None:
    line = '{"time":"2026-11-23T18:45:19Z","remote_addr":"::1","uri":"/\\ud83d","status":200,"agent":"\\ud83d\\ude00 \\udc00"}'
    record = open_reader(entry("nginx-json")).read(pl.Series([line])).row(0, named=True)
    assert (record["path"], record["user_agent"]) == ("/\ufffd", "\U0001f600 \ufffd")
    wrapped = '{"log":"\\ud83d\\n","stream":"stdout","time":"2026-11-23T18:45:19Z"}'
    assert open_reader(entry("nginx-json")).read(pl.Series([wrapped]))["outcome"][0] == REJECTED


def test_random_bytes_have_no_format() -> None:
    rnd = random.Random(6)
    found = guess(lines_of(bytes(rnd.randrange(256) for _ in range(20_000))))
    assert found.entry is None


@pytest.mark.skipif(not SHARED.exists(), reason="../shared with the real logs is not beside this clone")
@pytest.mark.parametrize(
    ("file", "lines", "name"),
    [
        ("nginx_downloads_2015_first29480.log.gz", 29_480, "nginx-combined"),
        ("apache_semicomplete_2015_10000.log.gz", 10_000, "apache-combined"),
    ],
)
def test_a_real_log_is_accounted_for(file: str, lines: int, name: str) -> None:
    texts = lines_of(gzip.decompress((SHARED / file).read_bytes()))
    assert len(texts) == lines
    found = guess(texts)
    assert found.entry is not None
    assert found.entry.name == name
    outcomes = open_reader(found.entry).read(pl.Series(texts))["outcome"].to_list()
    assert len(outcomes) == lines
    assert outcomes.count(PARSED) >= lines - 2
