"""Lines of key=value pairs (logfmt), as Go's loggers write them."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from pullstats.formats.columns import decoded
from pullstats.formats.distinct import constant
from pullstats.formats.kinds.json import JsonParser, flat, stated, there
from pullstats.formats.kinds.parser import Batch, read_column
from pullstats.formats.kinds.spelled import Shapes
from pullstats.formats.unescape import backslash
from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pullstats.formats.entry import Entry

_VALUE = r'"(?:[^"\\]|\\.)*"|[^ "]*'
_PAIR = re.compile(rf"([^ =\"]+)=({_VALUE})(?: |$)")
_LOOK_AT = 200  # lines
_ENOUGH = 0.05  # of them must have the same keys
_LINE = rf'^(?:[^ ="]+=(?:{_VALUE})(?: |$))+$'


class LogfmtParser(JsonParser):
    """Reads lines of key=value pairs: a record of the same keys as a JSON object would have."""

    def __init__(self, entry: Entry, tz: str) -> None:
        super().__init__(entry, tz)
        flat(entry)
        self.tiers = (*Shapes(self._learn).tiers(self._by_shape), self._by_key, self._by_line)

    def _learn(self, lines: pl.Series) -> tuple[str, ...] | None:
        """The keys of most of the first lines, in their order; None if too few have the same."""
        looked_at = lines.head(_LOOK_AT).to_list()
        seen = Counter(tuple(name for name, _ in found) for line in looked_at if (found := _pairs(line or "")))
        most = [(names, number) for names, number in seen.most_common() if self._usable(names)]
        return most[0][0] if most and most[0][1] >= _ENOUGH * len(looked_at) else None

    def _usable(self, names: tuple[str, ...]) -> bool:
        """Whether lines with these keys can be records."""
        found = {(name,) for name in names}
        once = len(found) == len(names)
        stated_ = {key.path for key in self.keys if {key.path, key.then or key.path} <= found}
        return once and self.only.keys() <= found and self.complete(stated_)

    def _by_shape(self, names: tuple[str, ...], lines: pl.Series, wanted: frozenset[str]) -> Batch:
        """Lines with these keys in this order."""
        read = {path[0] for path, _ in self._paths()}
        spec = " ".join(f"{re.escape(name)}={'(' if name in read else '(?:'}{_VALUE})" for name in names)
        groups = lines.str.extract_groups(f"(?s)^{spec}()$").struct.unnest().get_columns()
        found = dict(zip((name for name in names if name in read), groups, strict=False))
        nothing = constant(None, len(lines), pl.String())
        return self._batch(groups[-1].is_not_null(), {name: found.get(name, nothing) for name in read}, wanted)

    def _by_key(self, lines: pl.Series, wanted: frozenset[str]) -> Batch:
        names = {path[0] for path, _ in self._paths()}
        raw = {name: lines.str.extract(rf"(?:^| ){re.escape(name)}=({_VALUE})(?: |$)") for name in names}
        ok = lines.str.contains(_LINE)
        for name in names:  # a key inside a quoted value looks like a key: such lines are read pair by pair
            ok = ok & (lines.str.count_matches(f" {name}=", literal=True) <= 1)
        return self._batch(ok, raw, wanted)

    def _batch(self, ok: pl.Series, raw: Mapping[str, pl.Series], wanted: frozenset[str]) -> Batch:
        batch = Batch(wanted, ok.fill_null(value=False))
        texts: dict[tuple[str, ...], pl.Series] = {(name,): _unquoted(series) for name, series in raw.items()}
        for path, pattern in self.only.items():
            batch.require(texts[path].str.contains(pattern.pattern))
        for condition in self.required(there(texts)):
            batch.require(condition)
        self._drop_skipped(batch, texts)
        for key in self.keys:
            read_column(batch, key.field, stated(key, texts), self.how)
        return batch

    def record(self, line: str) -> dict[str, Any] | None:
        """The pairs in a line; the first of two equal keys counts."""
        pairs = _pairs(line)
        return dict(reversed(pairs)) if pairs else None


def _pairs(line: str) -> list[tuple[str, str]]:
    """The keys and values of a line in their order; nothing for a line that is something else."""
    found, end = [], 0
    while match := _PAIR.match(line, end):
        end = match.end()
        value = match[2]
        found.append((match[1], backslash(value[1:-1]) if value.startswith('"') else value))
    return found if end == len(line) else []


def _unquoted(texts: pl.Series) -> pl.Series:
    """The values without their quotes, escaping undone."""
    quoted = texts.str.starts_with('"').arg_true()
    if not len(quoted):
        return texts
    return texts.clone().scatter(quoted, decoded("backslash", texts.gather(quoted).str.slice(1).str.head(-1)))
