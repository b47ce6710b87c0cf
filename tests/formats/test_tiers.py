"""The tiers of a parser agree: what a fast one accepts, the strict reading of one line gives too, value by value."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pullstats.formats.entry import Entry, entries
from pullstats.formats.kinds import compiled
from pullstats.formats.kinds.w3c import W3cParser
from pullstats.formats.parse import open_reader
from pullstats.tables import PARSED, REJECTED
from tests.formats.support import SAMPLES, disagreements, sample, truth_of
from tests.formats.test_samples import NAMES

# fmt: off
PIECES = [
    '"', "\\", '\\"', "\\x22", " ", "\t", "|", "-", "0", "99", "9999999999999999999", "é", "\x00", "\ufffd", "[", "]", "{", "}",
    ",", ',"', ":", "?", "%20", "#22", "", "  ", " - ", "31/Feb", "null", "1e3", "-1", "1.5", "\\u00e9", "http://h:1/p", "::1",
]
# fmt: on


def _lines(entry: Entry) -> list[str]:
    """Good lines of an entry: its examples and its samples, without an envelope."""
    lines = [str(example["line"]) for example in entry.examples]
    for name in SAMPLES:
        if NAMES.get(name, name) == entry.name:
            lines += sample(name)[0]
    reader = open_reader(entry)
    reader.read(pl.Series(lines, dtype=pl.String))
    if reader._unwrapper is not None and reader.envelopes:  # noqa: SLF001 - the lines as the parser gets them
        lines = reader._unwrapper.unwrap(pl.Series(lines, dtype=pl.String)).lines.to_list()  # noqa: SLF001
    return lines


EDITS = st.tuples(st.integers(0, 10_000), st.floats(0, 1), st.integers(0, 30), st.sampled_from(PIECES))


def _edited(lines: list[str], edits: list[tuple[int, float, int, str]]) -> list[str]:
    out = []
    for which, where, cut, piece in edits:
        line = lines[which % len(lines)]
        at = int(where * len(line))
        out.append(line[:at] + piece + line[at + cut :])
    return out


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_the_tiers_agree_on_good_lines(entry: Entry) -> None:
    parser = compiled(entry)
    if isinstance(parser, W3cParser) and not entry.spec:
        pytest.skip("its columns come with the log")
    lines = _lines(entry)
    assert not disagreements(parser, lines)
    assert any(truth_of(parser, line) for line in lines)


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
@settings(max_examples=3, deadline=None)
@given(edits=st.lists(EDITS, min_size=40, max_size=50))
def test_the_tiers_agree_on_damaged_lines(entry: Entry, edits: list[tuple[int, float, int, str]]) -> None:
    lines = _edited(_LINES.setdefault(entry.name, _lines(entry)), edits)
    assert not disagreements(compiled(entry), lines)


_LINES: dict[str, list[str]] = {}


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(st.text(max_size=80), max_size=20), which=st.sampled_from(entries()))
def test_any_text_gets_one_row_and_an_outcome(texts: list[str], which: Entry) -> None:
    lines = pl.Series([text.replace("\n", " ") for text in texts], dtype=pl.String)
    records = open_reader(which).read(lines)
    assert len(records) == len(texts)
    assert set(records["outcome"]) <= {0, 1, 2}
    assert records.filter(pl.col("outcome") == PARSED)["ts"].null_count() == 0
    assert records.filter(pl.col("outcome") != PARSED)["reason"].null_count() == 0
    assert records.schema["ts"] == pl.Int64


# entry, line, what it says (None: it is damaged); each was read differently by two tiers once
SETTLED = {
    "spaces in an upstream's time": (
        "nginx-timing",
        '127.0.0.2 - - [23/Nov/2026:18:45:19 +0000] "GET /v2/ HTTP/1.1" 401 36 "-" "a" "-" rt=0.001 uct="0.  00" uht="0" urt="1"',
        None,
    ),
    "an escape of nginx beside UTF-8": (
        "nginx-json",
        '{"time":"2026-11-23T18:45:19Z","remote_addr":"::1","uri":"/\\x22","status":200,"request_time":"5µs","agent":"µ\\xC3\\xA9"}',
        {"path": '/"', "user_agent": "µé", "request_time": 0.000005},
    ),
    "a carriage return before the object": (
        "nginx-json",
        '\r{"time":"2026-11-23T18:45:19Z","remote_addr":"::1","uri":"/","status":200,"more":[1]}\r',
        {"path": "/", "status": 200},
    ),
    "a number too small for its digits": (
        "caddy-json",
        '{"level":"info","ts":1693840792.5886028,"logger":"http.log.access","request":{"remote_ip":"::1","method":"GET","uri":"/"},"user_id":0.000002223,"size":0,"status":200}',
        {"user": "0.000002223"},
    ),
    "a space of Unicode before the object": (
        "nginx-json",
        '\u2003{"time":"2026-11-23T18:45:19Z","remote_addr":"::1","uri":"/","status":200,"more":[1]}',
        None,
    ),
    "a day that never was": (
        "nginx-combined",
        '::1 - - [31/Feb/2024:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"',
        None,
    ),
    "an hour that never was": (
        "nginx-combined",
        '::1 - - [01/Feb/2024:24:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"',
        None,
    ),
    "a day of one digit": (
        "nginx-combined",
        '::1 - - [ 1/Feb/2024:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"',
        None,
    ),
    "a month in capitals": (
        "nginx-combined",
        '::1 - - [01/FEB/2024:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"',
        None,
    ),
    "a leap second": (
        "nginx-combined",
        '::1 - - [01/Feb/2024:10:00:60 +0000] "GET / HTTP/1.1" 200 5 "-" "-"',
        {"ts": 1706781660000000},
    ),
    "a missing quote": ("nginx-combined", '::1 - - [01/Feb/2024:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "a', None),
    "a missing size": ("nginx-combined", '::1 - - [01/Feb/2024:10:00:00 +0000] "GET / HTTP/1.1" 200 "-" "a"', None),
    "a size beyond numbers": (
        "nginx-combined",
        '::1 - - [01/Feb/2024:10:00:00 +0000] "GET / HTTP/1.1" 200 99999999999999999999 "-" "a"',
        None,
    ),
    "a fraction where the zone stands": (
        "nginx-combined",
        '::1 - - [01/Feb/2024:10:00:00.50000] "GET / HTTP/1.1" 200 5 "-" "a"',
        None,
    ),
    "a zone of minutes with a colon": (
        "apache-combined",
        '::1 - - [01/Feb/2024:10:00:00+00:00] "GET / HTTP/1.1" 200 5 "-" "a"',
        None,
    ),
    "a host in the target and one beside it": (
        "gitlab",
        '{"host":"a.example","level":"info","method":"GET","msg":"access","remote_ip":"::1","status":200,"time":"2021-03-17T09:22:05Z","uri":"http://b.example/c"}',
        {"host": "b.example", "path": "/c"},
    ),
    "an escaped quote": (
        "apache-combined",
        r'::1 - - [01/Feb/2024:10:00:00 +0000] "GET / HTTP/1.1" 200 - "-" "a \" \\"',
        {"user_agent": 'a " \\', "bytes": None},
    ),
    "a user with a space": (
        "nginx-combined",
        '::1 - al ice [01/Feb/2024:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "a"',
        {"user": "al ice", "auth": True},
    ),
    "a user who looks like an address": (
        "nginx-combined",
        '::1 - 192.0.2.1 - - [01/Feb/2024:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "a"',
        {"client_ip": "::1", "user": "192.0.2.1 - -"},
    ),
    "escaped once only": (
        "nginx-combined",
        r'::1 - - [01/Feb/2024:10:00:00 +0000] "GET /\x5Cx22 HTTP/1.1" 200 5 "-" "a"',
        {"path": r"/\x22"},
    ),
    "HTTP/2's preface": (
        "nginx-combined",
        '::1 - - [01/Feb/2024:10:00:00 +0000] "PRI * HTTP/2.0" 400 5 "-" "-"',
        {"malformed": True, "method": None, "path": None},
    ),
    "a request for a proxy": (
        "nginx-combined",
        '::1 - - [01/Feb/2024:10:00:00 +0000] "CONNECT a.example:443 HTTP/1.1" 400 5 "-" "-"',
        {"malformed": None, "method": "CONNECT", "path": None, "host": "a.example"},
    ),
    "an absolute target": (
        "nginx-combined",
        '::1 - - [01/Feb/2024:10:00:00 +0000] "GET http://u@[2001:db8::1]:80?a=1 HTTP/1.1" 400 5 "-" "-"',
        {"path": "/", "query": "a=1", "host": "2001:db8::1"},
    ),
}


@pytest.mark.parametrize("what", SETTLED)
def test_a_borderline_line_is_decided_once(what: str) -> None:
    name, line, expected = SETTLED[what]
    entry = next(e for e in entries() if e.name == name)
    assert not disagreements(compiled(entry), [line])
    record = open_reader(entry).read(pl.Series([line])).row(0, named=True)
    if expected is None:
        assert record["outcome"] == REJECTED
    else:
        assert record["outcome"] == PARSED
        assert {key: record[key] for key in expected} == pytest.approx(expected)
