"""Logs as they come: huge lines, bytes that are no text, strange line ends, pipes. No line is lost."""

import gzip
import os
from pathlib import Path

import pytest

from tests.cli.support import log, process, request, shell
from tests.program import Done, pullstats

LINES = log(0, 60).splitlines()


def joined(*lines: bytes | str, end: bytes = b"\n") -> bytes:
    return b"".join((line.encode() if isinstance(line, str) else line) + end for line in lines)


def with_agent(agent: bytes) -> bytes:
    return request(1).encode().replace(b'"docker/24.0.7 go/go1.20.10 os/linux arch/amd64"', b'"' + agent + b'"')


# A log, and how many of its lines are parsed, ignored and rejected.
ODD: dict[str, tuple[bytes, tuple[int, int, int]]] = {
    "an agent of 10 MB": (joined(*LINES, with_agent(b"x" * 10_000_000), *LINES), (120, 0, 1)),
    "a line of 10 MB": (joined(*LINES, b"y" * 10_000_000, *LINES), (120, 0, 1)),
    "10 MB without a line end": (joined(*LINES) + b"y" * 10_000_000, (60, 0, 0)),
    "bytes that are not UTF-8": (joined(*LINES, with_agent(b"a\xff\xfe\xc3b")), (61, 0, 0)),
    "NUL bytes in a line": (joined(*LINES, with_agent(b"a\x00b")), (61, 0, 0)),
    "a line of NUL bytes": (joined(*LINES, b"\x00" * 4_096), (60, 0, 1)),
    "CRLF": (joined(*LINES, end=b"\r\n"), (60, 0, 0)),
    "a byte order mark": (b"\xef\xbb\xbf" + joined(*LINES), (60, 0, 0)),
    "no line end at the end": (joined(*LINES)[:-1], (60, 0, 0)),
    "blank lines between": (joined(*[part for line in LINES for part in (line, "", " \t")]), (60, 120, 0)),
    "control characters": (joined(*LINES, with_agent(b"\x1b[31m\x01\x02\x07")), (61, 0, 0)),
    "a form feed and a line separator": (joined(*LINES, with_agent("a\x0c\x0b\u2028\x85b".encode())), (61, 0, 0)),
    "one line": (joined(LINES[0]), (1, 0, 0)),
}


def fates(done: Done) -> tuple[int, int, int]:
    assert "Traceback" not in done.err
    covered = done.document["meta"]["coverage"]
    assert covered["read"] == covered["parsed"] + covered["ignored"] + covered["rejected"]
    return covered["parsed"], covered["ignored"], covered["rejected"]


@pytest.mark.parametrize(("data", "wanted"), ODD.values(), ids=ODD)
def test_every_line_of_an_odd_log_is_accounted_for(here: Path, data: bytes, wanted: tuple[int, int, int]) -> None:
    (here / "odd.log").write_bytes(data)
    assert fates(pullstats("uniques", "--of", "requests", "odd.log", "-f", "json")) == wanted


def test_every_line_of_odd_logs_is_stored_or_told(here: Path) -> None:
    for name, (data, _) in ODD.items():
        (here / f"{name}.log").write_bytes(data)
    logs = [f"{name}.log" for name in ODD]
    done = pullstats("ingest", *logs, "-f", "json", "--max-rejected", "50%")
    assert done.code == 0, done.err
    told = {each["source"]: each for each in done.document["sources"]}
    for each in told.values():
        assert each["lines"] == each["parsed"] + each["ignored"] + each["rejected"]
    ledger = pullstats("store", "files", "-f", "csv").rows
    assert sum(int(row["parsed"]) for row in ledger) == done.document["totals"]["parsed"]


@pytest.mark.parametrize(
    "name", ["a line of NUL bytes", "CRLF", "control characters", "a form feed and a line separator"]
)
def test_odd_lines_can_be_looked_at(here: Path, name: str) -> None:
    data, (parsed, ignored, rejected) = ODD[name]
    (here / "odd.log").write_bytes(data)
    rows = pullstats("inspect", "lines", "odd.log", "-f", "json").document["rows"]
    assert [row["line_number"] for row in rows] == list(range(1, parsed + ignored + rejected + 1))
    assert [row["outcome"] for row in rows].count("rejected") == rejected


def test_a_log_is_read_once_however_it_is_named(here: Path) -> None:
    (here / "link.log").symlink_to("access.log")
    os.link(here / "access.log", here / "hard.log")
    (here / "packed.gz").write_bytes(gzip.compress((here / "access.log").read_bytes()))
    for words in (
        ["access.log", "./access.log", here / "access.log", "access.log"], ["access.log", "link.log"],
        ["access.log", "hard.log"], ["access.log", "packed.gz"], ["*.log", "access.log"],
    ):  # fmt: skip
        done = pullstats("uniques", "--of", "requests", *words, "-f", "json")
        assert (done.code, fates(done)) == (0, (120, 0, 0)), words
        stored = pullstats("ingest", *words, "-f", "json")
        assert stored.code == 0
    assert [row["lines"] for row in pullstats("store", "files", "-f", "csv").rows] == ["120"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input(pack: type[bytes]) -> None:
    done = process("summary", "-", "-f", "json", stdin=pack(log(0, 50).encode()))
    assert (done.code, fates(done)) == (0, (50, 0, 0))
    assert done.document["meta"]["sources"][0]["name"] == "-"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("pullstats summary -f json <(cat access.log)", ""),
        ("mkfifo pipe; cat access.log > pipe & pullstats summary -f json pipe", ""),
        ("pullstats summary -f json /dev/stdin < access.log", ""),
        ("pullstats summary /dev/null", "pullstats: /dev/null: is empty (0 lines); nothing to count\n"),
        ("pullstats summary - <&-", "pullstats: -: is empty (0 lines); nothing to count\n"),
    ],
)
def test_pipes_are_read_like_files(here: Path, script: str, said: str) -> None:
    done = shell(script, here)
    assert (done.code, done.err) == (1 if said else 0, said)
    if not said:
        assert fates(done) == (120, 0, 0)


def test_a_pipe_can_be_ingested_and_is_known_again(here: Path) -> None:
    assert shell("pullstats ingest <(cat access.log)", here).code == 0
    done = pullstats("ingest", "access.log", "-f", "json")
    assert [each["status"] for each in done.document["sources"]] == ["already"]


def test_a_name_that_is_not_utf8(here: Path) -> None:
    name = os.fsdecode(b"caf\xe9.log")
    (here / name).write_text(log(0, 10))
    for command in ("summary", "ingest", "detect", "inspect lines"):
        done = process(*command.split(), name, "-f", "json", cwd=here)
        assert done.code == 0, done.err
    assert [row["source"] for row in pullstats("store", "files", "-f", "csv").rows] == ["caf\ufffd.log"]
    assert pullstats("summary", os.fsdecode(b"caf\xe8.log")).code == 1
