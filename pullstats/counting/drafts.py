"""Activities as integers: what every kind of activity has, before texts are joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.counting.ids import version_id
from pullstats.counting.rows import SECOND, UNCHANGED
from pullstats.lazy import pl
from pullstats.tables import ACTIVITIES, schema

if TYPE_CHECKING:
    from collections.abc import Mapping

ACTIONS = ("download", "refresh", "version_check", "aux", "listing", "orphan", "push", "failed")
DOWNLOAD, REFRESH, VERSION_CHECK, AUXILIARY, LISTED, ORPHAN, PUSHED, FAILURE = range(8)
FLAGS = ("aborted", "blob_ambiguous", "mirror", "partial", "repeat", "unconfirmed", "whole_unknown")
DRAFT = (
    "key", "at", "ts", "last", "caller_id", "principal_id", "resource_id", "named", "digested",
    "action", "times", "requests", "folded", "bytes", "platforms", *FLAGS,
)  # fmt: skip


def drafts_of_nothing() -> pl.DataFrame:
    """No drafts."""
    types = {"action": pl.Int8(), **dict.fromkeys(FLAGS, pl.Boolean())}
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
    usual: Mapping[str, pl.Expr] = {
        "named": pl.lit(None, pl.Int64),
        "digested": pl.lit(None, pl.Int64),
        "times": pl.lit(1, pl.Int64),
        "folded": pl.lit(0, pl.Int64),
        "platforms": pl.lit(1, pl.Int64),
        **{flag: pl.lit(value=False) for flag in FLAGS},
    }
    wanted = {**usual, **columns}
    kinds = {"action": pl.Int8, "named": pl.Int64, "digested": pl.Int64, "times": pl.Int64, "folded": pl.Int64}
    made = [expression.cast(kinds[name]) if name in kinds else expression for name, expression in wanted.items()]
    return activities.with_columns(one.alias(name) for one, name in zip(made, wanted, strict=True)).select(DRAFT)


def finished(
    drafts: pl.DataFrame, resources: pl.DataFrame, callers: pl.DataFrame, learned: pl.DataFrame
) -> pl.DataFrame:
    """Drafts as activities (columns ACTIVITIES), in order of time.

    Args:
        drafts: columns DRAFT.
        resources: what their ids name.
        callers: whose their ids are.
        learned: versions of digests (columns artifact_id, digest, learned).
    """
    kind = ["resource_id", "host", "ecosystem", "artifact", "artifact_id"]
    names = resources.select("reference", "version", "reference_kind", named="resource_id")
    digests = resources.select(digested="resource_id", digest="reference")
    joined = (
        drafts.sort("ts", "key", "at", maintain_order=True)
        .join(resources.select(kind), on="resource_id", how="left", maintain_order="left")
        .join(callers.select("caller_id", "origin_id"), on="caller_id", how="left", maintain_order="left")
        .join(names, on="named", how="left", maintain_order="left")
        .join(digests, on="digested", how="left", maintain_order="left")
        .with_columns(pl.coalesce("digest", pl.when(pl.col("reference_kind") == "digest").then("reference")))
        .join(learned, on=["artifact_id", "digest"], how="left", maintain_order="left")
    )
    ts = pl.col("ts") // SECOND * SECOND
    made = joined.with_columns(
        ts.alias("ts"),
        (ts // (86_400 * SECOND)).cast(pl.Int32).cast(pl.Date).alias("date"),
        (pl.col("last") // SECOND - pl.col("ts") // SECOND).clip(0).alias("seconds"),
        pl.coalesce("version", "learned").alias("version"),
        pl.coalesce("reference", "digest").alias("reference"),
        pl.col("action").replace_strict(list(range(len(ACTIONS))), list(ACTIONS), return_dtype=pl.String),
        _flags().alias("flags"),
    )
    downloads = pl.col("action") == ACTIONS[DOWNLOAD]
    named = version_id(made.filter(downloads))
    rest = made.filter(downloads.not_()).with_columns(pl.lit(None, pl.Int64).alias("version_id"))
    ordered = pl.concat([named, rest]).sort("ts", "key", "at", maintain_order=True)
    return ordered.select(ACTIVITIES).cast(dict(schema(ACTIVITIES)))


def _flags() -> pl.Expr:
    names = [pl.when(pl.col(flag)).then(pl.lit(flag)) for flag in FLAGS]
    joined = pl.concat_str(names, separator=",", ignore_nulls=True)
    return pl.when(joined != "").then(joined)
