"""Country, AS number, organisation, network, cloud and company of addresses that we know."""

import csv
import datetime as dt
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from pullstats.enrich import networks
from pullstats.enrich.addresses import parse
from pullstats.enrich.networks import COLUMNS, Geo, lookup
from pullstats.enrich.organisations import said_by_names, words
from pullstats.lazy import pl
from pullstats.tables import NETWORK_COLUMNS

HERE = Path(__file__).parent
GEO = Geo.embedded()

with (HERE / "geo_expected.tsv").open(encoding="utf-8") as file:
    EXPECTED = list(csv.DictReader(file, delimiter="\t"))
FOUND = lookup(parse(pl.Series([row["ip"] for row in EXPECTED])), GEO)


def one(text: str, geo: Geo = GEO) -> dict[str, object]:
    return lookup(parse(pl.Series([text])), geo).row(0, named=True)


def share(asked: str, column: str, kinds: tuple[str, ...] = ()) -> float:
    """The share of expected rows that came out right; `*` is not asked, `-` is empty, `a|b` is either."""
    right = [
        value is None if row[asked] == "-" else str(value) in row[asked].split("|")
        for row, value in zip(EXPECTED, FOUND[column].to_list(), strict=True)
        if row[asked] != "*" and (not kinds or row["network_type"] in kinds)
    ]
    return sum(right) / len(right)


@pytest.mark.parametrize(
    ("asked", "column", "goal"),
    [
        ("country", "country", 0.97),
        ("asn", "asn", 0.97),
        ("cloud_provider", "cloud", 0.99),
        ("cloud_region_or_empty", "cloud_region", 0.99),
        ("network_type", "network", 0.95),
    ],
)
def test_known_addresses_come_out_right(asked: str, column: str, goal: float) -> None:
    assert share(asked, column) >= goal


def test_no_address_gets_a_cloud_that_it_is_not_in() -> None:
    wrong = [
        (row["ip"], cloud)
        for row, cloud in zip(EXPECTED, FOUND["cloud"].to_list(), strict=True)
        if cloud and row["cloud_provider"] not in ("*", cloud)
    ]
    assert not wrong


def test_a_reserved_address_is_nobodys() -> None:
    reserved = [row["network_type"] == "reserved" for row in EXPECTED]
    rows = FOUND.filter(pl.Series(reserved))
    assert rows["network"].unique().to_list() == ["reserved"]
    assert all(rows[name].null_count() == len(rows) for name in COLUMNS if name not in ("network", "evidence"))


def test_the_first_addresses_of_the_space_have_not_the_last_ranges_value() -> None:
    """1.0.0.1 became AWS us-west-2 when a table had no row at 0."""
    assert one("1.0.0.1")["cloud"] is None
    assert one("2001:200::1")["cloud"] is None


def test_azure_keeps_the_region_of_a_wider_range() -> None:
    """Many Azure ranges are published twice: a narrow one without region, a wider one with it."""
    assert one("4.212.0.10")["cloud_region"] == "centralfrance"


@pytest.mark.parametrize("text", ["104.16.0.1", "1.1.1.1", "151.101.1.1", "2606:4700::1", "2a04:4e42::1"])
def test_an_address_that_is_everywhere_has_no_country(text: str) -> None:
    found = one(text)
    assert found["country"] is None
    assert "country: none, anycast" in str(found["evidence"])
    assert found["network"] == "hosting"


def test_hosting_never_names_a_company() -> None:
    hosting = FOUND.filter(
        pl.col("network").is_in(["hosting", "isp", "education", "reserved"]) | pl.col("network").is_null()
    )
    assert len(hosting) > 100
    assert hosting["company"].null_count() == len(hosting)


def test_a_business_is_named_with_its_evidence() -> None:
    found = one("17.178.96.59")
    assert (found["network"], found["company"], found["company_evidence"]) == ("business", "Apple", "likely: asn table")


def test_a_name_that_says_nothing_is_no_business() -> None:
    types = lookup(parse(pl.Series(["73.1.1.1"])), GEO)["network"].to_list()
    assert types == ["isp"]
    names = GEO.systems.filter(pl.col("asn_type").is_null())["organisation"].drop_nulls().unique()
    assert said_by_names(names)["word_type"].null_count() > 30_000
    assert "business" not in words()


def test_what_is_no_address_has_nothing() -> None:
    assert set(one("unknown").values()) == {None}


def test_types_and_columns_are_those_of_the_store() -> None:
    assert tuple(FOUND.columns) == COLUMNS
    assert set(NETWORK_COLUMNS) < set(COLUMNS)
    assert {name: dtype for name, dtype in FOUND.schema.items() if dtype != pl.String()} == {"asn": pl.Int64()}
    some = lookup(parse(pl.Series(["17.178.96.59"])), GEO, ("country", "company"))
    assert some.rows() == [("US", "Apple")]
    assert lookup(parse(pl.Series([], dtype=pl.String())), GEO).schema == FOUND.schema


def test_without_tables_everything_is_unknown_but_reserved() -> None:
    geo = Geo.open([Path("none")])
    assert {value for name, value in one("8.8.8.8", geo).items() if name != "evidence"} == {None}
    assert one("10.0.0.1", geo)["network"] == "reserved"
    assert (geo.info(), geo.dates(), geo.versions()) == ([], None, {})


def test_the_users_file_comes_before_the_tables(write_mmdb: Callable[..., Path]) -> None:
    path = write_mmdb({"8.8.8.0/24": {"country": {"iso_code": "CH"}}})
    geo = Geo.open([path])
    assert one("8.8.8.8", geo)["country"] == "CH"
    assert "country: own.mmdb" in str(one("8.8.8.8", geo)["evidence"])
    assert one("8.8.8.8", geo)["asn"] == 15169
    assert one("5.9.20.30", geo)["country"] == "DE"


def test_the_first_of_two_files_that_know_a_field_counts(write_mmdb: Callable[..., Path]) -> None:
    first = write_mmdb({"8.8.8.0/24": {"country": {"iso_code": "CH"}}}, name="first.mmdb")
    second = write_mmdb(
        {"8.8.0.0/16": {"country_code": "FR", "asn": "AS64500", "as_name": "Example University"}}, name="second.mmdb"
    )
    geo = Geo.open([first, second])
    assert one("8.8.8.8", geo)["country"] == "CH"
    assert one("8.8.9.9", geo)["country"] == "FR"
    found = one("8.8.8.8", geo)
    assert (found["asn"], found["organisation"], found["network"]) == (64500, "Example University", "education")


def test_a_file_alone_with_none_is_all_that_is_known(write_mmdb: Callable[..., Path]) -> None:
    geo = Geo.open([Path("none"), write_mmdb({"8.8.8.0/24": {"country": {"iso_code": "CH"}}})])
    assert one("8.8.8.8", geo)["country"] == "CH"
    assert one("5.9.20.30", geo)["country"] is None


def test_a_file_does_not_make_a_reserved_address_somebodys(write_mmdb: Callable[..., Path]) -> None:
    geo = Geo.open([write_mmdb({"10.0.0.0/8": {"country": {"iso_code": "CH"}, "asn": "AS64500"}})])
    found = one("10.1.2.3", geo)
    assert (found["country"], found["asn"], found["network"]) == (None, None, "reserved")


def test_a_company_of_a_file_is_only_possible(write_mmdb: Callable[..., Path]) -> None:
    traits = {"user_type": "business", "organization": "Example Trading Co., Ltd."}
    geo = Geo.open(
        [write_mmdb({"46.0.0.0/8": {"traits": traits}, "47.0.0.0/8": {"traits": traits | {"user_type": "hosting"}}})]
    )
    found = one("46.1.1.1", geo)
    assert (found["company"], found["company_evidence"]) == ("Example Trading", "possible: own.mmdb")
    assert one("47.1.1.1", geo)["company"] is None


def test_a_published_cloud_range_is_hosting_whatever_a_file_says(write_mmdb: Callable[..., Path]) -> None:
    geo = Geo.open([write_mmdb({"3.224.0.0/12": {"traits": {"user_type": "business", "organization": "Example"}}})])
    found = one("3.224.0.10", geo)
    assert (found["network"], found["company"]) == ("hosting", None)


def test_old_data_is_warned_about_once_a_table() -> None:
    oldest, newest = GEO.dates() or (dt.date.min, dt.date.min)
    assert oldest < newest
    assert GEO.warnings(newest) == []
    late = GEO.warnings(newest + dt.timedelta(days=400))
    assert len(late) == len(GEO.info())
    assert all("days old" in line for line in late)


WORDS = tomllib.loads((Path(networks.__file__).parent / "network_words.toml").read_text(encoding="utf-8"))
EXAMPLES = [
    (type_, example, kind == "examples")
    for type_, entry in WORDS.items()
    for kind in ("examples", "not")
    for example in entry[kind]
]


@pytest.mark.parametrize(("type_", "example", "fits"), EXAMPLES)
def test_the_words_of_an_organisation(type_: str, example: str, fits: bool) -> None:
    name = pl.Series([example])
    first = next((known for known, pattern in words().items() if name.str.contains(pattern).item()), None)
    assert (first == type_) is fits
