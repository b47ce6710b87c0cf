"""Generated logs with and without damage: lines, fates and counts equal the generator's own."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from pullstats.formats.detect import guess
from pullstats.formats.entry import entry
from pullstats.formats.parse import open_reader
from pullstats.tables import IGNORED, PARSED, REJECTED
from tests.formats.support import lines_of

if TYPE_CHECKING:
    from types import ModuleType

TOOL = Path(__file__).parents[2] / "tools" / "make_logs.py"
LINES = 20_000
ENTRIES = {
    "nginx-combined": "nginx-combined",
    "nginx-json": "nginx-json",
    "cloudfront": "cloudfront",
    "registry-json": "distribution-json",
}


def _generator() -> ModuleType:
    pytest.importorskip("numpy", reason="the generator needs numpy")
    spec = importlib.util.spec_from_file_location("make_logs", TOOL)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", params=[(name, dirt) for name in ENTRIES for dirt in ("0", "0.01")], ids="-".join)
def generated(request: Any, tmp_path_factory: Any) -> tuple[str, list[str], dict[str, Any]]:
    name, dirt = request.param
    path = tmp_path_factory.mktemp("logs") / "a.log"
    options = ["--lines", str(LINES), "--format", name, "--dirty", dirt, "--seed", "7", "--out", str(path)]
    _generator().main(options)
    return ENTRIES[name], lines_of(path.read_bytes()), json.loads((path.parent / "a.log.truth.json").read_text())


def test_a_generated_log_is_read_as_it_was_made(generated: tuple[str, list[str], dict[str, Any]]) -> None:
    name, lines, truth = generated
    reader = open_reader(entry(name))
    half = LINES // 3  # batches that end anywhere
    texts = pl.Series(lines, dtype=pl.String)
    records = pl.concat([reader.read(texts[:half]), reader.read(texts[half:])])
    fates = dict(records["outcome"].value_counts().iter_rows())
    assert fates.get(PARSED, 0) == truth["events"]
    assert fates.get(REJECTED, 0) == truth["malformed"]
    assert fates.get(IGNORED, 0) == truth["header_lines"] + truth["other_lines"]
    parsed = records.filter(pl.col("outcome") == PARSED)
    assert _counts(parsed["method"].fill_null("-")) == truth["per_method"]
    assert _counts(parsed["status"]) == truth["per_status"]
    assert parsed["bytes"].sum() == truth["bytes_sent"]
    days = _counts(pl.from_epoch(parsed["ts"], "us").dt.date())
    assert days == {day: number for day, number in truth["events_per_day"].items() if number}
    assert parsed["user_agent"].drop_nulls().n_unique() >= truth["unique_user_agents"] - 1
    if name != "nginx-json":  # there the client stands behind a proxy
        assert parsed["client_ip"].n_unique() == truth["unique_ips"]
        assert parsed.select("client_ip", "user_agent").n_unique() == truth["unique_origins"]


def _counts(series: pl.Series) -> dict[str, int]:
    return {str(value): number for value, number in series.value_counts().iter_rows()}


def test_a_generated_log_is_recognised(generated: tuple[str, list[str], dict[str, Any]]) -> None:
    name, lines, _ = generated
    found = guess(lines)
    assert found.entry is not None
    assert found.entry.name == name
