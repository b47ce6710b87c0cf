"""Comma-separated values with a header: the columns are what the last header line says, wherever it comes.

An export states events, not requests: `stands_for` of the entry says which request each stands for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pullstats.formats.columns import undoubled, unquoted
from pullstats.formats.distinct import Cut, constant
from pullstats.formats.kinds.json import JsonParser, flat, stated, there
from pullstats.formats.kinds.parser import Batch, Outcome, misread, read_column
from pullstats.lazy import pl
from pullstats.tables import IGNORED, REJECTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pullstats.formats.entry import Entry

SEPARATOR = ","
STATED = ("method", "path", "status")  # what an event stands for
_CELL = re.compile(r'"((?:[^"]|"")*)"|([^",]*)')
_COLUMN = re.compile(r"\{(\w+)\}|([^{}]+)")
# What would end a path or read as an escape in it.
_IN_PATH = {"%": "%25", "?": "%3F", "#": "%23", " ": "%20"}
_ENCODE = str.maketrans(_IN_PATH)


def cells(line: str) -> list[str] | None:
    """The values of a line; None where its quotes do not pair."""
    found: list[str] = []
    at = 0
    while match := _CELL.match(line, at):
        found.append(match[2] if match[1] is None else match[1].replace('""', '"'))
        at = match.end()
        if at == len(line):
            return found
        if line[at] != SEPARATOR:
            return None
        at += 1
    return None


def header(entry: Entry, line: str) -> list[str] | None:
    """The columns that a header line of the entry's exports names; None for any other line."""
    if not all(name in line for name in entry.signature):
        return None
    names = [name.strip() for name in cells(line.removeprefix("\ufeff")) or ()]
    return names if set(entry.signature) <= set(names) else None


class CsvParser(JsonParser):
    """Reads comma-separated lines; the columns of one batch go on in the next."""

    def __init__(self, entry: Entry, tz: str, names: Sequence[str] = ()) -> None:
        super().__init__(entry, tz)
        flat(entry)
        self.names = tuple(names or entry.spec.split(SEPARATOR))
        self.columns = self.columns | frozenset(STATED)
        self.tiers = (self._by_cut, self._by_cell)
        paths = {path[0] for path, _ in self._paths()}
        used = {name for each in entry.stands_for for name in (*each["only"], *_columns(each["path"]))}
        self._used = tuple(sorted(paths | used))

    def segments(self, lines: pl.Series) -> Iterator[tuple[CsvParser, int, int]]:
        """(parser, begin, length) of the runs of lines with the same columns; a header begins one."""
        begin = 0
        likely = constant(True, len(lines), pl.Boolean())
        for name in self.entry.signature:
            likely = likely & lines.str.contains(name, literal=True).fill_null(value=False)
        heads = likely.arg_true()
        for at, line in zip(heads, lines.gather(heads), strict=True):
            names = header(self.entry, line)
            if names and tuple(names) != self.names:
                yield self._frozen(), begin, at - begin
                begin, self.names = at, tuple(names)
        yield self._frozen(), begin, len(lines) - begin

    def _frozen(self) -> CsvParser:
        return CsvParser(self.entry, self.how.tz, self.names)

    # Whole columns ---------------------------------------------------------------------------------------------

    def _by_cut(self, lines: pl.Series, wanted: frozenset[str]) -> Batch:
        """Lines without quotes."""
        cut = Cut(lines, SEPARATOR)
        ok = (cut.count == len(self.names)) & ~lines.str.contains('"', literal=True)
        return self._batch(ok, {name: cut[self.names.index(name)] for name in self._present()}, wanted)

    def _by_cell(self, lines: pl.Series, wanted: frozenset[str]) -> Batch:
        any_, present = r'(?:"(?:[^"]|"")*"|[^",]*)', self._present()
        spec = SEPARATOR.join(f"({any_})" if name in present else any_ for name in self._first_of_each())
        groups = lines.str.extract_groups(f"(?s)^{spec}()$").struct.unnest().get_columns()
        places = [name for name in self._first_of_each() if name in present]
        texts = {name: unquoted(group, undoubled) for name, group in zip(places, groups, strict=False)}
        return self._batch(groups[-1].is_not_null(), texts, wanted)

    def _present(self) -> list[str]:
        """The columns that are read and that the header has."""
        return [name for name in self._used if name in self.names]

    def _first_of_each(self) -> list[str]:
        """The header's names, later ones of the same name without it."""
        return [name if self.names.index(name) == i else "" for i, name in enumerate(self.names)]

    def _batch(self, ok: pl.Series, present: Mapping[str, pl.Series], wanted: frozenset[str]) -> Batch:
        batch = Batch(wanted, ok.fill_null(value=False))
        nothing = constant(None, len(ok), pl.String())
        texts: dict[tuple[str, ...], pl.Series] = {(name,): present.get(name, nothing) for name in self._used}
        for path, pattern in self.only.items():
            batch.require(texts[path].str.contains(pattern.pattern))
        self._drop_skipped(batch, texts)
        for condition in self.required(there(texts)):
            batch.require(condition)
        for key in self.keys:
            if batch.needs(key.field):
                read_column(batch, key.field, stated(key, texts), self.how)
        self._state(batch, texts)
        return batch

    def _state(self, batch: Batch, texts: Mapping[tuple[str, ...], pl.Series]) -> None:
        """Put the requests that the events stand for."""
        if not self.entry.stands_for:
            return
        frame = pl.DataFrame([series.alias(path[0]) for path, series in texts.items()])
        stated = frame.select(
            _first(self.entry.stands_for, lambda each: pl.lit(each["method"], pl.String())).alias("method"),
            _first(self.entry.stands_for, lambda each: _path(each["path"])).alias("path"),
            _first(self.entry.stands_for, lambda each: pl.lit(each["status"], pl.Int32())).alias("status"),
        )
        batch.require(stated["path"].is_not_null())
        for name in STATED:
            batch.put(name, 0, stated[name])

    # One line --------------------------------------------------------------------------------------------------

    def record(self, line: str) -> dict[str, Any] | None:
        """The values of a line by their column; the first of two equal names counts."""
        found = cells(line)
        if found is None or len(found) != len(self.names):
            return None
        return dict(reversed(list(zip(self.names, found, strict=True))))

    def _one(self, record: Mapping[str, Any] | None) -> dict[str, Any] | None:
        stated = self._stated(record or {})
        read = super()._one(record) if stated is not None else None
        return None if read is None or stated is None else read | stated

    def _stated(self, record: Mapping[str, str]) -> dict[str, Any] | None:
        """The request that an event stands for; None where it stands for none."""
        for each in self.entry.stands_for:
            if all(re.search(pattern, record.get(name, "")) for name, pattern in each["only"].items()):
                path = "".join(
                    record.get(name, "").translate(_ENCODE) if name else text
                    for name, text in _COLUMN.findall(each["path"])
                )
                return {"method": each["method"], "path": path, "status": each["status"]}
        return None if self.entry.stands_for else {}

    def _fate(self, line: str) -> Outcome:
        if header(self.entry, line):
            return IGNORED, "header"
        record = self.record(line)
        if record is None:
            return REJECTED, "quotes do not pair" if cells(line) is None else "wrong number of fields"
        skipped = self._skipped(record)
        if skipped:
            return IGNORED, skipped
        return misread(self.one, line, "names no package" if self.entry.stands_for else "not an access line")

    def reach(self, line: str) -> int:
        """How many characters of a line fit before its quotes do not pair."""
        at = 0
        while match := _CELL.match(line, at):
            at = match.end()
            if line[at : at + 1] != SEPARATOR:
                return at
            at += 1
        return at


def _columns(template: str) -> list[str]:
    return [name for name, _ in _COLUMN.findall(template) if name]


def _path(template: str) -> pl.Expr:
    pieces = [
        pl.col(name).fill_null("").str.replace_many(_IN_PATH) if name else pl.lit(text)
        for name, text in _COLUMN.findall(template)
    ]
    return pl.concat_str(pieces)


def _first(choices: Sequence[Mapping[str, Any]], value: Callable[[Mapping[str, Any]], pl.Expr]) -> pl.Expr:
    """The value of the first choice whose patterns all fit."""
    return pl.coalesce([pl.when(_fits(each["only"])).then(value(each)) for each in choices])


def _fits(only: Mapping[str, str]) -> pl.Expr:
    return pl.all_horizontal([pl.col(name).fill_null("").str.contains(pattern) for name, pattern in only.items()])
