"""A line of small bars: the pulls of each day at one glance."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

from pullstats.outputs.periods import day_name

if TYPE_CHECKING:
    from collections.abc import Sequence

_BARS, _PLAIN = "▁▂▃▄▅▆▇█", "_.-=+*%#"
HOLE = " "


def sparkline(days: Sequence[tuple[str, int]], width: int, *, plain: bool) -> list[str]:
    """`by day  ▄▅█▂    busiest Wed 2024-03-27, quietest Sat 2024-03-23`; days without data are blank.

    Args:
        days: ISO day and count, in order.
        width: the columns that there are; days are joined by two, three ... until they fit, what is told of
            them goes to a second line if it must.
        plain: with ASCII only.
    """
    filled = _filled(days)
    joined = -(-len(filled) // max(width - len("by 30 days  "), 1))
    means = [_mean(filled[at : at + joined]) for at in range(0, len(filled), joined)]
    most = max(each or 0 for each in means)
    name = "by day" if joined == 1 else f"by {joined} days"
    line = f"{name}  {''.join(_mark(each, most, _PLAIN if plain else _BARS) for each in means)}"
    told = _extremes(days)
    return [f"{line}    {told}"] if len(line) + len(told) + 4 <= width else [line, " " * len(f"{name}  ") + told]


def _extremes(days: Sequence[tuple[str, int]]) -> str:
    busiest = day_name(max(days, key=lambda each: each[1])[0])
    return (
        f"busiest {busiest}, quietest {day_name(min(days, key=lambda each: each[1])[0])}" if len(days) > 1 else busiest
    )


def _filled(days: Sequence[tuple[str, int]]) -> list[int | None]:
    """A value for each calendar day from the first to the last; None where there is no data."""
    counts: list[int | None] = [days[0][1]]
    for (before, _), (day, count) in pairwise(days):
        missing = (date.fromisoformat(day) - date.fromisoformat(before)).days - 1
        counts += [None] * missing + [count]
    return counts


def _mean(counts: Sequence[int | None]) -> float | None:
    known = [count for count in counts if count is not None]
    return sum(known) / len(known) if known else None


def _mark(count: float | None, most: float, marks: str) -> str:
    if count is None:
        return HOLE
    return marks[round(count / most * (len(marks) - 1))] if most else marks[0]
