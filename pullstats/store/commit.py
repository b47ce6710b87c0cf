"""Writing: frames become files, files become one commit, all of a source or none of it."""

from __future__ import annotations

import errno
import json
import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pullstats.errors import PullstatsError
from pullstats.lazy import pl
from pullstats.store.open import Store, locked
from pullstats.tables import PARTITIONED, TABLES, by_day, schema, typed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from concurrent.futures import Future
    from datetime import date

    from deltalake.transaction import AddAction


# Rows held before they are written: about 50 MiB, and one or a few files a day.
HELD_ROWS = 500_000
DIMENSION_ROWS = 100_000
NO_SPACE = os.strerror(errno.ENOSPC)  # Polars and Delta tell it in a text of their own
STATISTICS = ("ts", "caller_id", "source_id")


class Writer(Protocol):
    """Where tables are written: a store, or memory."""

    def parts(self) -> Parts:
        """An empty collection of requests."""
        ...

    def known(self, table: str) -> pl.Series:
        """The ids that a dimension holds (Int64)."""
        ...

    def hold(self, table: str, rows: pl.DataFrame) -> None:
        """Take rows of a dimension for the next commit."""
        ...

    def commit(self, parts: Parts, ledger: pl.DataFrame) -> None:
        """Commit requests, the dimension rows that were held, and the ledger rows of their sources."""
        ...


@dataclass
class Parts:
    """Requests of one or more sources on their way into a table.

    Rows are held until there are many, then written in a thread as one file a day: the days but the newest,
    which goes on in a log that is in time order. Without a folder all rows are held.
    """

    folder: Path | None
    thread: ThreadPoolExecutor | None = None
    held: list[pl.DataFrame] = field(default_factory=list)
    rows: int = 0
    files: list[Future[AddAction]] = field(default_factory=list)

    def add(self, requests: pl.DataFrame) -> None:
        """Take the rows (columns REQUESTS)."""
        self.held.append(requests)
        self.rows += len(requests)
        if self.rows >= HELD_ROWS:
            self._write(keep_newest=True)

    def join(self, others: Parts) -> None:
        """Take over what another one holds: its source is accepted."""
        self.files += others.files
        for frame in others.held:
            self.add(frame)

    def discard(self) -> None:
        """Forget all of it: its source is refused."""
        for file in self.files:
            if file.exception() is None:  # else nothing was left of it
                (self.folder or Path()).joinpath(file.result().path).unlink(missing_ok=True)
        self.held, self.rows, self.files = [], 0, []

    def finish(self) -> list[AddAction]:
        """All rows as files."""
        self._write(keep_newest=False)
        return [file.result() for file in self.files]

    def _write(self, *, keep_newest: bool) -> None:
        if not self.rows or self.folder is None or self.thread is None:
            return
        days = by_day(pl.concat(self.held))
        newest = max(days) if keep_newest and len(days) > 1 else None
        self.held, self.rows = [], 0
        for day, frame in days.items():
            if day == newest:
                self.held, self.rows = [frame], len(frame)
            else:
                self.files.append(self.thread.submit(write_part, self.folder, frame))


def write_part(folder: Path, frame: pl.DataFrame, *, partitioned: bool = True) -> AddAction:
    """One Parquet file of a Delta table, and the action that adds it.

    Args:
        folder: the table's.
        frame: the rows; of a partitioned table those of one `date`.
        partitioned: whether the table is.
    """
    from deltalake.transaction import AddAction

    day = frame["date"][0].isoformat() if partitioned else None
    name = f"date={day}/{uuid.uuid4().hex}.parquet" if day else f"{uuid.uuid4().hex}.parquet"
    path = folder / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = frame.drop("date") if partitioned else frame
        if partitioned and not rows["ts"].is_sorted():
            rows = rows.sort("ts", maintain_order=True)
        rows.write_parquet(path, compression="zstd", compression_level=1)
        size = path.stat().st_size
    except (OSError, pl.exceptions.ComputeError) as error:
        path.unlink(missing_ok=True)
        raise PullstatsError(f"cannot write {path.parent}: {_reason(error)}", "nothing was stored") from error
    now = int(time.time() * 1000)
    return AddAction(name, size, {"date": day} if day else {}, now, True, json.dumps(_statistics(frame)))


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error).splitlines()[0]
    return "no space left" if NO_SPACE in text else text


def _statistics(frame: pl.DataFrame) -> dict[str, Any]:
    """Delta's statistics of a file, so that readers skip it when it cannot hold what they look for."""
    names = [name for name in STATISTICS if name in frame.columns]
    bounds = frame.select(
        [pl.col(name).min().alias(f"min_{name}") for name in names] + [pl.col(name).max() for name in names]
    )
    row = bounds.row(0, named=True) if names else {}
    known = [name for name in names if row[name] is not None]
    return {
        "numRecords": len(frame),
        "minValues": {name: row[f"min_{name}"] for name in known},
        "maxValues": {name: row[name] for name in known},
        "nullCount": {name: frame[name].null_count() for name in names},
    }


@dataclass
class StoreWriter:
    """Writes into a store, in the order that leaves all of a source or none: dimensions, ledger, requests.

    Attributes:
        layer: the name that the sources get, where they are one of several records of a traffic.
    """

    store: Store
    layer: str | None = None
    thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    dimensions: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    files: dict[str, list[AddAction]] = field(default_factory=dict)

    def parts(self) -> Parts:
        """An empty collection of requests."""
        return Parts(self.store.path / "requests", self.thread)

    def known(self, table: str) -> pl.Series:
        """The ids that a dimension of the store holds (Int64)."""
        return self.store.raw(table).select(pl.col(TABLES[table][0]).unique()).collect().to_series()

    def hold(self, table: str, rows: pl.DataFrame) -> None:
        """Take rows of a dimension for the next commit; many of them wait in a file."""
        held = self.dimensions.setdefault(table, [])
        held.append(rows)
        if sum(map(len, held)) >= DIMENSION_ROWS:
            self._file(table)

    def _file(self, table: str) -> None:
        rows = pl.concat(self.dimensions.pop(table))
        part = write_part(self.store.path / table, rows.select(TABLES[table]), partitioned=False)
        self.files.setdefault(table, []).append(part)

    def commit(self, parts: Parts, ledger: pl.DataFrame) -> None:
        """Commit requests with their dimensions and ledger rows.

        Args:
            parts: the requests of the sources in `ledger`.
            ledger: one row a source (columns SOURCES).

        Raises:
            TakenError: another run committed one of these sources meanwhile; nothing of this commit counts.
            PullstatsError: the store cannot be written; nothing of these sources was stored.
        """
        if self.layer is not None:
            self.hold("layers", named(ledger["source_id"], self.layer))
        try:
            files = parts.finish()
            for table in list(self.dimensions):
                self._file(table)
        except PullstatsError:
            parts.discard()
            raise
        with locked(self.store):
            for table in list(self.files):
                _transact(self.store, table, self.files.pop(table))
            append(self.store, "sources", [ledger])
            _append_requests(self.store, files, ledger)


def named(sources: pl.Series, layer: str) -> pl.DataFrame:
    """Rows (columns LAYERS) that name the layer of sources (source_id)."""
    now = time.time_ns() // 1000
    return typed(sources.to_frame().with_columns(pl.lit(layer).alias("layer"), pl.lit(now).alias("as_of")), "layers")


def append(store: Store, name: str, frames: Iterable[pl.DataFrame]) -> None:
    """Add rows to a table that has no partitions, in one commit."""
    rows = [typed(frame, name) for frame in frames if len(frame)]
    if rows:
        part = write_part(store.path / name, pl.concat(rows), partitioned=False)
        _transact(store, name, [part])


def _append_requests(store: Store, files: Sequence[AddAction], ledger: pl.DataFrame) -> None:
    from deltalake import CommitProperties, Transaction

    names = [*ledger["sha256"], *ledger["commit_id"].unique()]
    table = store.table("requests")
    if any(table.transaction_version(sha) is not None for sha in ledger["sha256"]):
        _forget(store, files)
        raise TakenError
    properties = CommitProperties(app_transactions=[Transaction(name, 1) for name in names])
    _transact(store, "requests", files, properties=properties, table=table)


class TakenError(Exception):
    """Another run committed one of these sources between our look and our commit."""


def _forget(store: Store, files: Sequence[AddAction]) -> None:
    for file in files:
        (store.path / "requests" / file.path).unlink(missing_ok=True)


def _transact(
    store: Store, name: str, files: Sequence[AddAction], *, properties: Any = None, table: Any = None
) -> None:
    from deltalake.exceptions import CommitFailedError, DeltaError

    table = table or store.table(name)
    partition = ["date"] if name in PARTITIONED else None
    try:
        table.create_write_transaction(list(files), "append", table.schema(), partition, commit_properties=properties)
    except CommitFailedError as error:
        if properties is None:
            raise PullstatsError(f"{store.path}: the commit failed ({_reason(error)})", "run it again") from error
        _forget(store, files)
        raise TakenError from error
    except (OSError, DeltaError) as error:
        raise PullstatsError(f"{store.path}: cannot be written ({_reason(error)})", "nothing was stored") from error


def replace_days(
    store: Store, name: str, days: Sequence[date], frames: Iterable[pl.DataFrame], built_from: int
) -> None:
    """Put frames (of one day each) in the place of a derived table's days, in one commit.

    Args:
        store: the store.
        name: the derived table.
        days: the days to replace; one without a frame becomes empty.
        frames: the new rows.
        built_from: the version of `requests` that they were made from.

    Raises:
        PullstatsError: the store cannot be written.
    """
    files = [write_part(store.path / name, typed(frame, name)) for frame in frames if len(frame)]
    _commit_built(store, name, files, built_from, [("date", "in", [day.isoformat() for day in days])] if days else None)


def append_built(store: Store, name: str, frames: Iterable[pl.DataFrame], built_from: int) -> None:
    """Add rows to a derived table that has no partitions, in one commit.

    Args:
        store: the store.
        name: the derived table.
        frames: the new rows.
        built_from: the version of `requests` that the table is up to date with.

    Raises:
        PullstatsError: the store cannot be written.
    """
    rows = pl.concat([typed(frame, name) for frame in frames])
    files = [write_part(store.path / name, rows, partitioned=False)] if len(rows) else []
    _commit_built(store, name, files, built_from, None)


def _commit_built(store: Store, name: str, files: list[Any], built_from: int, replaced: Any) -> None:
    """Add files to a derived table, in the place of the rows that `replaced` (Delta's filters) selects, if any."""
    from deltalake import CommitProperties, Transaction
    from deltalake.exceptions import DeltaError

    table, mode = store.table(name), "overwrite" if replaced else "append"
    partition = ["date"] if name in PARTITIONED else None
    built = CommitProperties(app_transactions=[Transaction("requests", built_from)])
    try:
        table.create_write_transaction(files, mode, table.schema(), partition, replaced, commit_properties=built)
    except (OSError, DeltaError) as error:
        raise PullstatsError(f"{store.path}: cannot be written ({_reason(error)})", "run it again") from error


def empty(name: str) -> pl.DataFrame:
    """No rows of a table."""
    return pl.DataFrame(schema=schema(TABLES[name]))
