"""Activities: what clients set out to do, from what they asked for."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from pullstats.counting.days import Counter, spans
from pullstats.counting.rows import REQUEST_COLUMNS, days_of, facts, ids_of
from pullstats.lazy import pl
from pullstats.tables import ACTIVITIES, schema
from pullstats.threads import ahead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from pullstats.counting.days import Ready, Span
    from pullstats.counting.names import Ids
    from pullstats.counting.rows import Facts
    from pullstats.counting.rules import Rule

__all__ = ["REQUEST_COLUMNS", "WARM_UP_DAYS", "activities", "derive"]

# What happens on one day can depend on, and change, what happened on so many days before and after it.
WARM_UP_DAYS = 2
# Resources that are remembered without being asked for: what one day names is mostly named on others, too.
REMEMBERED = 50_000
# Requests: what is done once for some days costs as much as 100,000 of them.
TOGETHER = 200_000


def activities(requests: pl.DataFrame, sizes: pl.DataFrame | None, rule: Rule) -> pl.DataFrame:
    """The activities of a complete frame of requests.

    Args:
        requests: columns REQUEST_COLUMNS, names.CALLER_COLUMNS and names.RESOURCE_COLUMNS, in any order of rows.
        sizes: the sizes of contents on these days and their neighbours (columns of `rows.sizes`), where they are
            known from elsewhere; None: those that the requests themselves show.
        rule: the counting rule.

    Returns:
        Columns tables.ACTIVITIES, in order of time; the same rows for any order of the requests.
    """
    days = days_of(requests)
    given = _facts(list(days), days.__getitem__, ids_of(requests, rule), rule)
    ready = _counted(spans(given, rule), Counter(rule, sizes))
    made = [frame for some in ready for _, frame in some.activities()]
    return pl.concat([pl.DataFrame(schema=schema(ACTIVITIES)), *made])


def derive(
    days: Sequence[date], read: Callable[[date], pl.DataFrame], ids: Ids, rule: Rule
) -> Iterator[tuple[date, pl.DataFrame]]:
    """The activities of UTC days, a few days at a time, in memory that does not grow with their number.

    Reads each day once, and one day ahead: whether content is complete, and what a redirect led to, is known only
    from the day after. Between days it keeps the requests of what may still change.
    To rebuild the days a to b alone, ask for a - WARM_UP_DAYS to b + WARM_UP_DAYS and keep a to b: the result is that
    of all days. Likewise a request can change the activities of WARM_UP_DAYS days before and after its own.

    Args:
        days: in ascending order; a day that is missing holds no requests.
        read: the requests (columns REQUEST_COLUMNS) of a day, by their logged time.
        ids: what their ids stand for.
        rule: the counting rule.

    Yields:
        Each day, in order, with all activities (columns tables.ACTIVITIES) whose first request was logged that day.
    """
    given = ahead(spans(ahead(_facts(days, read, ids, rule)), rule))
    ready = ahead(_counted(given, Counter(rule, None)))
    return (made for some in ready for made in some.activities())


def _facts(
    days: Sequence[date], read: Callable[[date], pl.DataFrame], ids: Ids, rule: Rule
) -> Iterator[tuple[list[date], Facts]]:
    """The facts of days; their resources are those of the days before, too, which may still be open."""
    near: deque[pl.Series] = deque(maxlen=WARM_UP_DAYS + 2)
    known = None
    for together, requests in _together(days, read):
        near.append(requests["resource_id"].unique())
        if known is not None and len(known) > REMEMBERED:
            known = known.join(pl.concat(near).unique().to_frame(), on="resource_id", how="semi")
        one = facts(requests, ids, rule, known)
        known = one.resources
        yield together, one


def _together(days: Sequence[date], read: Callable[[date], pl.DataFrame]) -> Iterator[tuple[list[date], pl.DataFrame]]:
    """The requests of the days, of several at once where they are few."""
    together: list[date] = []
    held: list[pl.DataFrame] = []
    for day in days:
        together.append(day)
        held.append(read(day))
        if day == days[-1] or sum(map(len, held)) >= TOGETHER:
            yield together, pl.concat(held)
            together, held = [], []


def _counted(given: Iterator[Span], counter: Counter) -> Iterator[Ready]:
    for span in given:
        counter.add(span)
        if ready := counter.ready():
            yield ready
