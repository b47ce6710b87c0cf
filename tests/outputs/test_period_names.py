"""Periods and cells as people call them."""

from __future__ import annotations

import polars as pl
import pytest

from pullstats.outputs.cells import interval, percent
from pullstats.outputs.periods import labels
from pullstats.window import buckets, window
from pullstats.window.zones import zone
from tests.outputs.hand_made import answer, text_of


@pytest.mark.parametrize(
    ("start", "end", "heading", "name"),
    [
        ("2024-03-05T00:00:00+00:00", "2024-03-06T00:00:00+00:00", "day", "Tue 2024-03-05"),
        ("2024-03-31T00:00:00+01:00", "2024-04-01T00:00:00+02:00", "day", "Sun 2024-03-31"),
        ("2024-03-04T00:00:00+00:00", "2024-03-11T00:00:00+00:00", "week", "2024-W10"),
        ("2024-12-30T00:00:00+00:00", "2025-01-06T00:00:00+00:00", "week", "2025-W01"),
        ("2024-03-05T00:00:00+00:00", "2024-03-12T00:00:00+00:00", "period", "2024-03-05 .. 2024-03-11"),
        ("2024-03-01T00:00:00+00:00", "2024-04-01T00:00:00+00:00", "month", "2024-03"),
        ("2024-12-01T00:00:00+00:00", "2025-01-01T00:00:00+00:00", "month", "2024-12"),
        ("2024-10-01T00:00:00+00:00", "2025-01-01T00:00:00+00:00", "quarter", "2024-Q4"),
        ("2024-02-01T00:00:00+00:00", "2024-05-01T00:00:00+00:00", "period", "2024-02-01 .. 2024-04-30"),
        ("2024-01-01T00:00:00+00:00", "2025-01-01T00:00:00+00:00", "year", "2024"),
        ("2024-03-05T10:00:00+00:00", "2024-03-05T11:00:00+00:00", "hour", "2024-03-05 10:00"),
        ("2024-03-05T23:00:00+00:00", "2024-03-06T00:00:00+00:00", "hour", "2024-03-05 23:00"),
        ("2024-03-05T06:00:00+00:00", "2024-03-05T12:00:00+00:00", "period", "2024-03-05 06:00 .. 12:00"),
        ("2024-03-05T06:00:00+00:00", "2024-03-08T12:00:00+00:00", "period", "2024-03-05 06:00 .. 2024-03-08 12:00"),
        ("Monday", None, "period", "Monday"),
        ("09:00", None, "period", "09:00"),
        (None, None, "period", "-"),
    ],
)
def test_a_period_has_the_name_that_people_give_it(start: str, end: str | None, heading: str, name: str) -> None:
    assert labels([start], [end], [False]) == (heading, [name])


def test_a_partial_period_is_marked() -> None:
    day = "2024-03-05T00:00:00+00:00", "2024-03-06T00:00:00+00:00"
    assert labels([day[0]], [day[1]], [True])[1] == ["Tue 2024-03-05 *"]


def test_an_hour_that_comes_twice_has_its_offset() -> None:
    night = window(during="2024-10-27T00:00..2024-10-27T04:00", tz="Europe/Berlin")
    cut = buckets("hour", night.spans(None, None), zone("Europe/Berlin"))
    names = labels([each.key_start for each in cut], [each.key_end for each in cut], [False] * len(cut))[1]
    assert names[2:4] == ["2024-10-27 02:00 +02:00", "2024-10-27 02:00 +01:00"]


def test_rows_of_one_period_are_no_hours_that_come_twice() -> None:
    day = "2024-03-05T00:00:00+00:00", "2024-03-06T00:00:00+00:00"
    assert labels([day[0]] * 2, [day[1]] * 2, [False] * 2)[1] == ["Tue 2024-03-05"] * 2


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0.0 %"), (0.164, "16.4 %"), (1.0, "100.0 %"), (0.0004, "< 0.1 %"), (0.0006, "0.1 %")]
)
def test_a_share_in_percent(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (30, "30 s"),
        (60, "60 s"),
        (300, "5 min"),
        (301, "301 s"),
        (3_600, "60 min"),
        (86_400, "24 h"),
        (5_400, "90 min"),
    ],
)
def test_an_interval_in_the_unit_that_shows_it_whole(seconds: int, text: str) -> None:
    assert interval(seconds) == text


def test_numbers_that_are_names_have_no_separators() -> None:
    table = pl.DataFrame(
        {"asn": [13_335, None], "status": [200, 404], "pulls": [13_335, 1]}, schema_overrides={"status": pl.Int32()}
    )
    text = text_of(answer("breakdown", table))
    assert text.split("\n")[2].split() == ["13335", "200", "13,335"]
    assert text.split("\n")[3].split() == ["(unknown)", "404", "1"]
