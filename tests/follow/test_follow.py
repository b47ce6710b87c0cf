"""A log that grows and rotates is followed: every line once, whenever the program is killed."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl

from pullstats.store.open import exists, open_store

KILLS = 20 if os.environ.get("PULLSTATS_FULL") else 5
ROTATE, BATCH = 400, 23


class Writer:
    """A server that logs: lines in pieces, and a new file every ROTATE lines."""

    def __init__(self, folder: Path) -> None:
        self.path, self.number, self.rotations, self.held = folder / "access.log", 0, 0, b""

    def write(self, dice: random.Random) -> None:
        for _ in range(BATCH):
            at = self.number
            stamp = f"{1 + at // 86_400:02}/Mar/2024:{at // 3600 % 24:02}:{at // 60 % 60:02}:{at % 60:02} +0000"
            self.held += f'192.0.2.{at % 9} - - [{stamp}] "GET /n/{at:06} HTTP/1.1" 200 7 "-" "curl/8.1"\n'.encode()
            self.number += 1
        cut = dice.randint(0, len(self.held))
        self._append(cut)
        if self.number // ROTATE > self.rotations:
            self._append(len(self.held))
            self._rotate()

    def _append(self, length: int) -> None:
        with self.path.open("ab") as log:
            log.write(self.held[:length])
        self.held = self.held[length:]

    def _rotate(self) -> None:
        for number in range(self.rotations, 0, -1):
            self.path.with_name(f"access.log.{number}").rename(self.path.with_name(f"access.log.{number + 1}"))
        self.path.rename(self.path.with_name("access.log.1"))
        self.rotations += 1

    def finish(self) -> None:
        self._append(len(self.held))


def followed(folder: Path) -> subprocess.Popen[bytes]:
    words = ["ingest", "--follow", "--poll", "0", "-q", str(folder / "access.log"), "--store", str(folder / "store")]
    return subprocess.Popen([sys.executable, "-m", "pullstats", *words], stderr=subprocess.PIPE)


def read(folder: Path) -> list[str]:
    """The paths of all requests in the store, in order."""
    if not exists(folder / "store"):
        return []
    store = open_store(folder / "store")
    named = store.scan("resources").select("resource_id", "path")
    return (
        store.scan("requests")
        .join(named, on="resource_id")
        .select(pl.col("path").sort())
        .collect()
        .to_series()
        .to_list()
    )


def test_every_line_is_read_once_however_often_the_program_is_killed(tmp_path: Path) -> None:
    dice, writer = random.Random(7), Writer(tmp_path)
    writer.write(dice)
    for _ in range(KILLS):
        process = followed(tmp_path)
        until = time.monotonic() + dice.uniform(0.6, 2.5)
        while time.monotonic() < until:
            writer.write(dice)
            time.sleep(dice.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    writer.finish()
    expected = [f"/n/{number:06}" for number in range(writer.number)]
    process, until = followed(tmp_path), time.monotonic() + 120
    while time.monotonic() < until and len(read(tmp_path)) < len(expected):
        time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert writer.rotations > 0
    assert read(tmp_path) == expected
    assert (process.returncode, told) == (0, b"")
