"""Lines of text: cut at a separator where that is certain, matched by the format's pattern where it is not."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from pullstats.formats.distinct import Cut, Distinct
from pullstats.formats.kinds import apache, fields, nginx, regex
from pullstats.formats.kinds.parser import Batch, How, Outcome, read_column, read_one, read_texts
from pullstats.formats.kinds.tokens import Field, Layout, Piece, layout
from pullstats.formats.times import CLOCKS, joined
from pullstats.formats.values import Unreadable
from pullstats.lazy import pl
from pullstats.tables import IGNORED, REJECTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from pullstats.formats.entry import Entry

_NGINX = r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[(?:emerg|alert|crit|error|warn)\] \d+#\d+: "
ERROR_LOGS = {
    # nginx goes on after the client's address: a line that ends there is cut off
    "nginx error log line": _NGINX + r"(?!.*, client: [^ ,]+$)",
    "nginx notice": r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[(?:notice|info|debug)\] ",
    "Apache error log line": r"^\[[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d(?:\.\d+)? \d{4}\] ",
}


def layouts(entry: Entry) -> Layout:
    """How the lines of an entry are read."""
    if entry.kind == "nginx":
        return layout(nginx.tokens(entry.spec), entry.escape)
    if entry.kind == "apache":
        return layout(apache.tokens(entry.spec), entry.escape)
    if entry.kind == "fields":
        return fields.layout(entry)
    return regex.layout(entry)


class TextParser:
    """Reads lines of a format that one pattern describes."""

    def __init__(self, entry: Entry, tz: str) -> None:
        self.how = How(entry.escape, tz, entry.null)
        self.layout = layouts(entry)
        every = self.layout.fields
        self.columns = frozenset(column for f in every for column in f.columns)
        self.tiers: tuple[Callable[[pl.Series, frozenset[str]], Batch], ...] = (
            *([self._by_pieces] if self.layout.pieces else ()),
            *([partial(self._by_pattern, *self.layout.plain)] if self.layout.plain else ()),
            partial(self._by_pattern, self.layout.pattern, self.layout.fields),
        )
        self._ignore = [(re.compile(pattern), reason) for reason, pattern in {**entry.ignore, **ERROR_LOGS}.items()]

    @property
    def pattern(self) -> str:
        """The pattern of a whole line."""
        return self.layout.pattern

    def _by_pieces(self, lines: pl.Series, wanted: frozenset[str]) -> Batch:
        pieces = self.layout.pieces
        cut = Cut(lines, self.layout.separator)
        enough = cut.count >= len(pieces) if self.layout.tail else cut.count == len(pieces)
        batch = Batch(wanted, enough.fill_null(value=False))
        for piece, texts in zip(pieces, cut.first(len(pieces)), strict=True):
            self._piece(batch, piece, texts)
        return batch

    def _piece(self, batch: Batch, piece: Piece, texts: pl.Series) -> None:
        if piece.clock:
            texts = self._clock(batch, piece, piece.clock, texts)
        if not piece.fields and piece.pattern == "(?s)^()$":
            batch.require(texts == "")
            return
        if piece.whole and not (piece.checked or any(batch.needs(f) for f in piece.fields)):
            return
        distinct = Distinct(texts)
        if piece.whole:
            if piece.checked:  # a backslash before the quote: the quote may be text
                last = distinct.values.str.ends_with("\\")
                if last.any():
                    batch.require(distinct.spread(~last))
            found = [(piece.fields[0], distinct.values)] if piece.fields else []
        else:
            groups = distinct.values.str.extract_groups(piece.pattern).struct.unnest().get_columns()
            if groups[-1].null_count() or distinct.codes.null_count():
                batch.require(distinct.spread(groups[-1].is_not_null()))
            found = list(zip(piece.fields, groups, strict=False))
        read_texts(batch, found, self.how, distinct.spread)

    def _clock(self, batch: Batch, piece: Piece, clock: Field, texts: pl.Series) -> pl.Series:
        """Read the time at the end (or begin) of the texts; the rest of the texts."""
        kind = CLOCKS[clock.type]
        lead, width = len(piece.lead), kind.fixed
        if piece.lead:
            batch.require(texts.str.starts_with(piece.lead))
            minutes, seconds = texts.str.slice(lead, kind.width), texts.str.slice(lead + kind.width, width - kind.width)
            rest = texts.str.slice(lead + width)
        else:
            end = len(piece.trail)
            batch.require(texts.str.ends_with(piece.trail))
            body = texts.str.tail(width + end)
            minutes, seconds = body.str.slice(0, kind.width), body.str.slice(kind.width, width - kind.width)
            rest = texts.str.head(-(width + end))
        ts = joined(clock.type, minutes, seconds, self.how.tz)
        batch.require(ts.is_not_null())
        batch.put("ts", clock.rank, ts)
        return rest

    def _by_pattern(self, pattern: str, fields_: tuple[Field, ...], lines: pl.Series, wanted: frozenset[str]) -> Batch:
        groups = lines.str.extract_groups(pattern).struct.unnest().get_columns()
        batch = Batch(wanted, groups[-1].is_not_null())
        for field, texts in zip(fields_, groups, strict=False):
            read_column(batch, field, texts, self.how)
        return batch

    def one(self, line: str) -> dict[str, Any] | None:
        """The record of one line; None where it does not fit.

        Raises:
            Unreadable: it fits, but a text in it is no value of its type.
        """
        groups = pl.Series([line]).str.extract_groups(self.layout.pattern).struct.unnest().row(0)
        if groups[-1] is None:
            return None
        return read_one(zip(self.layout.fields, groups, strict=False), self.how)

    def reach(self, line: str) -> int:
        """How many characters of a line fit before it stops fitting."""
        steps, text = self.layout.steps, line[:4000]
        for last in range(len(steps), 0, -1):
            match = pl.Series([text]).str.extract(f"(?s)^({''.join(steps[:last])})")[0]
            if match is not None:
                return len(match)
        return 0

    def judge(self, lines: pl.Series) -> list[Outcome]:
        """Why no tier could read each of the lines."""
        groups = lines.str.extract_groups(self.layout.pattern).struct.unnest().rows()
        return [self._fate(line, found) for line, found in zip(lines, groups, strict=True)]

    def _fate(self, line: str, groups: tuple[str | None, ...]) -> Outcome:
        for pattern, reason in self._ignore:
            if pattern.search(line[:4000]):
                return IGNORED, reason
        if groups[-1] is None:
            return REJECTED, "not an access line"
        try:
            read_one(zip(self.layout.fields, groups, strict=False), self.how)
        except Unreadable as error:
            return REJECTED, str(error)
        return REJECTED, "unreadable"
