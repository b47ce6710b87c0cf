"""Blobs that come without a manifest: slow layers and resumed ones, which belong to an earlier session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.counting.codes import BLOB, DIGEST, SECOND
from pullstats.counting.drafts import DOWNLOAD
from pullstats.lazy import pl

if TYPE_CHECKING:
    from pullstats.counting.rules import Rule


def lacking(sessions: pl.DataFrame) -> pl.DataFrame:
    """Sessions without their content, in order."""
    lacks = (pl.col("opener") <= DIGEST) & (pl.col("action") != DOWNLOAD) & pl.col("given")
    return sessions.lazy().filter(lacks).select("session", "row", "key", "at", "opener_target").collect().sort("row")


def orphans_joined(own: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Which orphan belongs to which session (columns session, into).

    It is the newest one without a download that began in the hours before, unless its reference was downloaded since.
    """
    ok = (pl.col("opener") == BLOB) & pl.col("given")
    orphans = own.lazy().filter(ok).select("row", "key", "at", "session").collect().sort("row")
    if orphans.is_empty():
        return orphans.select("session", into="session")
    brief = own.select("session", "row", "key", "at", "opener", "opener_target", "action", "given")
    keys = brief.join(orphans, on="key", how="semi")
    open_ones = lacking(keys).select("row", "opener_target", into="session", into_key="key", began="at", into_row="row")
    found = orphans.join_asof(open_ones, on="row", check_sortedness=False).filter(
        (pl.col("into_key") == pl.col("key")) & (pl.col("at") - pl.col("began") <= rule.orphan_seconds * SECOND)
    )
    return unless_downloaded(found, keys).select("session", "into")


def unless_downloaded(found: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """The rows of `found` (row, key, opener_target, into_row) without a download of it between into_row and row."""
    image = (pl.col("opener") <= DIGEST) & (pl.col("action") == DOWNLOAD)
    downloads = own.filter(image).select("row", "key", "opener_target", since="row").sort("row")
    near = found.sort("row").join_asof(downloads, on="row", by=["key", "opener_target"], check_sortedness=False)
    return near.filter((pl.col("since") > pl.col("into_row")).fill_null(value=False).not_())
