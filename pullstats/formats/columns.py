"""What the texts of whole columns mean: `values.read` of each, at the price of a few expressions.

Common shapes are read by whole-column expressions; every other distinct text is left to the reader of one text, so
that there is one truth. A test holds the two against each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pullstats.formats import times
from pullstats.formats.distinct import Distinct, constant
from pullstats.formats.unescape import DIALECTS
from pullstats.formats.values import ABSENT, CLOCKS, HAS_ADDRESS, TOTAL, TYPES, Unreadable, read
from pullstats.lazy import pl
from pullstats.tables import RECORD, dtype

if TYPE_CHECKING:
    from collections.abc import Callable

_FEW = 64  # texts: below, the reader of one text is quicker than expressions
_PLAIN_ADDRESS = r"^(?:[0-9.]+|(?:[1-9a-f][0-9a-f]{0,3}:){7}[1-9a-f][0-9a-f]{0,3}|[0-9a-f:]*::[0-9a-f:]*)$"
_PLAIN_REQUEST = r"^([A-Z]{3,16}) (/[^ ?]*)(?:\?([^ ]*))? HTTP/[0-9](?:\.[0-9])?$"


def column(
    type_: str, escape: str, texts: pl.Series, tz: str, null: tuple[str, ...] = ()
) -> tuple[list[pl.Series], pl.Series | None]:
    """The columns that a type gives for a column of texts, and which texts it could read (None: all).

    Null texts (a field that this line does not have) are read as absent, and so are the texts of `null`.
    """
    if len(texts) <= _FEW:
        return _few(type_, escape, texts, tz, null)
    if null:
        texts = texts.set(texts.is_in(null), None)
    if type_ in CLOCKS:
        ts = times.column(type_, texts, tz)
        return [ts], ts.is_not_null() | texts.is_null()
    clean = decoded(escape, texts) if TYPES[type_].escaped else texts
    if type_ in _WHOLE:
        return _WHOLE[type_](clean)
    return _each(type_, clean)


def _few(
    type_: str, escape: str, texts: pl.Series, tz: str, null: tuple[str, ...]
) -> tuple[list[pl.Series], pl.Series | None]:
    """`read` of each text: for few of them quicker than whole-column expressions."""
    width = len(TYPES[type_].gives) or 1
    rows: list[tuple[Any, ...]] = []
    readable = []
    for text_ in texts.to_list():
        try:
            rows.append((None,) * width if text_ is None or text_ in null else read(type_, escape, text_, tz))
            readable.append(True)
        except Unreadable:
            rows.append((None,) * width)
            readable.append(False)
    columns = [pl.Series([row[i] for row in rows], dtype=_dtype(type_, i), strict=False) for i in range(width)]
    return columns, None if all(readable) else pl.Series(readable, dtype=pl.Boolean)


def _each(type_: str, texts: pl.Series) -> tuple[list[pl.Series], pl.Series | None]:
    """`read` of each distinct text, spread over the rows."""
    distinct = Distinct(texts)
    rows, readable = [], []
    width = len(TYPES[type_].gives) or 1
    for value in distinct.values:
        try:
            got = epoch_or(type_, value)
            rows.append(got if isinstance(got, tuple) else (got,))
            readable.append(True)
        except Unreadable:
            rows.append((None,) * width)
            readable.append(False)
    columns = [
        distinct.spread(pl.Series([row[i] for row in rows], dtype=_dtype(type_, i), strict=False)) for i in range(width)
    ]
    if type_ in TOTAL:
        return columns, None
    return columns, distinct.spread(pl.Series(readable, dtype=pl.Boolean)).fill_null(value=True)


def epoch_or(type_: str, value: str) -> Any:
    """What the type's reader makes of a text whose escaping is undone."""
    if type_ not in {"epoch", "time"}:
        return TYPES[type_].read(value)
    ts = times.epoch(value)
    if ts is None:
        raise Unreadable("bad time")
    return ts


def _dtype(type_: str, index: int) -> pl.DataType:
    gives = TYPES[type_].gives
    if gives:
        return dtype(RECORD[gives[index]])
    return dtype(_DTYPES.get(type_, "string"))


def _text(texts: pl.Series) -> tuple[list[pl.Series], None]:
    return [texts.set(texts.is_in(ABSENT), None)], None


def _user(texts: pl.Series) -> tuple[list[pl.Series], None]:
    named = _text(texts)[0][0]
    auth = named.is_not_null()
    return [named, auth.set(~auth, None)], None


def _shaped(
    type_: str, texts: pl.Series, plain: pl.Series, columns: list[pl.Series]
) -> tuple[list[pl.Series], pl.Series | None]:
    """Columns that whole-column expressions made of the plain texts, completed by the reader for the others."""
    other = (~plain & texts.is_not_null()).arg_true()
    if not len(other):
        return columns, None
    read_, readable = _each(type_, texts.gather(other))
    done = [c.clone().scatter(other, r) for c, r in zip(columns, read_, strict=True)]
    if readable is None:
        return done, None
    return done, (plain | texts.is_null()).scatter(other, readable)


def _request(texts: pl.Series) -> tuple[list[pl.Series], pl.Series | None]:
    groups = texts.str.extract_groups(_PLAIN_REQUEST).struct.unnest()
    verb, path_, query_ = groups
    plain = verb.is_not_null() & ~path_.str.starts_with("//")
    query_ = query_.set(query_ == "", None)
    none = constant(None, len(texts), pl.String())
    return _shaped("request", texts, plain, [verb, path_, query_, none])


def _target_column(texts: pl.Series) -> tuple[list[pl.Series], pl.Series | None]:
    path_, query_ = texts.str.extract_groups(r"(?s)^(/[^?]*)(?:\?(.*))?$").struct.unnest().get_columns()
    query_ = query_.set(query_ == "", None)
    none = constant(None, len(texts), pl.String())
    return _shaped("target", texts, path_.is_not_null(), [path_, query_, none])


def _xff(texts: pl.Series) -> tuple[list[pl.Series], None]:
    return [texts.set(~texts.str.contains(HAS_ADDRESS), None)], None


def _address(texts: pl.Series) -> tuple[list[pl.Series], pl.Series | None]:
    plain = texts.str.contains(_PLAIN_ADDRESS).fill_null(value=False)
    return _shaped("address", texts, plain, [texts])


def _digits(type_: str, to: pl.DataType, texts: pl.Series) -> tuple[list[pl.Series], pl.Series | None]:
    plain = texts.str.contains(r"^[0-9]{1,15}$").fill_null(value=False)
    return _shaped(type_, texts, plain, [texts.cast(to, strict=False).set(~plain, None)])


def _size(texts: pl.Series) -> tuple[list[pl.Series], pl.Series | None]:
    return _digits("size", pl.Int64(), texts)


def _float(texts: pl.Series) -> tuple[list[pl.Series], pl.Series | None]:
    plain = texts.str.contains(r"^[0-9]{1,15}(?:\.[0-9]{1,15})?$").fill_null(value=False)
    return _shaped("s", texts, plain, [texts.cast(pl.Float64, strict=False).set(~plain, None)])


def _go(texts: pl.Series) -> tuple[list[pl.Series], pl.Series | None]:
    cut = texts.str.extract_groups(r"^([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|\x{b5}s|)$").struct.unnest().get_columns()
    unit = cut[1].replace_strict({"": 1.0, "s": 1.0, "ms": 1e3, "\u00b5s": 1e6}, return_dtype=pl.Float64)
    return _shaped("go", texts, unit.is_not_null(), [cut[0].cast(pl.Float64) / unit])


_WHOLE: dict[str, Callable[[pl.Series], tuple[list[pl.Series], pl.Series | None]]] = {
    "text": _text,
    "word": _text,
    "user": _user,
    "request": _request,
    "target": _target_column,
    "xff": _xff,
    "address": _address,
    "size": _size,
    "s": _float,
    "go": _go,
}
_DTYPES = {
    "status": "int32", "size": "int64", "present": "boolean", "authorization": "boolean", "if_none_match": "boolean",
    "s": "float", "ms": "float", "us": "float", "ns": "float", "go": "float", "sum": "float",
}  # fmt: skip


def unquoted(texts: pl.Series, undo: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """The texts without the quotes around some of them; `undo` takes what these escape back."""
    quoted = texts.str.starts_with('"') & texts.str.ends_with('"') & (texts.str.len_bytes() > 1)
    rows = quoted.fill_null(value=False).arg_true()
    if not len(rows):
        return texts
    return texts.clone().scatter(rows, undo(texts.gather(rows).str.slice(1).str.head(-1)))


def undoubled(texts: pl.Series) -> pl.Series:
    """The insides of quotes in which a quote stands twice."""
    return texts.str.replace_all('""', '"', literal=True)


def decoded(escape: str, texts: pl.Series) -> pl.Series:
    """The texts with their log escaping undone; only distinct texts with an escape are touched."""
    mark, undo = DIALECTS[escape]
    if not mark:
        return texts
    marked = texts.str.contains(mark, literal=True).arg_true()
    if not len(marked):
        return texts
    distinct = Distinct(texts.gather(marked))
    clean = pl.Series([undo(value) for value in distinct.values], dtype=pl.String)
    return texts.clone().scatter(marked, distinct.spread(clean))
