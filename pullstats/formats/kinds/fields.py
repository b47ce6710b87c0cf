"""Formats that are ordered values between separators, some of them in quotes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pullstats.errors import PullstatsError
from pullstats.formats.kinds.regex import named
from pullstats.formats.kinds.tokens import Field, Layout, Piece
from pullstats.formats.values import TYPES

if TYPE_CHECKING:
    from pullstats.formats.entry import Entry


def layout(entry: Entry) -> Layout:
    """The layout of an entry's `spec`: names in order.

    `"name"` stands in quotes, `[name]` in brackets, `name?` may be missing at the end, `_` is not kept, `...` are more.
    """
    words = entry.spec.split()
    more = words[-1] == "..."
    optional = [w for w in words if w.endswith("?")]
    words = [w.rstrip("?") for w in words if w != "..."]
    separator = entry.separator
    if not words:
        raise PullstatsError(f"[{entry.name}] has no fields in its spec")
    parts, fields = [], []
    required = len(words) - len(optional)
    for i, word in enumerate(words):
        body, field = _word(word, separator, entry)
        if field:
            fields.append(field)
        glue = re.escape(separator) if i else ""
        parts.append(f"(?:{glue}{body}" if i >= required else glue + body)
    tail = f"(?:{re.escape(separator)}.*)?" if more else ""
    pattern = f"(?s)^{''.join(parts)}{tail}{')?' * len(optional)}()$"
    if separator in "\t|" and not optional:
        return Layout(pattern, tuple(fields), separator, tuple(_piece(w, separator, entry) for w in words), tail=more)
    return Layout(pattern, tuple(fields))


def _word(word: str, separator: str, entry: Entry) -> tuple[str, Field | None]:
    """(pattern, field) of one word of the spec."""
    name = word.strip('"[]')
    field = None if name == "_" else named(name, entry.fields.get(name))
    typed = field.pattern or (TYPES[field.type].pattern if field.type else "") if field else ""
    field = field if field and field.type else None
    if word.startswith('"'):
        inner = typed or (".*?" if entry.escape == "none" else r'(?:[^"\\]|\\.)*')
        return (f'"({inner})"' if field else f'"(?:{inner})"'), field
    if word.startswith("["):
        return rf"\[({typed or '[^]]*'})\]", field
    inner = typed or f"[^{re.escape(separator)}]*"
    return (f"({inner})" if field else f"(?:{inner})"), field


def _piece(word: str, separator: str, entry: Entry) -> Piece:
    body, field = _word(word, separator, entry)
    if field and not TYPES[field.type].pattern:
        return Piece("", (field,), whole=True)
    return Piece(f"(?s)^{body}()$", (field,) if field else ())
