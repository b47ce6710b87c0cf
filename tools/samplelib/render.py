"""From a log's requests to its bytes: the order of the lines, and the lines that are no requests."""

from __future__ import annotations

import gzip
import io
from typing import TYPE_CHECKING

from samplelib import writers
from samplelib.archives import REDELIVERED
from samplelib.chance import number
from samplelib.registries import NOTES
from samplelib.world import DAY, MINUTE, OUTAGE, SECOND, START

if TYPE_CHECKING:
    from samplelib.traffic import Request
    from samplelib.truth import Log

WRITERS = {
    "nginx-combined.log.gz": writers.Combined(),
    "nginx-main.log.gz": writers.Main(),
    "nginx-json.log.gz": writers.NginxJson(),
    "apache-combined.log.gz": writers.Combined(apache=True),
    "cloudfront.log.gz": writers.CloudFront(),
    "distribution.json.log.gz": writers.Distribution(),
    "scarf.json.log.gz": writers.Scarf(),
    "talk-table-1.log": writers.Combined(),
    "talk-table-2.log": writers.Combined(),
}


def text(log: Log) -> bytes:
    """The lines of a log, as they would be on a disk."""
    writer = WRITERS[log.name]
    requests = sorted(log.requests, key=lambda r: r.at)
    if isinstance(writer, writers.CloudFront):
        requests.sort(key=writer.order)
    lines = [writer.line(r, n) for n, r in enumerate(requests, 1)]
    if isinstance(writer, writers.CloudFront):
        lines = _redelivered(lines)
    for place, line in reversed(_others(log, requests, lines)):
        lines.insert(place, line)
    if isinstance(writer, writers.CloudFront):  # two files that were joined
        half = len(lines) // 2
        lines = [*writers.CLOUDFRONT_HEADER, *lines[:half], *writers.CLOUDFRONT_HEADER, *lines[half:]]
    return "".join(f"{line}\n" for line in lines).encode()


def _redelivered(lines: list[str]) -> list[str]:
    """Some lines once more, a few hundred lines later, as CloudFront delivers at least once."""
    step = len(lines) // (REDELIVERED + 1)
    for n in range(REDELIVERED, 0, -1):
        lines.insert(n * step + 300, lines[n * step])
    return lines


def _others(log: Log, requests: list[Request], lines: list[str]) -> list[tuple[int, str]]:
    """The lines that are no requests, with the index of the line before which each stands, in order."""
    others = _cut_off(log, requests, lines)
    if log.name.startswith("apache"):
        others += _errors(log, requests)
    if log.name.startswith("distribution"):
        others += _registry_notes(log, requests)
    return sorted(others, key=lambda other: other[0])


def _cut_off(log: Log, requests: list[Request], lines: list[str]) -> list[tuple[int, str]]:
    """The disk is full before the outage: beginnings of lines, the ends of which were never written."""
    full = next((n for n, r in enumerate(requests) if r.at >= OUTAGE[0]), 0)
    whole = [n for n in range(full, full + 40 * log.rejected) if requests[n].method and "\n" not in lines[n]] or range(
        full, full + 40 * log.rejected
    )
    chosen = [whole[2 * n] for n in range(log.rejected)]
    return [(n + 1, _beginning(lines[n])) for n in chosen]


def _beginning(line: str) -> str:
    """A line up to somewhere inside its user agent or, in formats where that comes early, inside its path."""
    line = line.rsplit("\n", maxsplit=1)[-1]
    if "\t" in line:
        return line[: line.index("\t-\t") - 3]
    if line.startswith("{"):
        return line[: len(line) * 2 // 3]
    return line[: line.rindex(' "') + 9]


def _errors(log: Log, requests: list[Request]) -> list[tuple[int, str]]:
    """Apache's error log in the same file: what it said in the outage."""
    others = []
    for n in range(log.ignored):
        at = OUTAGE[0] + n * 3 * MINUTE
        place = next(i for i, r in enumerate(requests) if r.at > at)
        when = f"{writers.day(at // DAY, '%a %b %d')} {writers.clock(at)}.{number(str(n), 100000, 999999)} 2026"
        message = "AH00485: scoreboard is full, not at MaxRequestWorkers"
        others.append((place, f"[{when}] [mpm_event:error] [pid 812:tid 139872] {message}"))
    return others


def _registry_notes(log: Log, requests: list[Request]) -> list[tuple[int, str]]:
    """What the registry program says of itself, and of requests that it refused."""
    writer = writers.Distribution()
    notes = [(START + n * DAY // 2 + 7 * SECOND, n) for n in range(NOTES)]
    texts = [
        (at, writer.note(at, "PurgeUploads starting: olderThan=168h0m0s" if n else "listening on [::]:5000"))
        for at, n in notes
    ]
    texts += [(r.at, writer.challenge(r, 1_000_000 + n)) for n, r in enumerate(log.warned)]
    times = [r.at for r in requests]
    place = 0
    others = []
    for at, line in sorted(texts):
        while place < len(times) and times[place] < at:
            place += 1
        others.append((place, line))
    return others


def packed(name: str, data: bytes) -> bytes:
    """The file's bytes: gzip without a time or name in it, so that they do not change from run to run."""
    if not name.endswith(".gz"):
        return data
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=9, mtime=0, filename="") as file:
        file.write(data)
    return buffer.getvalue()
