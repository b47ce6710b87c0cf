"""Periods of an answer: their text, what the data covers of them, and where it has holes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats import window as windows
from pullstats.lazy import pl
from pullstats.words import PERIOD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pullstats.answer.types import Answer, Coverage
    from pullstats.engines import Facts, Query, Tables

SECOND = 1_000_000


def rhythm(tables: Tables, query: Query) -> windows.Rhythm:
    """How long the sources are usually silent, at which time of the week."""
    slots = (
        tables.scan("requests")
        .group_by(pl.col("ts") // windows.SLOT)
        .agg(pl.col("ts").min().alias("first"), pl.col("ts").max().alias("last"))
        .select("first", "last")
        .sort("first")
        .collect(engine="streaming")
    )
    return windows.rhythm(slots.iter_rows(), query.window.zone)


def inside(holes: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The parts of the holes that lie in the window."""
    if spans:
        low, high = spans[0][0], spans[-1][1]
        yield from ((max(start, low), min(end, high)) for start, end in holes if start < high and low < end)


def with_periods(
    answer: Answer, facts: Facts, buckets: Sequence[windows.Bucket], usual: windows.Rhythm, *, every: bool
) -> pl.DataFrame:
    """The rows of an answer with the text of their period.

    Args:
        answer: its rows have the number of their period.
        facts: what was counted.
        buckets: the periods; none: the window is one.
        usual: how long the sources are usually silent.
        every: a period of the data without a row is one of zeros, and a hole is empty; else only periods with rows.
    """
    query, covered = facts.query, answer.coverage
    parts = [part for part in buckets or _whole(query, facts.spans) if _has_data(part, covered)]
    if not parts:
        return answer.table.clear().with_columns(pl.lit(None, pl.String()).alias(name) for name in PERIOD)
    texts = _period_texts(parts, query, covered, usual, answer.gaps)
    if not every:
        return answer.table.join(texts, on="period", how="left", maintain_order="left")
    rows = texts.join(answer.table, on="period", how="left", maintain_order="left")
    counts = [name for name in answer.table.columns if name != "period"]
    return rows.with_columns(pl.when(~pl.col("hole")).then(pl.col(counts).fill_null(0)))


def _whole(query: Query, spans: Sequence[tuple[int, int]]) -> list[windows.Bucket]:
    """The window as one period: as asked where it is bounded, as the data has it where it is open."""
    if not spans:
        return []
    start, end = spans[0][0], spans[-1][1]
    low = start // SECOND * SECOND if query.window.since is None else query.window.since
    high = -(-end // SECOND) * SECOND if query.window.until is None else query.window.until
    return [windows.Bucket(start, end, iso(query, low), iso(query, high), 0, low, high)]


def _has_data(part: windows.Bucket, covered: Coverage) -> bool:
    """Whether the data reaches into the period; where it does not, there is nothing to say, not zero."""
    if covered.first is None or covered.last is None:
        return False
    return part.start_us <= covered.last and covered.first < part.end_us


def _period_texts(
    parts: Sequence[windows.Bucket],
    query: Query,
    covered: Coverage,
    usual: windows.Rhythm,
    gaps: Sequence[tuple[int, int]],
) -> pl.DataFrame:
    """One row a period (columns period, PERIOD, hole); its parts are joined."""
    window = query.window
    ends = (covered.first, covered.last, usual)
    rows = [
        (
            part.order,
            part.key_start,
            part.key_end,
            windows.partial(part, *ends, since=window.since, until=window.until),
            any(low < part.start_us and part.end_us <= high for low, high in gaps),
        )
        for part in parts
    ]
    schema = {
        "period": pl.Int64(),
        "period_start": pl.String(),
        "period_end": pl.String(),
        "partial": pl.Boolean(),
        "hole": pl.Boolean(),
    }
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    joined = [pl.col("period_start", "period_end").first(), pl.col("partial").any(), pl.col("hole").all()]
    return frame.group_by("period").agg(joined).sort("period")


def iso(query: Query, microseconds: int) -> str:
    """A time as ISO text in the zone that was asked for."""
    return windows.iso(microseconds, query.window.zone)
