"""W3C columns whose texts stand in quotes (IIS Advanced Logging and others): a text may then hold spaces."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pullstats.formats.entry import entry
from pullstats.formats.parse import open_reader
from pullstats.formats.values import Unreadable
from pullstats.tables import PARSED, REJECTED

FIELDS = "#Fields:   date-local time-local   cs-method cs-uri-stem c-ip cs(User-Agent) cs(Host) sc-status TimeTakenMS"
LINE = '2012-08-15 17:00:00.363 GET /a.zip "203.0.113.9" "curl/8 (like it)" - 200 109'


def _read(*lines: str) -> list[dict[str, object]]:
    return open_reader(entry("iis")).read(pl.Series([FIELDS, *lines])).rows(named=True)[1:]


def test_a_text_in_quotes_holds_spaces() -> None:
    (record,) = _read(LINE)
    assert record["outcome"] == PARSED
    assert (record["client_ip"], record["user_agent"], record["host"]) == ("203.0.113.9", "curl/8 (like it)", None)
    assert (record["status"], record["request_time"], record["ts"]) == (200, 0.109, 1345050000363000)


def test_a_quote_in_quotes_stands_twice_and_a_plus_beside_a_space_is_one() -> None:
    (record,) = _read(LINE.replace("(like it)", '""a+b""'))
    assert record["user_agent"] == 'curl/8 "a+b"'


def test_an_empty_text_is_absent() -> None:
    (record,) = _read(LINE.replace('"curl/8 (like it)"', '""'))
    assert (record["outcome"], record["user_agent"]) == (PARSED, None)


def test_a_lone_quote_is_text() -> None:
    (record,) = _read(LINE.replace('"curl/8 (like it)"', '"curl/8'))
    assert (record["outcome"], record["user_agent"]) == (PARSED, '"curl/8')


def test_too_many_texts_are_no_line() -> None:
    assert _read(LINE + ' "more"')[0]["outcome"] == REJECTED


PIECES = st.sampled_from(['"', '""', ' "', '" ', " ", "+", "-", "200", "a b", '"a b"', ""])


@settings(max_examples=200, deadline=None)
@given(at=st.lists(st.tuples(st.integers(0, len(LINE)), PIECES), max_size=3))
def test_columns_and_single_lines_are_read_alike(at: list[tuple[int, str]]) -> None:
    line = LINE
    for place, piece in at:
        line = line[:place] + piece + line[place:]
    reader = open_reader(entry("iis"))
    row = reader.read(pl.Series([FIELDS, line])).row(1, named=True)
    try:
        one = reader.parser.one(line)  # pyright: ignore[reportAttributeAccessIssue] - every parser but a user's has it
    except Unreadable:
        one = None
    assert (row["outcome"] == PARSED) == (one is not None)
    if one is not None:
        assert {name: row[name] for name in one} == one
