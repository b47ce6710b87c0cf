"""What must wait for the requests of the next day: open sessions, those that lack content, and their groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.counting.codes import SECOND
from pullstats.counting.drafts import DOWNLOAD
from pullstats.counting.groups import chained
from pullstats.counting.orphans import lacking, unless_downloaded
from pullstats.lazy import pl

if TYPE_CHECKING:
    from pullstats.counting.rules import Rule


def waiting(own: pl.DataFrame, joins: pl.DataFrame, joined: pl.DataFrame, rule: Rule, until: int) -> pl.Series:
    """Sessions that a row from `until` on can change, or that are counted with one that it can.

    Args:
        own: all sessions (columns pulls.SESSION) as they are by their own rows.
        joins: which orphan joined which (columns session, into).
        joined: the rows, from `sessions.sessions`.
        rule: how long they stay open.
        until: microseconds since the epoch.
    """
    # A blob HEAD may join until then, and be a push's until some seconds later.
    idle = (rule.blob_join_seconds + rule.push_lead_seconds) * SECOND
    last = (pl.col("key") != pl.col("key").shift(-1)).fill_null(value=True)
    opened = joined.lazy().filter(last & (until - pl.col("reach") <= idle)).select("session").collect()["session"]
    is_open = pl.col("session").is_in(opened.implode()).alias("is_open")
    own = own.select(
        "session", "row", "key", "at", "last", "block", "opener", "opener_target", "action", "given", is_open
    )
    recent = own.filter((until - pl.col("at") <= rule.orphan_seconds * SECOND) & ~pl.col("is_open"))
    newest = lacking(recent).unique("key", keep="last", maintain_order=True)
    later = newest.select("session", "key", "opener_target", into_row="row", row=pl.lit(1 << 62, pl.Int64))
    hoping = unless_downloaded(later, recent)["session"]
    found = pl.concat([opened, hoping, _grouped_with(own, rule, until)]).unique()
    targets = joins.filter(pl.col("session").is_in(found.implode()))["into"]
    found = pl.concat([found, targets]).unique()
    orphans = joins.filter(pl.col("into").is_in(found.implode()))["session"]
    found = pl.concat([found, orphans]).unique()
    return pl.concat([found, -found])  # with the signature reads beside them


def _grouped_with(own: pl.DataFrame, rule: Rule, until: int) -> pl.Series:
    """Downloads that are, or may come to be, counted in one group with a later one."""
    near = until - pl.col("last") <= rule.group_seconds * SECOND
    some = own.filter(pl.col("is_open") | (pl.col("action") == DOWNLOAD))
    keys = some.filter(pl.col("is_open") | near).select("key").unique()
    some = some.join(keys, on="key", how="semi").with_columns(pl.lit(value=False).alias("solitary"))
    chains = some.join(chained(some, ["key"], rule), on="session")
    return chains.filter((near.any() | pl.col("is_open").any()).over("chain"))["session"]
