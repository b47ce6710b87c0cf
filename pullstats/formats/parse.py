"""Lines in, records out: one row a line, in order, each parsed, ignored or rejected with a reason.

A line goes through the tiers of its format's parser, the fastest first. What no tier can read is judged one by one.
No text raises: any line has an outcome.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.formats.kinds import compiled
from pullstats.formats.kinds.parser import empty
from pullstats.formats.kinds.w3c import W3cParser
from pullstats.lazy import pl
from pullstats.tables import IGNORED, PARSED, RECORD, REJECTED, record_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pullstats.formats.entry import Entry
    from pullstats.formats.kinds.parser import Parser

LONGEST = 65_536  # bytes: the source cuts longer lines there


class Reader:
    """Reads the lines of one source, batch after batch."""

    def __init__(self, entry: Entry, parser: Parser) -> None:
        self.entry, self.parser = entry, parser

    @property
    def columns(self) -> frozenset[str]:
        """The record columns that the format can fill; the others are always null."""
        return self.parser.columns

    def read(self, lines: pl.Series, columns: Sequence[str] = tuple(RECORD)) -> pl.DataFrame:
        """The record of each line: `outcome` (Int32), `reason`, and the asked columns of RECORD, in its order."""
        names = [name for name in RECORD if name in {"outcome", "reason", *columns}]
        if not isinstance(self.parser, W3cParser):
            return records(self.parser, lines, names)
        return pl.concat(
            [
                records(parser, lines.slice(begin, length), names)
                for parser, begin, length in self.parser.segments(lines)
            ]
        )


def records(parser: Parser, lines: pl.Series, names: Sequence[str]) -> pl.DataFrame:
    """One row a line, with the columns of `names`."""
    kept = [name for name in names if name not in {"outcome", "reason"}]
    done = empty(kept, len(lines))
    outcome = pl.repeat(REJECTED, len(lines), dtype=pl.Int32, eager=True)
    left: pl.Series | None = None
    for tier in parser.tiers:
        texts = lines if left is None else lines.gather(left)
        batch = tier(texts, frozenset(kept))
        found = batch.columns()
        if left is None:
            outcome = outcome.set(batch.ok, PARSED)
            done.update(
                {name: series if batch.ok.all() else series.set(~batch.ok, None) for name, series in found.items()}
            )
        else:
            _merge(done, outcome, left, batch.ok, found)
        left = (outcome != PARSED).arg_true()
        if not len(left):
            break
    reason = pl.repeat(None, len(lines), dtype=pl.String, eager=True)
    if left is not None and len(left):
        _judge(parser, lines.gather(left), left, outcome, reason)
    frame = pl.DataFrame({"outcome": outcome, "reason": reason, **done})
    return frame.select(names).cast(dict(record_schema(tuple(names))))


def _merge(
    done: dict[str, pl.Series], outcome: pl.Series, left: pl.Series, ok: pl.Series, found: dict[str, pl.Series]
) -> None:
    """Put what a later tier has read in its place."""
    rows = left.filter(ok)
    if len(rows):
        outcome.scatter(rows, PARSED)
        for name, series in found.items():
            done[name] = done[name].scatter(rows, series.filter(ok))


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


def open_reader(entry: Entry, *, assume_tz: str = "UTC", year_hint: int | None = None) -> Reader:
    """A reader of the lines of one source.

    Args:
        entry: the format.
        assume_tz: the zone of times that state none.
        year_hint: the year of the last line, for times that state none.
    """
    return Reader(entry, compiled(entry, assume_tz))
