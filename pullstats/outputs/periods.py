"""Periods as people call them: `Tue 2024-03-05`, `2024-W10`, `2024-03`, `2024-Q1`."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import starmap
from typing import TYPE_CHECKING

from pullstats.window.names import WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

PARTIAL = " *"
_WEEK = 7
_MONTHS = {1: "month", 3: "quarter", 12: "year"}


def labels(starts: list[str | None], ends: list[str | None], partial: list[bool | None]) -> tuple[str, list[str]]:
    """The heading of the periods and the name of each; one that the data does not cover whole ends with `*`."""
    named = list(starmap(_name, zip(starts, ends, strict=True)))
    kinds = {kind for kind, _ in named}
    heading = kinds.pop() if len(kinds) == 1 else "period"
    names = [name for _, name in named]
    if len(set(names)) < len(set(starts)):  # an hour that the clocks show twice
        names = [
            name if _cyclic(start) else f"{name} {start[19:]}"
            for name, start in zip(names, _known(starts), strict=True)
        ]
    return heading, [name + (PARTIAL if part else "") for name, part in zip(names, partial, strict=True)]


def day_name(day: str) -> str:
    """`Tue 2024-03-05`, whatever the machine's locale is."""
    return f"{WEEKDAYS[date.fromisoformat(day).weekday()][:3]} {day}"


def _known(texts: list[str | None]) -> Iterator[str]:
    return (text or "" for text in texts)


def _cyclic(start: str) -> bool:
    return "T" not in start[10:11]


def _name(start: str | None, end: str | None) -> tuple[str, str]:
    if start is None or end is None or _cyclic(start):
        return "period", start or "-"
    low, high = datetime.fromisoformat(start), datetime.fromisoformat(end)
    return _days(low, high) if low.time() == high.time() == time() else _hours(low, high)


def _days(low: datetime, high: datetime) -> tuple[str, str]:
    days = (high.date() - low.date()).days
    months = 12 * (high.year - low.year) + high.month - low.month
    if days == 1:
        return "day", day_name(f"{low:%Y-%m-%d}")
    if days == _WEEK and not low.weekday():
        year, week, _ = low.isocalendar()
        return "week", f"{year}-W{week:02}"
    if low.day == high.day == 1 and months in _MONTHS and (low.month - 1) % months == 0:
        kind = _MONTHS[months]
        return kind, {"month": f"{low:%Y-%m}", "quarter": f"{low:%Y}-Q{low.month // 3 + 1}", "year": f"{low:%Y}"}[kind]
    return "period", f"{low:%Y-%m-%d} .. {high - timedelta(days=1):%Y-%m-%d}"


def _hours(low: datetime, high: datetime) -> tuple[str, str]:
    if high - low == timedelta(hours=1):
        return "hour", f"{low:%Y-%m-%d %H:%M}"
    shown = f"{high:%H:%M}" if high.date() == low.date() else f"{high:%Y-%m-%d %H:%M}"
    return "period", f"{low:%Y-%m-%d %H:%M} .. {shown}"
