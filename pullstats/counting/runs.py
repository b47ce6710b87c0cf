"""Rows that lie close together: runs of a key, buckets of repeats, and what opens what.

All functions take rows that are sorted by their key and, inside it, in time order. Rows that were kept from an
earlier day come with their columns `reach`, `born` and `block` filled; these stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROOM = 1 << 62


def before(value: pl.Expr) -> pl.Expr:
    """The value of the row before."""
    return value.shift(1)


def latest(value: str | pl.Expr, where: pl.Expr) -> pl.Expr:
    """The value of the nearest row up to this one at which `where` holds."""
    return pl.when(where).then(value).forward_fill()


def changed(columns: Sequence[str]) -> pl.Expr:
    """True where a row differs from the one before in any of the columns, and at the first row."""
    return pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in columns) | (
        pl.int_range(pl.len()) == 0
    )


def runs(rows: pl.DataFrame, by: Sequence[str], join: int | pl.Expr, longest: int) -> pl.DataFrame:
    """The rows with the runs of neighbours that they form.

    Args:
        rows: columns `by`, at, end (microseconds), and reach, born, block (null in new rows).
        by: what a run has in common.
        join: a row belongs to the run if it starts at most so many microseconds after all that came before it ended.
        longest: no run is longer: it is cut at each half of this (counted from the epoch) that it is older than
            half of this at. Such a cut looks back half of this, however long the run has been going on.

    Returns:
        Added: gap (Int64: start minus the end of all before it, of any key at a key's first row), fresh (Boolean:
        a run begins). Filled: reach (the latest end so far), born (when the run began, ignoring cuts), block (when it
        began, or was cut last: with `by` the run's name).
    """
    rows = gaps(rows, by)
    return cut_runs(rows.with_columns(fresh=pl.col("fresh") | (pl.col("gap") > join)), longest)


def gaps(rows: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """The rows with `reach` filled, `gap` as in `runs`, and `fresh`: a key begins."""
    rows = _reach(rows.with_columns(changed(by).alias("fresh")))
    return rows.with_columns((pl.col("at") - before(pl.col("reach"))).alias("gap"))


def cut_runs(rows: pl.DataFrame, longest: int) -> pl.DataFrame:
    """The rows with `born` and `block` filled, and with runs (`fresh`: they begin) cut, as in `runs`."""
    half, at = longest // 2, pl.col("at")
    born = pl.coalesce("born", pl.when("fresh").then("at")).forward_fill()
    rows = rows.with_columns(born.alias("born"))
    slot = at // half
    old = (slot != before(slot)) & (pl.col("born") < (slot - 1) * half) & pl.col("block").is_null()
    was_cut = pl.col("block").is_not_null() & pl.col("block").ne_missing(before(pl.col("block")))
    rows = rows.with_columns((pl.col("fresh") | old | was_cut).alias("fresh"))
    return rows.with_columns(pl.coalesce("block", pl.when("fresh").then("at")).forward_fill().alias("block"))


def _reach(rows: pl.DataFrame) -> pl.DataFrame:
    """Fill `reach`, the latest end so far of the key; `fresh` says where a key begins."""
    end = pl.coalesce("reach", "end")
    if not rows.select((end != pl.col("at")).any()).item():
        return rows.with_columns(end.alias("reach"))
    # One running maximum over all keys: each key's values are lifted above those of the keys before it.
    low, high = rows.select(low=pl.col("at").min(), high=end.max()).row(0)
    height = high - low + 1
    lift = (pl.col("fresh").cast(pl.Int64).cum_sum() - 1) * height
    if rows["fresh"].sum() * height < _ROOM:
        return rows.with_columns(((end - low + lift).cum_max() - lift + low).alias("reach"))
    return rows.with_columns(end.cum_max().over(pl.col("fresh").cum_sum()).alias("reach"))


def bucket_breaks(rows: pl.DataFrame, by: Sequence[str], length: int | pl.Expr, restart: int) -> pl.DataFrame:
    """The rows with `bucket` (Int64: when the bucket of a repeat begins).

    Repeats at most `length` microseconds apart form a chain; its buckets of that length are counted from its first
    row, and anew behind each multiple of `restart` and where the column `apart` (Boolean) is true.
    """
    at = pl.col("at")
    first = changed(by) | (at - before(at) > length) | (at // restart != before(at) // restart) | pl.col("apart")
    rows = rows.with_columns(latest("at", first).alias("chain"))
    return rows.with_columns((pl.col("chain") + (at - pl.col("chain")) // length * length).alias("bucket")).drop(
        "chain"
    )


def reached(starts: pl.Series, following: pl.Series) -> pl.Series:
    """Which rows are met when one goes from each start to the row that follows it, and on.

    Args:
        starts: row numbers.
        following: for each row the number of a later row, or null where the way ends.

    Returns:
        The row numbers met, ascending. In steps that double their length, so that a way of n rows takes log2 n.
    """
    end = len(following)
    jump = pl.concat([following.cast(pl.Int64).fill_null(end), pl.Series([end], dtype=pl.Int64)], rechunk=True)
    met = starts.cast(pl.Int64).unique()
    while True:
        further = jump.gather(met)
        further = further.filter(further < end)
        if further.is_empty():
            return met.sort()
        met = pl.concat([met, further]).unique()
        jump = jump.gather(jump)
