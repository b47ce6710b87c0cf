"""What the ids of requests mean: resources and who asked, read once for each distinct id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pullstats.counting.codes import AUX, BLOB, CHECK, DIGEST, FILE, LISTING, METADATA, PUSH, SECOND, SIGNATURE, TAG
from pullstats.counting.ids import artifact_id, hashed, version_id
from pullstats.lazy import pl

if TYPE_CHECKING:
    from pullstats.counting.rules import Rule

CALLER_COLUMNS = ("caller_id", "origin_id", "client", "kind")
RESOURCE_COLUMNS = (
    "resource_id", "path_id", "host", "ecosystem", "artifact", "version", "reference", "reference_kind", "role",
)  # fmt: skip
MANNERS = ("fetches_artifacts", "asks_twice", "one_platform")


@dataclass(frozen=True)
class Ids:
    """What the ids of requests stand for.

    Attributes:
        callers: from `callers`.
        resources: one row a resource (columns RESOURCE_COLUMNS).
    """

    callers: pl.DataFrame
    resources: pl.DataFrame


@dataclass(frozen=True)
class Known:
    """What the rows of a day are judged by.

    Attributes:
        rule: the counting rule.
        sizes: the largest size of each content around its day, from `rows.around`.
        resources: from `resources`.
        until: rows that start later may follow (microseconds since the epoch); None: none will.
    """

    rule: Rule
    sizes: pl.DataFrame
    resources: pl.DataFrame
    until: int | None


def resources(asked: pl.Series, ids: Ids, rule: Rule, known: pl.DataFrame | None) -> pl.DataFrame:
    """One row a resource that can make an activity.

    Args:
        asked: the ids of the resources.
        ids: what they stand for.
        rule: what roles mean.
        known: what the call for earlier requests gave back: it need not be read again.

    Returns:
        These resources and the known ones, in columns RESOURCE_COLUMNS, artifact_id, version_id, base (Int8: what a
        request for it is), target (Int64: what makes two of them one), testable (Boolean: a redirect can be its
        success), unit (Int64: what a download is one of), one_per (Boolean: that is the file), check, contact, within
        (Int64: microseconds).
    """
    new = asked.rename("resource_id").unique().to_frame()
    if known is None:
        return _read(ids.resources.join(new, on="resource_id", how="semi"), rule)
    new = new.join(known, on="resource_id", how="anti")
    return pl.concat([known, _read(ids.resources.join(new, on="resource_id", how="semi"), rule)])


def _read(distinct: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    named = distinct.filter(pl.col("artifact").is_not_null() & pl.col("role").is_not_null())
    kinds = named.select("ecosystem", "role", "reference_kind").unique()
    bases = [_base(ecosystem, role, kind, rule) for ecosystem, role, kind in kinds.iter_rows()]
    testable = pl.col("role").is_in(rule.redirect_roles).alias("testable")
    named = named.join(
        kinds.with_columns(pl.Series("base", bases, pl.Int8())),
        on=["ecosystem", "role", "reference_kind"],
        how="left",
        nulls_equal=True,
    ).filter(pl.col("base").is_not_null())
    # A digest names the same bytes wherever it stands; a file is only itself.
    same = pl.col("base").is_in((TAG, DIGEST, AUX, BLOB)) & pl.col("reference").is_not_null()
    target = pl.when(same).then("reference_hash").otherwise("resource_id").alias("target")
    named = artifact_id(hashed(named, ("reference",), "reference_hash")).with_columns(testable, target)
    return _united(named, rule)


def _united(resources: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Add what a download is one of (`unit`), and the times of the ecosystem (check, contact, within: microseconds)."""
    names = resources["ecosystem"].unique()
    rows = [rule.ecosystem(name) for name in names]
    times = pl.DataFrame(
        {
            "ecosystem": names,
            "one_per": [row.one_per for row in rows],
            "check": [row.check_seconds * SECOND for row in rows],
            "contact": [row.contact_seconds * SECOND for row in rows],
            "within": [row.unit_seconds * SECOND for row in rows],
        },
        schema_overrides={"one_per": pl.String(), **dict.fromkeys(("check", "contact", "within"), pl.Int64())},
    )
    version = pl.when((pl.col("one_per") == "version") & pl.col("version").is_not_null()).then("version_hash")
    reference = pl.when((pl.col("one_per") == "reference") & pl.col("reference").is_not_null()).then("reference_hash")
    joined = hashed(resources, ("version",), "version_hash").join(times, on="ecosystem", how="left", nulls_equal=True)
    unit = pl.coalesce(version, reference, "resource_id").alias("unit")
    joined = joined.with_columns(unit, pl.col("one_per") == "file").drop("reference_hash", "version_hash")
    by_digest = pl.when(pl.col("reference_kind") == "digest").then("reference")
    return version_id(joined.with_columns(by_digest.alias("digest"))).drop("digest")


def _base(ecosystem: str | None, role: str, reference_kind: str | None, rule: Rule) -> int | None:
    row = rule.ecosystem(ecosystem)
    if row.sessions:
        manifest = DIGEST if reference_kind == "digest" else TAG
        beside = {"metadata": AUX, "signature": AUX, "config": AUX, "index": AUX}
        return {"manifest": manifest, "content": BLOB, "push": PUSH, "listing": LISTING, **beside}.get(role)
    for base, roles in ((CHECK, row.check), (METADATA, row.metadata), (FILE, row.download)):
        if role in roles:
            return base
    return {"signature": SIGNATURE, "listing": LISTING, "push": PUSH}.get(role)


def callers(who: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """What counting asks of callers.

    Args:
        who: one row a caller (columns CALLER_COLUMNS).
        rule: which clients behave how.

    Returns:
        Columns caller_id, origin_id, manners (Int8: a bit for each of MANNERS).
    """
    held = (
        pl.col("client").is_in(rule.artifact_clients),
        pl.col("kind").is_in(rule.unconfirmed_kinds),
        pl.col("kind").is_in(rule.single_platform_kinds),
    )
    manners = pl.sum_horizontal(one.fill_null(value=False).cast(pl.Int8) * (1 << i) for i, one in enumerate(held))
    return who.select("caller_id", "origin_id", manners.cast(pl.Int8).alias("manners"))


def has(manner: str) -> pl.Expr:
    """Whether the client of the row behaves so (one of MANNERS)."""
    return (pl.col("manners") // (1 << MANNERS.index(manner)) % 2 == 1).alias(manner)
