"""How much is known of the networks of those who called, and why the rest is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pullstats.engines import PULLS
from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pullstats.engines import Tables

FIELDS = ("country", "asn", "organisation", "network", "cloud", "company")
REASONS = 3  # told in a line
RESERVED, NOTHING = "reserved addresses", "nothing known of the address"


def known(tables: Tables) -> pl.DataFrame:
    """How many callers and pulls each of FIELDS is known of, and why the others are not.

    Columns: `field`, `reason` (null: known), `callers`, `callers_share`, `pulls`, `pulls_share`; the largest first.
    """
    columns = tables.scan("callers").select("caller_id", *FIELDS)
    pulls = (
        tables.scan("activities")
        .filter(pl.col("action").is_in(PULLS))
        .group_by("caller_id")
        .agg(pl.col("times").sum().alias("pulls"))
    )
    callers = columns.join(pulls, on="caller_id", how="left").with_columns(pl.col("pulls").fill_null(0)).collect()
    rows = [
        callers.group_by(_reason(name).alias("reason"))
        .agg(pl.len().cast(pl.Int64).alias("callers"), pl.col("pulls").sum().cast(pl.Int64))
        .select(pl.lit(name).alias("field"), "reason", "callers", _share("callers"), "pulls", _share("pulls"))
        .sort("callers", "reason", descending=[True, False], nulls_last=True)
        for name in FIELDS
    ]
    return pl.concat(rows)


def _share(name: str) -> pl.Expr:
    return (pl.col(name) / pl.col(name).sum()).fill_nan(None).alias(f"{name}_share")


def _reason(name: str) -> pl.Expr:
    """Why a caller has no value; null where it has one."""
    network, system = pl.col("network"), pl.col("asn").is_not_null()
    located = network.is_not_null() | system | pl.col("country").is_not_null()
    reserved = pl.when(network == "reserved").then(pl.lit(RESERVED))
    why = {
        "country": reserved.when(pl.col("cloud").is_not_null())
        .then(pl.lit("anycast and content networks"))
        .when(system)
        .then(pl.lit("in no table of countries"))
        .otherwise(pl.lit(NOTHING)),
        "asn": reserved.when(located).then(pl.lit("announced by nobody we know")).otherwise(pl.lit(NOTHING)),
        "network": pl.when(system)
        .then(pl.lit("organisation of unknown type"))
        .when(located)
        .then(pl.lit("announced by nobody we know"))
        .otherwise(pl.lit(NOTHING)),
        "cloud": reserved.when(located).then(pl.lit("in no published range of a cloud")).otherwise(pl.lit(NOTHING)),
        "company": reserved.when(network.is_in(["business", "government"]))
        .then(pl.lit("no evidence"))
        .when(network.is_not_null())
        .then(pl.format("{} networks name none", network))
        .when(located)
        .then(pl.lit("network of unknown type"))
        .otherwise(pl.lit(NOTHING)),
    }
    return pl.when(pl.col(name).is_null()).then(why.get(name, why["asn"]))


def lines(rows: pl.DataFrame) -> Iterator[str]:
    """The rows of `known` in words, a line a field."""
    for (name,), field in rows.group_by("field", maintain_order=True):
        there = field.filter(pl.col("reason").is_null())
        callers, pulls = (float(there[f"{each}_share"].sum()) for each in ("callers", "pulls"))
        rest = field.filter(pl.col("reason").is_not_null()).head(REASONS)
        told = ", ".join(
            f"{_percent(share)} {reason}" for reason, share in rest.select("reason", "callers_share").rows()
        )
        without = f"; without: {told}" if told else ""
        yield f"{name}: {_percent(callers)} of the callers, {_percent(pulls)} of the pulls{without}"


def facts(rows: pl.DataFrame) -> dict[str, Any]:
    """The rows of `known` for machines, by field: shares of callers and pulls, and the unknown by reason."""
    found: dict[str, Any] = {}
    for name, reason, callers, callers_share, pulls, pulls_share in rows.rows():
        field = found.setdefault(
            name, {"callers": 0, "callers_share": 0.0, "pulls": 0, "pulls_share": 0.0, "unknown": {}}
        )
        counts = {"callers": callers, "callers_share": callers_share, "pulls": pulls, "pulls_share": pulls_share}
        if reason is None:
            field |= counts
        else:
            field["unknown"][reason] = counts
    return found


def _percent(share: float) -> str:
    return f"{share:.1%}"
