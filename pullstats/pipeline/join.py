"""Records become requests: who sent each and what it names, by ids; no address goes further than here."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING

from pullstats.enrich import addresses, networks
from pullstats.enrich.artifacts import resources, routes
from pullstats.enrich.clients import classify
from pullstats.enrich.dictionary import Dictionary
from pullstats.enrich.environments import environments
from pullstats.enrich.trust import Labels, Trust, client_addresses
from pullstats.identity import mix
from pullstats.lazy import pl
from pullstats.tables import (
    CALLERS,
    CLIENT_COLUMNS,
    DIMENSION_KEYS,
    NETWORK_COLUMNS,
    REQUESTS,
    RESOURCE_COLUMNS,
    RESOURCES,
    typed,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from pullstats.enrich.networks import Geo
    from pullstats.identity import Key
    from pullstats.pipeline.options import Reading
    from pullstats.store.commit import Writer

DAY = 86_400_000_000
# What the pipeline asks of a format: the rest of a record is for looking at.
WANTED = (
    "ts", "client_ip", "xff", "method", "path", "query", "status", "bytes", "user_agent", "host",
    "request_time", "request_id", "user", "conditional",
)  # fmt: skip


class Joiner:
    """Turns batches of records into requests, callers and resources; remembers what it has met.

    Args:
        reading: how logs are read.
        writer: told of new callers and resources; knows which ones need no new row.
    """

    def __init__(self, reading: Reading, writer: Writer) -> None:
        self._key: Key = reading.key
        self._trust = Trust.of(reading.trust)
        self._labels = Labels.of(reading.labels)
        self._reading = reading
        self._addresses = Dictionary(self._describe_addresses)
        self._agents = Dictionary(self._describe_agents)
        self._users = Dictionary(lambda users: pl.DataFrame({"id": self._key.hashed("user", users)}))
        self._hosts = Dictionary(lambda hosts: hosts.rename("host").to_frame())
        self._paths = Dictionary(lambda paths: paths.rename("path").to_frame())
        self._writer = writer
        self._beside = ThreadPoolExecutor(1)  # who sent the records is found out while what they name is
        self._known = {name: writer.known(name).rename(key) for name, key in DIMENSION_KEYS.items()}
        self._networks = pl.Categories(f"pullstats-{uuid.uuid4().hex}", "pullstats", pl.UInt32)
        self._now = time.time_ns() // 1000
        self._prepared: Future[None] | None = None

    @cached_property
    def _geo(self) -> Geo:
        return self._reading.geo()

    def prepare(self) -> Future[None]:
        """Begin to read the tables that the first batch needs, while it is being looked at and parsed."""
        self._prepared = self._prepared or self._beside.submit(self._read_tables)
        return self._prepared

    def _read_tables(self) -> None:
        networks.read_tables(self._geo)
        classify(pl.Series(["-"]))
        routes()

    def forget(self) -> None:
        """Let go of all that was met: a run that is over leaves its memory to what comes then."""
        for met in (self._addresses, self._agents, self._users, self._hosts, self._paths):
            met.forget()
        self._known.clear()
        self.__dict__.pop("_pairs", None)

    def requests(self, records: pl.DataFrame) -> pl.DataFrame:
        """The requests (columns REQUESTS) of parsed records (columns WANTED, source_id, line, keyed)."""
        prepared = self.prepare()
        named = self._beside.submit(self._resources, records)
        prepared.result()
        return records.select(
            "ts",
            (pl.col("ts") // DAY).cast(pl.Int32).cast(pl.Date).alias("date"),
            self._callers(records),
            named.result(),
            "method",
            "status",
            pl.when(pl.col("method").ne_missing("HEAD")).then("bytes").alias("bytes"),
            (pl.col("request_time") * 1000).round().cast(pl.Int64).alias("duration_ms"),
            self._principals(records["user"]),
            self._request_keys(records),
            "source_id",
            "line",
            "conditional",
        ).select(REQUESTS)

    # Who

    def _callers(self, records: pl.DataFrame) -> pl.Series:
        texts = client_addresses(records["client_ip"], records["xff"], self._trust)
        address, agent = self._addresses.codes(texts), self._agents.codes(records["user_agent"])
        ids = pl.DataFrame(
            {
                "address": address,
                "agent": agent,
                "address_id": self._addresses.column("address_id", address),
                "agent_id": self._agents.column("agent_id", agent),
            }
        ).select("address", "agent", mix("address_id", "agent_id").alias("caller_id"))
        self._meet("callers", ids, self._describe_callers)
        return ids["caller_id"]

    def _describe_callers(self, fresh: pl.DataFrame) -> pl.DataFrame:
        joined = pl.concat(
            [fresh, self._addresses.rows(fresh["address"]), self._agents.rows(fresh["agent"])], how="horizontal"
        )
        origin = mix("endpoint_id", "client_key").alias("origin_id")
        named = joined.with_columns(origin, *environments(joined), pl.lit(self._now).alias("as_of"))
        return named.select(CALLERS)

    def _describe_addresses(self, texts: pl.Series) -> pl.DataFrame:
        parsed = addresses.parse(texts)
        # Some exports hold hashes in the place of addresses, some servers `unix:`: each is its own address.
        whole = parsed["address"].fill_null(texts)
        grouped = parsed.select(pl.col("endpoint", "site").fill_null(texts))
        return pl.concat(
            [
                pl.DataFrame(
                    {
                        "address_id": self._key.hashed("address", whole),
                        "endpoint_id": self._distinct("endpoint", grouped["endpoint"]),
                        "site_id": self._distinct("site", grouped["site"]),
                        "label": self._labels.labels(parsed),
                    },
                    schema_overrides={"label": pl.String()},
                ),
                # Few different texts for many addresses: numbers take a quarter of the memory.
                networks.lookup(parsed, self._geo, NETWORK_COLUMNS).cast({pl.String: pl.Categorical(self._networks)}),
            ],
            how="horizontal",
        )

    def _distinct(self, kind: str, texts: pl.Series) -> pl.Series:
        distinct = texts.unique()
        ids = pl.DataFrame({"text": distinct, "id": self._key.hashed(kind, distinct)})
        return texts.rename("text").to_frame().join(ids, on="text", how="left", maintain_order="left")["id"]

    def _describe_agents(self, texts: pl.Series) -> pl.DataFrame:
        found = classify(texts).select("user_agent", *CLIENT_COLUMNS, "hints")
        return found.with_columns(
            self._key.hashed("agent", texts).alias("agent_id"),
            self._key.joined("client", found.select("client", "os", "arch")).alias("client_key"),
        )

    def _principals(self, users: pl.Series) -> pl.Series:
        if users.null_count() == len(users):
            return pl.Series("principal_id", [None], pl.Int64()).new_from_index(0, len(users))
        ids = self._users.column("id", self._users.codes(users)).rename("principal_id")
        return ids.set(users.is_null(), None)

    # What

    def _resources(self, records: pl.DataFrame) -> pl.Series:
        """Paths and hosts are numbered apart: few hosts, and a path is mostly on one."""
        paths = self._paths.codes(_targets(records))
        hosts = self._hosts.codes(records["host"])
        pair = pl.col("host").cast(pl.Int64) * (1 << 32) + pl.col("path").cast(pl.Int64)
        rows = pl.DataFrame({"host": hosts, "path": paths}).with_columns(pair.alias("pair"))
        return rows.join(self._named(rows.unique("pair")), on="pair", how="left", maintain_order="left")["resource_id"]

    def _named(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """The resource ids of new (host, path) pairs; those met before come from memory."""
        met = self._pairs
        new = pairs.join(met, on="pair", how="anti")
        if len(new):
            self._pairs = met = pl.concat([met, self._name(new)])
        return met

    @cached_property
    def _pairs(self) -> pl.DataFrame:
        return pl.DataFrame(schema={"pair": pl.Int64(), "resource_id": pl.Int64()})

    def _name(self, new: pl.DataFrame) -> pl.DataFrame:
        target = self._paths.column("path", new["path"]).str.split_exact("?", 1).struct.unnest()
        texts = pl.DataFrame(
            {
                "host": self._hosts.column("host", new["host"]),
                "path": target["field_0"],
                "query": target["field_1"],
            }
        ).with_columns(pl.col("host", "path").replace("", None))
        found = resources(texts, self._reading.routes)
        ids = self._key.joined(
            "resource", pl.concat([texts.select("host", "path"), found.select("namespace")], how="horizontal")
        )
        rows = pl.concat(
            [
                texts.select("host"),
                found.select("namespace", "path", *RESOURCE_COLUMNS),
                ids.rename("resource_id").to_frame(),
                new.select("pair"),
            ],
            how="horizontal",
        ).with_columns(pl.lit(self._now).alias("as_of"))
        self._meet("resources", rows, lambda fresh: fresh.select(RESOURCES))
        return rows.select("pair", "resource_id")

    def _request_keys(self, records: pl.DataFrame) -> pl.Expr:
        """Of id and time, for formats whose request id is one request's alone; null for others."""
        if not records["keyed"].any():
            return pl.lit(None, pl.Int64).alias("request_key")
        named = pl.col("keyed") & pl.col("request_id").is_not_null()
        return pl.when(named).then(mix(self._key.digested("request_id"), "ts")).alias("request_key")

    def _meet(self, table: str, rows: pl.DataFrame, describe: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
        known = self._known[table]
        distinct = rows.unique(known.name, maintain_order=True)
        # Few ids are looked for among many: the set is made of the few.
        met = known.filter(known.is_in(distinct[known.name].implode()))
        fresh = distinct.join(met.to_frame(), on=known.name, how="anti", maintain_order="left")
        if len(fresh):
            self._known[table] = pl.concat([known, fresh[known.name]])
            self._writer.hold(table, typed(describe(fresh), table))


def _targets(records: pl.DataFrame) -> pl.Series:
    """Paths, with their query where it may say whose path it is (`ns=` of containerd)."""
    paths, queries = records["path"], records["query"]
    said = queries.str.contains("ns=", literal=True).arg_true() if queries.null_count() < len(queries) else ()
    if not len(said):
        return paths
    both = records.select("path", "query")[said].select(pl.col("path").fill_null("") + "?" + pl.col("query"))
    return paths.clone().scatter(said, both.to_series())
