"""The network tables that come with pullstats, or newer ones that the user fetched: where they are and how old."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pullstats.enrich.ranges import Ranges
from pullstats.errors import PullstatsError
from pullstats.lazy import pl

EMBEDDED = Path(__file__).parent.parent / "data" / "geo"
POINTER = "current"  # the file that names the folder in use: one rename swaps all tables
DATABASES = "databases"  # the file that names the MMDB files of a folder, the first to ask first
NOWHERE = "-"  # a region that says nothing about a country: anycast and content networks


@dataclass(frozen=True)
class TableInfo:
    """What one table in use is.

    Attributes:
        table: what it answers: country, asn, cloud ... or the columns of an MMDB.
        source: the package, or the file that the user named.
        version: the package's version, or the MMDB's type.
        date: the day of the data; None where the file does not say.
        licence: the licence of the data.
        rows: ranges, names or (MMDB) nodes of the search tree.
        attribution: what has to be said where results are shown.
    """

    table: str
    source: str
    version: str
    date: dt.date | None
    licence: str
    rows: int
    attribution: str


@dataclass(frozen=True)
class GeoData:
    """The tables of one folder."""

    folder: Path = EMBEDDED

    @classmethod
    def current(cls, root: Path | None = None) -> GeoData:
        """The tables that the user fetched (under root), where they are as new as the embedded ones; else those."""
        embedded, fetched = cls(EMBEDDED), cls.fetched(root)
        return fetched if fetched and fetched.newest >= embedded.newest else embedded

    @classmethod
    def fetched(cls, root: Path | None = None) -> GeoData | None:
        """What the user fetched (under root); None: nothing."""
        root = root or fetched_folder()
        try:
            return cls(root / (root / POINTER).read_text(encoding="utf-8").strip())
        except OSError:  # nothing was fetched
            return None

    @property
    def databases(self) -> tuple[Path, ...]:
        """The MMDB files beside the tables, the first to ask first."""
        try:
            return tuple(self.folder / name for name in (self.folder / DATABASES).read_text(encoding="utf-8").split())
        except OSError:  # the folder was made without any
            return ()

    @cached_property
    def info(self) -> list[TableInfo]:
        """One row a table; the two families of one table are one."""
        path = self.folder / "manifest.json"
        try:
            entries = json.loads(path.read_text(encoding="utf-8"))
            families = [
                (name.removesuffix("_v4").removesuffix("_v6"), entry) for name, entry in sorted(entries.items())
            ]
            return [_table_info(name, [entry for other, entry in families if other == name]) for name in dict(families)]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise PullstatsError(f"{path}: cannot be read ({error})", "remove its folder, or fetch it again") from error

    @property
    def newest(self) -> dt.date:
        """The day of the newest table."""
        return max((row.date for row in self.info if row.date), default=dt.date.min)

    def ranges(self, name: str) -> Ranges:
        """A table of ranges."""
        try:
            return Ranges.read(self.folder / f"{name}_v4.parquet", self.folder / f"{name}_v6.parquet")
        except (OSError, pl.exceptions.PolarsError, AssertionError) as error:
            raise PullstatsError(
                f"{self.folder}: the table {name} cannot be read ({error})", "fetch it again"
            ) from error

    @cached_property
    def country(self) -> Ranges:
        """Ranges with the column `country`."""
        return self.ranges("country")

    @cached_property
    def asn(self) -> Ranges:
        """Ranges with the column `asn`."""
        return self.ranges("asn")

    @cached_property
    def cloud(self) -> Ranges:
        """Ranges with the columns `cloud`, `cloud_region` and `place`, the region's country or NOWHERE."""
        found = self.ranges("cloud")
        countries = tsv("cloud_regions").rename({"country": "place"})
        here = found.values.join(countries, on=["cloud", "cloud_region"], how="left", maintain_order="left")
        anywhere = countries.filter(pl.col("cloud_region") == "*").select("cloud", pl.col("place").alias("any"))
        here = here.join(anywhere, on="cloud", how="left", maintain_order="left")
        place = pl.coalesce("place", "any").alias("place")
        return Ranges(found.v4, found.v6, here.select("cloud", "cloud_region", place))

    @cached_property
    def organisations(self) -> pl.DataFrame:
        """`asn` and the `organisation` that announces it."""
        try:
            return pl.read_parquet(self.folder / "asn_org.parquet")
        except (OSError, pl.exceptions.PolarsError) as error:
            raise PullstatsError(
                f"{self.folder}: the table asn_org cannot be read ({error})", "fetch it again"
            ) from error


def _table_info(name: str, entries: list[dict[str, str | int]]) -> TableInfo:
    first = entries[0]
    return TableInfo(
        name,
        str(first["source"]),
        str(first["version"]),
        dt.date.fromisoformat(str(first["date"])),
        str(first["licence"]),
        sum(int(entry["rows"]) for entry in entries),
        str(first["attribution"]),
    )


def fetched_folder() -> Path:
    """Where `geo update` puts tables: PULLSTATS_GEO_DIR, else the user's cache."""
    if named := os.environ.get("PULLSTATS_GEO_DIR"):
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_cache_dir("pullstats")) / "geo"


def tsv(name: str) -> pl.DataFrame:
    """A table that people keep; all columns String, empty is null."""
    return pl.read_csv(EMBEDDED / f"{name}.tsv", separator="\t", infer_schema=False, quote_char=None)


def named_ranges(name: str) -> Ranges:
    """Ranges with the column `name`, of a table with the columns cidr and name."""
    with (EMBEDDED / f"{name}.tsv").open(encoding="utf-8") as file:
        rows = [(row["cidr"], (row["name"],)) for row in csv.DictReader(file, delimiter="\t")]
    return Ranges.of(rows, {"name": pl.String()}, name)
