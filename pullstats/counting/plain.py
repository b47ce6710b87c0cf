"""Reads that are neither pull nor check: signatures and checksums beside packages, and listings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.counting.codes import LISTING, SECOND
from pullstats.counting.drafts import AUXILIARY, FAILURE, LISTED, drafted, totals
from pullstats.counting.runs import runs
from pullstats.lazy import pl

if TYPE_CHECKING:
    from pullstats.counting.rules import Rule


def plain(rows: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """The rows (SIGNATURE and LISTING, sorted by key and time) with their `session`, those of one kind together."""
    ordered = rows.sort("key", "what", "row")
    ordered = runs(ordered, ["key", "what"], rule.plain_join_seconds * SECOND, rule.longest_seconds * SECOND)
    session = pl.col("fresh").cum_sum().cast(pl.Int64).alias("session")
    return ordered.with_columns(session).select(*rows.columns, "session")


def plain_drafts(rows: pl.DataFrame) -> pl.DataFrame:
    """One draft a run. That a companion is missing says nothing of the client: it is `aux` with any answer."""
    made = rows.group_by("session", maintain_order=True).agg(*totals(), pl.col("what").first())
    listing = pl.when("given").then(LISTED).otherwise(FAILURE)
    action = pl.when(pl.col("what") == LISTING).then(listing).otherwise(AUXILIARY)
    return drafted(made, action=action, named=pl.when(pl.col("what") != LISTING).then("resource_id"))
