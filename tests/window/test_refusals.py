"""What is refused, with the whole line that a user sees after `pullstats: `."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pullstats.errors import UsageError
from pullstats.window import window, zone

NOW = datetime(2026, 11, 23, 13, 30, tzinfo=UTC)

DAYS = "(days, weekday, weekend, or an RFC 5545 rule such as FREQ=WEEKLY;BYDAY=TU)"
CONTRACT = [
    # rows 12 to 21 of the error contract
    ({"since": "03/04/2021"}, "--since '03/04/2021' is ambiguous (3 April or 4 March); write 2021-04-03 or 2021-03-04"),
    ({"since": "2021-13-01"}, "--since '2021-13-01': there is no month 13; dates are YYYY-MM-DD"),
    ({"since": "2024-02-30"}, "--since '2024-02-30': February 2024 has 29 days"),
    ({"since": "tuesday"}, "--since 'tuesday': write last_tuesday, or --every tuesday to keep all Tuesdays"),
    ({"since": "5m"}, "--since '5m': write 5mo (months) or 5min (minutes)"),
    ({"since": "2024-04-01", "until": "2024-03-01"}, "--since 2024-04-01 is not before --until 2024-03-01"),
    ({"tz": "Europe/Berln"}, "--tz 'Europe/Berln' is not a time zone; did you mean Europe/Berlin?"),
    ({"tz": "EST"}, "--tz 'EST' has no summer time; write America/New_York, or -05:00"),
    (
        {"every": "tuseday"},  # codespell:ignore
        f"--every 'tuseday': did you mean tuesday? {DAYS}",
    ),
]
DATES = [
    ("3.4.2021", " is ambiguous (3 April or 4 March); write 2021-04-03 or 2021-03-04"),
    ("04-03-21", " is ambiguous (4 March or 3 April); write 2021-03-04 or 2021-04-03"),
    ("13/04/2021", ": write 2021-04-13"),
    ("04/13/2021", ": write 2021-04-13"),
    ("3/3/2021", ": write 2021-03-03"),
    ("32/13/2021", ": dates are YYYY-MM-DD"),
    ("2021/06/01", ": write 2021-06-01"),
    ("2021/6", ": write 2021-06"),
    ("2021-6-1", ": write 2021-06-01"),
    ("2021-W7", ": write 2021-W07"),
    ("2021-13", ": there is no month 13; months are YYYY-MM"),
    ("2021-00-01", ": there is no month 0; dates are YYYY-MM-DD"),
    ("2021-01-00", ": there is no day 0; dates are YYYY-MM-DD"),
    ("2023-02-29", ": February 2023 has 28 days"),
    ("2021-04-31", ": April 2021 has 30 days"),
    ("2021-02-30T10:00", ": February 2021 has 28 days"),
    ("2021-W54", ": 2021 has 52 ISO weeks"),
    ("2021-W53", ": 2021 has 52 ISO weeks"),
    ("2020-W54", ": 2020 has 53 ISO weeks"),
    ("2021-W07-8", ": 2021 has 52 ISO weeks of 7 days"),
    ("2021-Q5", ": there is no quarter 5; they go from Q1 to Q4"),
    ("2021-Q0", ": there is no quarter 0; they go from Q1 to Q4"),
    ("0021", ": years go from 1900 to 2999"),
    ("9999-12-31", ": years go from 1900 to 2999"),
    ("2021-06-01T25:00", ": there is no such time of day; times are HH:MM or HH:MM:SS"),
    ("2021-06-01T10:60", ": there is no such time of day; times are HH:MM or HH:MM:SS"),
    ("10:00", ": a time needs its day; write 2026-11-23T10:00"),
    ("2021-06-01 10:00 EST", ": EST is no offset; write 2021-06-01T10:00Z or 2021-06-01T10:00+02:00, or use --tz"),
    ("10", ": a number alone says no unit; write 10d (days back), 10h, or a date such as 2021-06-01"),
    ("202106", ": write 2021-06"),
    ("1700000000", ": write @1700000000 for seconds since 1970, or a date such as 2021-06-01"),
    ("1700000000000", ": write @1700000000 for seconds since 1970, or a date such as 2021-06-01"),
    ("@1700000000000", ": the epoch is in seconds; write @1700000000"),
    ("@99999999999", ": lies after 2999; the epoch is in seconds"),
    ("Tue", ": write last_tuesday, or --every tuesday to keep all Tuesdays"),
    ("fridays", ": write last_friday, or --every friday to keep all Fridays"),
    ("jan", ": a month needs its year; write 2026-01"),
    ("December", ": a month needs its year; write 2025-12"),
    ("March 2024", ": write 2024-03"),
    ("2024 march", ": write 2024-03"),
    ("5m ago", " is not a date; write 2021, 2021-06, 2021-06-01, last_month or 30d"),
    ("last_30_days", ": write 30d"),
    ("past 2 minutes", ": write 2min"),
    ("last_hour", ": write 1h"),
    ("last day", ": write yesterday"),
    ("yesteday", ": did you mean yesterday?"),
    ("lastweek", ": did you mean last_week?"),
    ("last_tusday", ": did you mean last_tuesday?"),
    ("[23/Nov/2026:08:00:00 +0000]", ": write 2026-11-23T08:00:00+0000"),
    ("999999y", ": too long; years go from 1900 to 2999"),
    ("200y", ": too long; years go from 1900 to 2999"),
    ("P9999999999D", ": too long; years go from 1900 to 2999"),
    ("P", " is not a date; write 2021, 2021-06, 2021-06-01, last_month or 30d"),
    ("P1DT", " is not a date; write 2021, 2021-06, 2021-06-01, last_month or 30d"),
    ("foobar", " is not a date; write 2021, 2021-06, 2021-06-01, last_month or 30d"),
    ("EST", " is not a date; write 2021, 2021-06, 2021-06-01, last_month or 30d"),
    ("", " is not a date; write 2021, 2021-06, 2021-06-01, last_month or 30d"),
    ("٢٠٢١", " is not a date; write 2021, 2021-06, 2021-06-01, last_month or 30d"),
    ("2021-01..2021-02", " is a range; write --during 2021-01..2021-02"),
    ("2021-01-01/P1M", " is a range; write --during 2021-01-01/P1M"),
]
TWICE = (
    "--since '2024-10-27T02:30': happens twice in Europe/Berlin; "
    "write one of 2024-10-27T02:30:00+02:00 and 2024-10-27T02:30:00+01:00"
)
OTHERS = [
    ({"during": "2021", "since": "2020"}, "--during '2021' has a beginning and an end; leave out --since"),
    ({"during": "2021", "until": "2022"}, "--during '2021' has a beginning and an end; leave out --until"),
    ({"during": "now"}, "--during 'now' is a moment, not a period; write --since 'now' or --during 'now..'"),
    ({"during": "2021-02..2021-01"}, "--during '2021-02..2021-01': its beginning is not before its end"),
    ({"during": "2021-13..2021-14"}, "--during '2021-13': there is no month 13; months are YYYY-MM"),
    ({"during": ".."}, "--during '..': write a beginning, an end or both, such as 2021-01..2021-06"),
    ({"during": "2021/06"}, "--during '2021/06': write 2021-06"),
    ({"since": "2024", "until": "2023"}, "--since 2024 is not before --until 2023"),
    ({"since": "now", "until": "now"}, "--since now is not before --until now"),
    (
        {"since": "2024-10-27T02:30", "tz": "Europe/Berlin"},
        TWICE,
    ),
    (
        {"tz": "IST"},  # codespell:ignore
        "--tz 'IST' means several places; write Asia/Kolkata, Europe/Dublin or Asia/Jerusalem",  # codespell:ignore
    ),
    ({"tz": "cest"}, "--tz 'cest' is summer time only; write Europe/Berlin, or +02:00"),
    ({"tz": "europe/berlin"}, "--tz 'europe/berlin' is not a time zone; did you mean Europe/Berlin?"),
    ({"tz": "berlin"}, "--tz 'berlin' is not a time zone; did you mean Europe/Berlin?"),
    ({"tz": "new york"}, "--tz 'new york' is not a time zone; did you mean America/New_York?"),
    ({"tz": "+15:00"}, "--tz '+15:00' is not an offset; they go from -14:00 to +14:00"),
    ({"tz": "+01:75"}, "--tz '+01:75' is not an offset; they go from -14:00 to +14:00"),
    *(
        (
            {"tz": text},
            f"--tz '{text}' is not a time zone; write a name such as Europe/Berlin, or an offset such as +02:00",
        )
        for text in ("", "localtime", "../../etc/passwd", "qqqqqq", "x" * 300)
    ),
    (
        {"every": "foo"},
        f"--every 'foo': 'foo' is no day {DAYS}",
    ),
    (
        {"every": "FREQ=WEEKLY;BYDAY=TU;COUNT=3"},
        "--every 'FREQ=WEEKLY;BYDAY=TU;COUNT=3': leave out COUNT and UNTIL; --since and --until give the range",
    ),
    (
        {"every": "FREQ=HOURLY"},
        "--every 'FREQ=HOURLY': FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY",
    ),
    ({"every": "BYDAY=TU"}, "--every 'BYDAY=TU': FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY"),
    (
        {"every": "FREQ=DAILY;BYHOUR=9"},
        "--every 'FREQ=DAILY;BYHOUR=9': --hours keeps hours, such as --hours 09:00-17:00",
    ),
    ({"every": "FREQ=WEEKLY"}, "--every 'FREQ=WEEKLY': say on which days, such as FREQ=WEEKLY;BYDAY=MO"),
    ({"every": "FREQ=MONTHLY"}, "--every 'FREQ=MONTHLY': say on which days, such as FREQ=MONTHLY;BYDAY=1MO"),
    ({"every": "FREQ=DAILY;INTERVAL=0"}, "--every 'FREQ=DAILY;INTERVAL=0': INTERVAL must be 1 or more"),
    (
        {"every": "FREQ=WEEKLY;BYDAY=2TU"},
        "--every 'FREQ=WEEKLY;BYDAY=2TU': BYDAY=2TU counts days of a month or year; write FREQ=MONTHLY",
    ),
    (
        {"every": "FREQ=WEEKLY;BYDAY=XX"},
        "--every 'FREQ=WEEKLY;BYDAY=XX': not a rule of RFC 5545 (invalid 'BYDAY': XX)",
    ),
    (
        {"every": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"},
        "--every 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30': keeps no day at all",
    ),
    ({"hours": "9-17"}, "--hours '9-17': write 09:00-17:00"),
    ({"hours": "office"}, "--hours 'office': write two times such as 09:00-17:00"),
    ({"hours": "25:00-26:00"}, "--hours '25:00-26:00': times go from 00:00 to 24:00"),
    ({"hours": "09:60-17:00"}, "--hours '09:60-17:00': times go from 00:00 to 24:00"),
    ({"hours": "09:00-09:00"}, "--hours '09:00-09:00' is empty; leave it out to keep the whole day"),
]


@pytest.mark.parametrize(("options", "said"), CONTRACT + OTHERS, ids=[str(row[0])[:60] for row in CONTRACT + OTHERS])
def test_wrong_input_is_refused_with_its_cure(options, said):
    with pytest.raises(UsageError) as error:
        window(**options, now=NOW)
    assert str(error.value) == said
    assert error.value.code == 2


@pytest.mark.parametrize(("text", "said"), DATES, ids=[row[0] for row in DATES])
@pytest.mark.parametrize("option", ["since", "until"])
def test_a_date_that_cannot_be_read_is_refused_with_its_cure(option, text, said):
    with pytest.raises(UsageError) as error:
        window(**{option: text}, now=NOW)
    assert str(error.value) == f"--{option} '{text}'{said}"


def test_the_error_of_a_zone_names_its_own_option():
    with pytest.raises(UsageError, match=r"^PULLSTATS_TZ 'EST' has no summer time"):
        zone("EST", option="PULLSTATS_TZ")


ANYTHING = st.one_of(
    st.text(max_size=20),
    st.text(alphabet="0123456789-/.:@TZPWQDMYH+ _", max_size=20),
    st.from_regex(r"[0-9]{1,4}[-/ .][0-9A-Z]{1,3}([-/ .][0-9]{1,4}([T ][0-9:.+-]{1,12})?)?", fullmatch=True),
)


@settings(max_examples=300, deadline=None)
@given(text=ANYTHING, option=st.sampled_from(["since", "until", "during", "tz", "every", "hours"]))
def test_any_text_is_read_or_refused_in_one_line(text, option):
    said = ""
    try:
        window(**{option: text}, now=NOW)
    except UsageError as error:
        said = str(error)
    assert not said or said.startswith(f"--{option} ")
    assert "\n" not in said
