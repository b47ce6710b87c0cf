"""The network data that is in use: tables, the user's MMDB files, the user's map of companies."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from pullstats.enrich.companies import Companies
from pullstats.enrich.geodata import GeoData, TableInfo, tsv
from pullstats.enrich.mmdb import Database
from pullstats.lazy import pl

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

OFF = "none"
STALE_DAYS, GEOLITE_DAYS = 180, 30


@dataclass(frozen=True)
class Geo:
    """The network data that is in use.

    Attributes:
        data: the tables that come with pullstats, or newer ones; None where the user wants none.
        databases: the user's MMDB files; of two that know a field, the first counts.
        companies: the user's map of companies.
    """

    data: GeoData | None = field(default_factory=GeoData.current)
    databases: tuple[Database, ...] = ()
    companies: Companies | None = None

    @classmethod
    def embedded(cls) -> Geo:
        """The tables that come with pullstats, whatever the user fetched."""
        return cls(GeoData())

    @classmethod
    def open(cls, files: Sequence[Path], companies: Path | None = None) -> Geo:
        """The tables, after these MMDB files and those that the user fetched; `none` leaves all but the named ones out.

        Raises:
            PullstatsError: a file cannot be used.
            UsageError: the map of companies is wrong.
        """
        named = [path for path in files if str(path) != OFF]
        alone = len(named) < len(files)
        fetched = None if alone else GeoData.fetched()
        return cls(
            None if alone else GeoData.current(),
            tuple(Database.open(path) for path in (*named, *(fetched.databases if fetched else ()))),
            Companies.read(companies) if companies else None,
        )

    def info(self) -> list[TableInfo]:
        """One row a table or file in use, in the order in which they decide."""
        return [database.info for database in self.databases] + (self.data.info if self.data else [])

    def dates(self) -> tuple[dt.date, dt.date] | None:
        """The oldest and the newest day of the data; None where there is none."""
        days = [row.date for row in self.info() if row.date]
        return (min(days), max(days)) if days else None

    def versions(self) -> dict[str, str]:
        """Table, or file of the user, to `source version date`, for the ledger."""
        files = {f"{database.path.name}: {database.info.table}": database.info for database in self.databases}
        rows = files | {row.table: row for row in (self.data.info if self.data else [])}
        return {name: f"{row.source} {row.version} {row.date or 'undated'}" for name, row in rows.items()}

    def warnings(self, today: dt.date) -> list[str]:
        """One line for each table or file that is older than half a year, or than its licence allows."""
        ages = [(row, (today - row.date).days) for row in self.info() if row.date]
        return [
            f"{row.table} of {row.source} is of {row.date}, {age} days old; countries and networks may have moved"
            for row, age in ages
            if age > STALE_DAYS
        ] + [
            f"{row.source} is {age} days old; MaxMind's licence asks you to replace it within {GEOLITE_DAYS} days of a "
            "newer one: fetch that, or remove the file (pullstats geo remove, where geo update brought it)"
            for row, age in ages
            if row.version.startswith("GeoLite2") and age > GEOLITE_DAYS
        ]

    @cached_property
    def systems(self) -> pl.DataFrame:
        """One row a number: asn (Int64), organisation, and of our own table: asn_type, _provider, _company, _domain."""
        types = tsv("asn_types").select(
            pl.col("asn").cast(pl.Int64), pl.col("type", "provider", "company", "domain").name.prefix("asn_")
        )
        if self.data is None:
            return types.with_columns(pl.lit(None, pl.String()).alias("organisation"))
        names = self.data.organisations.with_columns(pl.col("asn").cast(pl.Int64))
        return names.join(types, on="asn", how="full", coalesce=True)
