"""Addresses behind which several machines stand: what one origin is there is less than one machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.lazy import pl

if TYPE_CHECKING:
    from pullstats.store.rollup import Tables

# On one day, from one address: so many different programs, or so many different agents of one of them.
CLIENTS, AGENTS = 5, 8
PROGRAM = ("client", "os", "arch")


def shared_endpoints(tables: Tables) -> pl.Series:
    """The endpoints (endpoint_id, Int64, sorted) that were a shared egress on some UTC day of the data.

    A company's gateway, a carrier's NAT, a CI provider: an address counts as one where on a day at least CLIENTS
    different (client, os, arch), or AGENTS user agents of one client, came from it.
    """
    seen = tables.scan("requests").select("date", "caller_id").unique()
    callers = tables.scan("callers").select("caller_id", "endpoint_id", "agent_id", *PROGRAM)
    days = seen.join(callers, on="caller_id")
    many = days.group_by("date", "endpoint_id").agg(pl.struct(PROGRAM).n_unique().alias("programs"))
    same = days.group_by("date", "endpoint_id", "client").agg(pl.col("agent_id").n_unique().alias("agents"))
    found = pl.concat(
        [
            many.filter(pl.col("programs") >= CLIENTS).select("endpoint_id"),
            same.filter(pl.col("agents") >= AGENTS).select("endpoint_id"),
        ]
    )
    return found.unique().sort("endpoint_id").collect(engine="streaming").to_series()
