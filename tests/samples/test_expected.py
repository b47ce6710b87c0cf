"""The sample logs: what pullstats says equals what the script that made them counted."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.program import pullstats

LOGS = Path(__file__).parent.parent.parent / "sample_logs"
EXPECTED: dict[str, Any] = json.loads((LOGS / "EXPECTED.json").read_text("utf-8"))


def told(*logs: Path) -> dict[str, Any]:
    done = pullstats("summary", *logs, "-f", "json")
    assert done.code == 0, done.err
    return {row["metric"]: row["value"] for row in done.document["rows"]}


def same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert found.keys() == expected.keys()
    assert {name: found[name] for name in expected} == {
        name: pytest.approx(value) if isinstance(value, float) else value for name, value in expected.items()
    }


@pytest.mark.parametrize("name", sorted(EXPECTED["files"]))
def test_a_sample_log_has_the_figures_that_it_was_made_with(name: str) -> None:
    same(told(LOGS / name), EXPECTED["files"][name])


def test_the_demo_shows_the_headline_of_all_of_them() -> None:
    same(told(LOGS), {name: value for name, value in EXPECTED.items() if name != "files"})


def test_every_sample_log_has_an_expectation() -> None:
    assert {path.name for path in LOGS.glob("*.log*")} == EXPECTED["files"].keys()
