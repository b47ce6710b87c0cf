"""W3C extended logs: the columns are what the last `#Fields` line says, wherever it comes."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pullstats.formats import times
from pullstats.formats.columns import undoubled, unquoted
from pullstats.formats.distinct import Cut, constant
from pullstats.formats.kinds.parser import Batch, How, Outcome, misread, read_column, read_one
from pullstats.formats.kinds.regex import named
from pullstats.formats.kinds.tokens import Field
from pullstats.formats.values import Unreadable
from pullstats.lazy import pl
from pullstats.tables import IGNORED, REJECTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pullstats.formats.entry import Entry

# W3C name -> (record column, type, rank, escape); CloudFront's JSON has the same names as keys
NAMES: dict[str, tuple[str, str, int, str]] = {
    "timestamp": ("ts", "epoch", 1, ""),
    "timestamp(ms)": ("ts", "epoch", 0, ""),
    "c-ip": ("client_ip", "address", 0, ""),
    "x-forwarded-for": ("xff", "xff", 0, "url"),
    "cs(X-Forwarded-For)": ("xff", "xff", 1, "url"),
    "cs-method": ("method", "method", 0, ""),
    "cs-uri": ("", "target", 1, ""),
    "cs-uri-stem": ("path", "path", 0, ""),
    "cs-uri-query": ("query", "query", 0, ""),
    "sc-status": ("status", "status", 0, ""),
    "sc-bytes": ("bytes", "size", 0, ""),
    "cs(Referer)": ("referer", "text", 0, "url"),
    "cs(Referrer)": ("referer", "text", 1, "url"),
    "cs(User-Agent)": ("user_agent", "text", 0, "url"),
    "cs-user-agent": ("user_agent", "text", 1, "url"),
    "cs-referer": ("referer", "text", 1, "url"),
    "x-host-header": ("host", "host", 0, ""),
    "cs-host": ("host", "host", 1, ""),
    "cs(Host)": ("host", "host", 2, ""),
    "time-taken": ("request_time", "s", 0, ""),
    "x-edge-request-id": ("request_id", "text", 0, ""),
    "cs-username": ("", "user", 0, ""),
    "ssl-protocol": ("tls", "tls", 0, ""),
    "x-edge-location": ("edge", "text", 0, ""),
    "c-country": ("country", "country", 0, ""),
    "c-status": ("status", "status", 1, ""),  # SHOUTcast
    "TimeTakenMS": ("request_time", "ms", 1, ""),  # IIS Advanced Logging
}
_TIMES = (("date", "time"), ("date-local", "time-local"))
_QUOTED = r'"(?:[^"]|"")*"'
_WORD = rf"{_QUOTED}|[^ ]+"  # a text with spaces stands in quotes, a quote in it twice
_HAS_QUOTED = rf"(?:^| ){_QUOTED}(?: |$)"
_HEADER = re.compile(r"#(?:Version|Fields|Software|Date|Start-Date|End-Date|Remark|GMT-Offset)\s*:")


class Layout:
    """The columns of a log, from its `#Fields` or from what the entry says they were."""

    def __init__(self, names: list[str], entry: Entry, *, least: int = 0) -> None:
        self.names, self.least = names, least or len(names)
        self.fields = [(i, field) for i, name in enumerate(names) if (field := _field(name, entry))]
        day, clock = next((pair for pair in _TIMES if set(pair) <= set(names)), ("", ""))
        self.day, self.clock = (names.index(day), names.index(clock)) if day else (-1, -1)

    @property
    def timed(self) -> bool:
        """Whether it has a time at all."""
        return self.day >= 0 or any("ts" in field.columns for _, field in self.fields)


def _field(name: str, entry: Entry) -> Field | None:
    if name in entry.fields:
        return named(name, entry.fields[name])
    if name not in NAMES:
        return None
    column, type_, rank, escape = NAMES[name]
    if escape and entry.escape != "url":
        escape = entry.escape
    return Field(column, type_, rank, escape=escape or "none")


class W3cParser:
    """Reads W3C extended lines; the columns of one batch go on in the next."""

    def __init__(self, entry: Entry, tz: str, current: Layout | None = None) -> None:
        self.entry, self.how = entry, How("none", tz, entry.null)
        self.current = current or Layout(entry.spec.split(), entry, least=entry.least)
        self.columns = frozenset(c for name in NAMES for c in Field(*NAMES[name][:2]).columns) | {"ts"}
        tiers = (self._by_words, self._by_columns) if entry.separator == " " else (self._by_columns,)
        self.tiers: tuple[Callable[[pl.Series, frozenset[str]], Batch], ...] = tiers

    def segments(self, lines: pl.Series) -> Iterator[tuple[W3cParser, int, int]]:
        """(parser, begin, length) of the runs of lines with the same columns."""
        begin = 0
        heads = lines.str.starts_with("#Fields:").fill_null(value=False).arg_true()
        for at, head in zip(heads, lines.gather(heads), strict=True):
            names = head.removeprefix("#Fields:").split()
            if names != self.current.names or self.current.least != len(names):
                yield self._frozen(), begin, at - begin
                begin, self.current = at, Layout(names, self.entry)
        yield self._frozen(), begin, len(lines) - begin

    def _frozen(self) -> W3cParser:
        return W3cParser(self.entry, self.how.tz, self.current)

    def _by_columns(self, lines: pl.Series, wanted: frozenset[str]) -> Batch:
        cut = Cut(lines, self.entry.separator)
        return self._read(cut.count, cut.__getitem__, lines, wanted)

    def _by_words(self, lines: pl.Series, wanted: frozenset[str]) -> Batch:
        """The lines that have texts in quotes."""
        quoted = lines.str.contains(_HAS_QUOTED).fill_null(value=False)
        if not quoted.any():
            return Batch(wanted, quoted)
        cut = Cut(lines, "", _WORD)
        batch = self._read(cut.count, lambda i: unquoted(cut[i], undoubled), lines, wanted)
        batch.require(quoted)
        return batch

    def _read(
        self, count: pl.Series, texts: Callable[[int], pl.Series], lines: pl.Series, wanted: frozenset[str]
    ) -> Batch:
        """The lines of which so many texts were cut, each at its place."""
        layout = self.current
        if not layout.names or not layout.timed:
            return Batch(wanted, constant(False, len(lines), pl.Boolean()))
        width = len(layout.names)
        enough = (count >= layout.least) & self._ends(count, width)
        batch = Batch(wanted, (enough & ~lines.str.starts_with("#")).fill_null(value=False))
        if layout.day >= 0:
            ts = times.day_and_time(texts(layout.day), texts(layout.clock), self.how.tz)
            batch.require(ts.is_not_null())
            batch.put("ts", 2, ts)
        for i, field in layout.fields:
            if batch.needs(field):
                read_column(batch, field, texts(i), self.how)
        return batch

    def _ends(self, count: pl.Series, width: int) -> pl.Series:
        """Whether a line ends with its last column; CloudFront adds columns before it names them."""
        return count <= width if not self.entry.spec else count.is_not_null()

    def one(self, line: str) -> dict[str, Any] | None:
        """The record of one line; None where it does not fit.

        Raises:
            Unreadable: it fits, but a text in it is no value of its type.
        """
        if len(self.tiers) > 1 and re.search(_HAS_QUOTED, line):
            with suppress(Unreadable):
                record = self._one(line, [_bare(word) for word in re.findall(_WORD, line)])
                if record is not None:
                    return record
        return self._one(line, line.split(self.entry.separator))

    def _one(self, line: str, cut: list[str]) -> dict[str, Any] | None:
        layout = self.current
        most = len(cut) if self.entry.spec else len(layout.names)
        if not layout.timed or line.startswith("#") or not layout.least <= len(cut) <= most:
            return None
        record = {}
        if layout.day >= 0:
            day = cut[layout.day]
            midnight = times.read("iso", f"{day}T00:00:00", self.how.tz)
            moment = times.read("iso", f"1970-01-01T{cut[layout.clock]}", "UTC")
            if midnight is None or moment is None or len(day) != len("2024-01-01"):
                raise Unreadable("bad time")
            record["ts"] = midnight + moment
        return record | read_one(((field, cut[i]) for i, field in layout.fields if i < len(cut)), self.how)

    def judge(self, lines: pl.Series) -> list[Outcome]:
        """Why no tier could read each of the lines."""
        return [self._fate(line) for line in lines]

    def _fate(self, line: str) -> Outcome:
        if _HEADER.match(line):
            return IGNORED, "header"
        if not self.current.names:
            return REJECTED, "no #Fields before it"
        return misread(self.one, line, "wrong number of fields")


def _bare(text: str) -> str:
    """`unquoted` of one text."""
    return text[1:-1].replace('""', '"') if re.fullmatch(_QUOTED, text) else text
