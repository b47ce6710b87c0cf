"""Pushes: uploads, the manifest that ends them, and the HEADs by which a pusher looks around."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.counting.codes import BLOB_HEAD, DIGEST, PUSH, PUT, SECOND, TAG
from pullstats.counting.drafts import FAILURE, PUSHED, drafted, totals
from pullstats.counting.runs import before, latest, runs
from pullstats.lazy import pl

if TYPE_CHECKING:
    from pullstats.counting.rules import Rule


def pushes(rows: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """The rows that belong to pushes, with their `session` (Int64); empty where nothing was pushed.

    Args:
        rows: sorted by key and time, with a column `row`.
        rule: how long a push owns what.
    """
    writes = rows.filter(pl.col("what").is_in((PUSH, PUT)))
    if writes.is_empty():
        return writes.with_columns(pl.lit(None, pl.Int64).alias("session"))
    writes = _opened(runs(writes, ["key"], rule.push_join_seconds * SECOND, rule.longest_seconds * SECOND), rule)
    heads = pl.col("head") & pl.col("what").is_in((TAG, DIGEST, BLOB_HEAD))
    asked = rows.filter(heads).join(writes.select("key").unique(), on="key", how="semi", maintain_order="left")
    return pl.concat([writes.select(*rows.columns, "session"), _owned(asked, writes, rule)]).sort("row")


def _opened(writes: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """The session of each write, and when its manifest was last PUT."""
    tail = rule.push_tail_seconds * SECOND
    index, put = pl.int_range(pl.len()), pl.col("what") == PUT
    writes = writes.with_columns(
        before(latest(index, put)).alias("put_row"),
        before(latest("end", put)).alias("put_end"),
        latest(index, pl.col("fresh")).alias("run_row"),
    )
    over = (pl.col("put_row") >= pl.col("run_row")) & (pl.col("at") - pl.col("put_end") > tail)
    first_over = over & (before(pl.col("at")) - pl.col("put_end") <= tail)
    opens = (pl.col("fresh") | first_over.fill_null(value=False)).alias("open")
    writes = writes.with_columns(opens).with_columns(pl.col("open").cum_sum().cast(pl.Int64).alias("session"))
    done = pl.when(put).then("end").forward_fill().over("session").alias("put_end")
    return writes.with_columns(done)


def _owned(asked: pl.DataFrame, writes: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """HEADs inside a push: after its uploads, until its manifest was PUT; blob HEADs just before it, too."""
    blob = pl.col("what") == BLOB_HEAD
    join = pl.when(blob).then(rule.push_join_seconds).otherwise(rule.manifest_join_seconds) * SECOND
    last = writes.select("row", "session", "put_end", last_key="key", last_end="end")
    first = writes.filter("open").select("row", next_session="session", next_key="key", next_at="at")
    near = asked.join_asof(last, on="row", check_sortedness=False).join_asof(
        first, on="row", strategy="forward", check_sortedness=False
    )
    since = pl.col("at") - pl.col("put_end")
    waits = pl.col("put_end").is_null() & (pl.col("at") - pl.col("last_end") <= join)
    inside = (pl.col("last_key") == pl.col("key")) & (waits | (since <= rule.push_tail_seconds * SECOND))
    leads = (
        blob
        & (pl.col("next_key") == pl.col("key"))
        & (pl.col("next_at") - pl.col("at") <= rule.push_lead_seconds * SECOND)
    )
    session = pl.when(inside.fill_null(value=False)).then("session").when(leads).then("next_session")
    return (
        near.with_columns(session.alias("session"))
        .filter(pl.col("session").is_not_null())
        .select(*asked.columns, "session")
    )


def push_drafts(rows: pl.DataFrame) -> pl.DataFrame:
    """One draft a push (rows with their `session`)."""
    put = pl.col("what") == PUT
    manifest = pl.col("resource_id").filter(put).last().alias("manifest")
    made = rows.group_by("session", maintain_order=True).agg(*totals(), manifest)
    return drafted(made, action=pl.when("given").then(PUSHED).otherwise(FAILURE), named=pl.col("manifest"))
