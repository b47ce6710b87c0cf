"""Derived tables: activities, built from the requests of the store day by day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Protocol

from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pullstats.counting.rules import Rule
    from pullstats.store.memory import Memory
    from pullstats.store.open import Store


class Tables(Protocol):
    """What can be read like a store."""

    def scan(self, name: str) -> pl.LazyFrame:
        """The rows of a table."""
        ...

    def days(self) -> list[date]:
        """The UTC days that have requests, in order."""
        ...


def duplicates(tables: Tables) -> pl.DataFrame:
    """The later ones of requests that two sources hold, by request id (columns source_id, line).

    The first one stays: of the source that begins first, then by its id, then by line.
    """
    requests, sources = tables.scan("requests"), tables.scan("sources").select("source_id", "first")
    repeated = (
        requests.filter(pl.col("request_key").is_not_null())
        .group_by("request_key")
        .agg(pl.len())
        .filter(pl.col("len") > 1)
        .select("request_key")
    )
    return (
        requests.select("request_key", "source_id", "line")
        .join(repeated, on="request_key", how="semi")
        .join(sources, on="source_id", how="left")
        .sort("request_key", "first", "source_id", "line")
        .filter(pl.col("request_key").is_first_distinct().not_())
        .select("source_id", "line")
        .collect()
    )


def accepted(tables: Tables) -> pl.LazyFrame:
    """The requests without those that an earlier source holds too."""
    requests = tables.scan("requests")
    if not requests.select(pl.col("request_key").is_not_null().any()).collect().item():
        return requests
    later = duplicates(tables)
    return requests.join(later.lazy(), on=["source_id", "line"], how="anti") if len(later) else requests


class Days:
    """What counting reads: the requests of each day, and what their ids stand for."""

    def __init__(self, tables: Tables, rule: Rule) -> None:
        from pullstats.counting.names import CALLER_COLUMNS, RESOURCE_COLUMNS, Ids, callers

        self._requests = accepted(tables)
        self._sources = tables.scan("sources").select("source_id", "mode", source_first="first").collect()
        named = tables.scan("resources").filter(pl.col("artifact").is_not_null())
        path_id = pl.col("path").rank("dense").cast(pl.Int64).alias("path_id")
        resources = named.with_columns(path_id).select(RESOURCE_COLUMNS).collect()
        self.ids = Ids(callers(tables.scan("callers").select(CALLER_COLUMNS).collect(), rule), resources)

    def read(self, day: date) -> pl.DataFrame:
        """The requests of one UTC day (columns counting.activities.REQUEST_COLUMNS)."""
        from pullstats.counting.activities import REQUEST_COLUMNS

        of_day = self._requests.filter(pl.col("date") == day)
        joined = of_day.join(self._sources.lazy(), on="source_id", how="left", maintain_order="left")
        return joined.select(REQUEST_COLUMNS).collect()


def derive(tables: Tables, days: Sequence[date], rule: Rule) -> Iterator[tuple[date, pl.DataFrame]]:
    """The activities of these UTC days (columns ACTIVITIES), a frame a day."""
    from pullstats.counting.activities import WARM_UP_DAYS
    from pullstats.counting.activities import derive as counted

    present, near = tables.days(), timedelta(days=WARM_UP_DAYS)
    reader = Days(tables, rule)
    for run in _runs(days, 2 * near):
        wanted = set(run)
        around = [day for day in present if run[0] - near <= day <= run[-1] + near]
        yield from ((day, frame) for day, frame in counted(around, reader.read, reader.ids, rule) if day in wanted)


def _runs(days: Iterable[date], near: timedelta) -> list[list[date]]:
    """The days as runs of neighbours: those that are near are built in one go."""
    runs: list[list[date]] = []
    for day in sorted(days):
        if runs and day - runs[-1][-1] <= near:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def reached(days: Iterable[date], present: Sequence[date]) -> list[date]:
    """The days whose activities can change with the requests of `days`."""
    from pullstats.counting.activities import WARM_UP_DAYS

    steps = range(-WARM_UP_DAYS, WARM_UP_DAYS + 1)
    near = {day + timedelta(days=step) for day in days for step in steps}
    return sorted(near & set(present))


def derive_all(memory: Memory, rule: Rule) -> None:
    """Build the activities of tables in memory."""
    memory.put("activities", [frame for _, frame in derive(memory, memory.days(), rule)])


def stale(store: Store) -> list[date]:
    """The days of a store whose activities are older than their requests."""
    now = store.table("requests")
    seen = store.table("activities").transaction_version("requests")
    if seen == now.version():
        return []
    return reached(changed(store, seen), store.days())


def changed(store: Store, seen: int | None) -> set[date]:
    """The days of files that came or went since a version of requests; all days when that is not known."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    files = set(store.table("requests").file_uris())
    try:
        before = set(DeltaTable(store.path / "requests", version=seen).file_uris()) if seen else set()
    except (DeltaError, OSError):
        before = set()  # the log of that version was cleaned up
    return {_day(file) for file in files ^ before}


def _day(file: str) -> date:
    return date.fromisoformat(file.rsplit("date=", 1)[1][:10])


def refresh(store: Store, rule: Rule) -> list[date]:
    """Rebuild the activities that are older than their requests; which days that were."""
    from pullstats.store.commit import replace_days

    version = store.table("requests").version()
    days = stale(store)
    if days or store.table("activities").transaction_version("requests") != version:
        replace_days(store, "activities", days, derived(store, days, rule), version)
    return days


def derived(tables: Tables, days: Sequence[date], rule: Rule) -> Iterator[pl.DataFrame]:
    """The activities of these UTC days, a frame a day, the next one made in a thread while this one is used."""
    from pullstats.threads import ahead

    yield from (frame for _, frame in ahead(derive(tables, days, rule)))
