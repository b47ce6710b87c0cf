"""JSON objects by their spelling: a server writes its keys in one order, so a line can be cut before each key."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from pullstats.formats.distinct import Cut, Distinct, mostly_different
from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LISTED = "listed"  # stands for an empty list: the header was there, its value is withheld
FIRST = "[]"  # the last step of the path to a list's first value
_STRING = r'(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2})*'
_NUMBER = r"(?:0|-?[1-9][0-9]*)(?:\.[0-9]+)?"  # not -0 and no exponent, which other tiers spell otherwise
_BODIES = {"text": _STRING, "rest": _STRING, "number": _NUMBER, "truth": "true|false", "null": "null", "bare": ""}
_TOKEN = re.compile(rf'[ \t]*("{_STRING}"|{_NUMBER}|true|false|null|[{{}}\[\],:])')
_SEPARATORS = (',"', ', "')
_FEW = 64  # texts: below, Python is quicker than an expression of Polars
_LOOK_AT = 200  # lines
_ENOUGH = 0.05  # of them must be spelled alike


Path = tuple[str, ...] | None  # the keys that lead to a value; None: nobody asks for it


class Texts(NamedTuple):
    """The raw texts of a place: of all lines, or the distinct ones.

    Attributes:
        texts: the texts, escapes and all; null where the value is.
        good: where the place and its value are spelled as expected.
        spread: takes a column of the texts to the lines.
        kind: what they are.
    """

    texts: pl.Series
    good: pl.Series
    spread: Callable[[pl.Series], pl.Series]
    kind: str


class Place(NamedTuple):
    """Where a value stands in a line that is cut.

    Attributes:
        path: the keys that lead to it, the last step FIRST for the first one of a list; None: nobody asks for it.
        lead: what is spelled before it, from the last cut on.
        trail: what is spelled behind it, up to the next cut.
    """

    path: tuple[str, ...] | None
    lead: str
    trail: str


class Piece:
    """One place with its value, as they stand between two cuts."""

    def __init__(self, place: Place, kind: str) -> None:
        quote = '"' if kind == "text" else ""
        self._lead, self._trail = place.lead + quote, quote + place.trail
        self._null, self._kind = f"{place.lead}null{place.trail}", kind
        self._body, self._quoted = f"(?s)^(?:{_BODIES[kind]})$", kind in {"text", "rest"}
        self._one = re.compile(f"{re.escape(self._lead)}({_BODIES[kind]}){re.escape(self._trail)}", re.DOTALL)

    def values(self, texts: pl.Series) -> Texts:
        """The values in the pieces of many lines."""
        if self._quoted and mostly_different(texts):
            return Texts(*self._bare(texts), lambda series: series, self._kind)
        distinct = Distinct(texts)
        if len(distinct.values) > _FEW:
            return Texts(*self._bare(distinct.values), distinct.spread, self._kind)
        found = [(self._is_null(text), self._one.fullmatch(text)) for text in distinct.values.to_list()]
        inner = pl.Series([match[1] if match and not null else None for null, match in found], dtype=pl.String)
        good = pl.Series([null or match is not None for null, match in found], dtype=pl.Boolean)
        return Texts(inner, good, distinct.spread, self._kind)

    def _is_null(self, text: str) -> bool:
        return text == self._null and self._kind not in {"rest", "bare"}

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
        if self._kind in {"rest", "bare"} or good.all():
            return inner, good
        null = (texts == self._null).fill_null(value=False)
        return inner.set(null, None), good | null


class Template:
    """The places of an object, in the order and with the spaces in which the server writes them."""

    def __init__(self, separator: str, places: tuple[Place, ...], kinds: Mapping[int, str]) -> None:
        self._separator, self._places = separator, places
        self._pieces = [(place.path, Piece(place, kinds[i])) for i, place in enumerate(places)]

    def __eq__(self, other: object) -> bool:
        mine = self._separator, self._places
        return isinstance(other, Template) and mine == (other._separator, other._places)

    def __hash__(self) -> int:
        return hash((self._separator, self._places))

    def cut(self, lines: pl.Series) -> tuple[pl.Series, pl.Series | None, Iterator[tuple[Path, Texts]]]:
        """(which lines have as many pieces, each line's place among these (`Cut.only`), each path with its texts)."""
        cut = Cut(lines, self._separator)
        whole = (cut.count == len(self._pieces)).fill_null(value=False)
        places = cut.only(whole)
        return whole, places, ((path, piece.values(cut[i])) for i, (path, piece) in enumerate(self._pieces))


class Shape(NamedTuple):
    """How a line is spelled: what it is cut at, its places, and what stands there."""

    separator: str
    places: tuple[Place, ...]
    kinds: tuple[str, ...]


def learn(lines: pl.Series, usable: Callable[[Shape], bool]) -> Template | None:
    """The template of most of the first lines that are usable; None if too few are spelled alike."""
    looked_at = lines.head(_LOOK_AT).to_list()
    alike: dict[tuple[str, tuple[Place, ...]], list[tuple[str, ...]]] = {}
    for line in looked_at:
        found = shape(line or "")
        if found and usable(found):
            alike.setdefault((found.separator, found.places), []).append(found.kinds)
    most = max(alike, key=lambda spelled: len(alike[spelled]), default=None)
    if most is None or len(alike[most]) < _ENOUGH * len(looked_at):
        return None
    return Template(*most, {i: _kind_of(kinds) for i, kinds in enumerate(zip(*alike[most], strict=True))})


def _kind_of(kinds: tuple[str, ...]) -> str:
    """What the values of a place are; null only where nothing else ever stands."""
    found = Counter(kind for kind in kinds if kind != "null")
    return found.most_common(1)[0][0] if found else "null"


def shape(line: str) -> Shape | None:
    """How an object is spelled; None for a line that can't be cut into one value each."""
    try:
        json.loads(line, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    walk = _Walk(line)
    cuts = (_pieces(line, separator, walk.found) for separator in _SEPARATORS) if walk.whole else ()
    return next((each for each in cuts if each), None)


def _once(pairs: list[tuple[str, Any]]) -> None:
    """Refuse two equal keys."""
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a key comes twice")


Value = tuple[int, int, tuple[str, ...] | None]  # begin, end, path


@dataclass
class _Level:
    """An object or list that a value stands in."""

    is_list: bool
    begin: int
    key: str = ""
    index: int = 0
    empty: bool = True
    wants_key: bool = False


class _Walk:
    """Goes through an object and finds its values, empty lists and objects among them."""

    def __init__(self, line: str) -> None:
        self._levels: list[_Level] = []
        self.found: list[Value] = []
        self.whole = self._walked(line)

    def _walked(self, line: str) -> bool:
        """Whether the line is one object with plainly spelled keys."""
        end = 0
        while match := _TOKEN.match(line, end):
            begin, end = match.span(1)
            if match[1] in {"{", "["}:
                self._open(begin, is_list=match[1] == "[")
            elif not self._levels or not self._next(match[1], begin, end):
                return False
        return not self._levels and not line[end:].strip(" \t")

    def _open(self, begin: int, *, is_list: bool) -> None:
        if self._levels:
            self._levels[-1].empty = False
        self._levels.append(_Level(is_list, begin, wants_key=not is_list))

    def _next(self, word: str, begin: int, end: int) -> bool:
        """Take what stands in an object or list; False for a key with escapes."""
        level = self._levels[-1]
        if word in {"}", "]"}:
            self._close(end)
        elif word == ",":
            level.index, level.wants_key = level.index + 1, not level.is_list
        elif level.wants_key:
            level.key, level.wants_key, level.empty = word[1:-1], False, False
            return "\\" not in word
        elif word != ":":
            level.empty = False
            self.found.append((begin, end, self._path()))
        return True

    def _close(self, end: int) -> None:
        level = self._levels[-1]
        if level.empty:
            self.found.append((level.begin, end, self._path() if level.is_list else None))
        self._levels.pop()

    def _path(self) -> tuple[str, ...] | None:
        """The keys that lead to a value; None inside a list, but for its first value."""
        *outer, level = self._levels
        if any(each.is_list for each in outer) or (level.is_list and level.index):
            return None
        return tuple(FIRST if each.is_list else each.key for each in self._levels)


def _pieces(line: str, separator: str, values: list[Value]) -> Shape | None:
    """The shape of a line that is cut at the separator; None if a piece has no value or several."""
    cut = line.split(separator)
    begins = accumulate((len(text) + len(separator) for text in cut[:-1]), initial=0)
    if len(cut) != len(values):
        return None
    found = [
        _piece(line, begin, begin + len(text), value) for begin, text, value in zip(begins, cut, values, strict=True)
    ]
    places = [each for each in found if each]
    if len(places) < len(found):
        return None
    return Shape(separator, tuple(place for place, _ in places), tuple(kind for _, kind in places))


def _piece(line: str, begin: int, end: int, value: Value) -> tuple[Place, str] | None:
    """The place in a piece and the kind of its value; None if the value stands elsewhere."""
    start, stop, path = value
    kind = _kind(line[start:stop])
    if kind == "text" and start == begin - 1:  # a later text of a list: its quote was cut off
        return Place(path, "", line[stop - 1 : end]), "rest"
    if not begin <= start <= stop <= end:
        return None
    return Place(path, line[begin : stop if kind == "bare" else start], line[stop:end]), kind


def _kind(value: str) -> str:
    kinds = {'"': "text", "t": "truth", "f": "truth", "n": "null", "[": "bare", "{": "bare"}
    return kinds.get(value[0], "number")
