"""Many logs in, few commits out."""

from __future__ import annotations

import errno
import json
import time
import uuid
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from pullstats import __version__
from pullstats.errors import PullstatsError, printable
from pullstats.lazy import pl
from pullstats.pipeline.join import Joiner
from pullstats.pipeline.parse import Outcome, Past, Plan, chunks, plan
from pullstats.tables import SOURCES, schema
from pullstats.threads import ahead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

    from pullstats.pipeline.options import Reading
    from pullstats.sources.files import Source
    from pullstats.store.commit import Writer

# Rows wait until a batch is worth the fixed cost of joining it with what is known.
BATCH_ROWS = 200_000
CHUNKS_AHEAD = 2  # lines are read on while a batch is joined
SMALL_BYTES = 8 << 20
FIRST_BYTES = 1 << 13
COMMIT_LINES = 2_000_000
COMMIT_SECONDS = 60.0


def past_of(ledger: pl.DataFrame) -> dict[str, Past]:
    """What a store's ledger (columns SOURCES) says was read before, by SHA-256."""
    rows = {row["sha256"]: row for row in ledger.iter_rows(named=True)}

    def total(sha: str, name: str) -> int:
        row = rows[sha]
        return row[name] + (total(row["parent"], name) if row["parent"] in rows else 0)

    return {sha: Past(sha, row["length"], total(sha, "lines"), total(sha, "rejected")) for sha, row in rows.items()}


class Ingest:
    """One run: sources are read one after the other and committed together.

    Args:
        writer: where the tables go.
        reading: how logs are read.
        past: what was read before.
        progress: told the name of a source and the lines read of it so far.
    """

    def __init__(
        self,
        writer: Writer,
        reading: Reading,
        past: Mapping[str, Past],
        progress: Callable[[str, int], None] = lambda _name, _lines: None,
    ) -> None:
        self._writer, self._reading, self._past, self._progress = writer, reading, dict(past), progress
        self._joiner = Joiner(reading, writer)
        self._parts = writer.parts()
        self._begun: set[bytes] = set()  # how the sources of this run begin
        self._small: list[pl.DataFrame] = []
        self._waiting: list[Outcome] = []
        self._since = time.monotonic()
        self._rejects: BinaryIO | None = None

    def take(self, sources: Iterable[Source]) -> list[Outcome]:
        """Read and commit these sources; what became of each.

        Raises:
            PullstatsError: the tables cannot be written; what was committed before stays.
        """
        outcomes = []
        with ExitStack() as files:
            files.callback(self._forget)
            if self._reading.rejects:
                self._rejects = files.enter_context(_written(self._reading.rejects))
            # Planned in a thread, while `_past` grows.
            plans = ahead(plan(source, self._reading, self._past.copy()) for source in sources)
            if not self._past:  # else there may be nothing new in them
                self._joiner.prepare()
            for planned in plans:
                outcomes.append(self._one(self._current(planned)))
                if self._due():
                    self.commit()
            self.commit()
        return outcomes

    def _forget(self) -> None:
        """Leave no file of a run that failed (after the last commit there is none), and no memory."""
        self._parts.discard()
        self._joiner.forget()

    def _one(self, planned: Plan) -> Outcome:
        outcome = planned.outcome
        if outcome.sha256 in self._past and outcome.status != "failed":
            outcome.status = "already"
        if outcome.status != "ingested":
            return outcome
        try:
            self._read(planned)
        except PullstatsError as error:
            outcome.status, outcome.error = "failed", error
        if outcome.status == "ingested":
            self._past[outcome.sha256] = outcome.whole
            self._begun.add(_first_record(planned))
            self._waiting.append(outcome)
        return outcome

    def _current(self, planned: Plan) -> Plan:
        """The plan, made again where a source of this run that was not known to it begins alike."""
        if planned.outcome.status == "ingested" and _first_record(planned) in self._begun:
            return plan(planned.outcome.source, self._reading, self._past)
        return planned

    def _read(self, planned: Plan) -> None:
        """Read a source whole; its rows count from when it is known to be good."""
        outcome = planned.outcome
        records = self._records(planned)
        parts = None if _is_small(planned) else self._writer.parts()
        if parts is None:
            held = list(records)
            self._judge(planned)
            if outcome.status == "ingested":
                self._hold(held)
        else:
            with ExitStack() as failed:
                failed.callback(parts.discard)
                for batch in _batches(records):
                    parts.add(self._joiner.requests(batch))
                self._judge(planned)
                if outcome.status == "ingested":
                    failed.pop_all()
                    self._parts.join(parts)

    def _records(self, planned: Plan) -> Iterator[pl.DataFrame]:
        outcome = planned.outcome
        # For a small source a thread costs more than it saves.
        coming = chunks(planned) if _is_small(planned) else ahead(chunks(planned), CHUNKS_AHEAD)
        self._joiner.prepare()
        for chunk in coming:
            if self._rejects:
                self._rejects.writelines(line + b"\n" for _, _, line in chunk.rejected)
            if len(chunk.records):
                yield chunk.records
            self._progress(outcome.source.name, outcome.lines)

    def _judge(self, planned: Plan) -> None:
        outcome, reading = planned.outcome, self._reading
        if not outcome.lines:
            outcome.status = "already"
        elif outcome.whole.rejected > reading.max_rejected * outcome.whole.lines:
            outcome.error = _too_many(outcome, reading.max_rejected)
            if not reading.lenient:
                outcome.status = "failed"
        if planned.print.damage is not None and outcome.error is None:
            outcome.error = PullstatsError(
                f"{outcome.source.name}: {planned.print.damage} after line {outcome.lines:,}", "counted until there"
            )

    def _hold(self, frames: list[pl.DataFrame]) -> None:
        self._small += frames
        if sum(map(len, self._small)) >= BATCH_ROWS:
            self._join_small()

    def _join_small(self) -> None:
        if self._small:
            self._parts.add(self._joiner.requests(pl.concat(self._small)))
            self._small = []

    def _due(self) -> bool:
        lines = sum(outcome.lines for outcome in self._waiting)
        return lines >= COMMIT_LINES or (bool(lines) and time.monotonic() - self._since >= COMMIT_SECONDS)

    def commit(self) -> None:
        """Commit what was read since the last time."""
        self._join_small()
        # Taken away first: what is committed must never be forgotten.
        parts, self._parts = self._parts, self._writer.parts()
        if self._waiting:
            self._writer.commit(parts, _ledger(self._waiting, self._reading))
        self._waiting, self._since = [], time.monotonic()


def _is_small(planned: Plan) -> bool:
    return planned.print.length <= SMALL_BYTES


def _batches(frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same rows in batches of BATCH_ROWS and more, but the last."""
    held: list[pl.DataFrame] = []
    for frame in frames:
        held.append(frame)
        if sum(map(len, held)) >= BATCH_ROWS:
            yield pl.concat(held)
            held = []
    if held:
        yield pl.concat(held)


def _first_record(planned: Plan) -> bytes:
    """The first line of a source that is no header."""
    return next((line for line in planned.print.head[:FIRST_BYTES].split(b"\n") if not line.startswith(b"#")), b"")


def _too_many(outcome: Outcome, limit: float) -> PullstatsError:
    _, _, lines, rejected = outcome.whole
    number, why = outcome.rejected_first or (0, "")
    return PullstatsError(
        f"{outcome.source.name}: {rejected:,} of {lines:,} lines ({rejected / lines:.1%}) do not fit {outcome.format}, "
        f"more than --max-rejected {limit:.0%}; first: line {number}: {printable(why, 60)}",
        "name the format with --log-format, or keep the lines with --rejects FILE",
    )


@contextmanager
def _written(path: Path) -> Iterator[BinaryIO]:
    """A file that is written to; what else fails meanwhile has an error of its own."""
    try:
        with path.open("wb") as file:
            yield file
    except OSError as error:
        reason = "no space left" if error.errno == errno.ENOSPC else error.strerror
        raise PullstatsError(f"cannot write {path}: {reason}") from error


def _ledger(outcomes: list[Outcome], reading: Reading) -> pl.DataFrame:
    """One row a source (columns SOURCES)."""
    commit, now = uuid.uuid4().hex, time.time_ns() // 1000
    tables = json.dumps(reading.geo().versions())  # once: it opens the user's files
    rows = [
        {
            "source_id": outcome.source_id,
            "source": outcome.source.base,
            "sha256": outcome.sha256,
            "length": outcome.length,
            "parent": outcome.past.sha256 if outcome.past else None,
            "offset": outcome.past.length if outcome.past else 0,
            "format": outcome.format,
            "mode": reading.mode,
            "lines": outcome.lines,
            "parsed": outcome.counts["parsed"],
            "ignored": outcome.counts["ignored"],
            "rejected": outcome.counts["rejected"],
            "duplicates": 0,
            "reasons": json.dumps({f"{fate}: {why}": n for (fate, why), n in sorted(outcome.reasons.items())}),
            "first": outcome.first,
            "last": outcome.last,
            "program": __version__,
            "tables": tables,
            "as_of": now,
            "commit_id": commit,
        }
        for outcome in outcomes
    ]
    return pl.DataFrame(rows, schema=schema(SOURCES))
