"""Who called, read again by today's tables: from the masked agents and ids that the store keeps, without the logs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pullstats.enrich import addresses
from pullstats.enrich.clients import classify
from pullstats.enrich.companies import OWN_NETWORKS
from pullstats.enrich.environments import environments
from pullstats.enrich.geodata import tsv
from pullstats.identity import mix
from pullstats.lazy import pl
from pullstats.store.commit import append
from pullstats.tables import CLIENT_COLUMNS, typed

if TYPE_CHECKING:
    from pullstats.enrich.companies import Companies
    from pullstats.identity import Key
    from pullstats.store.open import Store

KEPT = ("origin_id", *CLIENT_COLUMNS, "environment", "company", "company_evidence")


def reread(store: Store, key: Key, companies: Companies | None = None) -> int:
    """Write the callers anew whose client, environment or company today's tables know better; how many these are.

    Uniques follow: an origin's id is made from stored ids and the client. Addresses are gone, so that a map of
    companies is applied by its network numbers and domains; what its ranges named at the ingest stays.

    Args:
        store: the store.
        key: the key that its ids were made with.
        companies: the user's map of companies; None: companies stay as they are.
    """
    callers = store.scan("callers").collect()
    read = _companies(_clients(callers, key), companies)
    same = [pl.col(name).eq_missing(pl.col(f"{name}_before")) for name in KEPT]
    before = callers.select("caller_id", *(pl.col(name).alias(f"{name}_before") for name in KEPT))
    changed = read.join(before, on="caller_id").filter(~pl.all_horizontal(same))
    append(store, "callers", [typed(changed.with_columns(pl.lit(time.time_ns() // 1000).alias("as_of")), "callers")])
    return len(changed)


def _clients(callers: pl.DataFrame, key: Key) -> pl.DataFrame:
    """The callers with what their masked agents say by today's table of clients."""
    agents = callers["user_agent"].unique()
    found = classify(agents).select(*CLIENT_COLUMNS, "hints")
    ids = key.joined("client", found.select("client", "os", "arch")).alias("client_key")
    known = found.with_columns(ids, agents.alias("user_agent"))
    joined = callers.drop(CLIENT_COLUMNS).join(
        known, on="user_agent", how="left", nulls_equal=True, maintain_order="left"
    )
    origin = mix("endpoint_id", "client_key").alias("origin_id")
    return joined.with_columns(origin, *environments(joined))


def _companies(callers: pl.DataFrame, companies: Companies | None) -> pl.DataFrame:
    if companies is None:
        return callers
    nowhere = addresses.parse(pl.Series("address", [None], pl.String()).new_from_index(0, len(callers)))
    found = companies.find(nowhere, callers["asn"], _domains(callers))
    # An address range was a surer sign than a number; a domain says nothing of networks that hold other people.
    theirs = pl.col("network").is_in(OWN_NETWORKS).fill_null(value=False) | pl.col("network").is_null()
    named = (
        found["mapped"].is_not_null()
        & (theirs | (found["mapped_by"] == "asn"))
        & ~pl.col("company_evidence").str.ends_with("map, cidr").fill_null(value=False)
    )
    sure = pl.when(found["mapped_confirmed"]).then(pl.lit("confirmed")).otherwise(pl.lit("likely"))
    return callers.with_columns(
        pl.when(named).then(found["mapped"]).otherwise(pl.col("company")).alias("company"),
        pl.when(named)
        .then(pl.format("{}: map, {}", sure, found["mapped_by"]))
        .otherwise(pl.col("company_evidence"))
        .alias("company_evidence"),
    )


def _domains(callers: pl.DataFrame) -> pl.Series:
    """The domain of each caller's network, where our table of AS numbers has one."""
    known = tsv("asn_types").select(pl.col("asn").cast(pl.Int64), "domain")
    return callers.select("asn").join(known, on="asn", how="left", maintain_order="left")["domain"]
