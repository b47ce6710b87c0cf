"""Flat JSON objects by their spelling: a server writes its keys in one order, so a line can be cut before each key."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from pullstats.formats.distinct import Cut, Distinct, mostly_different
from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_STRING = r'(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2})*'
_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_FEW = 64  # texts: below, Python is quicker than an expression of Polars
_LOOK_AT = 200  # lines


class Texts(NamedTuple):
    """The raw texts of a key: of all lines, or the distinct ones.

    Attributes:
        texts: the texts, escapes and all.
        good: where the key and its value are spelled as expected.
        spread: takes a column of the texts to the lines.
    """

    texts: pl.Series
    good: pl.Series
    spread: Callable[[pl.Series], pl.Series]


class Piece:
    """One key and its value, as they stand between two commas."""

    def __init__(self, name: str, kind: str, *, first: bool, last: bool) -> None:
        self.name, self._quoted = name, kind == "text"
        key = json.dumps(name, ensure_ascii=False)[1:-1]
        self._lead = ('{"' if first else "") + key + '":' + ('"' if self._quoted else "")
        self._trail = ('"' if self._quoted else "") + ("}" if last else "")
        body = {"text": _STRING, "truth": "true|false", "number": _NUMBER}[kind]
        self._body = f"(?s)^(?:{body})$"
        self._one = re.compile(f"{re.escape(self._lead)}({body}){re.escape(self._trail)}", re.DOTALL)

    def values(self, texts: pl.Series) -> Texts:
        """The values in the pieces of many lines."""
        if self._quoted and mostly_different(texts):
            return Texts(*self._bare(texts), lambda series: series)
        distinct = Distinct(texts)
        if len(distinct.values) <= _FEW:
            inner = pl.Series([self.value(text) for text in distinct.values.to_list()], dtype=pl.String)
            return Texts(inner, inner.is_not_null(), distinct.spread)
        return Texts(*self._bare(distinct.values), distinct.spread)

    def _bare(self, texts: pl.Series) -> tuple[pl.Series, pl.Series]:
        """(the values without what stands around them, where they are spelled as expected)."""
        inner = texts.str.strip_prefix(self._lead).str.strip_suffix(self._trail)
        around = len((self._lead + self._trail).encode())
        good = (inner.str.len_bytes() + around == texts.str.len_bytes()).fill_null(value=False)
        if not self._quoted:
            return inner, good & inner.str.contains(self._body).fill_null(value=False)
        odd = inner.str.contains(r'["\\]').fill_null(value=False).arg_true()
        return inner, good.scatter(odd, good.gather(odd) & inner.gather(odd).str.contains(self._body))

    def value(self, text: str) -> str | None:
        """The value in one piece; None where it is spelled otherwise."""
        match = self._one.fullmatch(text)
        return match[1] if match else None


class Template:
    """The keys of a flat object, in the order in which the server writes them."""

    def __init__(self, keys: tuple[tuple[str, str], ...]) -> None:
        last = len(keys) - 1
        self.names = [name for name, _ in keys]
        self._pieces = [Piece(name, kind, first=not i, last=i == last) for i, (name, kind) in enumerate(keys)]

    def cut(self, lines: pl.Series) -> tuple[pl.Series, Iterator[tuple[str, Texts]]]:
        """(which lines have as many pieces, each key with its texts)."""
        cut = Cut(lines, ',"')
        texts = ((piece.name, piece.values(cut[i])) for i, piece in enumerate(self._pieces))
        return (cut.count == len(self._pieces)).fill_null(value=False), texts

    def fits(self, line: str) -> bool:
        """Whether a line is spelled in this way."""
        cut = line.split(',"')
        return len(cut) == len(self._pieces) and all(
            piece.value(text) is not None for piece, text in zip(self._pieces, cut, strict=True)
        )


def learn(lines: pl.Series, usable: Callable[[set[str]], bool]) -> Template | None:
    """The template of most of the first lines whose keys are usable; None if they are no flat objects."""
    seen: Counter[tuple[tuple[str, str], ...]] = Counter()
    for line in lines.head(_LOOK_AT).to_list():
        keys = _keys(line or "")
        if keys and usable({name for name, _ in keys}) and Template(keys).fits(line):
            seen[keys] += 1
    return Template(seen.most_common(1)[0][0]) if seen else None


def _keys(line: str) -> tuple[tuple[str, str], ...]:
    """The keys of a flat object with the kinds of their values; nothing for other lines."""
    try:
        items: Any = json.loads(line, object_pairs_hook=lambda pairs: pairs)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(items, list) or not all(isinstance(item, tuple) for item in items):
        return ()
    keys = tuple((name, _kind(value)) for name, value in items)
    return keys if all(kind for _, kind in keys) and len({name for name, _ in keys}) == len(keys) else ()


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, str):
        return "text"
    return "number" if isinstance(value, int | float) else ""
