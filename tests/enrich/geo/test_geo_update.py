"""Newer tables replace older ones whole, or not at all."""

import gzip
import json
import re
from pathlib import Path

import pytest

from pullstats.enrich import parts
from pullstats.enrich.addresses import parse
from pullstats.enrich.geodata import EMBEDDED, GeoData
from pullstats.enrich.networks import Geo, lookup
from pullstats.enrich.update import update
from pullstats.errors import PullstatsError
from pullstats.lazy import pl

COUNTRIES = "".join(f"{a}.0.0.0,{a}.255.255.255,{'CH' if a == 8 else 'FR'}\n" for a in range(1, 224))
COUNTRIES += "2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff,JP\n"
SYSTEMS = (
    '8.8.8.0,8.8.8.255,64500,"Example Telecom, Ltd"\n2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff,64501,Example\n'
)
AWS = {
    "createDate": "2026-11-20-00-00-00",
    "prefixes": [
        {"ip_prefix": "46.0.0.0/16", "region": "eu-west-1", "service": "AMAZON"},
        {"ip_prefix": "46.0.1.0/24", "region": "GLOBAL", "service": "CLOUDFRONT"},
    ],
    "ipv6_prefixes": [{"ipv6_prefix": "2a05:d000::/32", "region": "eu-west-1", "service": "AMAZON"}],
}


@pytest.fixture
def downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of downloads; they are small here, so the check of sizes is off."""
    monkeypatch.setattr(parts, "LEAST", 0.0)
    folder = tmp_path / "downloads"
    folder.mkdir()
    return folder


def answers(text: str) -> dict[str, object]:
    return lookup(parse(pl.Series([text])), Geo.open([])).row(0, named=True)


def test_new_countries_are_used_and_dated(downloads: Path) -> None:
    (downloads / "dbip-country-lite-2026-11.csv.gz").write_bytes(gzip.compress(COUNTRIES.encode()))
    info = {row.table: row for row in update(downloads)}
    assert str(info["country"].date) == "2026-11-01"
    assert info["asn"].source == "@ip-location-db/asn"
    assert answers("8.8.8.8")["country"] == "CH"
    assert answers("2001:200::1")["country"] == "JP"
    assert answers("8.8.8.8")["asn"] == 15169
    assert answers("3.224.0.10")["cloud_region"] == "us-east-1"


def test_new_systems_bring_their_names(downloads: Path) -> None:
    (downloads / "dbip-asn-lite-2026-11.csv").write_text(SYSTEMS)
    update(downloads)
    found = answers("8.8.8.8")
    assert (found["asn"], found["organisation"], found["network"]) == (64500, "Example Telecom, Ltd", "isp")


def test_a_new_list_replaces_one_provider_only(downloads: Path) -> None:
    (downloads / "ip-ranges-2026-11-20.json").write_text(json.dumps(AWS))
    update(downloads)
    found = answers("46.0.1.9")
    assert (found["cloud"], found["cloud_region"], found["country"]) == ("aws", "eu-west-1", "IE")
    assert answers("2a05:d000::1")["cloud_region"] == "eu-west-1"
    assert answers("34.78.0.10")["cloud_region"] == "europe-west1"
    assert answers("2600:1900:4038::1")["cloud_region"] == "asia-east1"
    with_list = GeoData.current().cloud.values.filter(cloud="aws")
    assert set(with_list["cloud_region"]) == {"eu-west-1"}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("cloud-20261120.json", {"prefixes": [{"ipv4Prefix": "46.0.0.0/16", "scope": "europe-west1"}]}, ("gcp", "BE")),
        (
            "ServiceTags_Public_20261120.json",
            {"values": [{"properties": {"region": "westeurope", "addressPrefixes": ["46.0.0.0/16"]}}]},
            ("azure", "NL"),
        ),
        (
            "public_ip_ranges-20261120.json",
            {"regions": [{"region": "eu-zurich-1", "cidrs": [{"cidr": "46.0.0.0/16"}]}]},
            ("oracle", "CH"),
        ),
    ],
)
def test_every_provider_s_list_is_read(downloads: Path, name: str, text: object, expected: tuple[str, str]) -> None:
    (downloads / name).write_text(json.dumps(text))
    update(downloads)
    found = answers("46.0.0.1")
    assert (found["cloud"], found["country"]) == expected


def test_lists_that_are_no_json_are_read(downloads: Path) -> None:
    (downloads / "google-20261120.csv").write_text("# geofeed\n46.0.0.0/16,NL,NL-NH,Amsterdam,1012\n")
    (downloads / "ips-v4-20261120").write_text("46.1.0.0/16\n2606:4700::/32\n")
    update(downloads)
    assert answers("46.0.0.1")["cloud_region"] == "NL-NH"
    assert (answers("46.1.0.1")["cloud"], answers("46.1.0.1")["country"]) == ("cloudflare", None)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("dbip-country-lite-2026-11.csv.gz", gzip.compress(COUNTRIES.encode())[:200]),
        ("dbip-country-lite-2026-11.csv.gz", b"\x1f\x8bnot really"),
        ("dbip-country-lite-2026-11.csv", b"<html>log in</html>"),
        ("dbip-country-lite-2026-11.csv", b"1.0.0.0,1.0.0.255\n"),
        ("dbip-country-lite-2026-11.csv", b"one,two,DE\n"),
        ("dbip-asn-lite-2026-11.csv", b"1.0.0.0,1.0.0.255,x,Example\n"),
        ("dbip-asn-lite-2026-11.csv", b"\xff\xfe"),
        ("ip-ranges.json", b"{}"),
        ("ip-ranges.json", b"[]"),
        ("ip-ranges.json", b'{"prefixes": [{"ip_prefix": "46.0.0.0/99", "region": "x"}], "ipv6_prefixes": []}'),
    ],
)
def test_a_damaged_download_is_named_and_changes_nothing(downloads: Path, name: str, data: bytes) -> None:
    (downloads / "dbip-country-lite-2026-10.csv").write_text(COUNTRIES)
    update(downloads)
    before = GeoData.current().folder
    (downloads / name).write_bytes(data)
    with pytest.raises(PullstatsError, match=name):
        update(downloads)
    assert GeoData.current().folder == before
    assert answers("8.8.8.8")["country"] == "CH"


def test_half_a_download_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dbip-country-lite-2026-11.csv").write_text(COUNTRIES)
    with pytest.raises(PullstatsError, match=r"country_v4: the new table has .* the old one"):
        update(tmp_path)
    assert GeoData.current().folder == EMBEDDED


def test_a_folder_without_downloads_is_named(tmp_path: Path) -> None:
    with pytest.raises(PullstatsError, match="has no file that pullstats knows"):
        update(tmp_path)


def test_fetched_tables_that_are_older_than_the_embedded_ones_are_left_out(downloads: Path) -> None:
    (downloads / "dbip-country-lite-2026-11.csv").write_text(COUNTRIES)
    update(downloads)
    fetched = GeoData.current().folder
    manifest = fetched / "manifest.json"
    manifest.write_text(re.sub(r"20\d\d(-\d\d-\d\d)", r"2020\1", manifest.read_text()))
    assert GeoData.current().folder == EMBEDDED
    assert answers("8.8.8.8")["country"] == "US"


def test_the_newest_download_counts_and_old_folders_go(downloads: Path) -> None:
    for month, code in (("09", "IT"), ("10", "AT"), ("11", "CH")):
        (downloads / f"dbip-country-lite-2026-{month}.csv").write_text(COUNTRIES.replace("CH", code))
        update(downloads)
        assert answers("8.8.8.8")["country"] == code
    root = GeoData.current().folder.parent
    assert sum(path.is_dir() for path in root.iterdir()) == 2, "the new one, and the one that others may still read"


def test_a_place_that_cannot_be_written_is_named(downloads: Path, tmp_path: Path) -> None:
    (downloads / "dbip-country-lite-2026-11.csv").write_text(COUNTRIES)
    (tmp_path / "file").write_text("")
    with pytest.raises(PullstatsError, match="cannot be written"):
        update(downloads, tmp_path / "file" / "geo")
