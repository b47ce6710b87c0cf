"""The committed sample logs are what tools/make_samples.py makes, line by line, with the right expectation."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_logs"
sys.path.insert(0, str(ROOT / "tools"))

import make_samples  # noqa: E402  (it lies in tools/, which is no package)
from samplelib import readme, render, truth  # noqa: E402

NAMES = sorted(path.name for path in SAMPLES.glob("*.log*"))
LARGEST = 5_000_000  # bytes, all together


@pytest.fixture(scope="module")
def made() -> list[truth.Log]:
    return [gateway() for gateway in make_samples.GATEWAYS]


@pytest.fixture(scope="module")
def expected() -> dict[str, object]:
    return json.loads((SAMPLES / "EXPECTED.json").read_text())


def test_every_sample_is_made_by_the_script(made):
    assert [log.name for log in made] == sorted(NAMES, key=list(render.WRITERS).index)


@pytest.mark.parametrize("name", NAMES)
def test_the_script_makes_the_same_lines_again(made, name):
    # The text, not the gzip bytes: those differ between builds of zlib.
    data = (SAMPLES / name).read_bytes()
    committed = gzip.decompress(data) if name.endswith(".gz") else data
    log = next(log for log in made if log.name == name)
    assert render.text(log) == committed


def test_the_expectation_and_the_page_are_of_this_run(made, expected):
    facts = make_samples.expected(made)
    assert facts == expected
    assert (SAMPLES / "README.md").read_text() == readme.text(made, facts)


def test_packing_adds_no_time_and_no_name():
    assert render.packed("a.log.gz", b"x\n") == render.packed("b.log.gz", b"x\n")
    assert render.packed("a.log.gz", b"x\n")[3:8] == b"\0\0\0\0\0"


def test_the_samples_stay_small():
    assert sum(path.stat().st_size for path in SAMPLES.iterdir()) < LARGEST


@pytest.mark.parametrize("log", [None, *NAMES])
def test_an_expectation_keeps_its_order(expected, log):
    facts = expected["files"][log] if log else expected
    assert facts["parsed"] + facts["ignored"] + facts["rejected"] == facts["lines"]
    assert facts["contacts"] >= facts["pulls"] >= facts["downloads"] >= facts["unique_downloads"]
    assert facts["endpoints"] <= facts["origins"] <= facts["origins_strict"]
    assert facts["contacts"] == facts["pulls"] + facts["checks"] == facts["polls"] + facts["invocations"]


def test_the_golden_cases_are_those_of_the_design(expected):
    def case(name: str) -> list[int]:
        return [expected["files"][name][metric] for metric in ("pulls", "downloads", "checks", "contacts", "polls")]

    assert case("talk-table-1.log") == [1, 0, 4, 5, 0]
    assert case("talk-table-2.log") == [2, 0, 4, 6, 0]
