"""The files that publishers of network data give: which is which, by name, and what is in it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from contextlib import suppress
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

from pullstats.enrich.building import Origin, span_of
from pullstats.errors import PullstatsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from pullstats.enrich.building import Span

    Family = dict[int, list[Span]]

STAYS = "the data in use stays"
COUNTRY, ASN, MMDB = "country", "asn", "mmdb"
_NO_COUNTRY = ("", "ZZ")  # DB-IP's word for addresses of nobody
_COUNTRY_CODE = re.compile("[A-Z]{2}")
_DBIP = ("CC BY 4.0", "IP Geolocation by DB-IP (https://db-ip.com)")
OWN = ("facts published by the provider", "")


def kind_of(path: Path) -> str:
    """What a file is, by its name: country, asn, the name of a cloud, or else an MMDB."""
    return next((kind for kind, (pattern, _) in KINDS.items() if fnmatch(path.name, pattern)), MMDB)


def chosen(folder: Path) -> list[Path]:
    """The newest file of each kind in a folder, and all MMDB files, the newest last."""
    newest = (
        max(folder.glob(pattern), key=lambda path: (date_of(path), path.name), default=None)
        for pattern, _ in KINDS.values()
    )
    databases = sorted({path for pattern in _DATABASES for path in folder.glob(pattern)}, key=date_of)
    return [path for path in newest if path] + databases


def origin_of(path: Path, kind: str) -> Origin:
    """Where a table of this file comes from."""
    return Origin(path.name, date_of(path), date_of(path), *(_DBIP if kind in (COUNTRY, ASN) else OWN))


def date_of(path: Path) -> str:
    """The day in a file's name, else that of its last change."""
    if found := re.search(r"(20\d\d)-?(0[1-9]|1[0-2])(?:-?(0[1-9]|[12]\d|3[01]))?", path.name):
        with suppress(ValueError):  # 2026-02-30 is no day
            return dt.date(*(int(part or 1) for part in found.groups())).isoformat()
    return dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).date().isoformat()


def read(path: Path, kind: str, name: str) -> Family:
    """The spans of a table's file, by IP version.

    Args:
        path: the file, unpacked.
        kind: which of KINDS.
        name: how to call it in a message.

    Raises:
        PullstatsError: the file is not what its name says.
    """
    try:
        return KINDS[kind][1](path.read_text("utf-8"))
    except (OSError, csv.Error, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise PullstatsError(f"{name}: is not what its name says ({error})", f"download it again; {STAYS}") from error


# Readers


def _countries_of_csv(text: str) -> Family:
    return _spans(
        (first, last, _code(code)) for first, last, code in csv.reader(io.StringIO(text)) if code not in _NO_COUNTRY
    )


def _code(text: str) -> str:
    if not _COUNTRY_CODE.fullmatch(text):
        raise ValueError(f"{text[:20]!r} is no country")
    return text


def _systems_of_csv(text: str) -> Family:
    return _spans((first, last, (int(number), name)) for first, last, number, name in csv.reader(io.StringIO(text)))


def _spans(rows: Iterable[tuple[str, str, Any]]) -> Family:
    found: Family = {4: [], 6: []}
    for first, last, value in rows:
        family, (start, _, _) = span_of(first, value)
        family_of_last, (end, _, _) = span_of(last, None)
        if family_of_last != family or end < start:
            raise ValueError(f"{first[:40]} .. {last[:40]} is no range")
        found[family].append((start, end, value))
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


KINDS: dict[str, tuple[str, Callable[[str], Family]]] = {
    COUNTRY: ("dbip-country*.csv*", _countries_of_csv),
    ASN: ("dbip-asn*.csv*", _systems_of_csv),
    "aws": ("ip-ranges*.json", _aws),
    "gcp": ("cloud*.json", _gcp),
    "azure": ("ServiceTags_Public*.json", _azure),
    "oracle": ("public_ip_ranges*.json", _oracle),
    "digitalocean": ("google*.csv", _digitalocean),
    "cloudflare": ("ips-v4*", _cloudflare),
}
_DATABASES = ("*.mmdb", "*.mmdb.gz", "GeoLite2-*.tar.gz", "GeoIP2-*.tar.gz")
