"""The periods of `--by`: hours, days, ISO weeks, months ... that a window is cut into."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from pullstats.errors import UsageError, did_you_mean
from pullstats.window.names import WEEKDAYS
from pullstats.window.steps import LAST_YEAR, months_later
from pullstats.window.zones import DAY, HOUR, MINUTE, instant, iso, local, midnight, segments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import tzinfo

GRANULARITIES = ("hour", "day", "week", "month", "quarter", "year", "weekday", "hour_of_day")
MOST_PERIODS = 200_000

_UNITS = {
    "min": ("min", 1), "h": ("hour", 1), "d": ("day", 1), "w": ("week", 1), "mo": ("month", 1), "y": ("year", 1),
    "minute": ("min", 1), "hour": ("hour", 1), "day": ("day", 1), "week": ("week", 1), "month": ("month", 1),
    "quarter": ("month", 3), "year": ("year", 1),
}  # fmt: skip
_LENGTHS = {"min": MINUTE, "hour": HOUR, "day": DAY, "week": 7 * DAY, "month": 28 * DAY, "year": 365 * DAY}
_MULTIPLE = re.compile(r"(\d{1,4})[\s_-]*([a-z]+?)s?", re.ASCII | re.IGNORECASE)
_EPOCH_DAY = date(1970, 1, 1)
_MONDAY_OF_WEEK_1 = date(1969, 12, 29)  # ISO week 1 of 1970


@dataclass(frozen=True)
class Bucket:
    """One part of a window that lies in one period.

    A period that `--every` or `--hours` cuts has several parts, a weekday or hour of the day has one for each time
    it comes: parts of one period have the same `order` and keys.

    Attributes:
        start_us, end_us: the part, half open, in epoch microseconds.
        key_start, key_end: the whole period as ISO text, end excluded; of a weekday or hour of the day its name
            and None.
        order: number of the period among those of the answer, to sort by.
        whole_start_us, whole_end_us: the whole period.
    """

    start_us: int
    end_us: int
    key_start: str
    key_end: str | None
    order: int
    whole_start_us: int
    whole_end_us: int


@dataclass(frozen=True)
class Granularity:
    """What `--by` asks for: a number of units, or the name of a weekday or hour of the day."""

    unit: str
    count: int = 1

    @property
    def cyclic(self) -> bool:
        """Whether periods come back: every Monday is one row."""
        return self.unit in ("weekday", "hour_of_day")


def granularity(text: str, *, option: str = "--by") -> Granularity:
    """What a word or multiple (`day`, `6h`, `2w`, `3mo`) asks for.

    Raises:
        UsageError: for anything else.
    """
    asked = re.sub(r"[\s-]+", "_", text.strip().lower())
    if asked in GRANULARITIES:
        return Granularity("month", 3) if asked == "quarter" else Granularity(asked)
    match = _MULTIPLE.fullmatch(asked)
    if match and match[2] == "m":
        raise UsageError(f"{option} '{text}': write {match[1]}mo (months) or {match[1]}min (minutes)")
    if not match or match[2] not in _UNITS or not int(match[1]):
        near = did_you_mean(asked, GRANULARITIES)
        known = f"{', '.join(GRANULARITIES)}, or a multiple such as 6h or 2w"
        raise UsageError(f"{option} '{text}': {near} ({known})" if near else f"{option} '{text}': choose {known}")
    unit, size = _UNITS[match[2]]
    return _in_days(Granularity(unit, size * int(match[1])), text, option)


def _in_days(asked: Granularity, text: str, option: str) -> Granularity:
    """Hours that make full days as days; other spans of more than a day would not fit into days."""
    length = asked.count * _LENGTHS[asked.unit]
    if asked.unit not in ("min", "hour") or length < DAY:
        return asked
    if length % DAY:
        raise UsageError(f"{option} '{text}': periods of more than a day are full days; write {length // DAY + 1}d")
    return Granularity("day", length // DAY)


def buckets(by: str, spans: list[tuple[int, int]], tz: tzinfo) -> list[Bucket]:
    """The spans (sorted, disjoint) cut at the periods' edges, in order of time.

    Periods of up to an hour end where the clocks change, so that an hour that comes twice is two periods; longer
    ones follow the clock on the wall: `6h` counts from local midnight, and has 5 or 7 hours on such a day. Multiples
    count from 1970: days from 1 January, weeks from ISO week 1, months from January; years are multiples of the
    number (`10y` begins 2020). The last period of a day, `5h` say, is a shorter one.

    Raises:
        UsageError: if `by` is no granularity, or the window has more than 200,000 periods.
    """
    asked = granularity(by)
    if not spans:
        return []
    start, end = spans[0][0], spans[-1][1]
    length = HOUR if asked.unit == "hour_of_day" else asked.count * _LENGTHS.get(asked.unit, DAY)
    if (end - start) // length > MOST_PERIODS:
        raise UsageError(
            f"--by {by}: {(end - start) // length:,} periods from {iso(start, tz)} to {iso(end, tz)}; "
            f"take a longer period, or a shorter window (at most {MOST_PERIODS:,})"
        )
    return list(_cut(spans, _periods(asked, start, end, tz), asked, tz))


def _cut(
    spans: list[tuple[int, int]], periods: Iterator[tuple[int, int]], asked: Granularity, tz: tzinfo
) -> Iterator[Bucket]:
    at, order = 0, 0
    for start, end in periods:
        while at < len(spans) and spans[at][1] <= start:
            at += 1
        parts = at
        keys = None
        while parts < len(spans) and spans[parts][0] < end:
            keys = keys or _keys(asked, start, end, order, tz)
            low, high = max(spans[parts][0], start), min(spans[parts][1], end)
            yield Bucket(low, high, *keys, start, end)
            parts += 1
        order += keys is not None


def _keys(asked: Granularity, start: int, end: int, order: int, tz: tzinfo) -> tuple[str, str | None, int]:
    if asked.unit == "weekday":
        number = local(start, tz).weekday()
        return WEEKDAYS[number], None, number
    if asked.unit == "hour_of_day":
        hour = local(start, tz).hour
        return f"{hour:02}:00", None, hour
    return iso(start, tz), iso(end, tz), order


def _periods(asked: Granularity, start: int, end: int, tz: tzinfo) -> Iterator[tuple[int, int]]:
    """The periods that overlap [start, end), one after the other, as [start, end) in epoch microseconds."""
    if asked.unit == "hour_of_day" or (asked.unit in ("min", "hour") and asked.count * _LENGTHS[asked.unit] <= HOUR):
        return _by_the_clock(
            HOUR if asked.unit == "hour_of_day" else asked.count * _LENGTHS[asked.unit], start, end, tz
        )
    if asked.unit in ("min", "hour"):
        return _in_the_day(asked.count * _LENGTHS[asked.unit], start, end, tz)
    return _of_days(_EDGES[asked.unit], asked.count, start, end, tz)


def _by_the_clock(length: int, start: int, end: int, tz: tzinfo) -> Iterator[tuple[int, int]]:
    """Periods of up to an hour: the wall clock runs evenly between two changes, and each change is an edge."""
    for begin, stop, ahead in segments(start - DAY, end + DAY, tz):
        if begin >= end or stop <= start:
            continue
        wall, last = max(begin, start) + ahead, min(stop, end) + ahead
        while wall < last:
            day = wall // DAY * DAY
            low = day + (wall - day) // length * length
            high = min(low + length, day + DAY)
            yield max(low - ahead, begin), min(high - ahead, stop)
            wall = high


def _in_the_day(length: int, start: int, end: int, tz: tzinfo) -> Iterator[tuple[int, int]]:
    """Periods of more than an hour and less than a day: from midnight, at times that the wall clock shows."""
    day = local(start, tz).date()
    edge = midnight(day, tz)
    while edge < end:
        next_day = day + timedelta(days=1)
        walls = (_wall(day) + timedelta(microseconds=wall) for wall in range(length, DAY, length))
        for following in (*(instant(wall, tz) for wall in walls), midnight(next_day, tz)):
            if edge < following and following > start and edge < end:
                yield edge, following
            edge = max(edge, following)
        day = next_day


def _wall(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock's time


def _of_days(
    edges: Callable[[date, int, int], date], count: int, start: int, end: int, tz: tzinfo
) -> Iterator[tuple[int, int]]:
    # Where the clocks go back over midnight, the moments that show yesterday again are today's: hence one day less.
    first = local(start, tz).date() - timedelta(days=1)
    step, edge = 0, midnight(edges(first, count, 0), tz)
    while edge < end:
        step += 1
        following = midnight(edges(first, count, step), tz)
        if following > start and following > edge:  # a zone can skip a whole day
            yield edge, following
        edge = following


def _day_edge(day: date, count: int, step: int) -> date:
    number = (day - _EPOCH_DAY).days // count + step
    return _EPOCH_DAY + timedelta(days=number * count)


def _week_edge(day: date, count: int, step: int) -> date:
    number = (day - _MONDAY_OF_WEEK_1).days // (7 * count) + step
    return _MONDAY_OF_WEEK_1 + timedelta(days=number * 7 * count)


def _month_edge(day: date, count: int, step: int) -> date:
    number = (12 * (day.year - _EPOCH_DAY.year) + day.month - 1) // count + step
    return months_later(_EPOCH_DAY, number * count)


def _year_edge(day: date, count: int, step: int) -> date:
    return date(max(1, min((day.year // count + step) * count, LAST_YEAR + 1)), 1, 1)


_EDGES: dict[str, Callable[[date, int, int], date]] = {
    "day": _day_edge,
    "weekday": _day_edge,
    "week": _week_edge,
    "month": _month_edge,
    "year": _year_edge,
}
