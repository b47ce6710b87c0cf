"""Lines of key=value pairs (logfmt), as Go's loggers write them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pullstats.formats.columns import decoded
from pullstats.formats.kinds.json import JsonParser, flat, stated, there
from pullstats.formats.kinds.parser import Batch, read_texts
from pullstats.formats.unescape import backslash

if TYPE_CHECKING:
    from pullstats.formats.entry import Entry
    from pullstats.lazy import pl

_VALUE = r'"(?:[^"\\]|\\.)*"|[^ "]*'
_PAIR = re.compile(rf"([^ =\"]+)=({_VALUE})(?: |$)")
_LINE = rf'^(?:[^ ="]+=(?:{_VALUE})(?: |$))+$'


class LogfmtParser(JsonParser):
    """Reads lines of key=value pairs: a record of the same keys as a JSON object would have."""

    def __init__(self, entry: Entry, tz: str) -> None:
        super().__init__(entry, tz)
        flat(entry)
        self.tiers = (self._by_key, self._by_line)

    def _by_key(self, lines: pl.Series, wanted: frozenset[str]) -> Batch:
        batch = Batch(wanted, lines.str.contains(_LINE).fill_null(value=False))
        names = {path[0] for path, _ in self._paths()}
        raw = {name: lines.str.extract(rf"(?:^| ){re.escape(name)}=({_VALUE})(?: |$)") for name in names}
        # A key inside a quoted value looks like a key: such lines are read pair by pair.
        for name in names:
            batch.require(lines.str.count_matches(f" {name}=", literal=True) <= 1)
        texts: dict[tuple[str, ...], pl.Series] = {(name,): _unquoted(series) for name, series in raw.items()}
        for path, pattern in self.only.items():
            batch.require(texts[path].str.contains(pattern.pattern))
        for condition in self.required(there(texts)):
            batch.require(condition)
        self._drop_skipped(batch, texts)
        read_texts(batch, [(key.field, stated(key, texts)) for key in self.keys], self.how)
        return batch

    def record(self, line: str) -> dict[str, Any] | None:
        """The pairs in a line; the first of two equal keys counts."""
        found: dict[str, Any] = {}
        end = 0
        while match := _PAIR.match(line, end):
            end = match.end()
            value = match[2]
            found.setdefault(match[1], backslash(value[1:-1]) if value.startswith('"') else value)
        return found if found and end == len(line) else None


def _unquoted(texts: pl.Series) -> pl.Series:
    """The values without their quotes, escaping undone."""
    quoted = texts.str.starts_with('"').arg_true()
    if not len(quoted):
        return texts
    return texts.clone().scatter(quoted, decoded("backslash", texts.gather(quoted).str.slice(1).str.head(-1)))
