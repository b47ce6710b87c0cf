"""What the program knows, shown: rules, networks, formats."""

import gzip
from pathlib import Path

import pytest

from pullstats.counting.rules import rule, rules
from pullstats.formats.entry import entries
from tests.program import pullstats


def test_rules_are_listed_and_shown_whole() -> None:
    listed = pullstats("rules", "-f", "csv")
    assert (listed.code, [row["rule"] for row in listed.rows]) == (0, list(rules()))
    for name in rules():
        shown = pullstats("rules", "--show", name, "-f", "csv")
        assert shown.code == 0
        assert [tuple(row.values()) for row in shown.rows] == list(rule(name).parameters())
        assert all(row["reason"] for row in shown.rows)


def test_geo_lookup() -> None:
    done = pullstats(
        "geo", "lookup", "81.2.69.160", "10.1.2.3", "[2001:4860:4860::8888]:443", "81.2.69.160", "-f", "csv"
    )
    assert done.code == 0
    rows = done.rows
    assert [row["address"] for row in rows] == ["81.2.69.160", "10.1.2.3", "[2001:4860:4860::8888]:443", "81.2.69.160"]
    assert rows[0] == rows[3]
    assert (rows[0]["country"], rows[1]["network"], rows[2]["asn"]) == ("GB", "reserved", "15169")
    assert all(row["evidence"] for row in rows)


def test_geo_lookup_is_inspect_addresses(here: Path) -> None:
    words = ["81.2.69.160", "1.1.1.1"]
    (here / "addresses").write_text("\n".join(words) + "\n")
    assert (
        pullstats("geo", "lookup", *words, "-f", "csv").out
        == pullstats("inspect", "addresses", "addresses", "-f", "csv").out
    )


def test_geo_info_names_source_date_and_licence() -> None:
    done = pullstats("geo", "info", "-f", "csv")
    assert done.code == 0
    assert {"country", "asn", "cloud"} <= {row["table"] for row in done.rows}
    assert all(row["source"] and row["date"] and row["licence"] and int(row["rows"]) for row in done.rows)
    assert pullstats("geo", "info", "--geoip-db", "none", "-f", "csv").rows == []
    old = pullstats("geo", "info", "--geoip-db", "nowhere.mmdb")
    assert (old.code, old.err) == (1, "pullstats: nowhere.mmdb: no such file; name an MMDB file, or none\n")


def test_geo_update_takes_what_a_publisher_gives(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULLSTATS_GEO_DIR", str(here / "geo"))
    (here / "got").mkdir()
    none = pullstats("geo", "update", "got")
    assert (none.code, none.err.count("\n")) == (1, 1)
    assert none.err.startswith("pullstats: got: has no file that pullstats knows")
    (here / "got" / "dbip-country-lite-2026-11.csv.gz").write_bytes(gzip.compress(b"81.2.69.0,81.2.69.255,FR\n"))
    few = pullstats("geo", "update", "got")
    assert (few.code, few.err.count("\n")) == (1, 1), "one range is no whole download"
    assert pullstats("geo", "lookup", "81.2.69.160", "-f", "csv").rows[0]["country"] == "GB"


def test_formats_are_listed_and_shown_whole() -> None:
    listed = pullstats("formats", "-f", "csv")
    assert [row["name"] for row in listed.rows] == [each.name for each in entries()]
    shown = pullstats("formats", "nginx-combined", "-f", "csv")
    assert {row["property"] for row in shown.rows} >= {"name", "about", "kind", "source", "example"}


def test_every_listing_is_json_with_a_schema() -> None:
    assert pullstats("ingest", "access.log", "-q").code == 0
    for line in (
        "rules", "rules --show pullstats-1", "geo info", "geo lookup 1.1.1.1", "formats", "formats nginx-combined",
        "config show", "store status", "store files", "detect access.log", "inspect lines access.log",
        "inspect activities access.log",
    ):  # fmt: skip
        done = pullstats(*line.split(), "-f", "json")
        assert done.code == 0, line
        assert done.document["schema"].startswith("pullstats."), line
        assert done.document["rows"], line
