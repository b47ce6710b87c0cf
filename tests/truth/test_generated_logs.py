"""Generated logs: what pullstats says equals what the generator counted from its own arrays."""

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.program import pullstats

ROOT = Path(__file__).parent.parent.parent
LINES = 100_000
CASES = [(name, dirt) for name in ("nginx-combined", "cloudfront") for dirt in (0.0, 0.01)]
WAYS = ("plain", "gzip", "seven files", "twice")


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}, {case[1]:.0%} dirty")
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    name, dirt = request.param
    path = tmp_path_factory.mktemp("log") / f"{name}.log"
    options = ["--lines", str(LINES), "--format", name, "--dirty", str(dirt), "--out", str(path)]
    subprocess.run([sys.executable, str(ROOT / "tools" / "make_logs.py"), *options], check=True)
    return path, json.loads(Path(f"{path}.truth.json").read_text())


def ingested(path: Path, way: str, folder: Path) -> dict[str, Any]:
    """Bring the log into the store in this way; the totals that ingest prints."""
    if way == "gzip":
        packed = folder / "access.log.gz"
        packed.write_bytes(gzip.compress(path.read_bytes(), 1))
        logs = [packed]
    elif way == "seven files":
        logs = cut(path, folder)
    else:
        logs = [path]
    done = pullstats("ingest", *logs, "-f", "json", "-q")
    assert done.code == 0, done.err
    if way == "twice":
        again = pullstats("ingest", path, "-f", "json", "-q").document
        assert [source["status"] for source in again["sources"]] == ["already"]
        assert again["totals"]["lines"] == 0
    return done.document["totals"]


def cut(path: Path, folder: Path) -> list[Path]:
    """The log in seven files, with the header that decides the columns at the head of each."""
    lines = path.read_bytes().splitlines(keepends=True)
    header = [line for line in lines[:2] if line.startswith(b"#")]
    size = -(-len(lines) // 7)
    paths = [folder / f"part-{number}.log" for number in range(7)]
    for number, part in enumerate(paths):
        head = header if number else []
        part.write_bytes(b"".join([*head, *lines[number * size : (number + 1) * size]]))
    return paths


@pytest.mark.parametrize("way", WAYS)
def test_every_count_equals_the_truth(log: tuple[Path, dict[str, Any]], way: str, tmp_path: Path) -> None:
    path, truth = log
    totals = ingested(path, way, tmp_path)
    headers = 12 if way == "seven files" and "header_lines" in truth and truth["header_lines"] else 0
    assert totals["lines"] == truth["lines"] + headers
    assert totals["parsed"] == truth["events"]
    # A few of the malformed lines are of nginx's error log, which nginx may write into the same file: ignored.
    assert totals["rejected"] + totals["ignored"] == truth["malformed"] + truth["header_lines"] + headers
    assert totals["parsed"] + totals["ignored"] + totals["rejected"] == totals["lines"]

    days = pullstats("uniques", "--of", "requests", "--by", "day").rows
    assert {row["period_start"][:10]: int(row["origins_strict"]) for row in days} == truth["origins_per_day"]

    for dimension, expected in (("status", truth["per_status"]), ("method", truth["per_method"])):
        rows = pullstats("breakdown", dimension, "--of", "requests").rows
        counts = {row[dimension] or "-": int(row["requests"]) for row in rows}
        assert counts == {key: count for key, count in expected.items() if count}

    whole = {row["metric"]: row["value"] for row in pullstats("summary", "--of", "requests").rows}
    assert int(whole["origins_strict"]) == truth["unique_origins"]
    assert int(whole["requests"]) == truth["events"]
    assert int(whole["pulls"]) <= int(whole["contacts"])
    assert int(whole["downloads"]) <= int(whole["pulls"])
