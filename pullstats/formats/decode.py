"""JSON objects decoded by the column: quick, but one bad line fails all, and some lines it reads in its own way."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Mapping

AT_ONCE = 20_000  # lines: one bad line costs as many a second reading
# nginx's own escapes, lone surrogates, NUL: what the decoder and Python read differently.
_UNTRUSTED = r"\\x|\\u[dD][89a-fA-F]|\x00"


def trusted(lines: pl.Series) -> pl.Series:
    """Which lines look like one object that the decoder reads as Python's would be read."""
    return (
        (lines.str.contains(r"^[ \t\r]*\{") & lines.str.contains(r"\}[ \t\r]*$") & ~lines.str.contains(_UNTRUSTED))
        & ~lines.str.contains("\n", literal=True)
    ).fill_null(value=False)


def objects(lines: pl.Series, schema: Mapping[str, pl.DataType]) -> pl.DataFrame | None:
    """The wanted keys of trusted lines, one row a line; None where one of them is no object of that shape.

    A number comes as its text in the plainest spelling, `true` as text, an absent key as null. Where a text is wanted
    and an object or list stands, its JSON comes.
    """
    nested = any(isinstance(kind, pl.Struct) for kind in schema.values())
    try:
        frame = _nested(lines, schema) if nested else _flat(lines, schema)
    except pl.exceptions.PolarsError:
        return None
    return frame if len(frame) == len(lines) else None


def _flat(lines: pl.Series, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    body = BytesIO()
    lines.to_frame().write_csv(body, include_header=False, quote_style="never")
    body.seek(0)
    return pl.read_ndjson(body, schema=schema)


def _nested(lines: pl.Series, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Objects in objects: quicker so, flat ones are quicker in the other way."""
    return lines.str.json_decode(pl.Struct(dict(schema))).struct.unnest()


def in_parts(lines: pl.Series, schema: Mapping[str, pl.DataType]) -> tuple[pl.DataFrame | None, pl.Series]:
    """(the objects of the lines that could be decoded, their rows): parts with a bad line are left out."""
    frames, rows = [], []
    for at in range(0, len(lines), AT_ONCE):
        part = lines.slice(at, AT_ONCE)
        frame = objects(part, schema)
        if frame is not None:
            frames.append(frame)
            rows.append(pl.int_range(at, at + len(part), eager=True))
    if not frames:
        return None, pl.Series([], dtype=pl.Int64)
    return pl.concat(frames), pl.concat(rows)
