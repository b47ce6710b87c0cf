"""The rows of `--by`: which periods there are, what they are called, and that nothing falls between them."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pullstats.errors import UsageError
from pullstats.window import BY_EXAMPLES, buckets, granularity, window, zone

NOW = datetime(2026, 11, 23, 13, 30, tzinfo=UTC)
HOUR = 3600 * 1_000_000
DAY = 24 * HOUR
BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"


def us(text):
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def by(granularity, during, tz="UTC", **options):
    asked = window(during=during, tz=tz, now=NOW, **options)
    return buckets(granularity, asked.spans(None, None), asked.zone)


def keys(rows):
    return [row.key_start for row in rows]


def test_a_day_is_called_by_its_first_moment_and_the_next_one():
    (day,) = by("day", "2024-03-05")
    assert (day.key_start, day.key_end) == ("2024-03-05T00:00:00+00:00", "2024-03-06T00:00:00+00:00")
    assert (day.start_us, day.end_us) == (us("2024-03-05"), us("2024-03-06"))


STARTS = [
    ("hour", "2024-03-05T10:30..2024-03-05T12:15", "UTC", ["03-05T10:00", "03-05T11:00", "03-05T12:00"]),
    ("day", "2024-02-28..2024-03-01", "UTC", ["02-28T00:00", "02-29T00:00", "03-01T00:00"]),
    ("week", "2024-03-05..2024-03-18", "UTC", ["03-04T00:00", "03-11T00:00", "03-18T00:00"]),
    ("month", "2024-01-15..2024-03-01", "UTC", ["01-01T00:00", "02-01T00:00", "03-01T00:00"]),
    ("quarter", "2024", "UTC", ["01-01T00:00", "04-01T00:00", "07-01T00:00", "10-01T00:00"]),
    ("year", "2024-06", "UTC", ["01-01T00:00"]),
    ("6h", "2024-03-05", "UTC", ["03-05T00:00", "03-05T06:00", "03-05T12:00", "03-05T18:00"]),
    ("5h", "2024-03-05T18:00..2024-03-06T06:00", "UTC", ["03-05T15:00", "03-05T20:00", "03-06T00:00", "03-06T05:00"]),
    ("30min", "2024-03-05T10:10..2024-03-05T11:10", "UTC", ["03-05T10:00", "03-05T10:30", "03-05T11:00"]),
    ("2d", "2024-03-05..2024-03-08", "UTC", ["03-04T00:00", "03-06T00:00", "03-08T00:00"]),
    ("48h", "2024-03-05..2024-03-08", "UTC", ["03-04T00:00", "03-06T00:00", "03-08T00:00"]),
    ("2w", "2024-W02..2024-W05", "UTC", ["01-01T00:00", "01-15T00:00", "01-29T00:00"]),
    ("2mo", "2024-02..2024-05", "UTC", ["01-01T00:00", "03-01T00:00", "05-01T00:00"]),
    ("3 months", "2024-02..2024-05", "UTC", ["01-01T00:00", "04-01T00:00"]),
    ("2 quarters", "2024", "UTC", ["01-01T00:00", "07-01T00:00"]),
    ("day", "2024-03-30..2024-04-01", BERLIN, ["03-30T00:00", "03-31T00:00", "04-01T00:00"]),
    # the clocks go forward: no 02:00
    ("hour", "2024-03-31T01:00..2024-03-31T05:00", BERLIN, ["03-31T01:00", "03-31T03:00", "03-31T04:00"]),
    ("hour", "2024-03-10T01:00..2024-03-10T05:00", NEW_YORK, ["03-10T01:00", "03-10T03:00", "03-10T04:00"]),
    ("hour", "2024-10-06T01:00..2024-10-06T04:00", LORD_HOWE, ["10-06T01:00", "10-06T02:30", "10-06T03:00"]),
    # the clocks go back: twice 02:00
    (
        "hour", "2024-10-27T01:00..2024-10-27T04:00", BERLIN,
        ["10-27T01:00", "10-27T02:00", "10-27T02:00", "10-27T03:00"],
    ),
    (
        "hour", "2024-11-03T00:00..2024-11-03T03:00", NEW_YORK,
        ["11-03T00:00", "11-03T01:00", "11-03T01:00", "11-03T02:00"],
    ),
    (
        "hour", "2024-04-07T01:00..2024-04-07T03:00", LORD_HOWE,
        ["04-07T01:00", "04-07T01:30", "04-07T02:00"],
    ),
    ("6h", "2024-03-31", BERLIN, ["03-31T00:00", "03-31T06:00", "03-31T12:00", "03-31T18:00"]),
    ("day", "2011-12-29..2011-12-31", "Pacific/Apia", ["12-29T00:00", "12-31T00:00"]),
    ("day", "2018-11-03..2018-11-04", "America/Sao_Paulo", ["11-03T00:00", "11-04T01:00"]),
]  # fmt: skip


@pytest.mark.parametrize(("granularity", "during", "tz", "starts"), STARTS)
def test_periods_begin_where_a_calendar_says(granularity, during, tz, starts):
    assert [start[5:16] for start in keys(by(granularity, during, tz))] == starts


def test_the_two_hours_of_a_change_of_the_clocks_have_different_names():
    rows = by("hour", "2024-10-27T01:00..2024-10-27T04:00", BERLIN)
    assert keys(rows)[1:3] == ["2024-10-27T02:00:00+02:00", "2024-10-27T02:00:00+01:00"]
    assert [row.end_us - row.start_us for row in rows] == [HOUR] * 4


@pytest.mark.parametrize(
    ("granularity", "day", "tz", "lengths"),
    [
        ("day", "2024-03-31", BERLIN, [23]),
        ("day", "2024-10-27", BERLIN, [25]),
        ("day", "2024-10-06", LORD_HOWE, [23.5]),
        ("6h", "2024-03-31", BERLIN, [5, 6, 6, 6]),
        ("6h", "2024-10-27", BERLIN, [7, 6, 6, 6]),
        ("12h", "2024-11-03", NEW_YORK, [13, 12]),
        ("5h", "2024-03-05", "UTC", [5, 5, 5, 5, 4]),
        ("2h", "2024-04-07", LORD_HOWE, [2.5] + [2] * 11),
    ],
)
def test_periods_follow_the_clock_on_the_wall(granularity, day, tz, lengths):
    assert [(row.end_us - row.start_us) / HOUR for row in by(granularity, day, tz)] == lengths


def test_weeks_are_iso_weeks_that_run_over_the_turn_of_the_year():
    rows = by("week", "2020-12-28..2021-01-10")
    assert keys(rows) == ["2020-12-28T00:00:00+00:00", "2021-01-04T00:00:00+00:00"]


def test_a_period_that_the_window_cuts_keeps_its_name():
    first, *_ = by("week", "2024-03")
    assert (first.key_start, first.key_end) == ("2024-02-26T00:00:00+00:00", "2024-03-04T00:00:00+00:00")
    assert (first.start_us, first.end_us) == (us("2024-03-01"), us("2024-03-04"))
    assert (first.whole_start_us, first.whole_end_us) == (us("2024-02-26"), us("2024-03-04"))


def test_parts_of_one_period_share_its_row():
    rows = by("week", "2024-W10", every="tuesday,thursday")
    assert [(row.order, row.key_start[:10]) for row in rows] == [(0, "2024-03-04"), (0, "2024-03-04")]
    assert [row.start_us for row in rows] == [us("2024-03-05"), us("2024-03-07")]


def test_periods_without_a_part_are_left_out():
    rows = by("day", "2024-03", every="tuesday")
    assert [start[5:10] for start in keys(rows)] == ["03-05", "03-12", "03-19", "03-26"]
    assert [row.order for row in rows] == [0, 1, 2, 3]


def test_weekdays_are_seven_rows_in_order():
    rows = by("weekday", "2024-03")
    assert len(rows) == 31
    assert sorted({(row.order, row.key_start, row.key_end) for row in rows}) == [
        (0, "Monday", None), (1, "Tuesday", None), (2, "Wednesday", None), (3, "Thursday", None),
        (4, "Friday", None), (5, "Saturday", None), (6, "Sunday", None),
    ]  # fmt: skip
    assert sum(row.key_start == "Friday" for row in rows) == 5


def test_hours_of_the_day_are_those_of_the_zone():
    rows = by("hour_of_day", "2024-10-27", BERLIN)
    assert sorted({row.key_start for row in rows}) == [f"{hour:02}:00" for hour in range(24)]
    assert sum(row.end_us - row.start_us for row in rows if row.key_start == "02:00") == 2 * HOUR
    assert [row.order for row in by("hour_of_day", "2024-03-31", BERLIN)] == [0, 1, *range(3, 24)]


def test_half_an_hour_is_put_to_the_hour_that_the_clock_shows():
    rows = by("hour_of_day", "2024-04-07", LORD_HOWE)
    assert sum(row.end_us - row.start_us for row in rows if row.key_start == "01:00") == 1.5 * HOUR


def test_multiples_do_not_depend_on_where_the_window_begins():
    for size in ("5d", "3w", "5mo", "7y"):
        whole = set(keys(by(size, "2015..2024")))
        assert set(keys(by(size, "2019-05-17..2021-02-03"))) <= whole


def test_decades_are_decades():
    assert keys(by("10y", "2015..2024")) == ["2010-01-01T00:00:00+00:00", "2020-01-01T00:00:00+00:00"]


def test_no_span_has_no_period():
    assert buckets("day", [], UTC) == []


@pytest.mark.parametrize("text", BY_EXAMPLES)
def test_every_granularity_of_the_help_gives_rows(text):
    assert by(text, "2024-03")


KNOWN = "hour, day, week, month, quarter, year, weekday, hour_of_day, or a multiple such as 6h or 2w"
WRONG = [
    ("daily", f"--by 'daily': did you mean day? ({KNOWN})"),
    ("foo", f"--by 'foo': choose {KNOWN}"),
    ("", f"--by '': choose {KNOWN}"),
    ("0h", f"--by '0h': choose {KNOWN}"),
    ("3m", "--by '3m': write 3mo (months) or 3min (minutes)"),
    ("36h", "--by '36h': periods of more than a day are full days; write 2d"),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_a_wrong_granularity_is_refused_with_its_cure(text, said):
    with pytest.raises(UsageError) as error:
        granularity(text)
    assert str(error.value) == said


def test_more_periods_than_anyone_reads_are_refused():
    with pytest.raises(UsageError, match=r"^--by hour: 490,896 periods from 1970-01-01T00:00:00\+00:00 to 2026-01-01"):
        by("hour", "1970..2025")


ZONES = [
    "UTC", BERLIN, NEW_YORK, LORD_HOWE, "America/St_Johns", "America/Havana", "America/Sao_Paulo", "Africa/Cairo",
    "Asia/Kathmandu", "Pacific/Apia", "Africa/Casablanca", "-09:30",
]  # fmt: skip
BY = st.sampled_from([*BY_EXAMPLES, "30min", "45min", "5h", "7h", "2d", "5d", "3w", "5mo", "2y"])


@settings(max_examples=120, deadline=None)
@given(
    granularity=BY,
    tz=st.sampled_from(ZONES),
    start=st.integers(us("2005-01-01"), us("2027-01-01")),
    length=st.integers(1, 90 * DAY),
    kept=st.sampled_from(
        [{}, {"every": "tuesday"}, {"hours": "22:00-02:30"}, {"every": "weekend", "hours": "09:00-17:00"}]
    ),
)
def test_periods_share_out_the_spans_without_rest_and_overlap(granularity, tz, start, length, kept):
    asked = window(**kept, tz=tz, now=NOW)
    spans = asked.spans(start, start + length)
    rows = buckets(granularity, spans, asked.zone)
    assert all(row.whole_start_us <= row.start_us < row.end_us <= row.whole_end_us for row in rows)
    assert all(before.end_us <= after.start_us for before, after in pairwise(rows))
    joined = []
    for row in rows:
        if joined and joined[-1][1] == row.start_us:
            joined[-1] = (joined[-1][0], row.end_us)
        else:
            joined.append((row.start_us, row.end_us))
    assert joined == spans
    named = {(row.order, row.key_start, row.key_end) for row in rows}
    assert len(named) == len({order for order, _, _ in named}) == len({key for _, key, _ in named})


@settings(max_examples=30, deadline=None)
@given(tz=st.sampled_from(ZONES), year=st.integers(2005, 2026))
def test_days_weeks_and_months_of_a_year_sum_to_the_year(tz, year):
    ((start, end),) = window(during=f"{year}", tz=tz, now=NOW).spans(None, None)
    for size in ("hour", "day", "week", "month", "quarter", "year", "weekday", "hour_of_day"):
        rows = buckets(size, [(start, end)], zone(tz))
        assert sum(row.end_us - row.start_us for row in rows) == end - start
