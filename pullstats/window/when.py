"""What a date, a period or a moment means, as people write it.

The readers of one table are asked in order; a text that none of them takes is refused with its cure
(`refusals.py`). A free-text date parser would take everything, and read half of it wrongly.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from pullstats.errors import UsageError
from pullstats.window.names import MONTHS, WEEKDAY_NUMBERS, WEEKDAYS
from pullstats.window.steps import DURATION, FIRST_YEAR, LAST_YEAR, UNITS, duration, months_later, shifted
from pullstats.window.zones import SECOND, happens_twice, instant, iso, local, micros, midnight, zone_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

_TOO_LONG = f"too long; years go from {FIRST_YEAR} to {LAST_YEAR}"
_MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class When:
    """What a text means: `start` and `end` in epoch microseconds.

    A `moment` has start = end; `back` (`30d`) starts that long ago and ends now.
    """

    start: int
    end: int
    kind: Literal["period", "moment", "back"] = "period"

    @property
    def until(self) -> int:
        """The end of the window that this is given as the end of: a period is included."""
        return self.end if self.kind == "period" else self.start


@dataclass(frozen=True)
class Ask:
    """A text with what its meaning depends on."""

    text: str
    option: str
    tz: tzinfo
    now: datetime

    def wrong(self, why: str) -> UsageError:
        """The error that says why the text cannot be meant."""
        return UsageError(f"{self.option} '{self.text}': {why}")

    @property
    def today(self) -> date:
        """The local day of now."""
        return self.now.date()

    def days(self, start: date, end: date) -> When:
        """The local days from start to before end."""
        return When(midnight(start, self.tz), midnight(end, self.tz))

    def shifted(self, us: int, parts: dict[str, int], sign: int) -> int:
        """The moment a duration before (-1) or after (+1) another one, by the calendar of the zone."""
        try:
            moment = shifted(us, parts, sign, self.tz)
        except (OverflowError, ValueError) as error:
            raise self.wrong(_TOO_LONG) from error
        if not FIRST_YEAR <= local(moment, self.tz).year <= LAST_YEAR:
            raise self.wrong(_TOO_LONG)
        return moment


def when(text: str, option: str, tz: tzinfo, now: datetime) -> When:
    """What a text of the time language means at a moment `now` in a zone.

    Raises:
        UsageError: for ambiguous, impossible and unknown text, with what to write instead.
    """
    ask = Ask(text, option, tz, now.astimezone(tz))
    if read := _read(ask, (*_ABSOLUTE, *_PERIODS, *_RELATIVE)):
        return read
    from pullstats.window.refusals import refusal

    raise refusal(text, option, ask.today)


def absolute(text: str, option: str, tz: tzinfo) -> int:
    """The moment that an ISO date, an instant or `@epoch` begins at, whatever the time is.

    Raises:
        UsageError: for everything else.
    """
    ask = Ask(text, option, tz, datetime.now(tz))
    if read := _read(ask, _ABSOLUTE):
        return read.start
    raise ask.wrong("write a date or an instant such as 2021-06-01T10:00:00Z")


def _read(ask: Ask, readers: _Readers) -> When | None:
    for pattern, read in readers:
        # Compiled at first use, for quick starts. A space stands for what may part words: last_week, last-week.
        spaced = pattern.replace(" ", r"(?:[_\s-]+)")
        if match := re.fullmatch(spaced, ask.text.strip(), re.ASCII | re.IGNORECASE):
            return read(ask, *match.groups())
    return None


def _year(ask: Ask, year: str) -> When:
    first = _checked(ask, int(year), 1, 1)
    return ask.days(first, months_later(first, 12))


def _quarter(ask: Ask, year: str, quarter: str) -> When:
    if quarter not in "1234":
        raise ask.wrong(f"there is no quarter {quarter}; they go from Q1 to Q4")
    first = _checked(ask, int(year), 3 * int(quarter) - 2, 1)
    return ask.days(first, months_later(first, 3))


def _month(ask: Ask, year: str, month: str) -> When:
    first = _checked(ask, int(year), int(month), 1, shape="months are YYYY-MM")
    return ask.days(first, months_later(first, 1))


def _week(ask: Ask, year: str, week: str, weekday: str | None) -> When:
    _checked(ask, int(year), 1, 1)
    try:
        first = date.fromisocalendar(int(year), int(week), int(weekday or 1))
    except ValueError as error:
        weeks = date(int(year), 12, 28).isocalendar().week
        raise ask.wrong(f"{year} has {weeks} ISO weeks" + (" of 7 days" if weekday else "")) from error
    return ask.days(first, first + timedelta(days=1 if weekday else 7))


def _day(ask: Ask, year: str, month: str, day: str) -> When:
    first = _checked(ask, int(year), int(month), int(day))
    return ask.days(first, first + timedelta(days=1))


def _instant(ask: Ask, year: str, month: str, day: str, time: str) -> When:
    from dateutil.parser import isoparse

    asked_day = _checked(ask, int(year), int(month), int(day))
    try:
        moment = isoparse(f"{asked_day}T{time.upper()}")
    except ValueError as error:
        raise ask.wrong("there is no such time of day; times are HH:MM or HH:MM:SS") from error
    if moment.tzinfo is None and happens_twice(moment, ask.tz):
        raise ask.wrong(f"happens twice in {zone_name(ask.tz)}; write one of {_both(moment, ask.tz)}")
    at = micros(moment) if moment.tzinfo else instant(moment, ask.tz)
    return When(at, at, "moment")


def _both(moment: datetime, tz: tzinfo) -> str:
    return " and ".join(iso(micros(moment.replace(tzinfo=tz, fold=fold)), tz) for fold in (0, 1))


def _epoch(ask: Ask, seconds: str, fraction: str | None) -> When:
    at = int(seconds) * SECOND + int((fraction or "").ljust(6, "0")[:6])
    if len(seconds) >= len("1000000000000"):
        raise ask.wrong(f"the epoch is in seconds; write @{seconds[:10]}")
    if at >= micros(datetime(LAST_YEAR, 1, 1, tzinfo=ask.tz)):
        raise ask.wrong(f"lies after {LAST_YEAR}; the epoch is in seconds")
    return When(at, at, "moment")


def _checked(ask: Ask, year: int, month: int, day: int, shape: str = "dates are YYYY-MM-DD") -> date:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ask.wrong(f"years go from {FIRST_YEAR} to {LAST_YEAR}")
    if not 1 <= month <= len(MONTHS):
        raise ask.wrong(f"there is no month {month}; {shape}")
    if day < 1:
        raise ask.wrong(f"there is no day {day}; {shape}")
    last = (months_later(date(year, month, 1), 1) - timedelta(days=1)).day
    if day > last:
        raise ask.wrong(f"{MONTHS[month - 1]} {year} has {last} days")
    return date(year, month, day)


def _named_day(ask: Ask, word: str) -> When:
    if word.lower() == "now":
        now = micros(ask.now)
        return When(now, now, "moment")
    first = ask.today - timedelta(days=word.lower() == "yesterday")
    return ask.days(first, first + timedelta(days=1))


def _named_period(ask: Ask, which: str, unit: str) -> When:
    which, unit, today = which.lower(), unit.lower(), ask.today
    if which == "past":
        return ask.days(_units_later(today, unit, -1), today)
    first = _first_of(unit, today)
    if which == "this":
        return When(midnight(first, ask.tz), micros(ask.now))
    return ask.days(_units_later(first, unit, -1), first)


def _first_of(unit: str, day: date) -> date:
    if unit == "week":
        return day - timedelta(days=day.weekday())
    months = _MONTHS_IN[unit]
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


def _units_later(day: date, unit: str, count: int) -> date:
    return day + timedelta(weeks=count) if unit == "week" else months_later(day, count * _MONTHS_IN[unit])


def _last_weekday(ask: Ask, weekday: str) -> When:
    back = (ask.today.weekday() - WEEKDAY_NUMBERS[weekday.lower()] - 1) % 7 + 1
    first = ask.today - timedelta(days=back)
    return ask.days(first, first + timedelta(days=1))


def _count_back(ask: Ask, count: str, unit: str) -> When:
    return When(
        ask.shifted(micros(ask.now), {UNITS[unit.lower().rstrip("s")]: int(count)}, -1), micros(ask.now), "back"
    )


def _ago(ask: Ask, count: str, unit: str) -> When:
    start = _count_back(ask, count, unit).start
    return When(start, start, "moment")


def _duration_back(ask: Ask, *_: str) -> When:
    return When(ask.shifted(micros(ask.now), duration(ask.text.strip()), -1), micros(ask.now), "back")


_SHORT = "min|h|d|w|mo|y"
_LONG = "minutes?|mins?|hours?|days?|weeks?|months?|quarters?|years?"
_TIME = r"\d{2}(?::?\d{2}(?::?\d{2}(?:[.,]\d+)?)?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?"
_Readers = tuple[tuple[str, "Callable[..., When]"], ...]
_ABSOLUTE: _Readers = (
    (r"(\d{4})-(\d{2})-(\d{2})", _day),
    (r"(\d{4})(\d{2})(\d{2})", _day),
    (rf"(\d{{4}})-(\d{{2}})-(\d{{2}})(?:T|\s+)({_TIME})", _instant),
    (rf"(\d{{4}})(\d{{2}})(\d{{2}})T({_TIME})", _instant),
    (r"@(\d{1,15})(?:\.(\d+))?", _epoch),
)
_PERIODS: _Readers = (
    (r"(\d{4})", _year),
    (r"(\d{4})-?Q(\d)", _quarter),
    (r"(\d{4})-?W(\d{2})(?:-?(\d))?", _week),
    (r"(\d{4})-(\d{2})", _month),
)
_RELATIVE: _Readers = (
    ("(now|today|yesterday)", _named_day),
    ("(this|last|past) (week|month|quarter|year)", _named_period),
    (f"last ({'|'.join(WEEKDAYS)})", _last_weekday),
    (rf"(\d{{1,6}})({_SHORT})", _count_back),
    (rf"(\d{{1,6}}) ?({_LONG})", _count_back),
    (rf"(\d{{1,6}}) ?({_SHORT}|{_LONG}) ago", _ago),
    (DURATION, _duration_back),
)
