"""The first tiers of JSON: lines that are spelled like lines before them are cut, not parsed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from pullstats.formats.columns import decoded
from pullstats.formats.distinct import constant
from pullstats.formats.kinds.parser import Batch, read_texts
from pullstats.formats.kinds.template import FIRST, LISTED, Shape, Template, Texts, learn
from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pullstats.formats.kinds.json import JsonParser, Key

    Found = Mapping[tuple[str, ...], Texts]
    Tier = Callable[[pl.Series, frozenset[str]], Batch]

T = TypeVar("T")

_SHAPES = 3  # a log's lines come in few: with a user and without, with a query and without
_ENOUGH = 0.05  # of the lines must fit a shape, or another one is looked for
_LEAST = 100  # lines: fewer are not worth a shape of their own
_AGAIN = 16  # batches: so often lines that are spelled in no common way are looked at
_MEASURES = frozenset({"status", "size", "s", "ms", "us", "ns", "go", "sum"})
_PLAIN = r"^-?[0-9]+$"


class Shapes(Generic[T]):
    """A log's most common shapes, the most common first; each is learned from the lines that those before it left."""

    def __init__(self, learn_: Callable[[pl.Series], T | None]) -> None:
        self._learn = learn_
        self._known: list[T | None] = [None] * _SHAPES
        self._waiting = [0] * _SHAPES

    def tiers(self, read: Callable[[T, pl.Series, frozenset[str]], Batch]) -> tuple[Tier, ...]:
        """A tier for each shape."""
        return tuple(partial(self._read, read, number) for number in range(_SHAPES))

    def _read(
        self,
        read: Callable[[T, pl.Series, frozenset[str]], Batch],
        number: int,
        lines: pl.Series,
        wanted: frozenset[str],
    ) -> Batch:
        shape = self._shape(number, lines)
        if shape is None:
            return Batch(wanted, constant(False, len(lines), pl.Boolean()))
        batch = read(shape, lines, wanted)
        if batch.ok.sum() < _ENOUGH * len(lines):  # the log goes on in another one
            self._known[number] = None
        return batch

    def _shape(self, number: int, lines: pl.Series) -> T | None:
        """A shape; it is learned when it is first needed, and when it fits no more."""
        if self._known[number] is None and self._waiting[number]:
            self._waiting[number] -= 1
        elif self._known[number] is None and (not number or (self._known[number - 1] and len(lines) >= _LEAST)):
            found = self._learn(lines)
            self._known[number] = None if found in self._known[:number] else found
            self._waiting[number] = _AGAIN if self._known[number] is None else 0
        return self._known[number]


class Spelled:
    """Reads lines of JSON by their shapes."""

    def __init__(self, parser: JsonParser) -> None:
        self._parser = parser

    def tiers(self) -> tuple[Tier, ...]:
        """A tier for each shape."""
        return Shapes(partial(learn, usable=self._usable)).tiers(self._read)

    def _read(self, template: Template, lines: pl.Series, wanted: frozenset[str]) -> Batch:
        whole, places, pieces = template.cut(lines)
        batch, found = Batch(wanted, whole.filter(whole)), {}
        for path, piece in pieces:
            good = piece.good if path is None else self._wanted(path, piece)
            if not good.all():
                batch.require(piece.spread(good))
            if path is not None:
                found[path] = piece
        for condition in self._parser.required({path: _there(piece) for path, piece in found.items()}):
            batch.require(condition)
        for key in self._parser.keys:
            if _stands(key, found) and batch.needs(key.field):
                self._read_key(batch, key, found)
        return batch.at(places)

    def _usable(self, shape: Shape) -> bool:
        """Whether an object of this shape can be a record."""
        paths = {place.path for place in shape.places if place.path}
        return self._parser.only.keys() <= paths and self._parser.complete(
            {key.path for key in self._parser.keys if {_path(key), key.then or _path(key)} <= paths}
        )

    def _wanted(self, path: tuple[str, ...], piece: Texts) -> pl.Series:
        """Which values are spelled as expected and leave the record one of a client's request."""
        good, parser = piece.good, self._parser
        if piece.kind == "number" and not all(key.field.type in _MEASURES for key in parser.at(path)):
            good = good & _shortest(piece.texts)
        if path in parser.only:
            good = good & piece.texts.str.contains(parser.only[path].pattern).fill_null(value=False)
        for filters in parser.skip.values():
            if path in filters:
                good = good & ~piece.texts.str.contains(filters[path].pattern).fill_null(value=False)
        return good

    def _read_key(self, batch: Batch, key: Key, found: Found) -> None:
        values, how = found[_path(key)], self._parser.how
        if values.kind == "bare":
            clean = constant(LISTED, len(values.texts), pl.String())
        else:
            clean = decoded("json", values.texts)
        if key.then:
            other = found[key.then]
            joined = values.spread(clean) + " " + other.spread(decoded("json", other.texts))
            read_texts(batch, [(key.field, joined)], how)
        else:
            read_texts(batch, [(key.field, clean)], how, values.spread)


def _shortest(texts: pl.Series) -> pl.Series:
    """Which numbers are spelled as every tier spells them."""
    plain = texts.str.contains(_PLAIN).fill_null(value=True)
    if plain.all():
        return plain
    same = (texts.cast(pl.Float64, strict=False).cast(pl.String) == texts) & ~texts.str.ends_with(".0")
    return plain | same.fill_null(value=False)


def _path(key: Key) -> tuple[str, ...]:
    """Where a key's value stands in a shape."""
    return (*key.path, FIRST) if key.listed else key.path


def _stands(key: Key, found: Found) -> bool:
    """Whether a shape has a key's value; of an empty list only that it is there."""
    path = _path(key)
    if path not in found or (key.then and key.then not in found):
        return False
    return found[path].kind != "bare" or (key.listed and key.field.type == "present")


def _there(piece: Texts) -> pl.Series | None:
    """Where a place has a value; None: everywhere."""
    return piece.spread(piece.texts.is_not_null()) if piece.texts.null_count() else None
