"""Steps in time: "a month later", "30 days back", ISO durations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pullstats.window.zones import HOUR, MINUTE, instant, local

if TYPE_CHECKING:
    from datetime import date, tzinfo

FIRST_YEAR, LAST_YEAR = 1900, 2999

UNITS = {
    "min": "min", "minute": "min", "h": "h", "hour": "h", "d": "d", "day": "d", "w": "w", "week": "w",
    "mo": "mo", "month": "mo", "quarter": "q", "y": "y", "year": "y",
}  # fmt: skip
_CLOCK_UNITS = {"min": MINUTE, "h": HOUR}
_CALENDAR_UNITS = {"d": ("days", 1), "w": ("weeks", 1), "mo": ("months", 1), "q": ("months", 3), "y": ("years", 1)}
DURATION = r"P(?=.)(?:([0-9]+)Y)?(?:([0-9]+)M)?(?:([0-9]+)W)?(?:([0-9]+)D)?(?:T(?=.)(?:([0-9]+)H)?(?:([0-9]+)M)?)?"


def duration(text: str) -> dict[str, int]:
    """The parts of an ISO duration (`P1M`, `P1DT12H`): unit -> count; empty if the text is none."""
    match = re.fullmatch(DURATION, text, re.IGNORECASE)
    parts = zip(("y", "mo", "w", "d", "h", "min"), match.groups() if match else (), strict=False)
    return {unit: int(count) for unit, count in parts if count}


def months_later(day: date, months: int) -> date:
    """The same day of another month, or the month's last day."""
    from dateutil.relativedelta import relativedelta

    return day + relativedelta(months=months)


def shifted(us: int, parts: dict[str, int], sign: int, tz: tzinfo) -> int:
    """The moment that lies a duration before (-1) or after (+1) another one.

    Days and longer units go by the local calendar (a day over a change of the clocks has 23 or 25 hours), hours
    and minutes by the stopwatch.

    Raises:
        OverflowError, ValueError: beyond the calendar.
    """
    from dateutil.relativedelta import relativedelta

    clock = sum(count * _CLOCK_UNITS[unit] for unit, count in parts.items() if unit in _CLOCK_UNITS)
    step = relativedelta()
    for unit, count in parts.items():
        if unit in _CALENDAR_UNITS:
            name, size = _CALENDAR_UNITS[unit]
            step += relativedelta(**{name: sign * size * count})  # pyright: ignore[reportArgumentType]
    if step:
        us = instant(local(us, tz).replace(tzinfo=None) + step, tz)
    return us + sign * clock
