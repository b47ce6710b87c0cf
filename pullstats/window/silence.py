"""Holes in the data, and periods that the data covers only in part.

A log that stops is not a quiet server. A silence is a hole where it is unusual for its weekday and hour, so that the
nights and weekends of an office are none.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC
from functools import cached_property
from typing import TYPE_CHECKING

from pullstats.window.zones import DAY, HOUR, MINUTE, local

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo

    from pullstats.window.periods import Bucket

SLOT = 5 * MINUTE  # requests are summed up by ts // SLOT
LEAST_HOLE = HOUR
MOST_QUIET = 366 * DAY
USUAL_TIMES = 20

# From the narrowest: the weekday and hour; the hour on any day; any hour. One is asked only where the data has
# another occurrence of the narrower one than the silence that is judged.
Cell = tuple[int, ...]


@dataclass(frozen=True)
class Rhythm:
    """How long a silence is usual at which time of the week.

    Attributes:
        gaps: the silences between the active slots: after which moment, before which moment.
        tz: the zone of weekdays and hours.
    """

    gaps: tuple[tuple[int, int], ...] = ()
    tz: tzinfo = UTC

    def holes(self) -> list[tuple[int, int]]:
        """The gaps that are holes, as (last moment before, first moment after)."""
        return [gap for gap in self.gaps if self.is_hole(*gap)]

    def is_hole(self, start: int, end: int) -> bool:
        """Whether no line from start to end is unusual.

        It is where the part of the silence that lies in hours that do not know so long a silence is itself longer
        than those hours' limit: an hour, or 20 times the median gap. More than a year is always unusual.
        """
        if not LEAST_HOLE < end - start <= MOST_QUIET:
            return end - start > MOST_QUIET
        hours = range(start // HOUR, (end - 1) // HOUR + 1)
        limits = self._limits(hours)
        unusual = [hour for hour in hours if end - start > limits[hour]]
        length = sum(min(end, (hour + 1) * HOUR) - max(start, hour * HOUR) for hour in unusual)
        return bool(unusual) and length > min(limits[hour] for hour in unusual)

    def _limits(self, hours: range) -> dict[int, int]:
        """From how long on a silence is unusual, for each hour that one covers: it is not judged by itself."""
        cells = {hour: self._cells_of(hour) for hour in hours}
        own: dict[Cell, list[int]] = defaultdict(list)
        for hour in self._usual.keys() & cells.keys():
            for cell in cells[hour]:
                own[cell].append(self._usual[hour])
        medians = {cell: _median_without(self._cells.get(cell, []), own[cell]) for cell in set().union(*cells.values())}
        usual = {hour: next((medians[cell] for cell in cells[hour] if medians[cell] is not None), 0) for hour in hours}
        return {hour: max(LEAST_HOLE, USUAL_TIMES * (gap or 0)) for hour, gap in usual.items()}

    def _cells_of(self, hour: int) -> tuple[Cell, Cell, Cell]:
        at = local(hour * HOUR, self.tz)
        return (at.weekday(), at.hour), (at.hour,), ()

    @cached_property
    def _usual(self) -> dict[int, int]:
        """The median gap of each hour, counted since 1970, in the data."""
        return {hour: sorted(gaps)[(len(gaps) - 1) // 2] for hour, gaps in _gaps_by_hour(self.gaps).items()}

    @cached_property
    def _cells(self) -> dict[Cell, list[int]]:
        """The median gaps of the hours of each cell, sorted."""
        cells: dict[Cell, list[int]] = defaultdict(list)
        for hour, gap in self._usual.items():
            for cell in self._cells_of(hour):
                cells[cell].append(gap)
        return {cell: sorted(gaps) for cell, gaps in cells.items()}


def _gaps_by_hour(gaps: tuple[tuple[int, int], ...]) -> dict[int, list[int]]:
    hours: dict[int, list[int]] = defaultdict(list)
    for start, end in gaps:
        if end - start > MOST_QUIET:
            continue
        for hour in range(start // HOUR, max(start, end - 1) // HOUR + 1):
            hours[hour].append(end - start)
    return hours


def _median_without(values: list[int], left_out: list[int]) -> int | None:
    """The lower median of sorted values without some of their own; None if nothing is left."""
    rest = len(values) - len(left_out)
    if rest <= 0:
        return None
    at = (rest - 1) // 2
    seen: Counter[int] = Counter()
    for value in sorted(left_out):
        at += bisect_left(values, value) + seen[value] <= at
        seen[value] += 1
    return values[at]


def rhythm(slots: Iterable[tuple[int, int]], tz: tzinfo = UTC) -> Rhythm:
    """The rhythm of the data from the first and last moment of each slot with a line, in order of time.

    A slot is five minutes (`ts // SLOT`, its smallest and greatest `ts`): few rows, and yet each gap is exact.
    Longer slots up to an hour give the same gaps of more than an hour, and a coarser median.
    """
    return Rhythm(tuple(_between(slots)), tz)


def _between(slots: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    before = None
    for first, last in slots:
        if before is not None:
            yield before, first
        before = last


def holes(slots: Iterable[tuple[int, int]], tz: tzinfo = UTC) -> list[tuple[int, int]]:
    """The holes in the data as (last moment before, first moment after); `slots` as `rhythm` takes them."""
    return rhythm(slots, tz).holes()


def partial(  # noqa: PLR0913 - a period, the data, the window
    bucket: Bucket,
    first: int | None,
    last: int | None,
    usual: Rhythm | None = None,
    *,
    since: int | None = None,
    until: int | None = None,
) -> bool:
    """Whether the data, or the window's own ends, cover only a part of the bucket's period.

    Between the data's ends and the period's may lie a silence that is usual there (`usual`; else an hour). What
    `--every` and `--hours` leave out makes no period partial.
    """
    if first is None or last is None or bucket.end_us <= first or last < bucket.start_us:
        return True
    if since is not None and since > bucket.whole_start_us:
        return True
    if until is not None and until < bucket.whole_end_us:
        return True
    # Where the window is open, the part was cut at the data's own end, and the period's end is asked about.
    start = bucket.whole_start_us if bucket.start_us == first else bucket.start_us
    end = bucket.whole_end_us if bucket.end_us == last + 1 else bucket.end_us
    judge = usual or Rhythm()
    return judge.is_hole(start, first) or judge.is_hole(last, end)
