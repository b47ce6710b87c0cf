"""Newer network tables from files that publishers give: built beside the old ones, checked, then swapped at once."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
import re
import shutil
import uuid
from typing import TYPE_CHECKING, Any

from pullstats.enrich.building import HALF, Origin, Span, Tables, clouds, countries, span_of, systems, write
from pullstats.enrich.geodata import POINTER, GeoData, fetched_folder
from pullstats.enrich.ranges import IPV4_END
from pullstats.errors import PullstatsError
from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from pullstats.enrich.geodata import TableInfo
    from pullstats.enrich.ranges import Ranges

LEAST = 0.5  # a new table with less than half the rows of the old one is no whole download
DBIP = ("CC BY 4.0", "IP Geolocation by DB-IP (https://db-ip.com)")
OWN = ("facts published by the provider", "")
Family = dict[int, list[Span]]


def update(folder: Path, to: Path | None = None) -> list[TableInfo]:
    """Build tables from the files of a folder; what is in use afterwards.

    Known by their names: dbip-country-lite-*.csv(.gz), dbip-asn-lite-*.csv(.gz); ip-ranges.json (AWS), cloud.json
    (Google), ServiceTags_Public_*.json (Azure), public_ip_ranges.json (Oracle), google.csv (DigitalOcean), ips-v4 and
    ips-v6 (Cloudflare). A table without such a file, and a provider without its list, stay as they are.

    Raises:
        PullstatsError: nothing is known, or a file is not what its name says; the old tables stay.
    """
    root = to or fetched_folder()
    current = GeoData.current(root)
    tables, origins = _built(folder, current)
    _check(tables, current)
    kept: list[Path] = []
    for row in current.info:
        if row.table not in origins:
            origins[row.table] = Origin(row.source, row.version, str(row.date), row.licence, row.attribution)
            names = [row.table] if row.table == "asn_org" else [f"{row.table}_v4", f"{row.table}_v6"]
            kept += [current.folder / f"{name}.parquet" for name in names]
    return _swapped(lambda new: write(tables, origins, new, kept), root, current)


def _built(folder: Path, current: GeoData) -> tuple[Tables, dict[str, Origin]]:
    tables: Tables = {}
    origins: dict[str, Origin] = {}
    if path := _newest(folder, "dbip-country*.csv*"):
        spans = _read(path, _countries_of_csv)
        tables |= countries(spans[4], spans[6])
        origins["country"] = _origin(path, *DBIP)
    if path := _newest(folder, "dbip-asn*.csv*"):
        spans = _read(path, _systems_of_csv)
        names = {number: name for family in spans.values() for _, _, (number, name) in family if name}
        four, six = ([(first, last, value[0]) for first, last, value in spans[family]] for family in (4, 6))
        tables |= systems(four, six, names)
        origins["asn"] = origins["asn_org"] = _origin(path, *DBIP)
    lists = {provider: path for provider, (name, _) in PROVIDERS.items() if (path := _newest(folder, name))}
    if lists:
        published = {provider: _read(path, PROVIDERS[provider][1]) for provider, path in lists.items()}
        tables |= _clouds(published, current)
        newest = max(_date(path) for path in lists.values())
        origins["cloud"] = Origin("published lists", ", ".join(sorted(lists)), newest, *OWN)
    if not tables:
        raise PullstatsError(
            f"{folder}: has no file that pullstats knows", "put dbip-country-lite-*.csv.gz or ip-ranges.json there"
        )
    return tables, origins


def _newest(folder: Path, name: str) -> Path | None:
    return max(folder.glob(name), key=lambda path: (_date(path), path.name), default=None)


def _origin(path: Path, licence: str, attribution: str) -> Origin:
    return Origin(path.name, _date(path), _date(path), licence, attribution)


def _date(path: Path) -> str:
    """The day in a file's name, else that of its last change."""
    if found := re.search(r"(20\d\d)-?([01]\d)(?:-?([0-3]\d))?", path.name):
        return f"{found[1]}-{found[2]}-{found[3] or '01'}"
    return dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).date().isoformat()


def _read(path: Path, reader: Callable[[str], Family]) -> Family:
    """What the reader makes of the file's text.

    Raises:
        PullstatsError: the file is not what its name says.
    """
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode()
        return reader(text)
    except (OSError, EOFError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise PullstatsError(
            f"{path}: is not what its name says ({error})", "download it again; the old tables stay"
        ) from error


# Readers


def _countries_of_csv(text: str) -> Family:
    return _spans(((first, last, code) for first, last, code in csv.reader(io.StringIO(text))))


def _systems_of_csv(text: str) -> Family:
    return _spans((first, last, (int(number), name)) for first, last, number, name in csv.reader(io.StringIO(text)))


def _spans(rows: Iterable[tuple[str, str, Any]]) -> Family:
    found: Family = {4: [], 6: []}
    for first, last, value in rows:
        family, (start, _, _) = span_of(first, value)
        found[family].append((start, span_of(last, None)[1][0], value))
    return found


def _family(networks: Iterable[tuple[str, str]]) -> Family:
    found: Family = {4: [], 6: []}
    for network, region in networks:
        family, span = span_of(network, region)
        found[family].append(span)
    return found


def _aws(text: str) -> Family:
    data = json.loads(text)
    rows = [(row["ip_prefix"], row["region"]) for row in data["prefixes"]]
    return _family(rows + [(row["ipv6_prefix"], row["region"]) for row in data["ipv6_prefixes"]])


def _gcp(text: str) -> Family:
    rows = json.loads(text)["prefixes"]
    return _family((row.get("ipv4Prefix") or row["ipv6Prefix"], row["scope"]) for row in rows)


def _azure(text: str) -> Family:
    tags = [tag["properties"] for tag in json.loads(text)["values"]]
    return _family((network, tag.get("region", "")) for tag in tags for network in tag["addressPrefixes"])


def _oracle(text: str) -> Family:
    regions = json.loads(text)["regions"]
    return _family((entry["cidr"], region["region"]) for region in regions for entry in region["cidrs"])


def _digitalocean(text: str) -> Family:
    rows = [row for row in csv.reader(io.StringIO(text)) if row and not row[0].startswith("#")]
    return _family((row[0], row[2] if "-" in row[2] else f"{row[1]}-{row[2]}") for row in rows)


def _cloudflare(text: str) -> Family:
    return _family((line, "") for line in text.split())


PROVIDERS: dict[str, tuple[str, Callable[[str], Family]]] = {
    "aws": ("ip-ranges*.json", _aws),
    "gcp": ("cloud*.json", _gcp),
    "azure": ("ServiceTags_Public*.json", _azure),
    "oracle": ("public_ip_ranges*.json", _oracle),
    "digitalocean": ("google*.csv", _digitalocean),
    "cloudflare": ("ips-v4*", _cloudflare),
}


def _clouds(published: dict[str, Family], current: GeoData) -> Tables:
    """The cloud tables of the lists given, and of what is known of other providers."""
    spans = _spans_of_table(current.cloud, set(published))
    for provider, family in published.items():
        for version, rows in family.items():
            spans[version] += [(first, last, (provider, region)) for first, last, region in rows]
    return clouds(spans[4], spans[6])


def _spans_of_table(table: Ranges, without: set[str]) -> Family:
    values = [(cloud, region or "") for cloud, region, *_ in table.values.rows()]
    four, six = values[: len(table.v4)], values[len(table.v4) :]

    def spans(starts: list[int], held: list[tuple[str, str]], end: int, bits: int) -> list[Span]:
        ends = [*starts[1:], end]
        rows = zip(starts, ends, held, strict=True)
        return [(a << bits, (z << bits) - 1, value) for a, z, value in rows if value[0] and value[0] not in without]

    return {
        4: spans(table.v4.to_list(), four, IPV4_END, 0),
        6: spans(table.v6.to_list(), six, 1 << HALF, HALF),
    }


# Checking and swapping


def _check(tables: Tables, current: GeoData) -> None:
    """Refuse tables that are far smaller than those in use.

    Raises:
        PullstatsError: one is.
    """
    for name, table in tables.items():
        old = pl.scan_parquet(current.folder / f"{name}.parquet").select(pl.len()).collect().item()
        if len(table) < LEAST * old:
            raise PullstatsError(
                f"{name}: the new table has {len(table):,} rows, the old one {old:,}",
                "download it again; the old one stays",
            )


def _swapped(fill: Callable[[Path], None], root: Path, old: GeoData) -> list[TableInfo]:
    """Fill a folder of its own with tables, read them, then name that folder the current one.

    The old folder stays until the next time: another run may be reading it.
    """
    folder = root / uuid.uuid4().hex
    try:
        folder.mkdir(parents=True)
        fill(folder)
        built = GeoData(folder)
        info = built.info
        for name in ("country", "asn", "cloud", "organisations"):
            getattr(built, name)
        pointer = root / f"{POINTER}.{folder.name}"
        pointer.write_text(folder.name, encoding="utf-8")
        pointer.replace(root / POINTER)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise PullstatsError(
            f"{root}: cannot be written ({error.strerror})", "name a place with PULLSTATS_GEO_DIR"
        ) from error
    for other in root.iterdir():
        if other.is_dir() and other not in (folder, old.folder):
            shutil.rmtree(other, ignore_errors=True)
    return info
