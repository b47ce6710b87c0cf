"""What lines are wrapped in, and how to take it off: one line out for each line in."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pullstats.formats import times
from pullstats.formats.decode import in_parts, trusted
from pullstats.formats.distinct import constant
from pullstats.formats.unescape import sound
from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Sequence

SHARE = 0.9  # of the lines must have an envelope
DEPTH = 2
FIRST_PART = "first part of a split line"
_LONGEST = 65_536
_GROUP = re.compile(r"\?P<([a-z]+)>")


@dataclass(frozen=True)
class Envelope:
    """One way to wrap lines, as `envelopes.toml` describes it."""

    name: str
    about: str
    kind: str  # text, json, list or pretty
    source: str
    spec: str = ""
    look: str = ""
    clock: str = ""
    line: str = ""
    time: str = ""
    stream: str = ""
    program: str = ""
    split: bool = False
    items: str = ""
    item: str = ""

    @property
    def groups(self) -> list[str]:
        """The names of the pattern's groups, in order."""
        return _GROUP.findall(self.spec)

    @property
    def pattern(self) -> str:
        """What an enveloped line looks like."""
        return self.look or self.spec


class Inside(NamedTuple):
    """What was in the envelopes: the lines, and what the envelopes say about them.

    Attributes:
        lines: one for each line that came in; a line without the envelope as it is.
        parts: rows that are the first part of a line that goes on below.
        ts: epoch microseconds that an envelope states; None if none does.
        programs: who wrote the line; None if no envelope says so.
    """

    lines: pl.Series
    parts: pl.Series
    ts: pl.Series | None = None
    programs: pl.Series | None = None


@cache
def envelopes() -> dict[str, Envelope]:
    """All known envelopes by name, in the order in which they are tried."""
    tables = tomllib.loads((Path(__file__).parent / "envelopes.toml").read_text(encoding="utf-8"))
    return {name: Envelope(name=name, **table) for name, table in tables.items()}


def found(lines: pl.Series) -> tuple[str, ...]:
    """The envelopes around the lines, the outermost first, at most two."""
    names: list[str] = []
    texts = lines.filter(lines.str.strip_chars() != "").head(1000)
    for _ in range(DEPTH):
        envelope = _around(texts)
        if envelope is None:
            break
        names.append(envelope.name)
        if envelope.kind == "list":
            texts, _ = unfold(envelope, texts)
        else:
            texts = Unwrapper([envelope.name]).unwrap(texts).lines
    return tuple(names)


def _around(texts: pl.Series) -> Envelope | None:
    if texts.is_empty():
        return None
    line = pl.col("line")
    shares = (
        (line.head(1) if envelope.kind == "pretty" else line).str.contains(envelope.pattern).mean().alias(name)
        for name, envelope in envelopes().items()
    )
    fits = texts.head(50).alias("line").to_frame().select(shares).row(0, named=True)
    return next((envelopes()[name] for name, share in fits.items() if share >= SHARE), None)


def unfold(envelope: Envelope, lines: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The records inside lines that hold several each, and the row that each came from; other lines stay."""
    texts: list[str] = []
    rows: list[int] = []
    for row, line in enumerate(lines):
        items = _items(envelope, line or "")
        # A line with an empty list is a line all the same: blank, so that it is ignored and counted.
        inner = [line or ""] if items is None else [_item(envelope, each) for each in items] or [""]
        texts += inner
        rows += [row] * len(inner)
    return pl.Series("line", texts, dtype=pl.String), pl.Series(rows, dtype=pl.Int64)


def _items(envelope: Envelope, line: str) -> list[Any] | None:
    if not re.match(envelope.look, line):
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    items = record.get(envelope.items) if isinstance(record, dict) else None
    return items if isinstance(items, list) else None


def _item(envelope: Envelope, item: object) -> str:
    if envelope.item and isinstance(item, dict) and isinstance(item.get(envelope.item), str):
        return sound(item[envelope.item].rstrip("\r\n"))
    return sound(json.dumps(item, ensure_ascii=False, separators=(",", ":")))


@dataclass
class Unwrapper:
    """Takes envelopes off, batch after batch; a line that was split over batches is joined.

    Attributes:
        names: the envelopes, the outermost first.
        tz: the zone of times that state none.
        newest: epoch microseconds of the log's newest line, for times that state no year.
    """

    names: Sequence[str]
    tz: str = "UTC"
    newest: int | None = None
    _pending: dict[tuple[str, str], str] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    _held: int = 0  # characters of the open record's lines
    _indent: int = 0

    def unwrap(self, lines: pl.Series) -> Inside:
        """What is in the envelopes of the lines."""
        inside = Inside(lines, constant(False, len(lines), pl.Boolean()))
        for name in self.names:
            envelope = envelopes()[name]
            layer = self._layer(envelope, inside.lines)
            inside = Inside(
                layer.lines,
                inside.parts | layer.parts,
                layer.ts if layer.ts is not None else inside.ts,
                layer.programs if layer.programs is not None else inside.programs,
            )
        return inside

    def _layer(self, envelope: Envelope, lines: pl.Series) -> Inside:
        if envelope.kind == "text":
            cut = lines.str.extract_groups(envelope.spec).struct.unnest().get_columns()
            part = dict(zip(envelope.groups, cut, strict=True))
            more = part["part"] == "P" if "part" in part else None
        elif envelope.kind == "json":
            part = _keys(envelope, lines)
            more = ~part["line"].str.ends_with("\n") if envelope.split else None
            part["line"] = part["line"].str.strip_chars_end("\r\n")
        elif envelope.kind == "pretty":
            return self._lists(lines)
        else:
            return Inside(lines, constant(False, len(lines), pl.Boolean()))
        inner = part["line"].zip_with(part["line"].is_not_null(), lines)
        ts = times.column(envelope.clock, part["time"], self.tz, self.newest) if "time" in part else None
        if more is None:
            parts = constant(False, len(lines), pl.Boolean())
        else:
            parts = more.fill_null(value=False)
            inner = self._whole(envelope.name, inner, parts, part.get("stream"))
        return Inside(inner, parts, ts, part.get("program"))

    def _whole(self, name: str, lines: pl.Series, parts: pl.Series, streams: pl.Series | None) -> pl.Series:
        """The lines, each with the parts of it that stand above; the parts themselves stay as they are."""
        if not self._pending and not parts.any():
            return lines
        stream = constant("", len(lines), pl.String()) if streams is None else streams.fill_null("")
        frame = pl.DataFrame({"line": lines, "part": parts, "stream": stream}).with_row_index("row")
        before = pl.col("part").shift(1).over("stream")
        touched = frame.filter(pl.col("part") | before.fill_null(value=bool(self._pending)))
        rows, texts = [], []
        for row, line, part, stream_ in touched.iter_rows():
            text = self._pending.pop((name, stream_), "") + (line or "")
            if part:
                self._pending[name, stream_] = text[:_LONGEST]
            else:
                rows.append(row)
                texts.append(text)
        return lines.clone().scatter(rows, pl.Series(texts, dtype=pl.String)) if rows else lines

    def _lists(self, lines: pl.Series) -> Inside:
        """The records of a JSON list, each at the line where it ends."""
        texts, parts = [], []
        for line in lines:
            text = self._record(line or "")
            texts.append(text or "")
            parts.append(text is None)
        return Inside(pl.Series("line", texts, dtype=pl.String), pl.Series(parts, dtype=pl.Boolean))

    def _record(self, line: str) -> str | None:
        """The record that ends with a line; None while one goes on; empty for the list's own brackets."""
        bare = line.strip()
        if self._open:
            self._open.append(bare)
            self._held += len(bare) + 1
            ends = bare.startswith("}") and len(line) - len(line.lstrip()) <= self._indent
            if not ends and self._held < _LONGEST:
                return None
            text, self._open, self._held = " ".join(self._open), [], 0
            return text.rstrip(",] ")
        text = bare.removeprefix("[").strip()
        if text in {"", "]", "],"}:
            return ""
        if text.startswith("{") and not text.rstrip(",] ").endswith("}"):
            self._open, self._indent = [text], len(line) - len(line.lstrip())
            return None
        return text.removesuffix("]").rstrip(", ")


def _keys(envelope: Envelope, lines: pl.Series) -> dict[str, pl.Series]:
    """The texts of an envelope's keys; null for lines that are no such object."""
    wanted = {name: key for name in ("line", "time", "stream", "program") if (key := getattr(envelope, name))}
    tried = (trusted(lines) & lines.str.contains(envelope.look).fill_null(value=False)).arg_true()
    frame, found = in_parts(lines.gather(tried), {key: pl.String() for key in wanted.values()})
    if frame is not None and len(frame) == len(lines):
        return {name: frame[key] for name, key in wanted.items()}
    rows = tried.gather(found)
    other = pl.int_range(len(lines), eager=True).filter(~pl.int_range(len(lines), eager=True).is_in(rows.implode()))
    objects = [_object(line or "") for line in lines.gather(other)]
    return {
        name: constant(None, len(lines), pl.String())
        .scatter(rows, frame[key] if frame is not None else [])
        .scatter(other, pl.Series([_as_text(each.get(key)) for each in objects], dtype=pl.String))
        for name, key in wanted.items()
    }


def _object(line: str) -> dict[str, Any]:
    try:
        record = json.loads(line, strict=False)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _as_text(value: object) -> str | None:
    """A value as text; journald writes what is no UTF-8 as a list of bytes."""
    if isinstance(value, list) and all(isinstance(byte, int) and 0 <= byte < 256 for byte in value):  # noqa: PLR2004 - a byte
        return bytes(value).decode("utf-8", "replace")
    return sound(str(value)) if isinstance(value, str | int) else None
