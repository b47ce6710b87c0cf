"""CSV, TSV, JSON, NDJSON and Parquet: what programs read."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pullstats.answer import listing
from pullstats.errors import _HOSTILE
from pullstats.outputs import render
from tests.outputs.hand_made import (
    HOSTILE,
    MARCH,
    answer,
    breakdown,
    conditions,
    countries,
    formats,
    hostile,
    query,
    summary,
    text_of,
    top_origins,
    uniques,
)

ALL = {
    "summary": summary(),
    "uniques": uniques(),
    "breakdown": countries(),
    "top-origins": top_origins(),
    "listing": formats(),
    "hostile": hostile(),
    "empty": breakdown([], [], []),
}
SEPARATORS = {"csv": ",", "tsv": "\t"}
every_answer = pytest.mark.parametrize("name", ALL)


def parsed(text: str, separator: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


@every_answer
@pytest.mark.parametrize("form", SEPARATORS)
def test_the_header_is_always_there_and_every_row_has_its_cells(name: str, form: str) -> None:
    shown = ALL[name]
    header, *rows = parsed(text_of(shown, form), SEPARATORS[form])
    assert header == shown.table.columns
    assert len(rows) == len(shown.table)
    assert {len(row) for row in rows} <= {len(header)}


@every_answer
@pytest.mark.parametrize("form", ["csv", "tsv", "json", "ndjson", "md", "table"])
def test_no_output_has_a_character_that_a_terminal_acts_on(name: str, form: str) -> None:
    text = text_of(ALL[name], form)
    assert not _HOSTILE.search(text.replace("\n", "").replace("\t", "" if form == "tsv" else "\t"))


@given(
    cells=st.lists(st.tuples(st.one_of(st.none(), st.text(max_size=12)), st.integers(-(2**63), 2**63 - 1)), max_size=8),
    safe=st.booleans(),
    form=st.sampled_from(list(SEPARATORS)),
)
@settings(max_examples=60, deadline=None)
def test_csv_read_back_is_the_cells(cells: list[tuple[str | None, int]], safe: bool, form: str) -> None:
    columns = {"name": pl.String(), "count": pl.Int64()}
    shown = listing("cells", pl.DataFrame(cells, schema=columns, orient="row"))
    _, *rows = parsed(text_of(shown, form, spreadsheet_safe=safe), SEPARATORS[form])
    quoted = "'" if safe else ""
    expected = [_HOSTILE.sub("\ufffd", text or "") for text, _ in cells]
    formula = [bool(re.match("[=+\\-@\t\r＝＋－＠]", text or "")) for text, _ in cells]  # noqa: RUF001
    assert [row[0] for row in rows] == [quoted * bad + text for text, bad in zip(expected, formula, strict=True)]
    assert [row[1] for row in rows] == [str(count) for _, count in cells]


def test_a_cell_that_looks_like_a_formula_is_quoted_only_when_asked() -> None:
    plain = [row[0] for row in parsed(text_of(hostile(), "csv"))]
    safe = [row[0] for row in parsed(text_of(hostile(), "csv", spreadsheet_safe=True))]
    assert [text for text in plain if text.startswith(("=", "+", "-", "@"))] == ["=cmd()", "+1", "-2+3", "@sum"]
    assert [text for text in safe if text.startswith("'")] == ["'=cmd()", "'+1", "'-2+3", "'@sum", "'\ufffd=1"]


def test_numbers_are_plain_shares_fractions_and_what_is_not_known_is_empty() -> None:
    table = pl.DataFrame(
        {"country": ["DE", None], "pulls": [1_234_567, None], "pulls_share": [0.163, math.nan], "ci": [True, None]},
    )
    assert text_of(answer("breakdown", table), "csv") == "country,pulls,pulls_share,ci\nDE,1234567,0.163,true\n,,,\n"


def test_lines_end_with_one_line_feed_and_there_is_no_mark_at_the_beginning() -> None:
    text = text_of(countries(), "csv")
    assert text.startswith("client,")
    assert "\r" not in text
    assert text.endswith("35\n")


@pytest.mark.parametrize(
    ("zone", "us", "expected"),
    [
        ("UTC", 0, "1970-01-01T00:00:00+00:00"),
        ("UTC", MARCH + 1, "2024-03-01T00:00:00.000001+00:00"),
        ("Europe/Berlin", MARCH, "2024-03-01T01:00:00+01:00"),
        ("Europe/Berlin", MARCH + 31 * 86_400_000_000, "2024-04-01T02:00:00+02:00"),
        ("Asia/Kolkata", MARCH, "2024-03-01T05:30:00+05:30"),
        ("+05:30", MARCH, "2024-03-01T05:30:00+05:30"),
        ("-03:30", MARCH + 1_500_000, "2024-02-29T20:30:01.500000-03:30"),
        ("UTC", None, None),
    ],
)
def test_times_are_iso_text_with_the_offset_of_the_asked_zone(zone: str, us: int | None, expected: str | None) -> None:
    table = pl.DataFrame({"first_seen": pl.Series([us], dtype=pl.Int64())})
    shown = answer("top-origins", table, query(tz=zone))
    assert parsed(text_of(shown, "csv"))[1:] == [[expected] if expected else []]
    assert json.loads(text_of(shown, "json"))["rows"] == [{"first_seen": expected}]


def test_a_limit_cuts_the_rows() -> None:
    assert len(parsed(text_of(top_origins(), "csv", limit=3))) == 4
    assert len(json.loads(text_of(top_origins(), "json", limit=3))["rows"]) == 3
    assert text_of(top_origins(), "ndjson", limit=0) == ""


@every_answer
def test_json_is_the_envelope_with_the_rows(name: str) -> None:
    shown = ALL[name]
    document = json.loads(text_of(shown, "json"))
    assert list(document) == ["schema", "schema_version", "pullstats", "meta", "rows"]
    assert document["schema"] == f"pullstats.{shown.name}"
    assert document["schema_version"] == 1
    assert [list(row) for row in document["rows"]] == [shown.table.columns] * len(shown.table)
    lines = text_of(shown, "ndjson").split("\n")
    assert [json.loads(line) for line in lines[:-1]] == document["rows"]


def test_json_says_by_which_rule_over_which_time_and_from_what() -> None:
    asked = query(tz="Europe/Berlin", by="day", where=conditions(), without_top=20, min_origins=5, of="requests")
    shown = replace(
        uniques(),
        query=asked,
        gaps=((MARCH, MARCH + 3_600_000_000),),
        facts={"suppressed": 2, "days": [("2024-03-01", 1)]},
    )
    meta = json.loads(text_of(shown.noted("a note \x1b[31m"), "json"))["meta"]
    assert meta == {
        "rule": "pullstats-1",
        "identity": "origin",
        "of": "requests",
        "since": "2024-03-01T00:00:00+01:00",
        "until": "2024-04-01T00:00:00+02:00",
        "tz": "Europe/Berlin",
        "every": None,
        "hours": None,
        "by": "day",
        "where": ["country=DE", "country=", "kind!=mirror"],
        "without_top": 20,
        "min_origins": 5,
        "coverage": {"read": 100_376, "parsed": 99_365, "ignored": 11, "rejected": 1_000, "duplicates": 3},
        "data": {"first": "2024-03-01T01:00:05+01:00", "last": "2024-03-30T01:00:00+01:00", "whole": True},
        "gaps": [{"start": "2024-03-01T01:00:00+01:00", "end": "2024-03-01T02:00:00+01:00"}],
        "geo": None,
        "facts": {"suppressed": 2},
        "sources": [{"name": "access.log", "sha256": "ab" * 32}],
        "notes": ["a note \x1b[31m"],
    }


def test_a_listing_has_no_rule() -> None:
    assert json.loads(text_of(formats(), "json"))["meta"] == {"notes": ["two formats"]}


def test_json_keeps_texts_and_large_numbers_exactly() -> None:
    rows = json.loads(text_of(hostile(), "json"))["rows"]
    assert [row["client"] for row in rows] == [*HOSTILE, None]
    assert rows[0]["pulls"] == 2**53 + 1


def test_figures_of_the_summary_are_numbers() -> None:
    shown = summary(median_pulls=None)
    figures = {row["metric"]: row["value"] for row in json.loads(text_of(shown, "json"))["rows"]}
    assert figures["first"] == "2024-03-01T00:00:05+00:00"
    assert figures["pulls"] == 17_029
    assert figures["bytes"] == 2**53 + 1
    assert figures["top20_share"] == 0.259
    assert figures["median_pulls"] is None


@every_answer
def test_parquet_is_typed_and_says_what_it_is(name: str) -> None:
    shown = ALL[name]
    stream = io.BytesIO()
    render(shown, "parquet", stream=stream)
    stream.seek(0)
    back = pl.read_parquet(stream)
    times = [each.name for each in shown.columns if each.type == "time"]
    assert back.drop(times).equals(shown.table.drop(times))
    assert [back.schema[each] for each in times] == [pl.Datetime("us", "UTC")] * len(times)
    assert back.select(pl.col(times).dt.epoch("us")).equals(shown.table.select(times))
    stream.seek(0)
    about = json.loads(pl.read_parquet_metadata(stream)["pullstats"])
    assert about["schema"] == f"pullstats.{shown.name}"
