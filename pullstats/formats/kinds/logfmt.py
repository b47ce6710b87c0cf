"""Lines of pairs: key=value as Go's loggers write them (logfmt), or key:value between tabs (LTSV)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from pullstats.formats.columns import decoded, unquoted
from pullstats.formats.distinct import constant
from pullstats.formats.kinds.json import JsonParser, flat, stated, there
from pullstats.formats.kinds.parser import Batch, How, read_column
from pullstats.formats.kinds.spelled import Shapes
from pullstats.formats.unescape import backslash
from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pullstats.formats.entry import Entry

_LOOK_AT = 200  # lines
_ENOUGH = 0.05  # of them must have the same keys


@dataclass(frozen=True)
class Spelling:
    """How pairs are written.

    Attributes:
        key: what a key looks like.
        sign: what stands between a key and its value.
        value: what a value looks like.
        gap: what stands between pairs.
        quoted: a value may stand in quotes.
    """

    key: str
    sign: str
    value: str
    gap: str
    quoted: bool

    @cached_property
    def pair(self) -> re.Pattern[str]:
        """A pair with what ends it."""
        return re.compile(rf"({self.key}){self.sign}({self.value})(?:{self.gap}|\Z)")

    @property
    def line(self) -> str:
        """A line of nothing but pairs: a single one could be anything."""
        return rf"(?s)^(?:{self.key}{self.sign}(?:{self.value})(?:{self.gap}|$)){{2,}}$"


SPELLINGS = {
    "logfmt": Spelling(r'[^ ="]+', "=", r'"(?:[^"\\]|\\.)*"|[^ "]*', " ", quoted=True),
    "ltsv": Spelling(r"[0-9A-Za-z_.-]+", ":", r"[^\t]*", "\t", quoted=False),
}


class PairsParser(JsonParser):
    """Reads lines of pairs: a record of the same keys as a JSON object would have."""

    def __init__(self, entry: Entry, tz: str) -> None:
        super().__init__(entry, tz)
        flat(entry)
        self._spelling = SPELLINGS[entry.kind]
        if not self._spelling.quoted:  # the server's escapes stand in the values
            self.how = How(entry.escape, tz, entry.null)
        self.tiers = (*Shapes(self._learn).tiers(self._by_shape), self._by_key, self._by_line)

    def _learn(self, lines: pl.Series) -> tuple[str, ...] | None:
        """The keys of most of the first lines, in their order; None if too few have the same."""
        looked_at = lines.head(_LOOK_AT).to_list()
        seen = Counter(tuple(name for name, _ in found) for line in looked_at if (found := self._pairs(line or "")))
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
        how = self._spelling
        spec = how.gap.join(
            f"{re.escape(name)}{how.sign}{'(' if name in read else '(?:'}{how.value})" for name in names
        )
        groups = lines.str.extract_groups(f"(?s)^{spec}()$").struct.unnest().get_columns()
        found = dict(zip((name for name in names if name in read), groups, strict=False))
        nothing = constant(None, len(lines), pl.String())
        return self._batch(groups[-1].is_not_null(), {name: found.get(name, nothing) for name in read}, wanted)

    def _by_key(self, lines: pl.Series, wanted: frozenset[str]) -> Batch:
        names = {path[0] for path, _ in self._paths()}
        how = self._spelling
        raw = {
            name: lines.str.extract(rf"(?s)(?:^|{how.gap}){re.escape(name)}{how.sign}({how.value})(?:{how.gap}|$)")
            for name in names
        }
        ok = lines.str.contains(how.line)
        for name in names:  # a key inside a quoted value looks like a key: such lines are read pair by pair
            ok = ok & (lines.str.count_matches(f"{how.gap}{name}{how.sign}", literal=True) <= 1)
        return self._batch(ok, raw, wanted)

    def _batch(self, ok: pl.Series, raw: Mapping[str, pl.Series], wanted: frozenset[str]) -> Batch:
        batch = Batch(wanted, ok.fill_null(value=False))
        texts: dict[tuple[str, ...], pl.Series] = {(name,): self._bare(series) for name, series in raw.items()}
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
        pairs = self._pairs(line)
        return dict(reversed(pairs)) if pairs else None

    def _pairs(self, line: str) -> list[tuple[str, str]]:
        """The keys and values of a line in their order; nothing for a line that is something else."""
        found, end, quoted = [], 0, self._spelling.quoted
        while match := self._spelling.pair.match(line, end):
            end = match.end()
            value = match[2]
            found.append((match[1], backslash(value[1:-1]) if quoted and value.startswith('"') else value))
        return found if end == len(line) and len(found) > 1 else []

    def _bare(self, texts: pl.Series) -> pl.Series:
        return unquoted(texts, partial(decoded, "backslash")) if self._spelling.quoted else texts
