"""How many downloads stand behind one address: sessions close together are counted by their blobs (rule 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.counting.codes import SECOND
from pullstats.counting.runs import runs
from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pullstats.counting.rules import Rule


def chained(sessions: pl.DataFrame, by: Sequence[str], rule: Rule) -> pl.DataFrame:
    """The sessions, sorted, with `chain` (Int64): those of one kind that lie less than group_seconds apart.

    A session that is `solitary` (Boolean) is a chain of its own.
    """
    unknown = [pl.lit(None, pl.Int64).alias(name) for name in ("reach", "born", "block")]
    same = [*by, "cut", "solitary"]
    spans = sessions.select("session", *by, "row", "at", "solitary", cut="block", end="last").sort(*same, "row")
    spans = runs(spans.with_columns(unknown), same, rule.group_seconds * SECOND - 1, 4 * rule.longest_seconds * SECOND)
    chain = (pl.col("fresh") | pl.col("solitary")).cum_sum().cast(pl.Int64).alias("chain")
    return spans.select("session", chain)


def counted(downloads: pl.DataFrame, manifests: pl.DataFrame, blobs: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """How many downloads a session is, where that is not simply one.

    Args:
        downloads: session, key, row, at, last, block, opener_target, platform, came, whole (of pulls.SESSION), and
            solitary: a session that orphans completed stands alone.
        manifests: from `pulls.manifests_asked`.
        blobs: from `pulls.blobs_asked`.
        rule: how close a group lies.

    Returns:
        Columns session, times (Int64), again (Boolean: it fetched nothing of its own, and is a refresh).
    """
    grouped = _groups(downloads, rule)
    fetched = _most_fetched(grouped, blobs).join(_most_asked(grouped, manifests), on="group", how="left")
    allowed = pl.min_horizontal("fetched", pl.col("asked").fill_null(1)).clip(1).alias("n")
    rank = pl.col("row").rank("ordinal").over("group").cast(pl.Int64).alias("rank")
    size = pl.len().over("group").cast(pl.Int64).alias("size")
    members = grouped.join(fetched.select("group", allowed), on="group").with_columns(rank, size)
    extra = pl.when(pl.col("rank") == 1).then((pl.col("n") - pl.col("size")).clip(0)).otherwise(0)
    return members.select("session", (1 + extra).alias("times"), (pl.col("rank") > pl.col("n")).alias("again"))


def _groups(downloads: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Downloads of one key, reference and platform that lie close together, where that can be other than one.

    Columns session, row, group.
    """
    some = downloads.filter(pl.col("key").is_duplicated() | (pl.col("came") > pl.col("whole")))
    members = some.join(chained(some, ["key", "opener_target"], rule), on="session")
    # A session that did not ask for its platform's manifest fetched that of its neighbours.
    near = pl.col("platform").forward_fill().backward_fill().over("chain", order_by="row")
    members = members.with_columns(near.fill_null(0).alias("platform"))
    groups = members.drop("chain").join(
        chained(members, ["chain", "platform"], rule).rename({"chain": "group"}), on="session"
    )
    return groups.filter((pl.len().over("group") > 1) | (pl.col("came") > pl.col("whole"))).select(
        "session", "row", "group"
    )


def _most_fetched(grouped: pl.DataFrame, blobs: pl.DataFrame) -> pl.DataFrame:
    """How often two different blobs of a group came whole; the only one, if there is one."""
    each = (
        blobs.filter(pl.col("done") > 0)
        .join(grouped.select("session", "group"), on="session")
        .group_by("group", "target")
        .agg(pl.col("done").sum())
        .sort("group", "done", descending=[False, True])
    )
    return each.group_by("group").agg(pl.col("done").slice(0, 2).last().alias("fetched"))


def _most_asked(grouped: pl.DataFrame, manifests: pl.DataFrame) -> pl.DataFrame:
    """How often the most repeated manifest request of a group was answered."""
    each = manifests.join(grouped.select("session", "group"), on="session").group_by("group", "ask")
    return each.agg(pl.col("given").sum()).group_by("group").agg(pl.col("given").max().alias("asked"))
