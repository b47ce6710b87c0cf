"""Activities as integers: what every kind of activity has, before texts are joined."""

from __future__ import annotations

from pullstats.counting.codes import DAY, SECOND, UNCHANGED
from pullstats.counting.ids import origin
from pullstats.lazy import pl
from pullstats.tables import ACTIVITIES, schema

ACTIONS = ("download", "refresh", "version_check", "aux", "listing", "orphan", "push", "failed")
DOWNLOAD, REFRESH, VERSION_CHECK, AUXILIARY, LISTED, ORPHAN, PUSHED, FAILURE = range(8)
FLAGS = ("aborted", "blob_ambiguous", "mirror", "partial", "repeat", "unconfirmed", "whole_unknown")
DRAFT = (
    "key", "at", "ts", "last", "caller_id", "principal_id", "resource_id", "named", "digested",
    "action", "times", "requests", "folded", "bytes", "platforms", "flags",
)  # fmt: skip
_SECONDS, _KEY_BITS = 86_400, 46
_TEXTS = [",".join(flag for i, flag in enumerate(FLAGS) if code >> i & 1) or None for code in range(1 << len(FLAGS))]


def flagged(**flags: pl.Expr) -> pl.Expr:
    """The flags that are true, as one number."""
    return pl.sum_horizontal(flag.cast(pl.Int16) * (1 << FLAGS.index(name)) for name, flag in flags.items()).cast(
        pl.Int16
    )


def drafts_of_nothing() -> pl.DataFrame:
    """No drafts."""
    types = {"action": pl.Int8(), "flags": pl.Int16()}
    return pl.DataFrame(schema={name: types.get(name, pl.Int64()) for name in DRAFT})


def totals() -> list[pl.Expr]:
    """What every activity has, as aggregations over its rows in order."""
    first = [pl.col(name).first() for name in ("key", "at", "caller_id", "resource_id")]
    return [
        *first,
        pl.col("end").first().alias("ts"),
        pl.col("end").max().alias("last"),
        pl.col("principal_id").first(ignore_nulls=True),
        pl.len().cast(pl.Int64).alias("requests"),
        pl.col("bytes").sum(),
        (pl.col("answer") >= UNCHANGED).any().alias("given"),
    ]


def drafted(activities: pl.DataFrame, **columns: pl.Expr) -> pl.DataFrame:
    """Activities (columns of `totals`) as drafts; what `columns` does not say is the ordinary case."""
    usual = {
        "named": pl.lit(None, pl.Int64),
        "digested": pl.lit(None, pl.Int64),
        "times": pl.lit(1, pl.Int64),
        "folded": pl.lit(0, pl.Int64),
        "platforms": pl.lit(1, pl.Int64),
        "flags": pl.lit(0, pl.Int16),
    }
    types = drafts_of_nothing().schema
    wanted = {**usual, **columns}
    return activities.with_columns(made.cast(types[name]).alias(name) for name, made in wanted.items()).select(DRAFT)


def finished(drafts: pl.DataFrame, resources: pl.DataFrame, learned: pl.DataFrame) -> pl.DataFrame:
    """The drafts of some days as activities (columns ACTIVITIES), in order of time.

    Args:
        drafts: columns DRAFT.
        resources: what their ids name, with `version_id`.
        learned: the version of a digest on a day (columns day, resource_id, learned).
    """
    kind = resources.select("resource_id", "host", "ecosystem", "artifact", "artifact_id")
    is_digest = pl.col("reference_kind") == "digest"
    names = resources.select("reference", "version", "version_id", is_digest.alias("is_digest"), named="resource_id")
    digests = resources.select(digested="resource_id", digest="reference", digest_version_id="version_id")
    versions = learned.rename({"resource_id": "named"})
    digest_versions = learned.rename({"resource_id": "digested", "learned": "digest_learned"})
    # One number sorts faster than three. Drafts of one key and second come in an order that does not tell when they
    # were made.
    by_time = (pl.col("ts") // SECOND % _SECONDS) * (1 << _KEY_BITS) + pl.col("key") % (1 << _KEY_BITS)
    day = (pl.col("ts") // DAY).alias("day")
    joined = drafts.with_columns(day).sort("day", by_time, "at", "action", "resource_id", maintain_order=True)
    for table, on in (
        (kind, ["resource_id"]),
        (names, ["named"]),
        (digests, ["digested"]),
        (versions, ["day", "named"]),
        (digest_versions, ["day", "digested"]),
    ):
        joined = joined.join(table, on=on, how="left", maintain_order="left")
    second = pl.col("ts") // SECOND
    download = pl.col("action") == DOWNLOAD
    return joined.select(
        (second * SECOND).alias("ts"),
        pl.col("day").cast(pl.Int32).cast(pl.Date).alias("date"),
        (pl.col("last") // SECOND - second).clip(0).alias("seconds"),
        "caller_id", origin("key", "artifact_id").alias("origin_id"), "principal_id",
        "artifact_id", "ecosystem", "artifact",
        pl.coalesce("reference", "digest").alias("reference"),
        pl.coalesce("version", "digest_learned", "learned").alias("version"),
        pl.coalesce("digest", pl.when("is_digest").then("reference")).alias("digest"),
        pl.when(download).then(pl.coalesce("digest_version_id", "version_id")).alias("version_id"),
        pl.lit(pl.Series(ACTIONS)).gather(pl.col("action")).alias("action"),
        "times", "requests", "folded", "bytes", "platforms",
        pl.lit(pl.Series(_TEXTS, dtype=pl.String)).gather(pl.col("flags")).alias("flags"),
        "host",
    ).select(ACTIVITIES).cast(schema(ACTIVITIES))  # fmt: skip
