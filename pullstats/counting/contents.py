"""Whether content came whole: sizes known from other requests, and parts added up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.counting.codes import CUT, DAY, ELSEWHERE, PART, SECOND, WHOLE
from pullstats.counting.runs import before, runs
from pullstats.lazy import pl

if TYPE_CHECKING:
    from pullstats.counting.rules import Rule

# What is kept of parts that may still be continued.
PARTS = ("key", "target", "at", "end", "bytes", "answer", "whole", "done", "reach", "born", "block")


def sized(rows: pl.DataFrame, sizes: pl.DataFrame) -> pl.DataFrame:
    """The rows with `whole` (Int64): the largest size known, where a row has none yet."""
    near = rows.with_columns((pl.col("at") // DAY).alias("day")).join(
        sizes, on=["day", "target"], how="left", maintain_order="left"
    )
    return near.with_columns(pl.coalesce("whole", "size").alias("whole")).drop("day", "size")


def is_whole(rule: Rule) -> pl.Expr:
    """The answer alone is the whole content: sent elsewhere, or (almost) as many bytes as it is known to have."""
    enough = pl.col("bytes") * 100 >= pl.col("whole") * rule.complete_percent
    return (pl.col("answer") == ELSEWHERE) | ((pl.col("answer") == WHOLE) & enough.fill_null(value=True))


def completed(blobs: pl.DataFrame, parts: pl.DataFrame, rule: Rule) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The blobs with `done` (Int64: how many times the blob became complete with this row), and the parts so far.

    Args:
        blobs: BLOB rows in order, with `row` and `whole`; rows of earlier days have their `done` already.
        parts: what the last call gave back, of what may still be continued.
        rule: how long parts are added up.
    """
    blobs = blobs.with_columns(pl.coalesce("done", is_whole(rule).cast(pl.Int64)).alias("done"))
    fresh = blobs.filter(pl.col("opens").is_null())
    pieces = fresh.filter(pl.col("answer").is_in((CUT, PART)) | ((pl.col("answer") == WHOLE) & (pl.col("done") == 0)))
    if parts.is_empty() and pieces.is_empty():
        return blobs, parts
    old = parts.with_columns(pl.lit(None, pieces.schema["row"]).alias("row"))
    chain = pl.concat([old, pieces.select(old.columns)]).sort("key", "target", maintain_order=True)
    chain = _added_up(chain, rule)
    gained = chain.filter(pl.col("row").is_not_null() & (pl.col("gain") > 0)).select("row", "gain")
    blobs = blobs.join(gained, on="row", how="left", maintain_order="left")
    blobs = blobs.with_columns((pl.col("done") + pl.col("gain").fill_null(0)).alias("done")).drop("gain")
    return blobs, chain.select(PARTS)


def _added_up(chain: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Add `gain`: a part that brings the sum since the last request from the beginning to another whole."""
    window = rule.parts_seconds * SECOND
    chain = runs(chain, ["key", "target"], window, rule.longest_seconds * SECOND)
    part = pl.col("answer") == PART
    slot = (pl.col("at") - pl.col("block")) // window
    again = pl.col("fresh") | (slot != before(slot)) | part.not_()
    chain = chain.with_columns(again.cum_sum().alias("from_start"), pl.col("bytes").fill_null(0).alias("counted"))
    upto = pl.col("counted").cum_sum().over("from_start")
    share = pl.col("whole") * (100 - rule.complete_percent)
    times, times_before = (
        (total * 100 + share) // (pl.col("whole") * 100) for total in (upto, upto - pl.col("counted"))
    )
    unsized = again & pl.col("bytes").is_null()
    gain = pl.when(part).then((times - times_before).fill_null(0) + unsized.cast(pl.Int64)).otherwise(0)
    return chain.with_columns(gain.alias("gain"))


def continuable(parts: pl.DataFrame, until: int, rule: Rule) -> pl.DataFrame:
    """The parts that a request from `until` on may continue."""
    return parts.filter(until - pl.col("reach") <= rule.parts_seconds * SECOND)
