"""The logs of a benchmark run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PULLSTATS = [sys.executable, "-m", "pullstats"]
GENERATOR = ROOT / "tools" / "make_logs.py"


@dataclass
class Place:
    """The folder with the logs of a run."""

    folder: Path
    lines: int
    fresh: int = 0

    def log(self, name: str, *options: str, lines: int | None = None) -> Path:
        path = self.folder / name
        if not path.exists():
            many = ["--lines", str(lines or self.lines), "--out", str(path), *options]
            subprocess.run([sys.executable, str(GENERATOR), *many], check=True)
        return path

    def new(self, name: str = "store") -> str:
        """A place that nothing was written to yet; the one before it is removed."""
        for number in (self.fresh, self.fresh + 1):
            shutil.rmtree(self.folder / f"{name}-{number}", ignore_errors=True)
        self.fresh += 1
        return str(self.folder / f"{name}-{self.fresh}")

    def ingest(self, *logs: Path) -> list[str]:
        return [*PULLSTATS, "ingest", "-q", "--store", self.new(), *map(str, logs)]

    def read(self, log: Path, entry: str) -> list[str]:
        return [sys.executable, str(Path(__file__).with_name("read.py")), str(log), entry, self.new("read")]

    def cut(self, log: Path, number: int) -> list[Path]:
        lines = log.read_bytes().splitlines(keepends=True)
        size = -(-len(lines) // number)
        paths = [self.folder / "cut" / f"{at:04d}.log" for at in range(number)]
        paths[0].parent.mkdir(exist_ok=True)
        for at, path in enumerate(paths):
            path.write_bytes(b"".join(lines[at * size : (at + 1) * size]))
        return paths
