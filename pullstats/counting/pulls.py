"""What a session of images was: download, refresh, version check, failed (rules 4, 5 and 8 of DESIGN section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.counting.drafts import (
    AUXILIARY,
    DOWNLOAD,
    FAILURE,
    ORPHAN,
    REFRESH,
    VERSION_CHECK,
    totals,
)
from pullstats.counting.rows import ASIDE, AUX, BLOB, DIGEST, ELSEWHERE, TAG, UNCHANGED, WHOLE
from pullstats.lazy import pl

if TYPE_CHECKING:
    from pullstats.counting.rules import Rule


def summed(rows: pl.DataFrame) -> pl.DataFrame:
    """One row a session: totals, what it asked for, and what the answers were.

    Args:
        rows: of sessions, with `session`, in order; blob HEADs among them ask for nothing.
    """
    what, answer, got = pl.col("what"), pl.col("answer"), pl.col("head").not_()
    given = answer >= UNCHANGED
    digest = what == DIGEST
    return rows.group_by("session", maintain_order=True).agg(
        *totals(),
        pl.col("row").first(),
        pl.col("block").first(),
        what.first().alias("opener"),
        pl.col("target").first().alias("opener_target"),
        pl.col("head").first().alias("opener_head"),
        (what <= DIGEST).sum().alias("manifests"),
        digest.sum().alias("by_digest"),
        (what == BLOB).sum().alias("blobs"),
        ((what == AUX) & got & (answer >= WHOLE)).sum().alias("signatures_got"),
        ((what == TAG) & got & given).any().alias("tag_got"),
        ((what <= DIGEST) & got & (answer >= WHOLE)).any().alias("manifest_sent"),
        ((what == TAG) & given & (answer != ELSEWHERE)).any().alias("served"),
        ((what == TAG) & (answer == ELSEWHERE) & pl.col("head")).any().alias("tag_headed"),
        pl.when(digest & got & given).then("resource_id").first(ignore_nulls=True).alias("got_resource"),
        pl.when(digest).then("resource_id").first(ignore_nulls=True).alias("digest_resource"),
        pl.when(digest & got & given).then("target").last(ignore_nulls=True).alias("platform"),
    )


def manifests_asked(rows: pl.DataFrame) -> pl.DataFrame:
    """How often each manifest was asked for in sessions with several requests for one (session, what, target, head)."""
    several = pl.col("what") <= DIGEST
    given = pl.col("answer") >= UNCHANGED
    return (
        rows.filter(several)
        .group_by("session", "what", "target", "head")
        .agg(pl.len().cast(pl.Int64).alias("asked"), given.sum().cast(pl.Int64).alias("given"))
    )


def blobs_asked(rows: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """What became of each blob of a session (session, target).

    Columns: done (Int64, how often it came whole), tried (Boolean: anything was sent or broken off), size (Int64),
    unsized (Boolean: it came, and nothing says how large it is), large (Boolean: more than a configuration was sent).
    """
    tried = (pl.col("answer") != UNCHANGED) & (pl.col("answer") != ASIDE)
    sent = pl.when(pl.col("answer") != ELSEWHERE).then("bytes")
    size = pl.max_horizontal(pl.when(pl.col("done") > 0).then("whole").max(), sent.sum())
    unsized = (pl.col("done") > 0) & pl.coalesce("whole", sent).is_null()
    return (
        rows.filter(pl.col("what") == BLOB)
        .group_by("session", "target")
        .agg(pl.col("done").sum(), tried.any().alias("tried"), size.alias("size"), unsized.any().alias("unsized"))
        .with_columns((pl.col("size") > rule.small_blob_bytes).alias("large"))
    )


def classified(sessions: pl.DataFrame, manifests: pl.DataFrame, blobs: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """The sessions with their `action`, `platforms`, `folded` and flags.

    Args:
        sessions: from `summed`, with what the callers table says of the client.
        manifests: from `manifests_asked`.
        blobs: from `blobs_asked`.
        rule: what is small, and how many platforms make a mirror.
    """
    sessions = sessions.join(_distinct_manifests(manifests), on="session", how="left", maintain_order="left")
    sessions = sessions.join(_distinct_blobs(blobs), on="session", how="left", maintain_order="left")
    counts = ("distinct", "digests", "tried", "whole", "came", "large", "large_tried", "unsized")
    sessions = sessions.with_columns(pl.col(counts).fill_null(0))
    index = pl.when("tag_got").then(0).otherwise(1)
    sessions = sessions.with_columns((pl.col("digests").cast(pl.Int64) - index).clip(1).alias("m"))
    return _named_actions(sessions, rule)


def _distinct_manifests(manifests: pl.DataFrame) -> pl.DataFrame:
    got = (pl.col("what") == DIGEST) & pl.col("head").not_() & (pl.col("given") > 0)
    return manifests.group_by("session").agg(pl.len().alias("distinct"), got.sum().alias("digests"))


def _distinct_blobs(blobs: pl.DataFrame) -> pl.DataFrame:
    done = pl.col("done") > 0
    return blobs.group_by("session").agg(
        pl.col("tried").sum(),
        done.sum().alias("whole"),
        pl.col("done").sum().alias("came"),
        (done & pl.col("large")).sum().alias("large"),
        (pl.col("tried") & pl.col("large")).sum().alias("large_tried"),
        pl.col("unsized").sum(),
    )


def _named_actions(sessions: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    image, m = pl.col("opener") <= DIGEST, pl.col("m")
    configs = pl.col("signatures") * rule.blobs_per_signature + pl.when("fetches_artifacts").then(0).otherwise(m)
    download = image & ((pl.col("whole") > configs) | (pl.col("large") > 0))
    wanted = (pl.col("tried") > configs) | (pl.col("large_tried") > 0) | (pl.col("whole") == 0)
    aborted = image & download.not_() & (pl.col("tried") > 0) & wanted
    unconfirmed = (
        pl.col("asks_twice")
        & pl.col("opener_head")
        & pl.col("tag_headed")
        & pl.col("tag_got")
        & ~(pl.col("served") | (pl.col("by_digest") > 0) | (pl.col("blobs") > 0))
    )
    action = (
        pl.when(pl.col("opener") == AUX)
        .then(AUXILIARY)
        .when(download)
        .then(DOWNLOAD)
        .when(aborted | pl.col("given").not_() | unconfirmed)
        .then(FAILURE)
        .when(pl.col("opener") == BLOB)
        .then(ORPHAN)
        .when(pl.col("manifest_sent") | (pl.col("whole") > 0))
        .then(REFRESH)
        .otherwise(VERSION_CHECK)
    )
    sessions = sessions.with_columns(action.alias("action"), aborted.alias("aborted"), unconfirmed.alias("unconfirmed"))
    platforms = pl.when((m > 1) & (pl.col("tried") >= 2 * m)).then(m).otherwise(1)
    several = (platforms >= rule.mirror_platforms) | (
        (platforms >= rule.mirror_platforms_others) & pl.col("one_platform").not_()
    )
    return sessions.with_columns(
        platforms.cast(pl.Int64).alias("platforms"),
        (several & (pl.col("action") == DOWNLOAD)).alias("mirror"),
        ((pl.col("action") == REFRESH) & (pl.col("unsized") > 0)).alias("blob_ambiguous"),
        (pl.col("manifests").cast(pl.Int64) - pl.col("distinct").cast(pl.Int64)).alias("folded"),
    )
