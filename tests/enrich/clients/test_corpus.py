"""How many agents of a corpus, most of them recorded, are read right."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest

from pullstats.enrich.clients import classify

WANTED = {
    "family": ("client", 0.99),
    "kind": ("kind", 0.99),
    "version": ("client_version", 0.98),
    "os": ("os", 0.98),
    "os_version": ("os_version", 0.98),
    "distro": ("distro", 0.98),
    "arch": ("arch", 0.98),
    "runtime": ("runtime", 0.98),
    "ci": ("ci", 1.0),
}
HINTS = ("kernel", "desktop", "cloud", "kubernetes", "k8s", "library", "implementation", "libc", "joined", "spoof")


def _corpus() -> list[dict[str, str]]:
    with (Path(__file__).parent / "user_agents_dev.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture(scope="module")
def pairs() -> list[tuple[dict[str, str], dict[str, str]]]:
    corpus = _corpus()
    read = classify(pl.Series([row["user_agent"] for row in corpus], dtype=pl.String))
    texts = read.with_columns(pl.all().cast(pl.String).fill_null("")).to_dicts()
    return list(zip(corpus, texts, strict=True))


@pytest.mark.parametrize("column", WANTED)
def test_the_corpus_is_read(column: str, pairs: list[tuple[dict[str, str], dict[str, str]]]) -> None:
    ours, share = WANTED[column]
    wrong = [(row["user_agent"], row[column], read[ours]) for row, read in pairs if row[column] != read[ours]]
    assert len(wrong) <= (1 - share) * len(pairs), wrong


@pytest.mark.parametrize("column", ["os", "arch", "os_version", "distro"])
def test_no_platform_is_invented(column: str, pairs: list[tuple[dict[str, str], dict[str, str]]]) -> None:
    assert [row["user_agent"] for row, read in pairs if read[column] and not row[column]] == []


def test_hints_say_what_the_corpus_knows_beside(pairs: list[tuple[dict[str, str], dict[str, str]]]) -> None:
    for row, read in pairs:
        beside = dict(item.split("=", 1) for item in row["extra"].split(";") if item)
        hints = dict(hint.partition("=")[::2] for hint in read["hints"].split(","))
        assert {key: hints.get(key) or "yes" for key in HINTS if key in beside} == {
            key: beside[key] for key in HINTS if key in beside
        }
        assert read["upstream"] == beside.get("upstream_client", "")
        assert read["client_os"] == beside.get("upstream_os", "")
