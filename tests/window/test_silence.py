"""A log that stops is not a quiet server: holes, and periods that the data covers in part."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pullstats.window import SLOT, buckets, holes, partial, rhythm, window

NOW = datetime(2026, 11, 23, 13, 30, tzinfo=UTC)
MINUTE = 60 * 1_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def us(text):
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


MONDAY = us("2024-03-04")


def slots(times):
    """What a store hands over: the first and last line of each five minutes."""
    found = {}
    for at in sorted(times):
        first, _ = found.setdefault(at // SLOT, (at, at))
        found[at // SLOT] = (first, at)
    return list(found.values())


def every(step, start, end):
    return list(range(start, end, step))


def without(times, start, end):
    return [at for at in times if not start < at < end]


def test_a_busy_log_has_no_holes():
    assert holes(slots(every(20_000_000, MONDAY, MONDAY + 3 * DAY))) == []


def test_no_lines_have_no_holes():
    assert holes([]) == []
    assert holes(slots([MONDAY])) == []


def test_two_hours_without_a_line_are_a_hole_in_a_busy_log():
    start, end = MONDAY + DAY + 10 * HOUR, MONDAY + DAY + 12 * HOUR
    times = without(every(20_000_000, MONDAY, MONDAY + 3 * DAY), start, end)
    assert holes(slots(times)) == [(start, end)]


@pytest.mark.parametrize(("minutes", "hole"), [(59, False), (60, False), (61, True)])
def test_up_to_an_hour_is_no_hole(minutes, hole):
    start = MONDAY + 10 * HOUR + 30 * MINUTE
    times = without(every(MINUTE, MONDAY, MONDAY + DAY), start, start + minutes * MINUTE)
    assert holes(slots(times)) == ([(start, start + minutes * MINUTE)] if hole else [])


@pytest.mark.parametrize(("hours", "hole"), [(19, False), (21, True)])
def test_a_log_with_a_line_an_hour_may_pause_twenty_hours(hours, hole):
    start = MONDAY + 5 * DAY
    times = without(every(HOUR, MONDAY, MONDAY + 10 * DAY), start, start + hours * HOUR)
    assert holes(slots(times)) == ([(start, start + hours * HOUR)] if hole else [])


def office(weeks, tz=UTC):
    """A line a minute from 09:00 to 17:00 on the wall, Monday to Friday, from 4 March 2024 on."""
    days = [
        datetime(2024, 3, 4, 9, tzinfo=tz) + timedelta(weeks=week, days=day)
        for week in range(weeks)
        for day in range(5)
    ]
    return [round(day.timestamp()) * 1_000_000 + minute * MINUTE for day in days for minute in range(8 * 60)]


def test_nights_and_weekends_of_an_office_are_no_holes():
    assert holes(slots(office(4))) == []


def test_a_working_day_without_a_line_is_a_hole_from_the_evening_before():
    day = MONDAY + 8 * DAY
    times = without(office(4), day, day + DAY)
    last, first = day - 7 * HOUR - MINUTE, day + DAY + 9 * HOUR
    assert holes(slots(times)) == [(last, first)]


def test_a_morning_without_a_line_is_a_hole():
    day = MONDAY + 8 * DAY
    times = without(office(4), day + 9 * HOUR - MINUTE, day + 13 * HOUR)
    assert holes(slots(times)) == [(day - 7 * HOUR - MINUTE, day + 13 * HOUR)]


def test_a_hole_is_not_judged_by_itself():
    times = without(every(MINUTE, MONDAY, MONDAY + 2 * DAY), MONDAY + 6 * HOUR, MONDAY + 30 * HOUR)
    assert holes(slots(times)) == [(MONDAY + 6 * HOUR, MONDAY + 30 * HOUR)]


def test_bursts_of_pulls_far_apart_are_no_holes():
    rng = random.Random(4)
    bursts = [MONDAY + number * 3 * HOUR + rng.randrange(30 * MINUTE) for number in range(200)]
    assert holes(slots([burst + second * 1_000_000 for burst in bursts for second in range(0, 60, 5)])) == []


def test_one_line_of_a_clock_that_was_wrong_leaves_a_hole():
    times = [0, *every(MINUTE, MONDAY, MONDAY + DAY)]
    assert holes(slots(times)) == [(0, MONDAY)]


def test_an_office_that_puts_its_clocks_forward_has_no_holes_in_its_own_zone():
    times = office(6, ZoneInfo("Europe/Berlin"))
    assert holes(slots(times), ZoneInfo("Europe/Berlin")) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(MONDAY, MONDAY + 21 * DAY), min_size=2, max_size=200, unique=True))
def test_holes_hold_no_line_and_are_longer_than_an_hour(times):
    found = holes(slots(times))
    assert found == sorted(found)
    for start, end in found:
        assert end - start > HOUR
        assert start in times
        assert end in times
        assert not any(start < at < end for at in times)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 21 * DAY), min_size=2, max_size=120, unique=True), st.integers(1, 500))
def test_whole_weeks_later_the_same_holes(times, weeks):
    later = weeks * 7 * DAY
    moved = [at + later for at in times]
    assert holes(slots(moved)) == [(start + later, end + later) for start, end in holes(slots(times))]


def marks(by, during, first, last, usual=None, **options):
    asked = window(during=during, now=NOW, **options)
    rows = buckets(by, asked.spans(first, last), asked.zone)
    return [partial(row, first, last, usual, since=asked.since, until=asked.until) for row in rows]


def test_the_first_and_last_day_of_a_log_are_partial_if_it_begins_and_ends_inside():
    first, last = us("2024-03-01T12:00"), us("2024-03-03T12:00")
    assert marks("day", "2024-03-01..2024-03-04", first, last) == [True, False, True, True]


def test_the_ends_of_a_log_are_partial_without_a_window_too():
    first, last = us("2024-03-01T12:00"), us("2024-03-03T12:00")
    assert marks("day", None, first, last) == [True, False, True]
    assert marks("month", None, first, last) == [True]
    assert marks("day", None, us("2024-03-01T00:10"), us("2024-03-03T23:50")) == [False] * 3
    assert marks("week", None, us("2024-03-04T12:00"), us("2024-03-17T23:50"), every="tuesday") == [False] * 2


def test_a_log_from_midnight_to_midnight_has_no_partial_day():
    first, last = us("2024-03-01T00:00:41"), us("2024-03-03T23:58:03")
    assert marks("day", "2024-03-01..2024-03-03", first, last) == [False, False, False]


def test_a_period_without_data_on_both_sides_is_partial():
    assert marks("day", "2024-02-28..2024-02-29", us("2024-03-01"), us("2024-03-05")) == [True, True]
    assert marks("day", "2024-03-05", None, None) == [True]


def test_a_period_that_the_window_cuts_is_partial():
    first, last = us("2024-01-01"), us("2024-06-01")
    assert marks("week", "2024-03", first, last) == [True, False, False, False, False]
    assert marks("day", "2024-03-05T12:00..2024-03-07", first, last) == [True, False, False]


def test_what_every_and_hours_leave_out_makes_no_period_partial():
    first, last = us("2024-03-01"), us("2024-03-31T23:59:30")
    assert marks("week", "2024-W10..2024-W12", first, last, every="tuesday", hours="09:00-17:00") == [False] * 3
    # the data ends on Wednesday, after the Tuesday that was asked for
    assert marks("week", "2024-W10", first, us("2024-03-06T12:00"), every="tuesday") == [False]


def test_an_office_log_that_begins_at_nine_has_no_partial_first_day():
    times = office(3)
    usual = rhythm(slots(times))
    first_day = f"{datetime.fromtimestamp(times[0] / 1e6, UTC):%Y-%m-%d}"
    assert marks("day", first_day, times[0], times[-1], usual) == [False]
    assert marks("day", first_day, times[0], times[-1]) == [True]
    assert marks("day", first_day, times[0] + 3 * HOUR, times[-1], usual) == [True]
