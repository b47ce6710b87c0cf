"""Which moments a window selects: days, hours, and the nights when the clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pullstats.window import EVERY_EXAMPLES, HOURS_EXAMPLES, TZ_EXAMPLES, clip, describe, iso, window, zone, zone_name
from pullstats.window.every import rule_days

NOW = datetime(2026, 11, 23, 13, 30, tzinfo=UTC)
HOUR = 3600 * 1_000_000
BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"


def us(text):
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def local(spans, tz):
    return [(iso(start, zone(tz))[5:16], iso(end, zone(tz))[5:16]) for start, end in spans]


def hours_of(spans):
    return sum(end - start for start, end in spans) / HOUR


def test_a_window_without_ends_is_the_data():
    assert window(now=NOW).spans(100, 200) == [(100, 201)]


def test_a_given_end_stays_where_it_is_with_or_without_data():
    asked = window(during="2021", now=NOW)
    assert asked.spans(us("2024-03-01"), us("2024-03-30")) == [(us("2021-01-01"), us("2022-01-01"))]
    assert asked.spans(None, None) == [(us("2021-01-01"), us("2022-01-01"))]


def test_an_open_end_beside_the_data_selects_nothing():
    assert window(since="2025", now=NOW).spans(us("2024-03-01"), us("2024-03-30")) == []
    assert window(until="2021", now=NOW).spans(us("2024-03-01"), us("2024-03-30")) == []
    assert window(now=NOW).spans(None, None) == []


def test_an_open_end_ends_with_the_data():
    asked = window(since="2024-03-05", now=NOW)
    assert asked.spans(us("2024-03-01"), us("2024-03-30")) == [(us("2024-03-05"), us("2024-03-30") + 1)]


def test_spans_can_be_cut_to_the_data():
    assert clip([(0, 10), (20, 30), (40, 50)], 5, 25) == [(5, 10), (20, 25)]


def test_every_tuesday_of_a_month():
    spans = window(during="2024-03", every="tuesday", now=NOW).spans(None, None)
    assert local(spans, "UTC") == [
        (f"03-{day:02}T00:00", f"03-{day + 1:02}T00:00") for day in (5, 12, 19, 26)
    ]  # fmt: skip


def test_days_that_follow_each_other_are_one_span():
    spans = window(during="2024-W10..2024-W11", every="weekend", now=NOW).spans(None, None)
    assert local(spans, "UTC") == [("03-09T00:00", "03-11T00:00"), ("03-16T00:00", "03-18T00:00")]


def test_a_window_that_begins_inside_a_day_keeps_its_rest():
    spans = window(during="2024-03-05T12:00..2024-03-12T06:00", every="tuesday", now=NOW).spans(None, None)
    assert local(spans, "UTC") == [("03-05T12:00", "03-06T00:00"), ("03-12T00:00", "03-12T06:00")]


RULES = [
    ("tuesday", "FREQ=WEEKLY;BYDAY=TU"),
    ("Tuesdays", "FREQ=WEEKLY;BYDAY=TU"),
    ("tue", "FREQ=WEEKLY;BYDAY=TU"),
    ("thursday,tuesday", "FREQ=WEEKLY;BYDAY=TU,TH"),
    ("tuesday, thursday", "FREQ=WEEKLY;BYDAY=TU,TH"),
    ("weekday", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
    ("weekend", "FREQ=WEEKLY;BYDAY=SA,SU"),
    ("weekends,monday", "FREQ=WEEKLY;BYDAY=MO,SA,SU"),
    ("weekday,weekend", "FREQ=DAILY"),
    ("day", "FREQ=DAILY"),
    ("rrule:freq=monthly;byday=-1fr", "FREQ=MONTHLY;BYDAY=-1FR"),
    ("FREQ=WEEKLY;BYDAY=TU", "FREQ=WEEKLY;BYDAY=TU"),
]


@pytest.mark.parametrize(("text", "rule"), RULES)
def test_every_is_kept_as_rfc_5545_text(text, rule):
    assert window(every=text, now=NOW).every == rule


DAYS = [
    ("FREQ=MONTHLY;BYDAY=-1FR", "2024", ["01-26", "02-23", "03-29", "04-26", "05-31", "06-28",
                                         "07-26", "08-30", "09-27", "10-25", "11-29", "12-27"]),
    ("FREQ=MONTHLY;BYMONTHDAY=31", "2024-01..2024-04", ["01-31", "03-31"]),
    ("FREQ=MONTHLY;BYDAY=2TU", "2024-03", ["03-12"]),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2024", ["02-29"]),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2023", []),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "2024-01", ["01-01", "01-15", "01-29"]),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "2024-01-10..2024-02-10", ["01-15", "01-29"]),
    ("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1", "2024", ["01-01", "04-01", "07-01", "10-01"]),
    ("FREQ=YEARLY;BYWEEKNO=10;BYDAY=TU", "2024", ["03-05"]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "during", "days"), DAYS)
def test_a_rule_keeps_its_days_whatever_the_window_begins_with(rule, during, days):
    spans = window(during=during, every=rule, now=NOW).spans(None, None)
    assert [start[:5] for start, _ in local(spans, "UTC")] == days


@pytest.mark.parametrize("text", EVERY_EXAMPLES)
def test_every_example_of_the_help_keeps_days(text):
    assert window(during="2024-03", every=text, now=NOW).spans(None, None)


@pytest.mark.parametrize("text", HOURS_EXAMPLES)
def test_hours_of_the_help_keep_hours(text):
    assert hours_of(window(during="2024-03-05", hours=text, now=NOW).spans(None, None)) == 8


@pytest.mark.parametrize("text", TZ_EXAMPLES)
def test_zones_of_the_help_are_named_as_they_are_asked_for(text):
    assert zone_name(zone(text)) == text


@pytest.mark.parametrize(
    ("text", "name"),
    [("Z", "UTC"), ("utc", "UTC"), ("GMT", "UTC"), ("+00:00", "UTC"), ("+0530", "+05:30"), ("+2", "+02:00")],
)
def test_spellings_of_a_zone(text, name):
    assert zone_name(zone(text)) == name


def test_office_hours_of_weekdays():
    spans = window(during="2024-03-08..2024-03-11", every="weekday", hours="09:00-17:00", now=NOW).spans(None, None)
    assert local(spans, "UTC") == [("03-08T09:00", "03-08T17:00"), ("03-11T09:00", "03-11T17:00")]


def test_a_night_belongs_to_the_day_it_begins_on():
    spans = window(during="2024-03", every="friday", hours="22:00-06:00", now=NOW).spans(None, None)
    assert local(spans, "UTC")[0] == ("03-01T22:00", "03-02T06:00")
    assert len(spans) == 5


def test_the_night_before_the_window_reaches_into_it():
    spans = window(during="2024-03-05", hours="22:00-06:00", now=NOW).spans(None, None)
    assert local(spans, "UTC") == [("03-05T00:00", "03-05T06:00"), ("03-05T22:00", "03-06T00:00")]


def test_hours_up_to_midnight_and_whole_days():
    assert window(hours="18:00-24:00", now=NOW).hours == window(hours="18:00-00:00", now=NOW).hours == (1080, 1440)
    whole = window(during="2024-03", hours="00:00-24:00", now=NOW).spans(None, None)
    assert whole == window(during="2024-03", now=NOW).spans(None, None)


CHANGES = [
    # zone, day, --hours, hours really kept, what is kept on the wall
    (BERLIN, "2024-03-31", None, 23, [("03-31T00:00", "04-01T00:00")]),
    (BERLIN, "2024-10-27", None, 25, [("10-27T00:00", "10-28T00:00")]),
    (BERLIN, "2024-03-31", "02:00-03:00", 0, []),
    (BERLIN, "2024-03-31", "01:30-02:30", 0.5, [("03-31T01:30", "03-31T03:00")]),
    (BERLIN, "2024-03-31", "02:30-03:30", 0.5, [("03-31T03:00", "03-31T03:30")]),
    (BERLIN, "2024-10-27", "02:00-03:00", 2, [("10-27T02:00", "10-27T03:00")]),
    (BERLIN, "2024-10-27", "02:30-03:00", 1, [("10-27T02:30", "10-27T02:00"), ("10-27T02:30", "10-27T03:00")]),
    (BERLIN, "2024-10-27", "09:00-17:00", 8, [("10-27T09:00", "10-27T17:00")]),
    (NEW_YORK, "2024-03-10", None, 23, [("03-10T00:00", "03-11T00:00")]),
    (NEW_YORK, "2024-11-03", None, 25, [("11-03T00:00", "11-04T00:00")]),
    (NEW_YORK, "2024-03-10", "02:00-03:00", 0, []),
    (NEW_YORK, "2024-11-03", "01:00-02:00", 2, [("11-03T01:00", "11-03T02:00")]),
    (LORD_HOWE, "2024-10-06", None, 23.5, [("10-06T00:00", "10-07T00:00")]),
    (LORD_HOWE, "2024-04-07", None, 24.5, [("04-07T00:00", "04-08T00:00")]),
    (LORD_HOWE, "2024-10-06", "02:00-03:00", 0.5, [("10-06T02:30", "10-06T03:00")]),
    (LORD_HOWE, "2024-04-07", "01:00-02:00", 1.5, [("04-07T01:00", "04-07T02:00")]),
    ("America/Sao_Paulo", "2018-11-04", None, 23, [("11-04T01:00", "11-05T00:00")]),  # there is no midnight
    ("America/Havana", "2024-11-03", None, 25, [("11-03T00:00", "11-04T00:00")]),  # midnight comes twice
    ("Pacific/Apia", "2011-12-30", None, 0, []),  # the day was skipped
]


@pytest.mark.parametrize(("tz", "day", "hours", "length", "kept"), CHANGES)
def test_days_and_hours_when_the_clocks_change(tz, day, hours, length, kept):
    asked = window(during=f"{day}", hours=hours, every="day", tz=tz, now=NOW)
    spans = asked.spans(None, None)
    assert hours_of(spans) == length
    assert local(spans, tz) == kept


def test_a_night_over_a_change_of_the_clocks():
    def night(day):
        return hours_of(window(during=day, every="saturday", hours="22:00-06:00", tz=BERLIN, now=NOW).spans(None, None))

    assert night("2024-03-30..2024-03-31") == 7
    assert night("2024-10-26..2024-10-27") == 9


ZONES = [
    "UTC",
    BERLIN,
    NEW_YORK,
    LORD_HOWE,
    "America/St_Johns",
    "America/Havana",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "+05:30",
]
MOMENTS = st.integers(us("2005-01-01"), us("2027-01-01"))


@settings(max_examples=80, deadline=None)
@given(
    tz=st.sampled_from(ZONES),
    start=MOMENTS,
    length=st.integers(1, 400 * 24 * HOUR),
    every=st.sampled_from([None, *EVERY_EXAMPLES, "FREQ=DAILY;INTERVAL=3"]),
    hours=st.sampled_from([None, "09:00-17:00", "22:00-06:00", "01:30-02:30", "00:00-24:00"]),
)
def test_spans_are_sorted_disjoint_and_hold_exactly_what_was_asked_for(tz, start, length, every, hours):
    asked = window(every=every, hours=hours, tz=tz, now=NOW)
    spans = asked.spans(start, start + length)
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(set(edges))
    assert all(start <= edge <= start + length + 1 for edge in edges)
    place = zone(tz)
    for at in range(start, start + length, max(length // 40, 1)):
        assert any(low <= at < high for low, high in spans) == selected(asked, at, place)


def selected(asked, at, place):
    """Straight from the definition: what the clock on the wall shows."""
    wall = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).astimezone(place)
    low, high = asked.hours or (0, 1440)
    minute, day = wall.hour * 60 + wall.minute, wall.date()
    if high < low and minute < high:
        day -= timedelta(days=1)
    elif not (low <= minute < high or (high < low and minute >= low)):
        return False
    return not asked.every or day in rule_days(asked.every, day, day)


def test_days_of_the_week_share_out_a_year_without_rest():
    days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    lengths = [hours_of(window(during="2024", every=day, tz=BERLIN, now=NOW).spans(None, None)) for day in days]
    assert sum(lengths) == 366 * 24
    assert len(rule_days("FREQ=DAILY", date(2024, 1, 1), date(2024, 12, 31))) == 366


CAPTIONS = [
    ({"during": "2024-03", "every": "tuesday"}, "every Tuesday in 2024-03, UTC"),
    ({"during": "2024-03"}, "2024-03, UTC"),
    ({}, "all data, UTC"),
    ({"during": "2021-06.."}, "2021-06.., UTC"),
    ({"every": "tuesday,thursday"}, "every Tuesday and Thursday in all data, UTC"),
    ({"every": "monday,tuesday,friday"}, "every Monday, Tuesday and Friday in all data, UTC"),
    ({"since": "2021-01-01"}, "since 2021-01-01, UTC"),
    ({"since": "2021", "until": "2022-06"}, "since 2021 until the end of 2022-06, UTC"),
    ({"until": "2022-06-01T10:00"}, "until 2022-06-01T10:00, UTC"),
    ({"since": "30d", "every": "weekday"}, "every weekday since 2026-10-24T13:30 (30d), UTC"),
    ({"during": "last_month"}, "last_month (2026-10-01 .. 2026-10-31), UTC"),
    ({"during": "yesterday"}, "yesterday (2026-11-22), UTC"),
    ({"during": "12h"}, "12h (2026-11-23T01:30 .. 2026-11-23T13:30), UTC"),
    ({"during": "last_week", "every": "weekend"}, "every weekend in last_week (2026-11-16 .. 2026-11-22), UTC"),
    ({"during": "2024-03-05", "hours": "09:00-17:00"}, "09:00-17:00 on 2024-03-05, UTC"),
    ({"during": "2024-Q1", "every": "weekday", "hours": "09:00-17:00"}, "every weekday 09:00-17:00 in 2024-Q1, UTC"),
    ({"during": "2024-01..2024-03", "tz": BERLIN}, "2024-01..2024-03, Europe/Berlin"),
    ({"during": "2024-01/P1M", "tz": "+02:00"}, "2024-01/P1M (2024-01-01 .. 2024-01-31), +02:00"),
    ({"during": "2024", "every": "FREQ=MONTHLY;BYDAY=-1FR"}, "days of FREQ=MONTHLY;BYDAY=-1FR in 2024, UTC"),
    ({"during": "2024-03", "every": "day"}, "every day in 2024-03, UTC"),
]


@pytest.mark.parametrize(("options", "caption"), CAPTIONS)
def test_a_window_is_said_in_words(options, caption):
    assert describe(window(**options, now=NOW)) == caption


def test_a_window_knows_its_zone_and_is_a_value():
    asked = window(during="2024", tz=BERLIN, now=NOW)
    assert asked.zone == ZoneInfo(BERLIN)
    assert asked == window(during="2024", tz=BERLIN, now=NOW)
    assert len({asked, window(during="2024", tz=BERLIN, now=NOW)}) == 1
