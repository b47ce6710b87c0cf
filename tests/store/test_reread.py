"""A better table of clients or companies is applied to a store without its logs."""

from pathlib import Path

import polars as pl
import pytest

from pullstats.store.commit import append
from pullstats.store.open import open_store
from tests.program import pullstats

LINES = "".join(
    f'8.8.{n % 7}.8 - - [01/Mar/2024:10:{n // 60:02}:{n % 60:02} +0000] "GET /v2/acme/app/manifests/1.{n % 3} HTTP/1.1" 200 701 "-" "{agent}"\n'
    for n, agent in enumerate(
        ["containerd/1.7.2", "docker/24.0.7 os/linux arch/amd64", "pip/23.2.1", "curl/8.1", "strange/1"] * 20
    )
)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    log = tmp_path / "a.log"
    log.write_text(LINES)
    assert pullstats("ingest", "-q", log, "--store", tmp_path / "s").code == 0
    return tmp_path / "s"


def answers(store: Path) -> list[str]:
    asked = ("uniques", "breakdown client,environment", "top-origins", "breakdown company")
    return [pullstats(*question.split(), "--store", store, "-f", "csv").out for question in asked]


def forget(store: Path) -> None:
    """As an older program with a poorer table of clients would have written the callers."""
    opened = open_store(store)
    lost = [
        pl.lit("unknown").alias("client"),
        pl.lit(None, pl.String()).alias("os"),
        pl.col("endpoint_id").alias("origin_id"),
    ]
    poorer = opened.scan("callers").collect().with_columns(*lost, (pl.col("as_of") + 1).alias("as_of"))
    append(opened, "callers", [poorer])


def test_rereading_with_the_same_tables_changes_nothing(store: Path) -> None:
    before = answers(store)
    done = pullstats("store", "rebuild", "--callers", "--store", store)
    assert (done.code, "0 callers read anew" in done.err) == (0, True)
    assert answers(store) == before


def test_a_better_table_of_clients_reaches_the_store(store: Path) -> None:
    before = answers(store)
    forget(store)
    assert pullstats("store", "rebuild", "--store", store).code == 0
    assert answers(store) != before
    assert pullstats("store", "rebuild", "--callers", "--store", store).code == 0
    assert answers(store) == before


def test_a_map_of_companies_is_applied_by_network(store: Path, tmp_path: Path) -> None:
    companies = tmp_path / "companies.toml"
    companies.write_text('[[company]]\nname = "Acme Corp"\nasn = [15169]\n')
    assert pullstats("store", "rebuild", "--callers", "--companies", companies, "--store", store).code == 0
    rows = pullstats("breakdown", "company", "--store", store, "-f", "csv").rows
    assert "Acme Corp" in {row["company"] for row in rows}


def test_another_key_is_refused(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "key"
    other.write_bytes(b"z" * 32)
    monkeypatch.setenv("PULLSTATS_KEY_FILE", str(other))
    done = pullstats("store", "rebuild", "--callers", "--store", store)
    assert (done.code, "were made with key" in done.err) == (1, True)
