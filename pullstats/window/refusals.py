"""What to say to a date that cannot be read: one line with what to write instead."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from pullstats.errors import UsageError, did_you_mean
from pullstats.window.names import MONTH_NUMBERS, MONTHS, WEEKDAY_NUMBERS, WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Callable

_UNITS = {"min": "min", "hour": "h", "day": "d", "week": "w", "month": "mo", "year": "y"}
_INSTEAD = {
    "this day": "today",
    "last day": "yesterday",
    "past day": "yesterday",
    "this hour": "1h",
    "last hour": "1h",
    "past hour": "1h",
}
_WORDS = (
    "now", "today", "yesterday",
    *(f"{which}_{unit}" for which in ("this", "last", "past") for unit in ("week", "month", "quarter", "year")),
    *(f"last_{day.lower()}" for day in WEEKDAYS),
)  # fmt: skip
_CENTURY = 2000  # of years with two digits
_EPOCH_DIGITS = 9  # fewer seconds since 1970 lie before any web server


def refusal(text: str, option: str, today: date) -> UsageError:
    """The usage error for a text that no reader of dates takes."""
    asked = text.strip()
    for pattern, cure in _CURES:
        match = pattern.fullmatch(asked)
        said = match and cure(today, *match.groups())
        if said:
            return UsageError(f"{option} '{text}'{said}")
    near = did_you_mean(re.sub(r"[\s-]+", "_", asked.lower()), _WORDS)
    if near:
        return UsageError(f"{option} '{text}': {near}")
    return UsageError(f"{option} '{text}' is not a date", "write 2021, 2021-06, 2021-06-01, last_month or 30d")


def _slashed(_: date, first: str, second: str, year: str) -> str:
    full = int(year) + (_CENTURY if len(year) == len("21") else 0)
    by_day, by_month = _date(full, int(second), int(first)), _date(full, int(first), int(second))
    if by_day and by_month and by_day != by_month:
        return f" is ambiguous ({_spoken(by_day)} or {_spoken(by_month)}); write {by_day} or {by_month}"
    read = by_day or by_month
    return f": write {read}" if read else ": dates are YYYY-MM-DD"


def _spoken(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]}"


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _unpadded(_: date, year: str, month: str, day: str | None) -> str:
    return f": write {year}-{int(month):02}" + (f"-{int(day):02}" if day else "")


def _unpadded_week(_: date, year: str, week: str) -> str:
    return f": write {year}-W{int(week):02}"


def _minutes_or_months(_: date, count: str) -> str:
    return f": write {count}mo (months) or {count}min (minutes)"


def _weekday(_: date, word: str) -> str:
    number = WEEKDAY_NUMBERS.get(word.lower())
    if number is None:
        return ""
    day = WEEKDAYS[number]
    return f": write last_{day.lower()}, or --every {day.lower()} to keep all {day}s"


def _month_name(today: date, word: str, year: str | None) -> str:
    month = MONTH_NUMBERS.get(word.lower())
    if not month:
        return ""
    if year:
        return f": write {year}-{month:02}"
    return f": a month needs its year; write {today.year - (month > today.month)}-{month:02}"


def _year_first(today: date, year: str, word: str) -> str:
    return _month_name(today, word, year)


def _digits(_: date, digits: str) -> str:
    if len(digits) >= _EPOCH_DIGITS:
        return f": write @{digits[:10]} for seconds since 1970, or a date such as 2021-06-01"
    if len(digits) == len("202106") and _date(int(digits[:4]), int(digits[4:]), 1):
        return f": write {digits[:4]}-{digits[4:]}"
    return f": a number alone says no unit; write {digits}d (days back), {digits}h, or a date such as 2021-06-01"


def _clock_time(today: date, hour: str, minute: str) -> str:
    return f": a time needs its day; write {today}T{int(hour):02}:{minute}"


def _last_many(_: date, count: str, unit: str) -> str:
    unit = unit.lower()
    short = "min" if unit.startswith("min") else _UNITS[unit]
    return f": write {count}{short}"


def _instead(_: date, which: str, unit: str) -> str:
    return f": write {_INSTEAD[f'{which.lower()} {unit.lower()}']}"


def _time_of_log(_: date, day: str, month: str, year: str, time: str, offset: str | None) -> str:
    number = MONTH_NUMBERS.get(month.lower())
    read = number and _date(int(year), number, int(day))
    return f": write {read}T{time}{offset or ''}" if read else ""


def _time_with_zone(_: date, moment: str, zone: str) -> str:
    return f": {zone} is no offset; write {moment.replace(' ', 'T')}Z or {moment.replace(' ', 'T')}+02:00, or use --tz"


_CURES: tuple[tuple[re.Pattern[str], Callable[..., str]], ...] = tuple(
    (re.compile(pattern, re.ASCII | re.IGNORECASE), cure)
    for pattern, cure in (
        (r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})", _slashed),
        (r"(\d{4})[/.-](\d{1,2})(?:[/.-](\d{1,2}))?", _unpadded),
        (r"(\d{4})-?w(\d)", _unpadded_week),
        (r"(\d+)\s*m", _minutes_or_months),
        (r"([a-z]+?)s?", _weekday),
        (r"([a-z]+)(?:[\s_-]+(\d{4}))?", _month_name),
        (r"(\d{4})[\s_-]+([a-z]+)", _year_first),
        (r"(\d+)", _digits),
        (r"(\d{1,2}):(\d{2})", _clock_time),
        (r"(?:last|past)[\s_-]+(\d+)[\s_-]*(min|hour|day|week|month|year)(?:ute)?s?", _last_many),
        (r"(this|last|past)[\s_-]+(day|hour)", _instead),
        (r"\[?(\d{2})/([a-z]{3})/(\d{4}):(\d{2}:\d{2}:\d{2})(?: ([+-]\d{4}))?\]?", _time_of_log),
        (r"(\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(?::\d{2})?)\s*([a-z]+(?:/[a-z_]+)?)", _time_with_zone),
    )
)
