"""The store: a folder of Delta tables that Polars, DuckDB and Spark can read."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pullstats.errors import PullstatsError
from pullstats.lazy import pl
from pullstats.tables import DIMENSION_KEYS, PARTITIONED, TABLES, schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    import deltalake

SCHEMA = 1
MARK = "pullstats.json"


def default_place() -> Path:
    """Where the store is when nobody names one: PULLSTATS_STORE, else the user's data folder."""
    if named := os.environ.get("PULLSTATS_STORE"):
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_data_dir("pullstats")) / "store"


@dataclass(frozen=True)
class Store:
    """An open store.

    Attributes:
        path: its folder.
        key_id: which key its ids were made with.
    """

    path: Path
    key_id: str

    def table(self, name: str) -> deltalake.DeltaTable:
        """The Delta table of a name, at its newest version."""
        from deltalake import DeltaTable

        return DeltaTable(self.path / name)

    def has(self, name: str) -> bool:
        """Whether the table is there: some came with later versions than some stores."""
        return (self.path / name / "_delta_log").is_dir()

    def scan(self, name: str) -> pl.LazyFrame:
        """The rows of a table; of a dimension the newest row of each id.

        Rows of sources whose commit did not finish are left out.
        """
        frame = self.raw(name)
        if name in DIMENSION_KEYS and not _distinct(frame, DIMENSION_KEYS[name]):
            return frame.sort("as_of").unique(DIMENSION_KEYS[name], keep="last", maintain_order=True)
        if name == "sources":
            return frame.filter(pl.col("commit_id").is_in(self._finished(frame)))
        return frame

    def raw(self, name: str) -> pl.LazyFrame:
        """The rows of a table as they were written."""
        if not self.has(name):
            return pl.LazyFrame(schema=schema(TABLES[name]))
        table = self.table(name)
        files = [str(self.path / name / uri.rsplit(f"/{name}/", 1)[1]) for uri in table.file_uris()]
        # Polars takes these for paths, but they are escaped: a store below `Application Support` would not be found
        # (pola-rs/polars#20944).
        table.file_uris = lambda *_: files  # pyright: ignore[reportAttributeAccessIssue]
        if not files:
            return pl.LazyFrame(schema=schema(TABLES[name]))
        return pl.scan_delta(table).select(TABLES[name])

    def _finished(self, ledger: pl.LazyFrame) -> list[str]:
        requests = self.table("requests")
        commits = ledger.select(pl.col("commit_id").unique()).collect().to_series()
        return [commit for commit in commits if requests.transaction_version(commit) is not None]

    def days(self) -> list[date]:
        """The UTC days that have requests, in order."""
        return sorted(self.raw("requests").select(pl.col("date").unique()).collect().to_series().to_list())


def _distinct(frame: pl.LazyFrame, key: str) -> bool:
    """Whether no id has two rows, as it mostly is: then nothing needs to be sorted."""
    return bool(frame.select(pl.col(key).n_unique() == pl.len()).collect().item())


def exists(path: Path) -> bool:
    """Whether a store is there."""
    return (path / MARK).is_file()


def open_store(path: Path) -> Store:
    """The store in a folder.

    Raises:
        PullstatsError: there is none, it was written by a newer version, or it cannot be read.
    """
    mark = _mark(path)
    if mark.get("schema") != SCHEMA:
        raise PullstatsError(
            f"{path}: this store was written by schema {mark.get('schema')}, this pullstats knows {SCHEMA}",
            "upgrade pullstats, or name another --store",
        )
    return Store(path, str(mark.get("key_id", "")))


def _mark(path: Path) -> dict[str, Any]:
    try:
        return json.loads((path / MARK).read_text("utf-8"))
    except FileNotFoundError:
        raise PullstatsError(f"{path}: no store here", "fill one first: pullstats ingest access.log") from None
    except (OSError, ValueError) as error:
        raise PullstatsError(f"{path}: this store cannot be read ({error})") from error


def open_or_create(path: Path, key_id: str) -> Store:
    """The store in a folder, made there if there is none, for ids of this key.

    Raises:
        PullstatsError: its ids were made with another key, or it cannot be written.
    """
    if not exists(path):
        _create(path, key_id)
    store = open_store(path)
    if store.key_id != key_id:
        raise PullstatsError(
            f"{path}: the ids of this store were made with key {store.key_id}, yours is {key_id}",
            "name the store's key file with PULLSTATS_KEY_FILE, or another --store",
        )
    complete(store)
    return store


def complete(store: Store) -> None:
    """Make the tables that came with a later version than the store's.

    Raises:
        PullstatsError: the store cannot be written.
    """
    missing = [name for name in TABLES if not store.has(name)]
    if missing:
        make(store.path, missing)


def make(path: Path, names: Iterable[str]) -> None:
    """Make empty tables; those that are there stay."""
    from deltalake import DeltaTable
    from deltalake import Schema as DeltaSchema

    try:
        for name in names:
            partition = ["date"] if name in PARTITIONED else None
            columns = DeltaSchema.from_arrow(schema(TABLES[name]))
            DeltaTable.create(path / name, columns, "ignore", partition_by=partition)
    except OSError as error:
        raise PullstatsError(f"{path}: the store cannot be written ({error.strerror or error})") from error


def _create(path: Path, key_id: str) -> None:
    """All tables first, the mark last: a store that has its mark is whole."""
    if "%" in str(path.resolve()):  # Delta takes %41 for A
        raise PullstatsError(f"{path}: a store's folder can have no % in its name", "name another one with --store")
    try:
        if path.exists() and any(path.iterdir()) and not any((path / name).is_dir() for name in TABLES):
            raise PullstatsError(f"{path}: this folder holds something else", "name an empty folder with --store")
        path.mkdir(parents=True, exist_ok=True)
        make(path, TABLES)
        draft = path / f".{MARK}-{os.getpid()}"
        draft.write_text(json.dumps({"schema": SCHEMA, "key_id": key_id}) + "\n", "utf-8")
        draft.replace(path / MARK)
    except OSError as error:
        raise PullstatsError(f"{path}: the store cannot be written ({error.strerror or error})") from error


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Only one process at a time commits to a store or rebuilds its derived tables; others wait.

    Raises:
        PullstatsError: the store's folder cannot be written.
    """
    import fcntl

    try:
        handle = os.open(store.path / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise PullstatsError(f"{store.path}: cannot be written ({error.strerror})") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
