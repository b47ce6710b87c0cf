"""The user's own map of companies comes before all data."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pullstats.enrich.addresses import parse
from pullstats.enrich.networks import Geo, lookup
from pullstats.errors import PullstatsError
from pullstats.lazy import pl

MAP = """
[[company]]
name = "Acme"
cidr = ["8.8.8.0/24", "2001:4860:4860::/48", "10.7.0.0/16"]
asn = [3320]

[[company]]
name = "Acme Labs"
cidr = "8.8.8.8/32"
network = "business"

[[company]]
name = "Fruit Company"
domain = ["apple.com", "amazon.com"]
confirmed = false
"""


@pytest.fixture
def mapped(tmp_path: Path) -> Callable[[str], dict[str, object]]:
    path = tmp_path / "companies.toml"
    path.write_text(MAP)
    geo = Geo(Geo.embedded().data, (), Geo.open([], path).companies)
    return lambda text: lookup(parse(pl.Series([text])), geo).row(0, named=True)


@pytest.mark.parametrize(
    ("address", "company", "evidence"),
    [
        ("8.8.8.1", "Acme", "confirmed: map, cidr"),
        ("8.8.8.8", "Acme Labs", "confirmed: map, cidr"),
        ("2001:4860:4860::8888", "Acme", "confirmed: map, cidr"),
        ("79.200.20.30", "Acme", "confirmed: map, asn"),
        ("17.178.96.59", "Fruit Company", "likely: map, domain"),
        ("10.7.1.1", "Acme", "confirmed: map, cidr"),
        ("5.9.20.30", None, None),
        ("3.224.0.10", None, None),
        ("unknown", None, None),
    ],
)
def test_the_map_names_companies(
    mapped: Callable[[str], dict[str, object]], address: str, company: str | None, evidence: str | None
) -> None:
    found = mapped(address)
    assert (found["company"], found["company_evidence"]) == (company, evidence)


def test_the_map_can_say_what_a_network_is(mapped: Callable[[str], dict[str, object]]) -> None:
    assert mapped("8.8.8.8")["network"] == "business"
    assert mapped("8.8.8.1")["network"] == "hosting"
    assert mapped("10.7.1.1")["network"] == "reserved"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no .*company.* entries"),
        ("[[firm]]\nname = 'x'", "no .*company.* entries"),
        ("[[company]\n", "is no TOML"),
        ("[[company]]\ncidr = ['10.0.0.0/8']", "company 1: has no name"),
        ("[[company]]\nname = 'x'\ncidrs = []", "unknown key 'cidrs'"),
        ("[[company]]\nname = 'x'\nasn = ['AS1']", "asn has a wrong type"),
        ("[[company]]\nname = 'x'\nasn = [true]", "asn has a wrong type"),
        ("[[company]]\nname = 'x'\nnetwork = 'office'", "unknown network 'office'"),
        ("[[company]]\nname = 'x'\ncidr = ['10.0.0.0/40']", "companies.toml: '10.0.0.0/40' is no address range"),
    ],
)
def test_a_wrong_map_is_refused_with_its_name(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "companies.toml"
    path.write_text(text)
    with pytest.raises(PullstatsError, match=f"companies.toml.*{says}" if "toml" not in says else says):
        Geo.open([], path)


def test_a_map_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PullstatsError, match=r"missing.toml: cannot be read"):
        Geo.open([], tmp_path / "missing.toml")
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PullstatsError, match=r"binary.toml: is no TOML"):
        Geo.open([], binary)
