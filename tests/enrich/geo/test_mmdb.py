"""Every MMDB that people have is read, or refused with one line that says why."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import maxminddb
import pytest

from pullstats.enrich.addresses import parse
from pullstats.enrich.mmdb import FIELDS, Database, fields_of
from pullstats.errors import PullstatsError
from pullstats.lazy import pl

MMDB = Path(__file__).parent / "mmdb"
USELESS = {
    "GeoIP2-User-Count-Test", "MaxMind-DB-test-ipv4-24", "MaxMind-DB-test-ipv6-32", "MaxMind-DB-test-mixed-28",
    "MaxMind-DB-no-ipv4-search-tree",
}  # fmt: skip
GOOD = sorted(path for path in (MMDB / "good").glob("*.mmdb") if path.stem not in USELESS)
BROKEN = sorted((MMDB / "broken").glob("*.mmdb"))


def find(path: Path, *texts: str) -> list[dict[str, Any]]:
    rows = Database.open(path).find(parse(pl.Series(texts))).to_dicts()
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


@pytest.mark.parametrize(
    ("name", "address", "expected"),
    [
        ("GeoIP2-Country-Test", "81.2.69.160", {"country": "GB"}),
        ("GeoIP2-Country-Test", "::ffff:81.2.69.160", {"country": "GB"}),
        ("GeoIP2-Country-Test", "2001:218::1", {"country": "JP"}),
        ("GeoLite2-Country-Test", "67.43.156.1", {"country": "BT"}),
        ("GeoLite2-City-Test", "81.2.69.160", {"country": "GB"}),
        ("GeoLite2-ASN-Test", "1.128.0.1", {"asn": 1221, "organisation": "Telstra Pty Ltd"}),
        (
            "GeoIP2-ISP-Test",
            "1.128.0.1",
            {"asn": 1221, "organisation": "Telstra Pty Ltd", "company": "Telstra Internet"},
        ),
        (
            "GeoIP2-ISP-Test",
            "12.87.118.1",
            {"asn": 7018, "organisation": "AT&T Services", "company": "AT&T Worldnet Services"},
        ),
        ("GeoIP2-Connection-Type-Test", "1.0.0.1", {"network": "isp"}),
        ("GeoIP2-Connection-Type-Test", "1.0.1.1", {"network": "isp"}),
        ("GeoIP2-Enterprise-Test", "1.9.127.107", {"network": "business"}),
        ("GeoIP2-Anonymous-IP-Test", "71.160.223.1", {"network": "hosting"}),
        ("GeoIP2-Anonymous-IP-Test", "1.124.213.1", {}),
        ("GeoIP2-Domain-Test", "1.2.0.1", {"domain": "maxmind.com"}),
        ("GeoLite2-Country-Test", "127.0.0.1", {}),
    ],
)
def test_an_address_of_a_publisher_s_test_file(name: str, address: str, expected: dict[str, Any]) -> None:
    assert find(MMDB / "good" / f"{name}.mmdb", address) == [expected]


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_the_publisher_s_reader_agrees_on_every_network(path: Path) -> None:
    with maxminddb.open_database(path) as reader:
        starts = [str(net.network_address) for net, _ in reader]
        drawn = random.Random(1)
        texts = starts + [f"{drawn.randrange(256)}.{drawn.randrange(256)}.1.1" for _ in range(500)]
        texts += [f"2{drawn.randrange(4096):03x}:{drawn.randrange(65536):x}::1" for _ in range(500)]
        parsed = parse(pl.Series(texts))
        expected = [fields_of(reader.get(address)) for address in parsed["address"].to_list()]
    assert Database.open(path).find(parsed).to_dicts() == expected


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"country_code": "de"}, {"country": "DE"}),
        ({"country": "DE", "country_name": "Germany"}, {"country": "DE"}),
        (
            {
                "country": "Germany",
                "country_code": "DE",
                "asn": "AS3320",
                "as_name": "Deutsche Telekom AG",
                "as_domain": "telekom.de",
            },
            {"country": "DE", "asn": 3320, "organisation": "Deutsche Telekom AG", "domain": "telekom.de"},
        ),
        (
            {"asn": "AS3320", "name": "Deutsche Telekom AG", "domain": "telekom.de", "type": "isp", "country": "DE"},
            {
                "country": "DE",
                "asn": 3320,
                "organisation": "Deutsche Telekom AG",
                "network": "isp",
                "domain": "telekom.de",
            },
        ),
        ({"autonomous_system_number": 3320}, {"asn": 3320}),
        (
            {
                "country": {"iso_code": "FR"},
                "traits": {"autonomous_system_number": 3215, "user_type": "residential", "isp": "Orange"},
            },
            {"country": "FR", "asn": 3215, "organisation": "Orange", "network": "isp"},
        ),
        ({"name": "anything", "country_code": "FR"}, {"country": "FR"}),
        ({"country_code": "", "asn": ""}, {}),
        ({"country_code": "Germany", "asn": "ASx", "type": "satellite?"}, {}),
    ],
)
def test_flat_and_nested_records_of_other_publishers(record: dict[str, Any], expected: dict[str, Any]) -> None:
    assert {name: value for name, value in fields_of(record).items() if value is not None} == expected


@pytest.mark.parametrize("bits", [24, 28, 32])
@pytest.mark.parametrize("version", [4, 6])
def test_every_layout_of_the_tree(write_mmdb: Callable[..., Path], bits: int, version: int) -> None:
    networks = {
        "81.0.0.0/8": {"country_code": "GB"},
        "81.2.69.0/24": {"country_code": "FR"},
        "81.2.69.7/32": {"country_code": "IE"},
    }
    if version == 6:
        networks |= {"2001:218::/32": {"country_code": "JP"}}
    path = write_mmdb(networks, bits=bits, version=version)
    asked = ("81.2.68.1", "81.2.69.6", "81.2.69.7", "82.0.0.1", "2001:218::1", "x")
    countries = [row.get("country") for row in find(path, *asked)]
    assert countries == ["GB", "FR", "IE", None, "JP" if version == 6 else None, None]


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_file_is_refused_in_one_line_with_its_name(path: Path) -> None:
    with pytest.raises(PullstatsError) as caught:
        Database.open(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert caught.value.fix


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("own-gzipped", "gzip-compressed"),
        ("own-html-login-page", "web page"),
        ("own-csv-not-mmdb", "text, not an MMDB"),
        ("own-empty", "empty"),
        ("own-truncated-country", "cut off"),
        ("own-zeros", "no MMDB"),
    ],
)
def test_the_line_says_what_the_file_is(name: str, says: str) -> None:
    with pytest.raises(PullstatsError, match=says):
        Database.open(MMDB / "broken" / f"{name}.mmdb")


@pytest.mark.parametrize("name", sorted(USELESS))
def test_a_database_of_something_else_is_refused(name: str) -> None:
    with pytest.raises(PullstatsError, match=name):
        Database.open(MMDB / "good" / f"{name}.mmdb")


def test_a_wrong_type_is_named(tmp_path: Path) -> None:
    with pytest.raises(PullstatsError, match=r"GeoIP2-User-Count has no country.*give a Country"):
        Database.open(MMDB / "good" / "GeoIP2-User-Count-Test.mmdb")
    with pytest.raises(PullstatsError, match="no such file"):
        Database.open(tmp_path / "missing.mmdb")
    with pytest.raises(PullstatsError, match="cannot be read"):
        Database.open(tmp_path)


def test_a_file_of_years_ago_is_too_old(write_mmdb: Callable[..., Path]) -> None:
    path = write_mmdb({"81.0.0.0/8": {"country_code": "GB"}}, epoch=1_500_000_000)
    with pytest.raises(PullstatsError, match="too old, built 2017-07-14"):
        Database.open(path)


def test_a_file_without_a_sensible_date_is_read(write_mmdb: Callable[..., Path]) -> None:
    path = write_mmdb({"81.0.0.0/8": {"country_code": "GB"}}, epoch=2**63)
    assert Database.open(path).info.date is None


def test_every_cut_of_a_file_is_refused_or_answers_the_same(tmp_path: Path) -> None:
    whole = (MMDB / "good" / "GeoLite2-Country-Test.mmdb").read_bytes()
    for size in range(0, len(whole), 997):
        path = tmp_path / "cut.mmdb"
        path.write_bytes(whole[:size])
        with pytest.raises(PullstatsError):
            Database.open(path)


def test_flipped_bytes_end_in_an_answer_or_in_one_line(tmp_path: Path) -> None:
    whole = (MMDB / "good" / "GeoLite2-Country-Test.mmdb").read_bytes()
    parsed = parse(pl.Series(["81.2.69.160", "2001:218::1", "67.43.156.1", "202.196.224.1"]))
    drawn = random.Random(2)
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(20):
            data[drawn.randrange(len(data))] = drawn.randrange(256)
        path = tmp_path / "flipped.mmdb"
        path.write_bytes(data)
        try:
            found = Database.open(path).find(parsed)
        except PullstatsError as error:
            assert str(path) in str(error)  # noqa: PT017 - either of two outcomes is right
        else:
            assert tuple(found.columns) == FIELDS


def test_info_says_what_the_file_gives_and_under_which_licence() -> None:
    info = Database.open(MMDB / "good" / "GeoLite2-Country-Test.mmdb").info
    assert (info.table, info.source, info.version) == ("country", "GeoLite2-Country-Test.mmdb", "GeoLite2-Country")
    assert str(info.date) == "2026-02-04"
    assert "MaxMind" in info.attribution
