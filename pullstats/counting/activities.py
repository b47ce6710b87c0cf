"""Activities: what clients set out to do, from what they asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.counting.days import Counter
from pullstats.counting.rows import REQUEST_COLUMNS, days_of, facts
from pullstats.lazy import pl
from pullstats.tables import ACTIVITIES, schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from pullstats.counting.rules import Rule

__all__ = ["REQUEST_COLUMNS", "WARM_UP_DAYS", "activities", "derive"]

# What happens on one day can depend on, and change, what happened on so many days before and after it.
WARM_UP_DAYS = 2


def activities(requests: pl.DataFrame, sizes: pl.DataFrame | None, rule: Rule) -> pl.DataFrame:
    """The activities of a complete frame of requests.

    Args:
        requests: columns REQUEST_COLUMNS, in any order of rows.
        sizes: the sizes of contents on these days and their neighbours (columns of `rows.sizes`), where they are
            known from elsewhere; None: those that the requests themselves show.
        rule: the counting rule.

    Returns:
        Columns tables.ACTIVITIES, in order of time; the same rows for any order of the requests.
    """
    days = days_of(requests)
    made = [frame for _, frame in _derived(list(days), days.__getitem__, rule, sizes)]
    return pl.concat([pl.DataFrame(schema=schema(ACTIVITIES)), *made])


def derive(
    days: Sequence[date], read: Callable[[date], pl.DataFrame], rule: Rule
) -> Iterator[tuple[date, pl.DataFrame]]:
    """The activities of UTC days, one day at a time, in memory that does not grow with their number.

    Reads each day once, and one day ahead: whether content is complete, and what a redirect led to, is known only
    from the day after. Between days it keeps the requests of what may still change.
    To rebuild the days a to b alone, ask for a - WARM_UP_DAYS to b + WARM_UP_DAYS and keep a to b: the result is that
    of all days. Likewise a request can change the activities of WARM_UP_DAYS days before and after its own.

    Args:
        days: in ascending order; a day that is missing holds no requests.
        read: the requests (columns REQUEST_COLUMNS) of a day, by their logged time.
        rule: the counting rule.

    Yields:
        Each day, in order, with all activities (columns tables.ACTIVITIES) whose first request was logged that day.
    """
    return _derived(days, read, rule, None)


def _derived(
    days: Sequence[date], read: Callable[[date], pl.DataFrame], rule: Rule, sizes: pl.DataFrame | None
) -> Iterator[tuple[date, pl.DataFrame]]:
    counter = Counter(rule, sizes)
    ahead = None
    for day, following in zip(days, [*days[1:], None], strict=False):
        today = ahead[1] if ahead else facts(read(day), rule)
        ahead = (following, facts(read(following), rule, today.resources)) if following else None
        counter.add(day, today, ahead)
        yield from counter.ready()
