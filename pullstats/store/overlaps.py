"""Which sources hold the same requests: two layers of one traffic, or the same lines cut into other files.

Equal request ids are dropped at counting. Without ids, two records of one request look alike: the same address (or
agent, or any client) asked for the same path in the same second. Chance makes some of these too: as many as there are
when one side's seconds are shifted.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from pullstats.identity import POSITIVE, mix
from pullstats.lazy import pl
from pullstats.store.commit import append_built
from pullstats.store.open import complete
from pullstats.tables import OVERLAPS, schema, typed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pullstats.store.open import Store
    from pullstats.store.rollup import Tables

SECOND, MINUTE, DAY = 1_000_000, 60_000_000, 86_400_000_000
TWO = 2  # sources: one alone has nothing to be compared with
TOUCHING = MINUTE  # of common time: logs of one rotation meet at their edges
EACH, ALL, READ = 5_000, 100_000, 1_000_000  # requests sampled of a source, of all sources; read for them at most
NEAR = (-1, 0, 1)  # seconds between two records of one request: one layer logs its start, another one its end
CHANCE = 23  # seconds: a shift at which only chance makes two requests look alike; no poller's usual interval
MOST = 0.5  # of a source's requests: an address that sends more tells no client from another
KEY = ("source_id", "other_format", "date")
CLIENTS: Mapping[str, str | None] = {"address": "endpoint_id", "agent": "agent_id", "path": None}
REFUSED, REDIRECTS = 401, (301, 302, 303, 307, 308)


class Window(NamedTuple):
    """What is looked at.

    Attributes:
        sources: those that cover the same time: source_id, root (of a log that grew), format, and limit (minutes whose
            hashed place is not above it are sampled).
        days: the UTC days (Date) that they are looked at on.
    """

    sources: pl.DataFrame
    days: pl.Series


def refresh(store: Store) -> None:
    """Look through the sources that came since the last time; a store of one source has nothing to compare.

    Raises:
        PullstatsError: the store cannot be written.
    """
    ledger = store.scan("sources").collect()
    if len(ledger) < TWO:
        return
    complete(store)
    version = store.table("requests").version()
    if store.table("overlaps").transaction_version("requests") == version:
        return
    known = store.scan("overlaps").select("source_id").collect().to_series()
    fresh = ledger.filter(~pl.col("source_id").is_in(known.implode()))["source_id"]
    looked_at = _complete(fresh.to_frame())  # next time they are not fresh
    append_built(store, "overlaps", [measured(store, ledger, fresh), looked_at], version)


def overlaps(tables: Tables, ledger: pl.DataFrame) -> pl.DataFrame:
    """What is known of sources that hold the same requests (columns OVERLAPS); of a store what was seen at ingest.

    Args:
        tables: a store, or the logs of one command.
        ledger: the sources that count.
    """
    ids = ledger["source_id"].implode()
    if len(ledger) < TWO:
        return _complete(ledger["source_id"].clear().to_frame())
    kept = tables.scan("overlaps").collect()
    if not len(kept):
        return measured(tables, ledger, ledger["source_id"])
    both = pl.col("source_id").is_in(ids) & pl.col("other_id").is_in(ids).fill_null(value=True)
    return (
        kept.filter(both, pl.col("other_format").is_not_null())
        .sort("as_of")
        .unique(KEY, keep="last", maintain_order=True)
    )


def measured(tables: Tables, ledger: pl.DataFrame, fresh: pl.Series) -> pl.DataFrame:
    """Of each source, other format and UTC day: how many of its requests that format's other logs hold too.

    Args:
        tables: holds the requests.
        ledger: all sources (columns SOURCES).
        fresh: the ids of those that were not looked at before; only the days that these touch are looked at.

    Returns:
        Columns OVERLAPS; no rows where no fresh source covers the time of another log.
    """
    window = _window(ledger, fresh)
    if window is None:
        return _complete(fresh.clear().to_frame())
    minutes = _minutes(tables, window)
    rows = _rows(tables, window, minutes)
    return _compared(rows.join(minutes, on=["source_id", "minute"], how="semi"), rows)


def _complete(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of the table; what they do not say is null."""
    said = {"as_of": pl.lit(time.time_ns() // 1000)} | {name: pl.col(name) for name in rows.columns}
    columns = [said.get(name, pl.lit(None, kind)).alias(name) for name, kind in schema(OVERLAPS).items()]
    return typed(rows.select(columns), "overlaps")


# What to look at, from the ledger alone


def _window(ledger: pl.DataFrame, fresh: pl.Series) -> Window | None:
    """What is worth looking at; None where no fresh source covers the time of another log."""
    timed = rooted(ledger).filter(pl.col("first").is_not_null()).sort("first", "last", "source_id")
    edge = pl.min_horizontal(pl.lit(TOUCHING), (pl.col("last") - pl.col("first")) // TWO)
    earlier = pl.col("last").cum_max().shift(1) - pl.col("first") > edge
    later = pl.col("last") - pl.col("first").shift(-1) > edge
    meeting = timed.filter(earlier.fill_null(value=False) | later.fill_null(value=False))
    new = meeting.filter(pl.col("source_id").is_in(fresh.implode()))
    if not len(new) or meeting["root"].n_unique() < TWO:
        return None
    numbers = new.select(pl.int_ranges(pl.col("first") // DAY, pl.col("last") // DAY + 1).explode().unique().sort())
    days = numbers.to_series()
    low, high = days[0] * DAY, (days[-1] + 1) * DAY
    sources = meeting.filter(pl.col("last") >= low, pl.col("first") < high)
    chosen = sources.select("source_id", "root", "format", _limits(sources, low, high).alias("limit"))
    return Window(chosen, days.cast(pl.Int32).cast(pl.Date))


def rooted(ledger: pl.DataFrame) -> pl.DataFrame:
    """The ledger with `root`: the source that a log began with, of which later ones go on."""
    ids = dict(ledger.select("sha256", "source_id").iter_rows())
    parents = {sha: parent for sha, parent in ledger.select("sha256", "parent").iter_rows() if parent in ids}
    roots = {sha: sha for sha in ids}
    for sha in parents:
        while roots[sha] in parents and parents[roots[sha]] != sha:
            roots[sha] = parents[roots[sha]]
    return ledger.with_columns(pl.Series("root", [ids[roots[sha]] for sha in ledger["sha256"]], pl.Int64()))


def _limits(sources: pl.DataFrame, low: int, high: int) -> pl.Series:
    """The places up to which minutes are sampled: about EACH requests of a source, ALL of all sources."""
    inside = pl.min_horizontal("last", pl.lit(high)) - pl.max_horizontal("first", pl.lit(low)) + 1
    here = sources.select((pl.col("parsed") * inside / (pl.col("last") - pl.col("first") + 1)).clip(1)).to_series()
    wanted = here.clip(upper_bound=EACH)
    scale = min(1.0, ALL / float(wanted.sum()))
    return (wanted * scale / here * (POSITIVE - 1024)).cast(pl.Int64)  # a float next to 2^63 would be beyond


# What to read: minutes of sources first, then the requests of some of them


def _place() -> pl.Expr:
    """The hashed place of a minute: all sources sample the same minutes."""
    return mix("minute", pl.lit(0, pl.Int64))


def _scan(tables: Tables, window: Window) -> pl.LazyFrame:
    days, ids = window.days.implode(), window.sources["source_id"].implode()
    kept = tables.scan("requests").filter(pl.col("date").is_in(days), pl.col("source_id").is_in(ids))
    return kept.with_columns((pl.col("ts") // MINUTE).alias("minute"))


def _minutes(tables: Tables, window: Window) -> pl.DataFrame:
    """The sampled minutes of each source (columns source_id, minute)."""
    every = (
        _scan(tables, window)
        .group_by("source_id", "minute")
        .agg(pl.len().alias("requests"))
        .collect(engine="streaming")
        .with_columns(_place().alias("place"))
        .join(window.sources.select("source_id", "limit"), on="source_id")
    )
    first = pl.col("place") == pl.col("place").min().over("source_id")
    sampled = every.filter((pl.col("place") <= pl.col("limit")) | first)
    read = every.join(sampled, on="minute", how="semi").group_by("place").agg(pl.col("requests").sum()).sort("place")
    enough = max(int((read["requests"].cum_sum() <= READ).sum()), 1)
    last = read["place"].head(enough).max()
    return sampled.filter(pl.col("place") <= last).select("source_id", "minute")


def _rows(tables: Tables, window: Window, minutes: pl.DataFrame) -> pl.DataFrame:
    """The requests of all sources in these minutes, each request id once, with who asked for what and when."""
    rows = (
        _scan(tables, window)
        .filter(pl.col("minute").is_in(minutes["minute"].unique().implode()))
        .select(
            "source_id", "date", "minute", (pl.col("ts") // SECOND % 60).alias("second"),
            "caller_id", "resource_id", "method", "status", "request_key", "line",
        )
        .collect(engine="streaming")
        .sort("source_id", "line")
    )  # fmt: skip
    once = rows.filter(pl.col("request_key").is_null() | pl.col("request_key").is_first_distinct())
    met = once.select(pl.col("caller_id").unique()).lazy()
    callers = tables.scan("callers").select("caller_id", "endpoint_id", "agent_id").join(met, on="caller_id").collect()
    return (
        once.join(window.sources.drop("limit"), on="source_id", how="left")
        .join(callers, on="caller_id", how="left")
        .join(_paths(tables, once), on="resource_id")
        .with_row_index("row")
        .with_columns(_asked().alias("asked"))
    )


def _paths(tables: Tables, rows: pl.DataFrame) -> pl.DataFrame:
    """Numbers of paths, whatever host they are on (resource_id, path_id): of artifacts, where there are any."""
    used = rows.select(pl.col("resource_id").unique()).lazy()
    named = tables.scan("resources").select("resource_id", "path", "artifact").join(used, on="resource_id").collect()
    artifacts = named.filter(pl.col("artifact").is_not_null())
    number = pl.col("path").rank("dense").cast(pl.Int64).alias("path_id")
    return (artifacts if len(artifacts) else named).select("resource_id", number)


def _asked() -> pl.Expr:
    """What a request was: method, path, and whether it was refused or sent elsewhere, since such a one comes again."""
    status = pl.col("status")
    answer = pl.when(status == REFUSED).then(1).when(status.is_in(REDIRECTS)).then(2).otherwise(0)
    return mix("path_id", pl.col("method").rank("dense").cast(pl.Int64) * 4 + answer.cast(pl.Int64))


# How much is the same


def _compared(own: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The overlaps of what was sampled of each source with all that was read."""
    sampled = own.group_by("source_id", "date").agg(
        pl.len().cast(pl.Int64).alias("sampled"), pl.col("minute").n_unique().cast(pl.Int64).alias("minutes")
    )
    found = _covered(own, rows).join(sampled, on=["source_id", "date"])
    for name, client in CLIENTS.items():
        alike = _alike(own, rows, client)
        chance = _counted(_alike(own, rows, client, CHANCE)).rename({"same": "chance"})
        more = (pl.col("same") - pl.col("chance").fill_null(0)).clip(0).alias(name)
        counts = _counted(alike).join(chance, on=KEY, how="left").select(*KEY, more)
        found = found.join(counts, on=KEY, how="left").with_columns(pl.col(name).fill_null(0))
        found = found.join(_partner(alike).rename({"other_id": f"{name}_id"}), on=KEY, how="left")
    return _complete(
        found.with_columns(
            pl.col("address").alias("shared"),
            pl.max_horizontal("agent", "path").alias("alike"),
            pl.coalesce([f"{name}_id" for name in CLIENTS]).alias("other_id"),
        )
    )


def _covered(own: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """In how many of a source's minutes another log of each format has requests (KEY, covered)."""
    others = rows.select("minute", pl.col("root").alias("other"), pl.col("format").alias("other_format")).unique()
    met = own.select("source_id", "date", "root", "minute").unique().join(others, on="minute")
    apart = met.filter(pl.col("root") != pl.col("other")).unique([*KEY, "minute"])
    return apart.group_by(KEY).agg(pl.len().cast(pl.Int64).alias("covered"))


def _alike(own: pl.DataFrame, rows: pl.DataFrame, client: str | None, shift: int = 0) -> pl.DataFrame:
    """Pairs of a request and another log that holds one like it (KEY, row, other).

    Args:
        own: the requests that are looked for.
        rows: the requests among which they are looked for.
        client: the column that says who asked; None: anyone.
        shift: seconds, round the clock of a minute.
    """
    told = [pl.col("format").alias("other_format"), pl.col("root").alias("other")]
    held = rows.select(_look(client, pl.col("second")).alias("look"), *told).unique()
    known = own if client is None else own.filter(_tells(client))
    seconds = [(pl.col("second") + shift + step) % 60 for step in NEAR]
    looks = [known.select("source_id", "date", "row", "root", _look(client, at).alias("look")) for at in seconds]
    met = pl.concat(looks).join(held, on="look").filter(pl.col("root") != pl.col("other"))
    return met.select(*KEY, "row", "other").unique()


def _tells(client: str) -> pl.Expr:
    """Whether a client is told from others by this: a proxy's address is not."""
    return pl.len().over("source_id", client) <= MOST * pl.len().over("source_id")


def _look(client: str | None, second: pl.Expr) -> pl.Expr:
    """Who asked for what in which second, as one number."""
    what = pl.col("asked") if client is None else mix(client, "asked")
    return mix(what, pl.col("minute") * 60 + second)


def _counted(alike: pl.DataFrame) -> pl.DataFrame:
    """How many requests have one like them (KEY, same)."""
    return alike.group_by(KEY).agg(pl.col("row").n_unique().cast(pl.Int64).alias("same"))


def _partner(alike: pl.DataFrame) -> pl.DataFrame:
    """The log that holds most of them (KEY, other_id)."""
    counts = alike.group_by(*KEY, "other").agg(pl.len()).sort("len", "other", descending=[True, False])
    return counts.group_by(KEY, maintain_order=True).agg(pl.col("other").first().alias("other_id"))
