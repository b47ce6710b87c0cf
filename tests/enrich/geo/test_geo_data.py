"""The tables in the package are what their manifest says, and their licences are kept."""

import hashlib
import json
from pathlib import Path

import pytest

from pullstats.enrich.addresses import parse
from pullstats.enrich.geodata import EMBEDDED, GeoData, tsv
from pullstats.enrich.networks import Geo
from pullstats.enrich.trust import DEFAULT, edges
from pullstats.errors import PullstatsError
from pullstats.lazy import pl

ROOT = Path(__file__).parents[3]
MANIFEST = json.loads((EMBEDDED / "manifest.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(MANIFEST))
def test_a_table_is_the_one_of_the_manifest(name: str) -> None:
    data = (EMBEDDED / f"{name}.parquet").read_bytes()
    assert hashlib.sha256(data).hexdigest() == MANIFEST[name]["sha256"]
    assert len(pl.read_parquet(data)) == MANIFEST[name]["rows"] > 1000


def test_the_tables_are_small() -> None:
    assert sum(path.stat().st_size for path in EMBEDDED.iterdir()) <= 5_000_000


def test_every_licence_and_attribution_is_in_the_notice() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for row in Geo.embedded().info():
        assert row.source in notice
        assert row.licence in notice
    for name in ("DB-IP", "https://db-ip.com", "routeviews.org", "nro.net", "Rez Moss"):
        assert name in notice


def test_every_range_begins_where_the_one_before_ends() -> None:
    data = GeoData()
    for table in (data.country, data.asn, data.cloud):
        for starts in (table.v4, table.v6):
            assert starts[0] == 0
            assert starts.is_sorted()
            assert starts.n_unique() == len(starts)


def test_every_published_region_but_one_has_a_country() -> None:
    values = GeoData().cloud.values.filter(pl.col("cloud_region").is_not_null() & pl.col("place").is_null())
    assert set(values["cloud_region"].to_list()) <= {"me-west-1"}
    codes = tsv("cloud_regions")["country"].unique()
    assert codes.filter(codes != "-").str.contains(r"^[A-Z]{2}$").all()


def test_edges_name_their_source_and_are_narrow() -> None:
    rows = tsv("edges")
    assert rows.null_count().sum_horizontal().item() == 0
    assert {name for name, _ in edges()} == set(DEFAULT)
    public = [cidr for name, cidr in edges() if name != "private" and ":" not in cidr]
    assert min(int(cidr.split("/")[1]) for cidr in public) >= 12


def test_every_row_of_the_kept_tables_can_be_read() -> None:
    for name in ("special", "anycast", "edges"):
        starts = tsv(name)["cidr"].str.split("/").list.first()
        assert parse(starts)["family"].null_count() == 0
    types = tsv("asn_types")
    assert types["asn"].n_unique() == len(types)
    assert set(types["type"]) == {"isp", "hosting", "business", "education", "government"}
    assert types.filter(~pl.col("type").is_in(["business", "government"]) & pl.col("company").is_not_null()).is_empty()


def test_a_damaged_folder_of_fetched_tables_is_named(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(PullstatsError, match=r"manifest.json: cannot be read"):
        _ = GeoData(tmp_path).info
    with pytest.raises(PullstatsError, match="the table country cannot be read"):
        _ = GeoData(tmp_path).country
