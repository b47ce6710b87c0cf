"""The same tables in memory: a log given straight to a question is stored nowhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pullstats.lazy import pl
from pullstats.store.commit import Parts, empty
from pullstats.tables import TABLES

if TYPE_CHECKING:
    from datetime import date


@dataclass
class Memory:
    """Tables of one command: a store and its writer in one."""

    frames: dict[str, list[pl.DataFrame]] = field(default_factory=lambda: {name: [empty(name)] for name in TABLES})

    def parts(self) -> Parts:
        """An empty collection of requests."""
        return Parts(None)

    def known(self, table: str) -> pl.Series:
        """The ids that a dimension holds (Int64)."""
        return pl.concat(self.frames[table])[TABLES[table][0]]

    def hold(self, table: str, rows: pl.DataFrame) -> None:
        """Take rows of a dimension."""
        self.frames[table].append(rows.select(TABLES[table]))

    def commit(self, parts: Parts, ledger: pl.DataFrame) -> None:
        """Take requests and the ledger rows of their sources."""
        for name, frames in (("requests", parts.held), ("sources", [ledger])):
            self.frames[name] += [frame.select(TABLES[name]) for frame in frames if len(frame)]

    def scan(self, name: str) -> pl.LazyFrame:
        """The rows of a table."""
        return pl.concat(self.frames[name]).lazy()

    def days(self) -> list[date]:
        """The UTC days that have requests, in order."""
        return self.scan("requests").select(pl.col("date").unique().sort()).collect().to_series().to_list()

    def put(self, name: str, frames: list[pl.DataFrame]) -> None:
        """Set a derived table."""
        self.frames[name] = [empty(name), *(frame.select(TABLES[name]) for frame in frames)]
