"""One JSON object (or one line of key=value) a line: the wanted keys by their aliases.

Servers write their keys in one order, so a line is first cut at the commas before keys, and each piece must begin with
the key that a line before it had there (`spelled`, for the commonest shapes). Other lines are decoded as JSON by the
column. What that cannot be trusted with (it fails a whole column for one bad line) is read line by line.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pullstats.errors import PullstatsError, did_you_mean
from pullstats.formats.decode import in_parts, trusted
from pullstats.formats.distinct import constant
from pullstats.formats.kinds.parser import Batch, How, Outcome, read_column, read_one, read_texts
from pullstats.formats.kinds.spelled import Spelled
from pullstats.formats.kinds.template import FIRST, LISTED
from pullstats.formats.kinds.text import ERROR_LOGS
from pullstats.formats.kinds.tokens import Field
from pullstats.formats.unescape import repaired, sound
from pullstats.formats.values import TYPES, Unreadable
from pullstats.lazy import pl
from pullstats.tables import IGNORED, REJECTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pullstats.formats.entry import Entry

_TYPES = {
    "ts": "time", "client_ip": "address", "xff": "xff", "method": "method", "path": "path", "query": "query",
    "status": "status", "bytes": "size", "referer": "text", "user_agent": "text", "host": "host",
    "request_time": "s", "request_id": "text", "tls": "tls", "edge": "text", "country": "country",
    "auth": "present", "conditional": "present", "target": "target", "request": "request", "user": "user",
}  # fmt: skip


_FEW = 400  # lines: below, each is read alone in less time than the columns of all keys take


@dataclass(frozen=True)
class Key:
    """Where a value stands.

    Attributes:
        path: the keys from the outermost in.
        field: what the value is.
        listed: the last key holds a list.
        then: a key beside it whose text follows, after a space (a date and its time).
    """

    path: tuple[str, ...]
    field: Field
    listed: bool = False
    then: tuple[str, ...] = ()


def keys(entry: Entry) -> tuple[Key, ...]:
    """The places where an entry's columns may stand, the best first.

    Written `outer>inner[]@type!escape`: `>` goes into an object, `[]` takes the first of a list, `date+time` joins two.
    """
    found = []
    for column, places in entry.fields.items():
        if column not in _TYPES:
            hint = did_you_mean(column, tuple(_TYPES)) or f"one of {', '.join(_TYPES)}"
            raise PullstatsError(f"[{entry.name}] fields has {column!r}: no such field", hint)
        for rank, place in enumerate([places] if isinstance(places, str) else places):
            path, _, type_ = place.rpartition("@")
            if not path:  # no type is given; a key may begin with @ itself
                path, type_ = place, _TYPES.get(column, "")
            type_, _, escape = type_.partition("!")
            if type_ not in TYPES:
                raise PullstatsError(f"[{entry.name}] {column} = {place!r}: {type_!r} is no type")
            target = "" if column in {"target", "request", "user"} else column
            path, _, then = path.partition("+")
            steps = tuple(path.removesuffix("[]").split(">"))
            field = Field(target, type_, rank, escape=escape)
            found.append(Key(steps, field, path.endswith("[]"), (then,) if then else ()))
    return tuple(found)


def stated(key: Key, texts: Mapping[tuple[str, ...], pl.Series]) -> pl.Series:
    """The texts of a key, with what follows them."""
    return texts[key.path] + " " + texts[key.then] if key.then else texts[key.path]


def flat(entry: Entry) -> None:
    """Refuse keys that only JSON can have.

    Raises:
        PullstatsError: a key stands in an object or holds a list.
    """
    for key in keys(entry):
        if len(key.path) > 1 or key.listed:
            what = f"[{entry.name}] {'>'.join(key.path)!r}: {entry.kind} has no objects and no lists"
            raise PullstatsError(what, "name the key as it stands in the log")


class JsonParser:
    """Reads lines that are JSON objects."""

    def __init__(self, entry: Entry, tz: str) -> None:
        self.entry, self.how = entry, How("none", tz, entry.null)
        self.keys = keys(entry)
        self.columns = frozenset(column for key in self.keys for column in key.field.columns)
        self._by_path: dict[tuple[str, ...], list[Key]] = {}
        self._filling = {name: [key for key in self.keys if name in key.field.columns] for name in self.columns}
        self._by_name: dict[str, list[tuple[int, Key]]] = {}
        for number, key in enumerate(self.keys):
            self._by_path.setdefault(key.path, []).append(key)
            self._by_name.setdefault(key.path[0], []).append((number, key))
        self.skip = {reason: _filters(found) for reason, found in entry.skip.items()}
        self.only = _filters(entry.only)
        self._ignore = {reason: _filters(keys) for reason, keys in entry.ignore.items() if not isinstance(keys, str)}
        lines = {reason: pattern for reason, pattern in entry.ignore.items() if isinstance(pattern, str)}
        self._ignored_lines = [(re.compile(pattern), reason) for reason, pattern in {**lines, **ERROR_LOGS}.items()]
        self.tiers: tuple[Callable[[pl.Series, frozenset[str]], Batch], ...] = (
            *Spelled(self).tiers(),
            *(() if self._twofold() else (self._by_column,)),
            self._by_line,
        )

    # whole columns -----------------------------------------------------------------------------------------------

    def _by_column(self, lines: pl.Series, wanted: frozenset[str]) -> Batch:
        batch = Batch(wanted, constant(False, len(lines), pl.Boolean()))
        if len(lines) < _FEW:
            return batch
        tried = trusted(lines).arg_true()
        frame, found = in_parts(lines.gather(tried), _struct(self._paths()))
        if frame is None:
            return batch
        rows = tried.gather(found)
        texts = {path: self._at(frame, path) for path, _ in self._paths()}
        part = Batch(wanted, constant(True, len(frame), pl.Boolean()))
        for path, series in texts.items():
            if series.null_count() < len(series):
                self._refuse_json(part, lines, rows, path, series)
        for path, pattern in self.only.items():
            part.require(texts[path].str.contains(pattern.pattern))
        for condition in self.required(there(texts)):
            part.require(condition)
        self._drop_skipped(part, texts)
        for key in self.keys:
            if texts[key.path].null_count() < len(frame) and part.needs(key.field):
                read_column(part, key.field, stated(key, texts), self.how)
        return part.at(_places(rows, len(lines)))

    def _refuse_json(
        self, batch: Batch, lines: pl.Series, rows: pl.Series, path: tuple[str, ...], texts: pl.Series
    ) -> None:
        """Leave lines with a list or an object where a text is wanted: it comes as its JSON."""
        odd = (texts.str.starts_with("{") | texts.str.starts_with("[")).fill_null(value=False).arg_true()
        if len(odd):  # or is it a text that begins so, such as an address in brackets?
            key, raw = re.escape(json.dumps(path[-1], ensure_ascii=False)), lines.gather(rows.gather(odd)).str
            text = raw.contains(rf'{key}\s*:\s*"') & ~raw.contains(rf"{key}\s*:\s*[\[{{]")
            batch.require(constant(True, len(texts), pl.Boolean()).scatter(odd, text))

    def _paths(self) -> list[tuple[tuple[str, ...], bool]]:
        """Every place that is looked at, and whether it holds a list."""
        found = {key.path: key.listed for key in self.keys}
        found |= {key.then: False for key in self.keys if key.then}
        filters = [self.only, *self.skip.values()]
        return list((dict.fromkeys((path for each in filters for path in each), False) | found).items())

    def _twofold(self) -> bool:
        """Whether a key is wanted as a text here and as an object there, which no column can be."""
        paths = [path for path, _ in self._paths()]
        return any(long[: len(short)] == short for long in paths for short in paths if len(short) < len(long))

    def _drop_skipped(self, batch: Batch, texts: Mapping[tuple[str, ...], pl.Series]) -> None:
        """Leave the records that are no client's request."""
        for filters in self.skip.values():
            for path, pattern in filters.items():
                batch.require(~texts[path].str.contains(pattern.pattern).fill_null(value=False))

    def _at(self, frame: pl.DataFrame, path: tuple[str, ...]) -> pl.Series:
        series = frame[path[0]]
        for name in path[1:]:
            series = series.struct.field(name)
        if series.dtype == pl.List:
            first = series.list.first()
            return first.set(series.is_not_null() & first.is_null(), LISTED) if self._shown(path) else first
        return series

    def _shown(self, path: tuple[str, ...]) -> bool:
        """Whether only the presence of what stands there matters."""
        return any(key.field.type == "present" for key in self._by_path.get(path, ()))

    def required(self, there: Mapping[tuple[str, ...], pl.Series | None]) -> Iterable[pl.Series]:
        """Which lines have a value for a required column; nothing for columns that all lines have one for.

        Args:
            there: for each place that was read, where it has a value (None: everywhere).
        """
        for column in self.entry.required:
            keys = [key for key in self._for(column) if key.path in there and (not key.then or key.then in there)]
            places = [_both(there[key.path], there[key.then] if key.then else None) for key in keys]
            some = [series.alias(str(i)) for i, series in enumerate(places) if series is not None]
            if places and len(some) == len(places):
                yield pl.DataFrame(some).select(pl.any_horizontal(pl.all())).to_series()

    def _for(self, column: str) -> list[Key]:
        """The keys that fill a column; a request or target stands for its method and path."""
        return self._filling.get(column, [])

    def at(self, path: tuple[str, ...]) -> list[Key]:
        """The keys whose value stands at a place."""
        return self._by_path.get(path[:-1] if path[-1] == FIRST else path, [])

    def complete(self, paths: set[tuple[str, ...]]) -> bool:
        """Whether values at these places are enough for a record."""
        return all(any(key.path in paths for key in self._for(column)) for column in self.entry.required)

    # line by line ------------------------------------------------------------------------------------------------

    def _by_line(self, lines: pl.Series, wanted: frozenset[str]) -> Batch:
        raw = [self._raw(self.record(line or "")) for line in lines]
        rows = [row for row in raw if row is not None]
        there = {number for row in rows for number, text in row.items() if text is not None}
        part = Batch(wanted, constant(True, len(rows), pl.Boolean()))
        for number in sorted(there):
            texts = pl.Series([row.get(number) for row in rows], dtype=pl.String)
            read_texts(part, [(self.keys[number].field, texts)], self.how)
        found = pl.Series([i for i, row in enumerate(raw) if row is not None], dtype=pl.Int64)
        return part.at(_places(found, len(lines)))

    def _raw(self, record: Mapping[str, Any] | None) -> dict[int, str | None] | None:
        """The raw texts of an object that is a record of this format, by the numbers of their keys."""
        if record is None or not _passes(record, self.only) or self._skipped(record):
            return None
        raw = {i: self._joined(record, key) for name in record for i, key in self._by_name.get(name, ())}
        present = {self.keys[number].path for number, text in raw.items() if text is not None}
        return raw if self.complete(present) else None

    def record(self, line: str) -> dict[str, Any] | None:
        """The object in a line; the first of two equal keys counts."""
        if not line.lstrip(" \t\r").startswith("{"):
            return None
        record = _loaded(line)
        if record is None and "\\x" in line:
            record = _loaded(repaired(line))
        return record if isinstance(record, dict) else None

    def _skipped(self, record: Mapping[str, Any]) -> str | None:
        """Why the record is no client's request, if it is none."""
        return next((reason for reason, filters in self.skip.items() if _passes(record, filters)), None)

    def _joined(self, record: Mapping[str, Any], key: Key) -> str | None:
        first = self._text(_found(record, key.path), key)
        if not key.then or first is None:
            return first
        second = _found(record, key.then)
        return sound(f"{first} {second}") if isinstance(second, str) else None

    def _text(self, value: object, key: Key) -> str | None:
        if key.listed:
            if not isinstance(value, list):
                return None
            value = value[0] if value else LISTED if key.field.type == "present" else None
        if isinstance(value, bool):
            return "true" if value else "false"
        return sound(value) if isinstance(value, str) else None

    def fits(self, record: Mapping[str, Any]) -> bool:
        """Whether an object has what a record of this format needs."""
        return _passes(record, self.only) and self.complete(
            {k.path for k in self.keys if _found(record, k.path) is not None}
        )

    def one(self, line: str) -> dict[str, Any] | None:
        """The record of one line; None where it is none of this format.

        Raises:
            Unreadable: it is one, but a text in it is no value of its type.
        """
        return self._one(self.record(line))

    def _one(self, record: Mapping[str, Any] | None) -> dict[str, Any] | None:
        raw = self._raw(record)
        return None if raw is None else read_one(((self.keys[i].field, raw[i]) for i in sorted(raw)), self.how)

    def judge(self, lines: pl.Series) -> list[Outcome]:
        """Why no tier could read each of the lines."""
        return [self._fate(line) for line in lines]

    def _fate(self, line: str) -> Outcome:
        record = self.record(line)
        if record is None:
            known = next((reason for pattern, reason in self._ignored_lines if pattern.search(line[:4000])), None)
            return (IGNORED, known) if known else (REJECTED, "not JSON")
        skipped = self._skipped(record)
        if skipped and _passes(record, self.only):
            return IGNORED, skipped
        if not _passes(record, self.only):
            known = next((reason for reason, filters in self._ignore.items() if _passes(record, filters)), None)
            return (IGNORED, known) if known else (REJECTED, "not an access line")
        try:
            self._one(record)
        except Unreadable as error:
            return REJECTED, str(error)
        missing = [c for c in self.entry.required if all(_found(record, key.path) is None for key in self._for(c))]
        return REJECTED, f"no {missing[0]}" if missing else "not an access line"


def _filters(keys: Mapping[str, str]) -> dict[tuple[str, ...], re.Pattern[str]]:
    return {tuple(name.split(">")): re.compile(pattern) for name, pattern in keys.items()}


def _passes(record: Mapping[str, Any], filters: Mapping[tuple[str, ...], re.Pattern[str]]) -> bool:
    for path, pattern in filters.items():
        if path[0].startswith("!"):
            if _found(record, (path[0][1:], *path[1:])) is not None:
                return False
            continue
        value = _found(record, path)
        if isinstance(value, bool):
            value = "true" if value else "false"
        if not isinstance(value, str) or not pattern.search(value):
            return False
    return True


def there(texts: Mapping[tuple[str, ...], pl.Series]) -> dict[tuple[str, ...], pl.Series | None]:
    """Where each place has a value; None: everywhere."""
    return {path: series.is_not_null() if series.null_count() else None for path, series in texts.items()}


def _both(one: pl.Series | None, other: pl.Series | None) -> pl.Series | None:
    """Where both hold; None holds everywhere."""
    return other if one is None else one if other is None else one & other


def _places(rows: pl.Series, height: int) -> pl.Series:
    """Each line's place among these rows, null for the others (for `Batch.at`)."""
    return constant(None, height, pl.UInt32()).scatter(rows, pl.int_range(len(rows), dtype=pl.UInt32(), eager=True))


def _struct(paths: Iterable[tuple[tuple[str, ...], bool]]) -> dict[str, pl.DataType]:
    """The fields of the struct that holds these paths."""
    inner: dict[str, list[tuple[tuple[str, ...], bool]]] = {}
    out: dict[str, pl.DataType] = {}
    for path, listed in paths:
        if len(path) == 1:
            out.setdefault(path[0], pl.List(pl.String) if listed else pl.String())
        else:
            inner.setdefault(path[0], []).append((path[1:], listed))
    return out | {name: pl.Struct(_struct(rest)) for name, rest in inner.items()}


def _found(record: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = record
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _first(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(reversed(pairs)) if len({name for name, _ in pairs}) < len(pairs) else dict(pairs)


def _loaded(line: str) -> Any:
    try:
        return _DECODER.decode(line)
    except (ValueError, RecursionError):
        return None


def _decimal(digits: str) -> str:
    """A number as the column decoder writes it: the fewest digits that mean it, without an exponent."""
    value = repr(float(digits))
    plain = format(Decimal(value), "f") if "e" in value else value
    return plain.removesuffix(".0")


def _whole(digits: str) -> str:
    return "0" if digits == "-0" else digits


def _reject(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


# Made once: it costs more than a line.
_DECODER = json.JSONDecoder(
    object_pairs_hook=_first, parse_float=_decimal, parse_int=_whole, parse_constant=_reject, strict=False
)
