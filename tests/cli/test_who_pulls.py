"""Organisations, environments and what is known of them, in a store of several."""

from pathlib import Path

import pytest

from tests.cli.support import request
from tests.enrich.geo.conftest import mmdb
from tests.program import pullstats

BUSY = {  # address: who it is
    **{f"17.{n}.2.3": "Apple" for n in range(1, 6)},  # AS 714
    "53.1.1.1": "Mercedes-Benz",
    "19.12.1.1": "Ford",
    **{f"19.12.1.{n}": "Ford" for n in range(2, 4)},
    "3.224.0.10": "aws",
    "34.78.0.10": "gcp",
    "5.9.20.30": "hetzner",
    "128.30.1.1": "mit",
    **{f"79.200.20.{n}": "telekom" for n in range(30, 34)},
    "10.1.1.1": "reserved",
}
MAP = """
[[company]]
name = "Acme"
cidr = ["79.200.20.30/31", "10.1.0.0/16"]

[[company]]
name = "Acme Labs"
asn = [24940]
confirmed = false

[[company]]
name = "Ford Motor Company"
domain = "ford.com"

[[company]]
name = "Amazon"
domain = ["amazon.com", "google.com"]
"""
AGENT = "docker/24.0.7 go/go1.20.10 os/linux arch/amd64"


@pytest.fixture
def logged(here: Path) -> Path:
    """A log in which each address pulls once."""
    path = "/v2/acme/app/manifests/1.0"
    lines = [request(n, address=address, agent=AGENT, path=path) for n, address in enumerate(BUSY)]
    (here / "who.log").write_text("\n".join(lines) + "\n")
    (here / "companies.toml").write_text(MAP)
    return here / "who.log"


def split(dimension: str, *words: object) -> dict[str, tuple[int, str]]:
    """Value to origins and evidence."""
    rows = pullstats("breakdown", dimension, *words, "-f", "csv").rows
    return {row[dimension]: (int(row["origins"]), row.get(f"{dimension}_evidence", "")) for row in rows}


def test_many_addresses_of_one_organisation_are_one_row(logged: Path) -> None:
    assert split("company", logged) == {
        "": (9, ""),
        "Apple": (5, "likely: asn table"),
        "Ford": (3, "likely: asn table"),
        "Mercedes-Benz": (1, "likely: asn table"),
    }


def test_small_cells_are_hidden_and_told(logged: Path) -> None:
    assert list(split("company", logged, "--min-origins", "3")) == ["", "Apple", "Ford"]
    done = pullstats("breakdown", "company", logged, "--min-origins", "3", "-f", "json").document
    assert done["meta"]["facts"]["suppressed"] == 1
    assert "Mercedes" not in str(done["rows"])


def test_ones_own_map_comes_before_data_and_hosting_is_no_company(logged: Path) -> None:
    assert split("company", logged, "--companies", "companies.toml") == {
        "": (5, ""),
        "Apple": (5, "likely: asn table"),
        "Acme": (3, "confirmed: map, cidr"),
        "Ford Motor Company": (3, "confirmed: map, domain"),
        "Acme Labs": (1, "likely: map, asn"),
        "Mercedes-Benz": (1, "likely: asn table"),
    }
    networks = pullstats("breakdown", "network,company", logged, "-f", "csv").rows
    assert not [
        row for row in networks if row["network"] in ("hosting", "isp", "education", "reserved") and row["company"]
    ]


def test_a_company_in_other_letters_is_the_same_one(logged: Path, here: Path) -> None:
    names = {"79.200.20.30": "ACME, Inc.", "79.200.20.31": "Acme Inc", "79.200.20.32": "Acme", "128.30.1.1": "Other"}
    records = {
        f"{address}/32": {"traits": {"organization": name, "user_type": "business"}} for address, name in names.items()
    }
    (here / "own.mmdb").write_bytes(mmdb(records, "GeoIP2-Enterprise"))
    (here / "companies.toml").write_text(
        '[[company]]\nname = "FORD"\nasn = 521\n[[company]]\nname = "acme"\ncidr = "10.1.1.1"\n'
    )
    found = split("company", logged, "--geoip-db", "own.mmdb", "--companies", "companies.toml")
    assert found["acme"] == (4, "possible: own.mmdb; confirmed: map, cidr")
    assert found["FORD"] == (3, "confirmed: map, asn")
    assert not {"ACME", "Acme", "Ford"} & found.keys()
    as_companies = pullstats(
        "uniques",
        logged,
        "--geoip-db",
        "own.mmdb",
        "--companies",
        "companies.toml",
        "--identity",
        "company",
        "-f",
        "csv",
    )
    assert int(as_companies.rows[0]["origins"]) == len(found) - 1


def test_a_map_given_later_does_not_undo_what_ranges_said(logged: Path, here: Path) -> None:
    assert pullstats("ingest", "-q", logged, "--companies", "companies.toml").code == 0
    before = split("company")
    (here / "later.toml").write_text(
        '[[company]]\nname = "Telekom"\nasn = 3320\n[[company]]\nname = "Daimler"\ndomain = "mercedes-benz.com"\n'
        '[[company]]\nname = "Amazon"\ndomain = "amazon.com"\n'
    )
    assert pullstats("store", "rebuild", "--callers", "--companies", "later.toml").code == 0
    after = split("company")
    assert after["Acme"] == before["Acme"]
    assert (after["Telekom"], after["Daimler"]) == ((2, "confirmed: map, asn"), (1, "confirmed: map, domain"))
    assert "Amazon" not in after


def test_an_environment_is_shown_with_its_signals(here: Path) -> None:
    agents = {
        "cri-o/1.29.1 go/go1.21.1 os/linux arch/arm64": "3.224.0.10",
        "docker/24.0.7 go/go1.20.10 os/linux arch/amd64": "3.224.0.11",
        "containerd/1.7.2": "5.9.20.30",
        "npm/10.2.4 node/v20.11.0 linux x64 workspaces/false ci/gitlab-ci": "79.200.20.30",
        "pip/23.2.1": "79.200.20.31",
    }
    lines = [request(n, address=ip, agent=agent) for n, (agent, ip) in enumerate(agents.items())]
    (here / "who.log").write_text("\n".join(lines * 3) + "\n")
    shown = split("environment", "who.log", "--of", "requests")
    assert {name: evidence for name, (_, evidence) in shown.items()} == {
        "cluster": "hint kubernetes",
        "server": "cloud aws, kind runtime; network hosting, kind runtime",
        "ci": "ci true",
        "unknown": "",
    }
    pairs = pullstats("breakdown", "environment,environment_evidence", "who.log", "--of", "requests", "-f", "csv").rows
    assert {(row["environment"], row["environment_evidence"]) for row in pairs} >= {
        ("server", "cloud aws, kind runtime"),
        ("server", "network hosting, kind runtime"),
    }
    assert list(pairs[0])[-1] == "requests", "the evidence is a dimension, not shown twice"
    activities = pullstats("inspect", "activities", "who.log", "-f", "csv").rows
    assert {(row["client"], row["environment"], row["environment_evidence"]) for row in activities} >= {
        ("cri-o", "cluster", "hint kubernetes")
    }


def test_behavior_names_an_environment_that_nothing_else_does(here: Path) -> None:
    """A plain curl that pulls all day with a cold cache is a CI job: its behavior is the evidence."""
    digest = "sha256:" + "cd" * 32
    lines = []
    for n in range(12):
        at = f"01/Mar/2024:{8 + n}:00"
        for second, path, size in ((1, "manifests/1.0", 700), (2, f"blobs/{digest}", 900_000)):
            lines.append(
                f'79.200.20.30 - - [{at}:{second:02} +0000] "GET /v2/acme/app/{path} HTTP/1.1" 200 {size} "-" "containerd/1.7.2"'
            )
    (here / "ci.log").write_text("\n".join(lines) + "\n")
    assert split("environment", "ci.log") == {"ci": (1, "behavior ci")}
    where = ("--where", "environment=ci", "-f", "csv")
    assert int(pullstats("uniques", "ci.log", *where).rows[0]["origins"]) == 1


def test_geo_info_says_how_much_of_the_store_is_known(logged: Path) -> None:
    without = pullstats("geo", "info", "-f", "json").document["meta"]
    assert "facts" not in without
    assert pullstats("ingest", "-q", logged).code == 0
    done = pullstats("geo", "info", "-f", "json")
    facts = done.document["meta"]["facts"]
    assert facts["country"]["callers"] == len(BUSY) - 1
    assert facts["country"]["unknown"]["reserved addresses"]["callers"] == 1
    assert facts["cloud"]["callers"] == 2
    assert facts["company"]["unknown"]["isp networks name none"]["callers"] == 4
    assert facts["dates"] == {"oldest": "2026-06-01", "newest": "2026-10-26"}
    assert f"country: {(len(BUSY) - 1) / len(BUSY):.1%} of the callers" in done.err
    for name in ("country", "asn", "organisation", "network", "cloud", "company"):
        field = facts[name]
        assert field["callers"] + sum(each["callers"] for each in field["unknown"].values()) == len(BUSY), name
        assert field["callers_share"] + sum(
            each["callers_share"] for each in field["unknown"].values()
        ) == pytest.approx(1)


def test_addresses_are_shown_with_what_decided(here: Path) -> None:
    (here / "pullstats.toml").write_text('[labels]\nours = ["17.0.0.0/8"]\n')
    (here / "addresses").write_text("17.1.2.3\nnonsense\n10.0.0.1\n")
    rows = pullstats("inspect", "addresses", "addresses", "-f", "csv").rows
    assert [(row["company"], row["label"], row["evidence"].partition(";")[0]) for row in rows] == [
        ("Apple", "ours", "country: country table"),
        ("", "", "is no address"),
        ("", "", "network: special-purpose address, private use"),
    ]


def test_agents_are_shown_with_every_column_and_what_decided(here: Path) -> None:
    (here / "agents").write_text(
        "docker/24.0.7 kernel/6.6.87.2-microsoft-standard-WSL2 os/linux arch/amd64 UpstreamClient(Docker-Client/24.0.7 \\(windows\\))\n\nx/1\n"
    )
    docker, none, strange = pullstats("inspect", "agents", "agents", "-f", "csv").rows
    assert list(docker) == [
        "user_agent", "client", "client_version", "kind", "os", "os_version", "distro", "arch", "runtime", "ci",
        "evidence", "upstream", "client_os", "hints", "environment", "environment_evidence",
    ]  # fmt: skip
    assert docker["evidence"] == "runtimes.toml [docker] by docker/24.0.7"
    assert (docker["client_os"], docker["hints"].partition(",")[0]) == ("windows", "desktop=wsl2")
    assert (docker["environment"], docker["environment_evidence"]) == ("laptop", "hint desktop=wsl2")
    assert (none["client"], none["evidence"]) == ("none", "no agent was sent")
    assert (strange["client"], strange["evidence"], strange["environment_evidence"]) == (
        "unknown",
        "no entry for x",
        "",
    )
