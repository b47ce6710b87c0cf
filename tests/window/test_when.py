"""What people write for a time, and what it means: NOW is Monday 2026-11-23 14:30 in Berlin (13:30 UTC)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pullstats.errors import UsageError
from pullstats.window import DURING_EXAMPLES, PERIOD_EXAMPLES, clock, window, zone

NOW = datetime(2026, 11, 23, 13, 30, tzinfo=UTC)
BERLIN = "Europe/Berlin"


def us(text):
    moment = datetime.fromisoformat(text)
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()) * 1_000_000


# during, first moment, moment after the last one (UTC)
PERIODS = [
    ("2021", "2021-01-01", "2022-01-01"),
    ("2021-Q1", "2021-01-01", "2021-04-01"),
    ("2021-Q2", "2021-04-01", "2021-07-01"),
    ("2021q4", "2021-10-01", "2022-01-01"),
    ("2021-06", "2021-06-01", "2021-07-01"),
    ("2021-12", "2021-12-01", "2022-01-01"),
    ("2021-W07", "2021-02-15", "2021-02-22"),
    ("2021W07", "2021-02-15", "2021-02-22"),
    ("2020-W53", "2020-12-28", "2021-01-04"),  # a long ISO year
    ("2021-W01", "2021-01-04", "2021-01-11"),  # 1 January 2021 lies in 2020-W53
    ("2026-W01", "2025-12-29", "2026-01-05"),
    ("2021-W07-2", "2021-02-16", "2021-02-17"),
    ("2021-06-01", "2021-06-01", "2021-06-02"),
    ("20210601", "2021-06-01", "2021-06-02"),
    ("2024-02-29", "2024-02-29", "2024-03-01"),
    ("2024-02", "2024-02-01", "2024-03-01"),
    ("today", "2026-11-23", "2026-11-24"),
    ("Yesterday", "2026-11-22", "2026-11-23"),
    ("this_week", "2026-11-23", "2026-11-23T13:30"),
    ("this-month", "2026-11-01", "2026-11-23T13:30"),
    ("this quarter", "2026-10-01", "2026-11-23T13:30"),
    ("this_year", "2026-01-01", "2026-11-23T13:30"),
    ("last_week", "2026-11-16", "2026-11-23"),
    ("LAST MONTH", "2026-10-01", "2026-11-01"),
    ("last_quarter", "2026-07-01", "2026-10-01"),
    ("last-year", "2025-01-01", "2026-01-01"),
    ("past_week", "2026-11-16", "2026-11-23"),
    ("past_month", "2026-10-23", "2026-11-23"),
    ("past quarter", "2026-08-23", "2026-11-23"),
    ("past_year", "2025-11-23", "2026-11-23"),
    ("last_tuesday", "2026-11-17", "2026-11-18"),
    ("last sunday", "2026-11-22", "2026-11-23"),
    ("last_monday", "2026-11-16", "2026-11-17"),  # asked on a Monday
    ("30min", "2026-11-23T13:00", "2026-11-23T13:30"),
    ("12h", "2026-11-23T01:30", "2026-11-23T13:30"),
    ("30d", "2026-10-24T13:30", "2026-11-23T13:30"),
    ("2w", "2026-11-09T13:30", "2026-11-23T13:30"),
    ("2 weeks", "2026-11-09T13:30", "2026-11-23T13:30"),
    ("6mo", "2026-05-23T13:30", "2026-11-23T13:30"),
    ("1y", "2025-11-23T13:30", "2026-11-23T13:30"),
    ("1 year", "2025-11-23T13:30", "2026-11-23T13:30"),
    ("P30D", "2026-10-24T13:30", "2026-11-23T13:30"),
    ("P1M", "2026-10-23T13:30", "2026-11-23T13:30"),
    ("PT12H", "2026-11-23T01:30", "2026-11-23T13:30"),
    ("P1DT12H", "2026-11-22T01:30", "2026-11-23T13:30"),
    ("2021-01..2021-03", "2021-01-01", "2021-04-01"),
    ("2021-W07..2021-Q2", "2021-02-15", "2021-07-01"),
    ("2021-06-01T10:00..2021-06-01T12:00", "2021-06-01T10:00", "2021-06-01T12:00"),
    ("last_month..yesterday", "2026-10-01", "2026-11-23"),
    ("30d..7d", "2026-10-24T13:30", "2026-11-16T13:30"),
    ("2 weeks ago .. now", "2026-11-09T13:30", "2026-11-23T13:30"),
    ("2021-01-01/2021-02-01", "2021-01-01", "2021-02-02"),
    ("2021-01-01T00:00Z/2021-02-01T00:00Z", "2021-01-01", "2021-02-01"),
    ("2021-01-01/P1M", "2021-01-01", "2021-02-01"),
    ("2024-01-31/P1M", "2024-01-31", "2024-02-29"),
    ("P1M/2021-01", "2021-01-01", "2021-02-01"),
    ("2021/2022", "2021-01-01", "2023-01-01"),
    (" 2021-06 ", "2021-06-01", "2021-07-01"),
]


@pytest.mark.parametrize(("text", "since", "until"), PERIODS, ids=[row[0] for row in PERIODS])
def test_a_period_is_read(text, since, until):
    asked = window(during=text, now=NOW)
    assert (asked.since_iso, asked.until_iso) == tuple(
        f"{moment}T00:00:00+00:00" if "T" not in moment else f"{moment}:00+00:00" for moment in (since, until)
    )


@pytest.mark.parametrize(("text", "until"), [(row[0], row[2]) for row in PERIODS[:13]])
def test_a_period_as_the_end_is_included(text, until):
    assert window(until=text, now=NOW).until == us(until)
    assert window(until=text, now=NOW).since is None


MOMENTS = [
    ("2021-06-01T10:00", "2021-06-01T10:00"),
    ("2021-06-01 10:00", "2021-06-01T10:00"),
    ("2021-06-01t10", "2021-06-01T10:00"),
    ("20210601T1000Z", "2021-06-01T10:00"),
    ("2021-06-01T10:00:30Z", "2021-06-01T10:00:30"),
    ("2021-06-01T10:00+02:00", "2021-06-01T08:00"),
    ("2021-06-01T10:00:00-0500", "2021-06-01T15:00"),
    ("2021-06-01T24:00", "2021-06-02T00:00"),
    ("@1622541600", "2021-06-01T10:00"),
    ("@0", "1970-01-01T00:00"),
    ("now", "2026-11-23T13:30"),
    ("30min ago", "2026-11-23T13:00"),
    ("2 weeks ago", "2026-11-09T13:30"),
    ("2_quarters_ago", "2026-05-23T13:30"),
    ("1 month ago", "2026-10-23T13:30"),
]


@pytest.mark.parametrize(("text", "moment"), MOMENTS)
def test_a_moment_is_the_same_as_beginning_and_as_end(text, moment):
    assert window(since=text, now=NOW).since == us(moment)
    assert window(until=text, now=NOW).until == us(moment)


def test_a_count_back_as_the_end_is_that_moment():
    asked = window(since="30d", until="7d", now=NOW)
    assert (asked.since, asked.until) == (us("2026-10-24T13:30"), us("2026-11-16T13:30"))


def test_fractions_of_a_second_are_kept():
    assert window(since="@1622541600.25", now=NOW).since == 1_622_541_600_250_000
    assert window(since="2021-06-01T10:00:00.000001Z", now=NOW).since == 1_622_541_600_000_001


LOCAL = [
    ("2021-06", "2021-06-01T00:00:00+02:00", "2021-07-01T00:00:00+02:00"),
    ("2021-03", "2021-03-01T00:00:00+01:00", "2021-04-01T00:00:00+02:00"),
    ("2021-06-01T10:00..2021-06-01T11:00", "2021-06-01T10:00:00+02:00", "2021-06-01T11:00:00+02:00"),
    ("2021-06-01T10:00Z..2021-06-01T11:00Z", "2021-06-01T12:00:00+02:00", "2021-06-01T13:00:00+02:00"),
    ("today", "2026-11-23T00:00:00+01:00", "2026-11-24T00:00:00+01:00"),
    ("6mo", "2026-05-23T14:30:00+02:00", "2026-11-23T14:30:00+01:00"),  # the same time on the wall
    ("12h", "2026-11-23T02:30:00+01:00", "2026-11-23T14:30:00+01:00"),
]


@pytest.mark.parametrize(("text", "since", "until"), LOCAL)
def test_words_and_naive_times_are_those_of_the_zone(text, since, until):
    asked = window(during=text, tz=BERLIN, now=NOW)
    assert (asked.since_iso, asked.until_iso) == (since, until)


def test_today_depends_on_the_zone():
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert window(during="today", tz=BERLIN, now=late).since_iso == "2026-11-24T00:00:00+01:00"
    assert window(during="today", tz="UTC", now=late).since_iso == "2026-11-23T00:00:00+00:00"


def test_a_time_that_the_clocks_skip_is_the_first_one_after_it():
    assert window(since="2024-03-31T02:30", tz=BERLIN, now=NOW).since_iso == "2024-03-31T03:00:00+02:00"
    assert window(until="2024-03-31T02:30", tz=BERLIN, now=NOW).until_iso == "2024-03-31T03:00:00+02:00"


@pytest.mark.parametrize("text", PERIOD_EXAMPLES)
def test_every_example_of_the_help_is_read(text):
    assert window(since=text, now=NOW).since is not None


@pytest.mark.parametrize("text", DURING_EXAMPLES)
def test_every_range_of_the_help_is_read(text):
    asked = window(during=text, now=NOW)
    assert asked.since < asked.until


def test_ranges_can_be_open():
    assert window(during="2021-06..", now=NOW).until is None
    assert window(during="..2021-06", now=NOW).since is None
    assert window(during="..2021-06", now=NOW).until == us("2021-07-01")


def test_nothing_asked_is_everything():
    asked = window(now=NOW)
    assert (asked.since, asked.until, asked.tz, asked.every, asked.hours) == (None, None, "UTC", None, None)


def test_the_texts_are_kept_for_captions():
    asked = window(since="2021", until="last_month", now=NOW)
    assert (asked.since_text, asked.until_text, asked.during_text) == ("2021", "last_month", None)


def test_now_can_be_fixed():
    assert clock("2026-11-23T13:30Z", ZoneInfo(BERLIN)).isoformat() == "2026-11-23T14:30:00+01:00"
    assert clock("2026-11-23", ZoneInfo(BERLIN)).isoformat() == "2026-11-23T00:00:00+01:00"
    assert clock("@0", UTC) == datetime(1970, 1, 1, tzinfo=UTC)
    before, after = datetime.now(UTC), clock(None, zone("UTC"))
    assert before <= after


@pytest.mark.parametrize("text", ["yesterday", "12h", "2021", "EST", ""])
def test_now_cannot_be_fixed_to_what_depends_on_now(text):
    with pytest.raises(UsageError, match="--now"):
        clock(text, UTC)
