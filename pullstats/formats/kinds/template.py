"""Flat JSON objects by their spelling: a server writes its keys in one order, so a line can be cut before each key."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from pullstats.formats.distinct import Cut, Distinct, mostly_different
from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_STRING = r'(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2})*'
_NUMBER = r"(?:0|-?[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"  # without -0, which other tiers read as 0
# `key": value` with what is around it: the begin of the object before the first, its end behind the last.
_PIECE = re.compile(
    rf'(?P<lead>(?P<open>\{{[ \t]*")?(?P<key>{_STRING})"[ \t]*:[ \t]*)'
    rf'(?P<value>"{_STRING}"|{_NUMBER}|true|false|null)(?P<trail>[ \t]*\}}?[ \t]*)',
    re.DOTALL,
)
_SEPARATORS = (',"', ', "')
_BODIES = {"text": _STRING, "number": _NUMBER, "truth": "true|false", "null": "null"}
_FEW = 64  # texts: below, Python is quicker than an expression of Polars
_LOOK_AT = 200  # lines


class Texts(NamedTuple):
    """The raw texts of a key: of all lines, or the distinct ones.

    Attributes:
        texts: the texts, escapes and all; null where the value is.
        good: where the key and its value are spelled as expected.
        spread: takes a column of the texts to the lines.
        number: they are numbers, not texts.
    """

    texts: pl.Series
    good: pl.Series
    spread: Callable[[pl.Series], pl.Series]
    number: bool = False


class Place(NamedTuple):
    """Where a value stands: the name of its key, and what is spelled before and behind it up to the next cut."""

    name: str
    lead: str
    trail: str


class Piece:
    """One key and its value, as they stand between two cuts."""

    def __init__(self, place: Place, kind: str) -> None:
        quote = '"' if kind == "text" else ""
        self._lead, self._trail = place.lead + quote, quote + place.trail
        self._null = f"{place.lead}null{place.trail}"
        self._body, self._quoted, self._number = f"(?s)^(?:{_BODIES[kind]})$", kind == "text", kind == "number"
        self._one = re.compile(f"{re.escape(self._lead)}({_BODIES[kind]}){re.escape(self._trail)}", re.DOTALL)

    def values(self, texts: pl.Series) -> Texts:
        """The values in the pieces of many lines."""
        if self._quoted and mostly_different(texts):
            return Texts(*self._bare(texts), lambda series: series)
        distinct = Distinct(texts)
        if len(distinct.values) > _FEW:
            return Texts(*self._bare(distinct.values), distinct.spread, self._number)
        found = [(text == self._null, self._one.fullmatch(text)) for text in distinct.values.to_list()]
        inner = pl.Series([match[1] if match and not null else None for null, match in found], dtype=pl.String)
        good = pl.Series([null or match is not None for null, match in found], dtype=pl.Boolean)
        return Texts(inner, good, distinct.spread, self._number)

    def _bare(self, texts: pl.Series) -> tuple[pl.Series, pl.Series]:
        """(the values without what stands around them, where they are spelled as expected)."""
        inner = texts.str.strip_prefix(self._lead).str.strip_suffix(self._trail)
        around = len((self._lead + self._trail).encode())
        good = (inner.str.len_bytes() + around == texts.str.len_bytes()).fill_null(value=False)
        if self._quoted:
            odd = inner.str.contains(r'["\\]').fill_null(value=False).arg_true()
            good = good.scatter(odd, good.gather(odd) & inner.gather(odd).str.contains(self._body))
        else:
            good = good & inner.str.contains(self._body).fill_null(value=False)
        if good.all():
            return inner, good
        null = (texts == self._null).fill_null(value=False)
        return inner.set(null, None), good | null


class Template:
    """The keys of a flat object, in the order and with the spaces in which the server writes them."""

    def __init__(self, separator: str, places: tuple[Place, ...], kinds: Mapping[str, str]) -> None:
        self._separator = separator
        self._pieces = {place.name: Piece(place, kinds[place.name]) for place in places}

    def cut(self, lines: pl.Series) -> tuple[pl.Series, Iterator[tuple[str, Texts]]]:
        """(which lines have as many pieces, each key with its texts)."""
        cut = Cut(lines, self._separator)
        texts = ((name, piece.values(cut[i])) for i, (name, piece) in enumerate(self._pieces.items()))
        return (cut.count == len(self._pieces)).fill_null(value=False), texts


def learn(lines: pl.Series, usable: Callable[[set[str]], bool]) -> Template | None:
    """The template of most of the first lines whose keys are usable; None if they are no flat objects."""
    seen: dict[tuple[str, tuple[Place, ...]], Counter[tuple[str, str]]] = {}
    number: Counter[tuple[str, tuple[Place, ...]]] = Counter()
    for line in lines.head(_LOOK_AT).to_list():
        shape = _shape(line or "")
        if shape and usable({place.name for place, _ in shape[1]}):
            spelled = shape[0], tuple(place for place, _ in shape[1])
            number[spelled] += 1
            seen.setdefault(spelled, Counter()).update((place.name, kind) for place, kind in shape[1])
    if not number:
        return None
    spelled, _ = number.most_common(1)[0]
    return Template(*spelled, _kinds(seen[spelled]))


def _kinds(found: Counter[tuple[str, str]]) -> dict[str, str]:
    """What the values of each key are; null only where nothing else ever stands."""
    ordered = sorted(found.items(), key=lambda each: (each[0][1] != "null", each[1]))
    return {name: kind for (name, kind), _ in ordered}


def _shape(line: str) -> tuple[str, list[tuple[Place, str]]] | None:
    """(what a flat object is cut at, its places with the kinds of their values); None for other lines."""
    for separator in _SEPARATORS:
        cut = [_PIECE.fullmatch(text) for text in line.split(separator)]
        found = [match for match in cut if match]
        ends = [(bool(match["open"]), "}" in match["trail"]) for match in found]
        whole = [(not i, i == len(cut) - 1) for i in range(len(cut))]
        names = {match["key"] for match in found}
        if ends == whole and len(names) == len(cut) and not any("\\" in name for name in names):
            return separator, [(Place(m["key"], m["lead"], m["trail"]), _kind(m["value"])) for m in found]
    return None


def _kind(value: str) -> str:
    kinds = {'"': "text", "t": "truth", "f": "truth", "n": "null"}
    return kinds.get(value[0], "number")
