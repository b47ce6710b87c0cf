"""The figures of the summary, and how few origins make most of the pulls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pullstats.answer.periods import iso
from pullstats.lazy import nw, pl

if TYPE_CHECKING:
    from pullstats.answer.types import Coverage
    from pullstats.engines import Query, Tables

TOP, ARTIFACTS, DOUBTFUL, INFLATED = 20, 5, 0.20, 0.10
DAY = 86_400_000_000


def concentration(pulls: pl.Series) -> dict[str, Any]:
    """How few of the origins make half of all."""
    ranked = pulls.sort(descending=True)
    total = int(ranked.sum())
    half = int((ranked.cum_sum() * 2 < total).sum()) + 1 if total else 0
    return {
        "total": total,
        "origins": len(ranked),
        "half_origins": half,
        "top20_share": int(ranked.head(TOP).sum()) / total if total else None,
        "median": ranked.median(),
        "mean": total / len(ranked) if len(ranked) else None,
        "without_top": total - int(ranked.head(TOP).sum()),
        "median_without_top": ranked.slice(TOP).median(),
    }


def figures(query: Query, frame: pl.LazyFrame, rows: pl.DataFrame, covered: Coverage) -> pl.DataFrame:
    """The metrics of the contract, as text."""
    from pullstats.questions.summary import METRICS, pulls_of_each

    each = nw.to_native(pulls_of_each(nw.from_native(frame))).collect(engine="streaming")["pulls"]
    few = concentration(each)
    counted = rows.row(0, named=True) if len(rows) else {}
    known: dict[str, Any] = {name: counted.get(name, 0) for name in METRICS} | {
        "first": iso(query, covered.first) if covered.first is not None else None,
        "last": iso(query, covered.last) if covered.last is not None else None,
        "lines": covered.read,
        "parsed": covered.parsed,
        "ignored": covered.ignored,
        "rejected": covered.rejected,
        "invocations": counted.get("contacts", 0) - counted.get("polls", 0),
        "half_origins": few["half_origins"],
        "top20_share": few["top20_share"],
        "median_pulls": few["median"],
        "mean_pulls": few["mean"],
    }
    values = [None if known[name] is None else _plain(known[name]) for name in METRICS]
    return pl.DataFrame({"metric": list(METRICS), "value": pl.Series(values, dtype=pl.String())})


def _plain(value: Any) -> str:
    """A number as text: whole numbers without a point."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def beside(frame: pl.LazyFrame, query: Query) -> dict[str, Any]:
    """What stands beside the figures: the largest artifacts, pulls a day, and what to ask next."""
    pulled = pl.col("pulls").sum()
    artifacts = (
        frame.filter(pl.col("pulls") > 0)
        .group_by("artifact")
        .agg(pulled, pl.col("unit").drop_nulls().n_unique().alias("origins"))
        .sort(["pulls", "artifact"], descending=[True, False])
        .head(ARTIFACTS)
        .collect(engine="streaming")
    )
    days = frame.group_by(pl.col("ts") // DAY).agg(pulled).sort("ts").collect(engine="streaming")
    return {
        "artifacts": [tuple(row) for row in artifacts.select("artifact", "pulls", "origins").iter_rows()],
        "days": [(iso(query, day * DAY)[:10], pulls) for day, pulls in days.iter_rows()] if len(days) > 1 else [],
        "next": [f"pullstats {question}" for question in ("breakdown client", "top-origins", "uniques --by day")],
    }


def warnings(tables: Tables) -> list[str]:
    """What makes the figures doubtful: proxies, one address that sends most, paths without names, old clients."""
    return [*_traffic(tables), *_inflation(tables), *_egress(tables)]


def _egress(tables: Tables) -> list[str]:
    """How many of the endpoints several machines stand behind, where they make much of the traffic."""
    from pullstats.store.egress import shared_endpoints

    shared = shared_endpoints(tables)
    counts = _sent(tables)
    callers = tables.scan("callers").select("caller_id", "endpoint_id")
    sent = counts.join(callers, on="caller_id").select(
        pl.col("requests").filter(pl.col("endpoint_id").is_in(shared.implode())).sum().alias("shared"),
        pl.col("requests").sum(),
    ).collect(engine="streaming")  # fmt: skip
    part, total = sent.row(0)
    if not total or part <= total * DOUBTFUL:
        return []
    told = (
        f"{part / total:.0%} of the requests come from {len(shared):,} addresses that several machines share: origins "
        "there are fewer than machines (see pullstats breakdown egress)"
    )
    return [told]


def _sent(tables: Tables) -> pl.LazyFrame:
    """How many requests each caller sent (caller_id, requests)."""
    return tables.scan("requests").group_by("caller_id").agg(pl.len().cast(pl.Int64).alias("requests"))


def _inflation(tables: Tables) -> list[str]:
    """The refreshes of client versions that fetch the manifest at every check, where they are many."""
    from pullstats.enrich.clients import inflating

    pulled = tables.scan("activities").filter(pl.col("action").is_in(["download", "refresh"]))
    counts = pulled.group_by("caller_id").agg(
        pl.col("times").sum().alias("pulls"),
        pl.col("times").filter(pl.col("action") == "refresh").sum().alias("refreshes"),
    )
    callers = tables.scan("callers").select("caller_id", "client", "client_version")
    versions = counts.join(callers, on="caller_id").group_by("client", "client_version")
    known = inflating(versions.agg(pl.col("pulls", "refreshes").sum()).collect(engine="streaming"))
    total, refreshes = int(known["pulls"].sum()), int(known.filter("inflating")["refreshes"].sum())
    if refreshes <= total * INFLATED:
        return []
    names = ", ".join(
        known.filter("inflating").sort("refreshes", descending=True)["client"].unique(maintain_order=True).head(3)
    )
    told = (
        f"{refreshes / total:.0%} of the pulls are refreshes by versions of {names} that fetch the manifest at every "
        f"check; without them there are {total - refreshes:,} pulls (see pullstats breakdown client_age)"
    )
    return [told]


def _traffic(tables: Tables) -> list[str]:
    """One address that sends most, a proxy's addresses in the place of clients', paths that name nothing."""
    counts = _sent(tables)
    callers = tables.scan("callers").select("caller_id", "endpoint_id", "network", "organisation")
    sent = (
        counts.join(callers, on="caller_id")
        .group_by("endpoint_id")
        .agg(pl.col("requests").sum(), pl.col("network").first(), pl.col("organisation").first())
        .collect(engine="streaming")
    )
    total = int(sent["requests"].sum())
    if not total:
        return []
    reserved = int(sent.filter(pl.col("network") == "reserved")["requests"].sum())
    largest = int(sent["requests"].max() or 0)  # pyright: ignore[reportArgumentType]
    told = []
    if not tables.scan("resources").filter(pl.col("artifact").is_not_null()).head(1).collect().height:
        told.append(
            "no path of these requests names an image, package or file that pullstats knows; say what does with "
            "[routes.NAME] in pullstats.toml (see docs/how-to/read-your-log.md)"
        )
    if reserved > total * DOUBTFUL:
        told.append(
            f"{reserved / total:.0%} of the requests come from private or reserved addresses: a proxy stands before "
            "the log; log X-Forwarded-For, and name the proxy with --trust"
        )
    elif largest > total * DOUBTFUL:
        told.append(
            f"{largest / total:.0%} of the requests come from one address: a proxy (name it with --trust), or one "
            "machine (see pullstats top-origins --of requests)"
        )
    return told
