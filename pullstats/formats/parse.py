"""Lines in, records out: one row a line, in order, each parsed, ignored or rejected with a reason.

A line goes through the tiers of its format's parser, the fastest first. What no tier can read is judged one by one.
No text raises: any line has an outcome.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pullstats.formats.distinct import constant
from pullstats.formats.envelopes import FIRST_PART, Unwrapper, envelopes, found, unfold
from pullstats.formats.kinds import compiled
from pullstats.formats.kinds.csv import CsvParser, header
from pullstats.formats.kinds.parser import empty
from pullstats.formats.kinds.w3c import W3cParser
from pullstats.formats.times import zone
from pullstats.lazy import pl
from pullstats.tables import IGNORED, PARSED, RECORD, REJECTED, record_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pullstats.formats.entry import Entry
    from pullstats.formats.kinds.parser import Parser

LONGEST = 65_536  # bytes: the source cuts longer lines there

HEADED = W3cParser | CsvParser  # a header line says what the lines below it hold


class Reader:
    """Reads the lines of one source, batch after batch."""

    def __init__(self, entry: Entry, tz: str, newest: int | None) -> None:
        self.entry, self.parser = entry, compiled(entry, tz)
        self._tz, self._newest = tz, newest
        self._unwrapper: Unwrapper | None = None
        self._programs: set[str] = set()
        if entry.envelopes is not None:
            self._unwrapper = Unwrapper(entry.envelopes, tz, newest)

    @property
    def columns(self) -> frozenset[str]:
        """The record columns that the format can fill; the others are always null."""
        return self.parser.columns

    @property
    def envelopes(self) -> tuple[str, ...]:
        """What the lines are wrapped in, as far as is known."""
        return tuple(self._unwrapper.names) if self._unwrapper else ()

    @property
    def independent(self) -> bool:
        """Whether each batch from now on is read alike, whatever came before it: no header, no envelope counts on."""
        unwrapped = self._unwrapper is not None and not self._unwrapper.names
        return unwrapped and not isinstance(self.parser, HEADED)

    def names_columns(self, line: str) -> bool:
        """Whether a line is a header that says what the lines below it hold."""
        return line.startswith("#") or (self.entry.kind == "csv" and header(self.entry, line) is not None)

    def unfold(self, lines: pl.Series) -> tuple[pl.Series, pl.Series | None]:
        """The lines, one record each, and the row of `lines` that each came from (None: they are the lines).

        Only a few envelopes put several records into one line; `read` wants what this gives.
        """
        self.look(lines)
        lists = [envelopes()[name] for name in self.envelopes if envelopes()[name].kind == "list"]
        return unfold(lists[0], lines) if lists else (lines, None)

    def read(self, lines: pl.Series, columns: Sequence[str] = tuple(RECORD)) -> pl.DataFrame:
        """The record of each line: `outcome` (Int32), `reason`, and the asked columns of RECORD, in its order."""
        names = [name for name in RECORD if name in {"outcome", "reason", *columns}]
        self.look(lines)
        if not self.envelopes or self._unwrapper is None:
            return self._timed(self._records(lines, names), None)
        inside = self._unwrapper.unwrap(lines)
        frame = self._timed(self._records(inside.lines, names), inside.ts)
        return self._foreign(_parts(frame, inside.parts), inside.programs)

    def look(self, lines: pl.Series) -> None:
        """Find out what the lines are wrapped in, from the first ones that are no header."""
        if self._unwrapper is None:
            texts = lines.filter((lines.str.strip_chars() != "") & ~lines.str.starts_with("#"))
            if len(texts):
                self._unwrapper = Unwrapper(found(texts), self._tz, self._newest)

    def _records(self, lines: pl.Series, names: Sequence[str]) -> pl.DataFrame:
        if not isinstance(self.parser, HEADED):
            return records(self.parser, lines, names)
        runs = self.parser.segments(lines)
        return pl.concat([records(parser, lines.slice(begin, length), names) for parser, begin, length in runs])

    def _timed(self, frame: pl.DataFrame, ts: pl.Series | None) -> pl.DataFrame:
        """The records with the envelope's time, where the format has none of its own."""
        if "ts" in self.parser.columns:
            return frame
        stated = constant(None, len(frame), pl.Int64()) if ts is None else ts
        parsed = frame["outcome"] == PARSED
        timeless = parsed & stated.is_null()
        frame = frame.with_columns(
            frame["outcome"].set(timeless, REJECTED),
            frame["reason"].set(timeless, "no time"),
        )
        return frame.with_columns(stated.set(~parsed, None).alias("ts")) if "ts" in frame.columns else frame

    def _foreign(self, frame: pl.DataFrame, programs: pl.Series | None) -> pl.DataFrame:
        """The records, where lines of programs that write no such log are ignored."""
        if programs is None:
            return frame
        self._programs.update(programs.filter(frame["outcome"] == PARSED).drop_nulls().unique())
        other = (frame["outcome"] == REJECTED) & ~programs.is_in(list(self._programs)).fill_null(value=True)
        return frame.with_columns(
            frame["outcome"].set(other, IGNORED), frame["reason"].set(other, "output of another program")
        )


def _parts(frame: pl.DataFrame, parts: pl.Series) -> pl.DataFrame:
    """The records, where the first parts of split lines are ignored."""
    if not parts.any():
        return frame
    blank = [frame[name].set(parts, None) for name in frame.columns if name not in {"outcome", "reason"}]
    return frame.with_columns(frame["outcome"].set(parts, IGNORED), frame["reason"].set(parts, FIRST_PART), *blank)


def records(parser: Parser, lines: pl.Series, names: Sequence[str]) -> pl.DataFrame:
    """One row a line, with the columns of `names`."""
    kept = [name for name in names if name not in {"outcome", "reason", "malformed"}]
    if "malformed" in names:
        kept = list(dict.fromkeys([*kept, "method", "path"]))
    outcome = constant(REJECTED, len(lines), pl.Int32())
    left = pl.int_range(len(lines), eager=True)
    done, later = empty(kept, len(lines)), []
    for tier in parser.tiers:
        batch = tier(lines if len(left) == len(lines) else lines.gather(left), frozenset(kept))
        rows = left.filter(batch.ok)
        if len(rows) and len(left) == len(lines):
            done |= {
                name: series if len(rows) == len(lines) else series.set(~batch.ok, None)
                for name, series in batch.columns().items()
            }
        elif len(rows):
            later.append((rows, {name: series.filter(batch.ok) for name, series in batch.columns().items()}))
        outcome.scatter(rows, PARSED)
        left = (outcome != PARSED).arg_true()
        if not len(left):
            break
    _put(done, later)
    reason = constant(None, len(lines), pl.String())
    if len(left):
        _judge(parser, lines.gather(left), left, outcome, reason)
    if "malformed" in names:  # a well-formed line whose request is not HTTP
        bad = (outcome == PARSED) & done["method"].is_null() & done["path"].is_null()
        done["malformed"] = bad.set(~bad, None)
    frame = pl.DataFrame({"outcome": outcome, "reason": reason, **done})
    return frame.select(names).cast(record_schema(tuple(names)))


def _put(done: dict[str, pl.Series], later: list[tuple[pl.Series, dict[str, pl.Series]]]) -> None:
    """Put what later tiers have read in its place; once, since putting texts costs as much as all lines have."""
    if not later:
        return
    rows = pl.concat([rows for rows, _ in later])
    for name in {name for _, read in later for name in read}:
        dtype = done[name].dtype
        values = [read[name] if name in read else constant(None, len(at), dtype) for at, read in later]
        done[name] = done[name].scatter(rows, pl.concat([series.cast(dtype) for series in values]))


def _judge(parser: Parser, texts: pl.Series, left: pl.Series, outcome: pl.Series, reason: pl.Series) -> None:
    """Decide the lines that no tier could read."""
    filled = texts.fill_null("")
    long = filled.str.len_bytes() >= LONGEST
    fates = [
        (IGNORED, "blank") if not line.strip() else (REJECTED, "line too long") if cut and fate[0] == REJECTED else fate
        for line, cut, fate in zip(filled, long, parser.judge(filled), strict=True)
    ]
    outcome.scatter(left, pl.Series([fate for fate, _ in fates], dtype=pl.Int32))
    reason.scatter(left, pl.Series([why for _, why in fates], dtype=pl.String))


def open_reader(
    entry: Entry, *, assume_tz: str = "UTC", year_hint: int | None = None, newest: int | None = None
) -> Reader:
    """A reader of the lines of one source.

    Args:
        entry: the format.
        assume_tz: the zone of times that state none.
        year_hint: the year of the last line, for times that state none.
        newest: epoch microseconds of the last line (the file's time), which says the same more exactly.
    """
    if newest is None and year_hint is not None:
        newest = int(datetime(year_hint, 12, 31, 23, tzinfo=UTC).timestamp()) * 1_000_000
    zone(assume_tz)
    return Reader(entry, assume_tz, newest)
