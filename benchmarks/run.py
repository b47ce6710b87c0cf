"""What pullstats costs, as ratios to others in one alternating run.

    python benchmarks/run.py [--lines 1000000] [--rounds 3] [NAME...]

Prints a table in Markdown: medians of wall time and CPU seconds, their ratios, peak memory, and the versions of all
that took part; where a machine is shared, the CPU says more. `ingest` rows are the whole program, from a log to answers
that are made; `read` rows are lines to checked records in Parquet (read.py). GoAccess is Debian's (apt-get install
goaccess); a row whose other side is missing says so. Lines per second of every format: kinds.py.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from place import PULLSTATS, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DUCK_CSV = """
import duckdb, sys
duckdb.sql("SET threads=2")
duckdb.sql(f'''COPY (SELECT c0 AS ip, strptime(substr(c3, 2), '%d/%b/%Y:%H:%M:%S') AS t, c5 AS request,
  TRY_CAST(c6 AS INTEGER) AS status, TRY_CAST(c7 AS BIGINT) AS bytes, c9 AS agent FROM read_csv('{sys.argv[1]}', delim=' ',
  quote='"', escape='', header=false, ignore_errors=true, strict_mode=false, columns={{{", ".join(f"'c{i}': 'VARCHAR'" for i in range(10))}}}))
  TO '{sys.argv[2]}' (FORMAT parquet, COMPRESSION zstd)''')
"""
DUCK_JSON = """
import duckdb, sys
duckdb.sql("SET threads=2")
duckdb.sql(f"COPY (SELECT * FROM read_json('{sys.argv[1]}', format='newline_delimited')) TO '{sys.argv[2]}' (FORMAT parquet, COMPRESSION zstd)")
"""
DUCK_UNIQUES = """
import duckdb, sys
duckdb.sql("SET threads=2")
print(duckdb.sql(f"SELECT t::DATE AS d, count(DISTINCT (ip, agent)) FROM '{sys.argv[1]}' GROUP BY d ORDER BY d"))
"""


@dataclass
class Run:
    """What one run of a process took."""

    wall: float
    cpu: float
    peak: int


@dataclass
class Side:
    """One side of a comparison: how to prepare each run, and what to run."""

    name: str
    command: Callable[[], list[str]]
    runs: list[Run] = field(default_factory=list)

    def median(self, what: str) -> float:
        return statistics.median(getattr(run, what) for run in self.runs)


def measured(command: list[str]) -> Run:
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr
    told = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)}: exit {process.returncode}\n{told.decode()}")
    return Run(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def goaccess(log: Path) -> list[str]:
    return [
        "goaccess",
        str(log),
        "--log-format=COMBINED",
        "-o",
        "/dev/stdout",
        "--output-format=json",
        "--no-global-config",
    ]


def comparisons(place: Place) -> Iterator[tuple[str, str, Side, Side]]:
    """Name, goal and both sides of each row."""
    plain = place.log("combined.log")
    million = place.log("million.log", lines=1_000_000)
    hundred = place.log("hundred.log", lines=100_000)
    small = place.log("forty.log", lines=40_000)

    def duck(script: str, log: Path) -> list[str]:
        return [sys.executable, "-c", script, str(log), place.new("duck") + ".parquet"]

    yield (
        "ingest / GoAccess",
        "0.13",
        Side("pullstats", lambda: place.ingest(plain)),
        Side("GoAccess", lambda: goaccess(plain)),
    )
    yield (
        "ingest / DuckDB csv to Parquet",
        "-",
        Side("pullstats", lambda: place.ingest(plain)),
        Side("DuckDB", lambda: duck(DUCK_CSV, plain)),
    )
    packed = place.log("combined.log.gz", "--gzip")
    yield (
        "ingest gzip / plain",
        "1.1",
        Side("gzip", lambda: place.ingest(packed)),
        Side("plain", lambda: place.ingest(plain)),
    )
    dirty = place.log("dirty.log", "--dirty", "0.01")
    yield (
        "ingest 1 % dirty / clean",
        "1.2",
        Side("dirty", lambda: place.ingest(dirty)),
        Side("clean", lambda: place.ingest(plain)),
    )
    json_log = place.log("json.log", "--format", "nginx-json", lines=1_000_000)
    dirty_json = place.log("dirty-json.log", "--format", "nginx-json", "--dirty", "0.01", lines=1_000_000)
    for name, goal, one, other in (
        ("read gzip / plain", "1.2", (packed, "nginx-combined"), (plain, "nginx-combined")),
        ("read 1 % dirty / clean", "1.2", (dirty, "nginx-combined"), (plain, "nginx-combined")),
        ("read nginx-json 1 % dirty / clean, 1 M", "1.2", (dirty_json, "nginx-json"), (json_log, "nginx-json")),
    ):
        yield name, goal, Side("one", partial(place.read, *one)), Side("other", partial(place.read, *other))
    yield (
        "read nginx-json / DuckDB read_json to Parquet, 1 M",
        "1.3",
        Side("pullstats", lambda: place.read(json_log, "nginx-json")),
        Side("DuckDB", lambda: duck(DUCK_JSON, json_log)),
    )
    yield (
        "ingest nginx-json / DuckDB read_json to Parquet, 1 M",
        "1.3",
        Side("pullstats", lambda: place.ingest(json_log)),
        Side("DuckDB", lambda: duck(DUCK_JSON, json_log)),
    )
    yield (
        "400 files of 100 lines / one file",
        "10",
        Side("400 files", lambda: place.ingest(*place.cut(small, 400))),
        Side("one file", lambda: place.ingest(small)),
    )
    summary = [*PULLSTATS, "summary", "-f", "csv"]
    yield (
        "summary LOG / GoAccess, 1 M",
        "0.20",
        Side("pullstats", lambda: [*summary, str(million)]),
        Side("GoAccess", lambda: goaccess(million)),
    )
    yield (
        "summary LOG / GoAccess, 100 k",
        "1",
        Side("pullstats", lambda: [*summary, str(hundred)]),
        Side("GoAccess", lambda: goaccess(hundred)),
    )
    store, table = place.new("kept"), str(place.folder / "kept.parquet")
    subprocess.run([*PULLSTATS, "ingest", "-q", "--store", store, str(plain)], check=True)
    subprocess.run([sys.executable, "-c", DUCK_CSV, str(plain), table], check=True)
    yield (
        "uniques --by day from the store / DuckDB on text",
        "0.45",
        Side("pullstats", lambda: [*PULLSTATS, "uniques", "--by", "day", "-f", "csv", "--store", store]),
        Side("DuckDB", lambda: [sys.executable, "-c", DUCK_UNIQUES, table]),
    )
    python = Side("python -c pass", lambda: [sys.executable, "-c", "pass"])
    yield "--help / python -c pass", "12", Side("--help", lambda: [*PULLSTATS, "--help"]), python
    yield (
        "uniques --help / python -c pass",
        "18",
        Side("uniques --help", lambda: [*PULLSTATS, "uniques", "--help"]),
        python,
    )
    size = sum(file.stat().st_size for file in Path(store).rglob("*.parquet"))
    print(f"\nstore size / gzip of the log: {size / packed.stat().st_size:.2f} (goal 0.55)")


def available(side: Side) -> str:
    """Why a side cannot run; nothing if it can."""
    if side.name == "GoAccess" and not shutil.which("goaccess"):
        return "goaccess is not installed"
    if (
        side.name == "DuckDB"
        and subprocess.run([sys.executable, "-c", "import duckdb"], check=False, capture_output=True).returncode
    ):
        return "duckdb is not installed (pip install -e '.[bench]')"
    return ""


def versions() -> str:
    goaccess_version = "no GoAccess"
    if shutil.which("goaccess"):
        told = subprocess.run(["goaccess", "--version"], capture_output=True, text=True, check=False).stdout
        goaccess_version = told.splitlines()[0].rstrip(".")
    script = (
        "import importlib.metadata as m\n"
        "for n in ('pullstats', 'polars', 'deltalake', 'duckdb'):\n"
        "    try: print(n, m.version(n))\n"
        "    except m.PackageNotFoundError: print('no', n)"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    return ", ".join(
        [*told.splitlines(), goaccess_version, f"Python {platform.python_version()}", f"{os.cpu_count()} cores"]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--lines", type=int, default=1_000_000, help="lines of the main log (the goals are for 10,000,000)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="alternating runs of both sides")
    parser.add_argument("--folder", type=Path, help="keep the generated logs here")
    parser.add_argument("names", nargs="*", help="only rows whose name has one of these words")
    asked = parser.parse_args()
    print(versions())
    with tempfile.TemporaryDirectory() as temporary:
        place = Place(asked.folder or Path(temporary), asked.lines)
        place.folder.mkdir(parents=True, exist_ok=True)
        print(
            f"\n| {asked.lines:,} lines, {asked.rounds} rounds | wall | CPU | goal | wall s | CPU s | peak MiB |\n|---|---|---|---|---|---|---|"
        )
        for name, goal, one, other in comparisons(place):
            if asked.names and not any(word in name for word in asked.names):
                continue
            if missing := available(one) or available(other):
                print(f"| {name} | {missing} | | {goal} | | | |")
                continue
            for _ in range(asked.rounds):
                for side in (one, other):
                    side.runs.append(measured(side.command()))
            print(row(name, goal, one, other), flush=True)


def row(name: str, goal: str, one: Side, other: Side) -> str:
    wall, cpu = ([each.median(what) for each in (one, other)] for what in ("wall", "cpu"))
    peak = [each.median("peak") / 1024 for each in (one, other)]
    cells = [" / ".join(f"{value:.2f}" for value in values) for values in (wall, cpu)]
    ratios = f"{wall[0] / wall[1]:.2f} | {cpu[0] / cpu[1]:.2f}"
    return f"| {name} | {ratios} | {goal} | {cells[0]} | {cells[1]} | {peak[0]:.0f} / {peak[1]:.0f} |"


if __name__ == "__main__":
    main()
