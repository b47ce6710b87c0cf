"""What a session of images was: download, refresh, version check, failed (rules 4, 5 and 8 of DESIGN section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.counting.codes import ASIDE, AUX, BLOB, DIGEST, ELSEWHERE, SPREAD, TAG, UNCHANGED, WHOLE
from pullstats.counting.drafts import (
    AUXILIARY,
    DOWNLOAD,
    FAILURE,
    ORPHAN,
    REFRESH,
    VERSION_CHECK,
    flagged,
    totals,
)  # fmt: skip
from pullstats.counting.names import MANNERS, has
from pullstats.lazy import pl

if TYPE_CHECKING:
    from pullstats.counting.rules import Rule

# A session: what every activity has, then its opener, what it is, how many blobs came (`whole` different ones, `came`
# times), and the manifests that it fetched by digest.
SESSION = (
    "session", "row", "block", "key", "at", "ts", "last", "caller_id", "principal_id", "resource_id", "requests",
    "bytes", "given", "opener", "opener_target", "action", "whole", "came", "platform", "platforms", "folded",
    "digested", "flags",
)  # fmt: skip


def lone(rows: pl.DataFrame) -> pl.DataFrame:
    """Sessions of one request each (columns SESSION): most are checks, and need no sums."""
    what, given, got = pl.col("what"), pl.col("answer") >= UNCHANGED, pl.col("head").not_()
    action = (
        pl.when(what == AUX)
        .then(AUXILIARY)
        .when(~given)
        .then(FAILURE)
        .when(what == BLOB)
        .then(ORPHAN)
        .when(got & (pl.col("answer") >= WHOLE))
        .then(REFRESH)
        .otherwise(VERSION_CHECK)
    )
    digest = what == DIGEST
    return rows.select(
        "session", "row", "block", "key", "at", pl.col("end").alias("ts"), pl.col("end").alias("last"),
        "caller_id", "principal_id", "resource_id", pl.lit(1, pl.Int64).alias("requests"),
        pl.col("bytes").fill_null(0), given.alias("given"),
        what.alias("opener"), pl.col("target").alias("opener_target"), action.cast(pl.Int8).alias("action"),
        pl.lit(0, pl.Int64).alias("whole"), pl.lit(0, pl.Int64).alias("came"), pl.lit(None, pl.Int64).alias("platform"),
        pl.lit(1, pl.Int64).alias("platforms"), pl.lit(0, pl.Int64).alias("folded"),
        pl.when(digest).then("resource_id").alias("digested"), pl.lit(0, pl.Int16).alias("flags"),
    )  # fmt: skip


def summed(rows: pl.DataFrame) -> pl.DataFrame:
    """One row a session: totals, what it asked for, and what the answers were.

    Args:
        rows: of sessions, with `session`, in order; blob HEADs among them ask for nothing.
    """
    what, answer, got = pl.col("what"), pl.col("answer"), pl.col("head").not_()
    given = answer >= UNCHANGED
    digest = what == DIGEST
    manifest, sent = what <= DIGEST, got & (answer >= WHOLE)
    return rows.group_by("session", maintain_order=True).agg(
        *totals(),
        pl.col("row", "block").first(),
        what.first().alias("opener"),
        pl.col("target").first().alias("opener_target"),
        pl.col("manners").first(),
        pl.col("head").first().alias("opener_head"),
        manifest.sum().cast(pl.Int64).alias("manifests"),
        digest.any().alias("by_digest"),
        (what == BLOB).any().alias("blobs"),
        ((what == AUX) & sent).sum().cast(pl.Int64).alias("signatures_got"),
        ((what == TAG) & got & given).any().alias("tag_got"),
        (manifest & sent).any().alias("manifest_sent"),
        ((what == TAG) & given & (answer != ELSEWHERE)).any().alias("served"),
        ((what == TAG) & (answer == ELSEWHERE) & pl.col("head")).any().alias("tag_headed"),
        pl.when(digest & got & given).then("resource_id").first(ignore_nulls=True).alias("got_digest"),
        pl.when(digest).then("resource_id").first(ignore_nulls=True).alias("asked_digest"),
        pl.when(digest & got & given).then("target").last(ignore_nulls=True).alias("platform"),
    )


def manifests_asked(rows: pl.DataFrame) -> pl.DataFrame:
    """How often each manifest was asked for in a session.

    Returns:
        Columns session, ask (Int64: which reference, by which method), given (Int64: how often it was answered),
        got_digest (Boolean: it was fetched by digest).
    """
    ask = pl.col("target") * 4 + pl.col("what").cast(pl.Int64) * 2 + pl.col("head").cast(pl.Int64)
    given = pl.col("answer") >= UNCHANGED
    got = (pl.col("what") == DIGEST) & pl.col("head").not_() & given
    asked = rows.filter(pl.col("what") <= DIGEST).select(
        "session", ask.alias("ask"), given.alias("given"), got.alias("got")
    )
    return (
        asked.group_by(pl.col("ask") * SPREAD + pl.col("session"))
        .agg(
            pl.col("session").first(), pl.col("ask").first().alias("asked"), pl.col("given").sum(), pl.col("got").any()
        )
        .select(
            "session", pl.col("asked").alias("ask"), pl.col("given").cast(pl.Int64), pl.col("got").alias("got_digest")
        )
    )


def blobs_asked(rows: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """What became of each blob of a session.

    Returns:
        Columns session, target, done (Int64, how often it came whole), tried (Boolean: anything was sent or broken
        off), unsized (Boolean: it came, and nothing says how large it is), large (Boolean: more than a configuration
        was sent).
    """
    tried = (pl.col("answer") != UNCHANGED) & (pl.col("answer") != ASIDE)
    sent = pl.when(pl.col("answer") != ELSEWHERE).then("bytes")
    came = pl.col("done") > 0
    blobs = rows.filter(pl.col("what") == BLOB).select(
        "session",
        "target",
        "done",
        tried.alias("tried"),
        sent.alias("sent"),
        pl.when(came).then("whole").alias("known"),
        (came & pl.coalesce("whole", sent).is_null()).alias("unsized"),
    )
    size = pl.max_horizontal("known", "sent")
    return (
        blobs.group_by((pl.col("target") * SPREAD + pl.col("session")).alias("blob"))
        .agg(
            pl.col("session", "target").first(),
            pl.col("done", "sent").sum(),
            pl.col("tried", "unsized").any(),
            pl.col("known").max(),
        )
        .select("session", "target", "done", "tried", "unsized", (size > rule.small_blob_bytes).alias("large"))
    )


def classified(sessions: pl.DataFrame, manifests: pl.DataFrame, blobs: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """The sessions (columns SESSION): what they were, and what is unusual.

    Args:
        sessions: from `summed`, with `signatures`: how many signatures were read beside each.
        manifests: from `manifests_asked`.
        blobs: from `blobs_asked`.
        rule: what is small, and how many platforms make a mirror.
    """
    for counts in (_distinct_manifests(manifests), _distinct_blobs(blobs)):
        sessions = sessions.join(counts, on="session", how="left", maintain_order="left")
    sessions = sessions.with_columns(has(manner) for manner in MANNERS)
    counted = ("distinct", "digests", "tried", "whole", "came", "large", "large_tried", "unsized")
    sessions = sessions.with_columns(pl.col(counted).fill_null(0))
    index = pl.when("tag_got").then(0).otherwise(1)
    sessions = sessions.with_columns((pl.col("digests") - index).clip(1).alias("m"))
    return _named_actions(sessions, rule).select(SESSION)


def _distinct_manifests(manifests: pl.DataFrame) -> pl.DataFrame:
    return manifests.group_by("session").agg(
        pl.len().cast(pl.Int64).alias("distinct"), pl.col("got_digest").sum().cast(pl.Int64).alias("digests")
    )


def _distinct_blobs(blobs: pl.DataFrame) -> pl.DataFrame:
    done = pl.col("done") > 0
    sums = {
        "tried": pl.col("tried"),
        "whole": done,
        "large": done & pl.col("large"),
        "large_tried": pl.col("tried") & pl.col("large"),
        "unsized": pl.col("unsized"),
        "came": pl.col("done"),
    }
    return blobs.group_by("session").agg(one.sum().cast(pl.Int64).alias(name) for name, one in sums.items())


def _named_actions(sessions: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    image, m = pl.col("opener") <= DIGEST, pl.col("m")
    configs = pl.col("signatures") * rule.blobs_per_signature + pl.when("fetches_artifacts").then(0).otherwise(m)
    download = image & ((pl.col("whole") > configs) | (pl.col("large") > 0))
    wanted = (pl.col("tried") > configs) | (pl.col("large_tried") > 0) | (pl.col("whole") == 0)
    aborted = image & ~download & (pl.col("tried") > 0) & wanted
    tag_only = ~(pl.col("served") | pl.col("by_digest") | pl.col("blobs"))
    asked_twice = pl.col("opener_head") & pl.col("tag_headed") & pl.col("tag_got")
    action = (
        pl.when(pl.col("opener") == AUX)
        .then(AUXILIARY)
        .when(download)
        .then(DOWNLOAD)
        .when(aborted | ~pl.col("given") | (pl.col("asks_twice") & asked_twice & tag_only))
        .then(FAILURE)
        .when(pl.col("opener") == BLOB)
        .then(ORPHAN)
        .when(pl.col("manifest_sent") | (pl.col("whole") > 0))
        .then(REFRESH)
        .otherwise(VERSION_CHECK)
    )
    platforms = pl.when((m > 1) & (pl.col("tried") >= 2 * m)).then(m).otherwise(1)
    sessions = sessions.with_columns(action.cast(pl.Int8).alias("action"), platforms.cast(pl.Int64).alias("platforms"))
    enough = pl.when("one_platform").then(rule.mirror_platforms).otherwise(rule.mirror_platforms_others)
    flags = flagged(
        aborted=aborted,
        unconfirmed=pl.col("asks_twice") & asked_twice & tag_only,
        mirror=(pl.col("platforms") >= enough) & (pl.col("action") == DOWNLOAD),
        blob_ambiguous=(pl.col("action") == REFRESH) & (pl.col("unsized") > 0),
    )
    return sessions.with_columns(
        flags.alias("flags"),
        (pl.col("manifests") - pl.col("distinct")).alias("folded"),
        pl.coalesce("got_digest", "asked_digest").alias("digested"),
    )
