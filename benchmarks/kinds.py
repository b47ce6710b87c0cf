"""Lines per second of every format, as ratios to nginx combined.

    python benchmarks/kinds.py [--lines 200000] [--rounds 5] [ENTRY...]

The same generated requests are written in each format: an entry's own example says how, with its address, path, size,
time, agent and so on replaced by theirs. Read alone is timed (bytes -> records), by one thread of Python, in rounds
that alternate with nginx combined; CPU seconds, as the machine may be shared.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import polars as pl
from place import Place

from pullstats.formats.entry import Entry, entries, entry
from pullstats.formats.parse import open_reader
from pullstats.pipeline.join import WANTED
from pullstats.sources.lines import BLOCK_BYTES, Block
from pullstats.tables import PARSED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BASE = "nginx-combined"
# What an example's values are replaced by, the longest texts first; a text that the line has twice stays.
COLUMNS = ("user_agent", "request_id", "path", "client_ip", "bytes", "status")
CLOCKS = (
    "%d/%b/%Y:%H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d\t%H:%M:%S", '%Y-%m-%d","time":"%H:%M:%S',
    "%Y/%m/%d - %H:%M:%S", "%Y%m%d%H%M%S", "%s",
)  # fmt: skip


@dataclass
class Log:
    """The requests in a format."""

    entry: Entry
    blocks: list[bytes]
    lines: int
    size: int

    def read(self) -> float:
        """CPU seconds that reading it takes."""
        reader, begin, parsed = open_reader(self.entry), time.process_time(), 0
        for text in self.blocks:
            records = reader.read(Block(text, 1).lines(), WANTED)
            parsed += int((records["outcome"] == PARSED).sum())
        seconds = time.process_time() - begin
        assert parsed == self.lines, f"{self.entry.name}: {parsed} of {self.lines} lines are read"
        return seconds


def requests(number: int, folder: Path) -> pl.DataFrame:
    """Generated requests, with texts that stand in any format as they are."""
    path = Place(folder, number).log("requests.log", "--format", "nginx-json")
    reader = open_reader(entry("nginx-json"))
    records = reader.read(Block(path.read_bytes(), 1).lines())
    plain = pl.col("user_agent").str.replace_all(r"[^0-9A-Za-z ./():;_-]", "")
    return records.filter(pl.col("path").str.contains(r"^/[0-9A-Za-z/._:-]*$")).select(
        "ts",
        "path",
        "request_id",
        pl.col("bytes", "status").cast(pl.String),
        pl.col("xff").str.extract(r"^([^,]+)").alias("client_ip"),
        plain.fill_null("-").alias("user_agent"),
    )


def written(which: Entry, records: pl.DataFrame) -> Log:
    """The requests in the format of an entry's first example."""
    example = which.examples[0]
    pieces = [pl.lit(piece) if isinstance(piece, str) else piece for piece in _pieces(which, example)]
    lines = records.select(line=pl.concat_str(pieces))["line"]
    rows = max(BLOCK_BYTES // int(lines.str.len_bytes().mean() or 1), 1)  # pyright: ignore[reportArgumentType]
    texts = [lines.slice(at, rows).str.join("\n")[0].encode() + b"\n" for at in range(0, len(lines), rows)]
    size = sum(map(len, texts))
    if "fields" in example:
        texts[0] = example["fields"].encode() + b"\n" + texts[0]
    return Log(which, texts, len(lines), size)


def _pieces(which: Entry, example: Mapping[str, Any]) -> Iterator[str | pl.Expr]:
    """The example's line, cut where values stand that differ from line to line."""
    line = str(example["line"])
    texts = {name: str(example[name]) for name in COLUMNS if name in example}
    found = {
        (line.find(text), len(text)): _column(which, name) for name, text in texts.items() if line.count(text) == 1
    }
    found |= _clock(line, example)
    end = 0
    for (at, width), column in sorted(found.items(), key=lambda place: place[0]):
        if at >= end:
            yield line[end:at]
            yield column
            end = at + width
    yield line[end:]


def _column(which: Entry, name: str) -> pl.Expr:
    escaped = {"url": "%20", "plus": "+"}.get(which.escape if which.kind in {"w3c", "json"} else "")
    return pl.col(name).str.replace_all(" ", escaped, literal=True) if escaped else pl.col(name)


def _clock(line: str, example: Mapping[str, Any]) -> dict[tuple[int, int], pl.Expr]:
    """Where the time stands, and the requests' times in the same form and zone."""
    for clock in CLOCKS if "time" in example else ():
        for hours in range(-12, 15):
            moment = example["time"] + timedelta(hours=hours)
            text = str(int(moment.timestamp())) if clock == "%s" else moment.strftime(clock)
            if line.count(text) == 1:
                times = pl.from_epoch(pl.col("ts") + hours * 3_600_000_000, "us")
                return {
                    (line.find(text), len(text)): times.dt.strftime(clock)
                    if clock != "%s"
                    else times.dt.epoch("s").cast(pl.String)
                }
    return {}


def ratios(base: Log, log: Log, rounds: int) -> tuple[float, float]:
    """(CPU seconds of a log, ratio to the other log's), a line of each, medians of alternating rounds."""
    taken = [(base.read() / base.lines, log.read() / log.lines) for _ in range(rounds)]
    mine = statistics.median(each for _, each in taken)
    return mine, mine / statistics.median(each for each, _ in taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("names", nargs="*", help="entries; all, if none is named")
    asked = parser.parse_args()
    known = {each.name: each for each in entries()}
    if unknown := [name for name in asked.names if name not in known]:
        sys.exit(f"{', '.join(unknown)}: no such format; pullstats formats lists them")
    with TemporaryDirectory() as folder:
        records = requests(asked.lines, Path(folder))
    base = written(known[BASE], records)
    print(f"| {asked.lines:,} lines, {asked.rounds} rounds | kind | bytes a line | lines a CPU second | CPU / {BASE} |")
    print("|---|---|---|---|---|")
    timed = [each for each in entries() if "time" in each.examples[0]]  # the others' times come with an envelope
    for name in asked.names or [each.name for each in sorted(timed, key=lambda each: (each.kind, each.name))]:
        log = written(known[name], records)
        seconds, ratio = ratios(base, log, asked.rounds)
        print(
            f"| {name} | {log.entry.kind} | {log.size / log.lines:.0f} | {1 / seconds:,.0f} | {ratio:.2f} |", flush=True
        )


if __name__ == "__main__":
    main()
