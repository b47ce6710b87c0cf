"""What the ids of requests mean: resources and who asked, read once for each distinct id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pullstats.counting.codes import AUX, BLOB, CHECK, DIGEST, FILE, LISTING, METADATA, PUSH, SECOND, SIGNATURE, TAG
from pullstats.counting.ids import artifact_id, hashed, version_id
from pullstats.lazy import pl

if TYPE_CHECKING:
    from pullstats.counting.rules import Rule

_TEXTS = ("host", "ecosystem", "artifact", "version", "reference", "reference_kind", "role")


@dataclass(frozen=True)
class Known:
    """What the rows of a day are judged by.

    Attributes:
        rule: the counting rule.
        sizes: the largest size of each content around its day, from `rows.around`.
        resources: from `resources`.
        callers: from `callers`.
        until: rows that start later may follow (microseconds since the epoch); None: none will.
    """

    rule: Rule
    sizes: pl.DataFrame
    resources: pl.DataFrame
    callers: pl.DataFrame
    until: int | None


def resources(requests: pl.DataFrame, rule: Rule, known: pl.DataFrame | None) -> pl.DataFrame:
    """One row a resource that can make an activity.

    Args:
        requests: columns rows.REQUEST_COLUMNS.
        rule: what roles mean.
        known: resources that need not be read again.

    Returns:
        Columns resource_id, its texts, artifact_id, version_id, base (Int8: what a request for it is), target (Int64:
        what makes two of them one), testable (Boolean: a redirect can be its success), unit (Int64: what a download
        is one of), one_per (Boolean: that is the file), check, contact, within (Int64: microseconds).
    """
    distinct = requests.select("resource_id", *_TEXTS).unique("resource_id", keep="any")
    if known is None:
        return _read(distinct, rule)
    fresh = _read(distinct.join(known, on="resource_id", how="anti"), rule)
    return pl.concat([known.join(distinct, on="resource_id", how="semi"), fresh])


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
        }
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


def callers(requests: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """One row a caller: its origin, and what the rule asks of its client."""
    who = requests.select("caller_id", "origin_id", "client", "kind").unique("caller_id", keep="any")
    return who.select(
        "caller_id",
        "origin_id",
        pl.col("client").is_in(rule.artifact_clients).fill_null(value=False).alias("fetches_artifacts"),
        pl.col("kind").is_in(rule.unconfirmed_kinds).fill_null(value=False).alias("asks_twice"),
        pl.col("kind").is_in(rule.single_platform_kinds).fill_null(value=False).alias("one_platform"),
    )
