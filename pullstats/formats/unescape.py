r"""The text that a client sent, from the text that a server logged: one function per escape dialect, one pass each.

Doing it once matters: `\x5Cx22` is the text `\x22`, not a quote.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable

_C = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", '"': '"', "\\": "\\"}
_BACKSLASH = re.compile(r'\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|([ntrbfv"\\]))')
_HALVES = re.compile("[\ud800-\udfff]")
_X = re.compile(r"\\\\|((?:\\x[0-9A-Fa-f]{2})+)")
_HASH = re.compile(r"#([0-9A-Fa-f]{2})")
_TWICE = re.compile(r"%2[025]")
_KEPT = 4096  # texts whose reading is remembered: the same agents come in every batch


def _joined(parts: re.Pattern[str], text: str, one: Callable[[re.Match[str]], bytes]) -> str:
    """The text with each escape replaced by its byte; the bytes are then read as UTF-8."""
    out, end = bytearray(), 0
    for match in parts.finditer(text):
        out += text[end : match.start()].encode("utf-8", "surrogatepass") + one(match)
        end = match.end()
    return (bytes(out) + text[end:].encode("utf-8", "surrogatepass")).decode("utf-8", "replace")


@lru_cache(_KEPT)
def backslash(text: str) -> str:
    r"""Undo `\xHH`, `\uHHHH`, `\"`, `\\` and C's letters; any other `\c` stays (nginx, Apache, Go, gunicorn)."""

    def one(match: re.Match[str]) -> bytes:
        hexed, wide, letter = match.groups()
        if hexed:
            return bytes([int(hexed, 16)])
        return (chr(int(wide, 16)) if wide else _C[letter]).encode("utf-8", "surrogatepass")

    return _joined(_BACKSLASH, text, one) if "\\" in text else text


def hash_sign(text: str) -> str:
    """Undo HAProxy's `#HH`."""
    return _joined(_HASH, text, lambda match: bytes([int(match[1], 16)])) if "#" in text else text


def url(text: str) -> str:
    """Undo CloudFront's URL encoding: once, and once more where `%20`, `%22` or `%25` is left (logs before 2019)."""
    once = unquote(text, errors="replace")
    return unquote(once, errors="replace") if _TWICE.search(once) else once


def plus(text: str) -> str:
    """Undo IIS's `+` for a space (which loses what was a plus); a text with spaces was logged as it is."""
    return text if " " in text else text.replace("+", " ")


def sound(text: str) -> str:
    """The text without halves of surrogate pairs, which JSON can hold and no encoding can."""
    return text if text.isascii() else _HALVES.sub("\ufffd", text)


def repaired(text: str) -> str:
    r"""JSON whose strings have nginx's `\xHH` (a log_format without escape=json), as what JSON it was meant to be."""
    from json import dumps

    def one(match: re.Match[str]) -> str:
        if not match[1]:
            return match[0]
        sent = bytes.fromhex(match[1].replace("\\x", ""))
        return dumps(sent.decode("utf-8", "replace"), ensure_ascii=False)[1:-1]

    return _X.sub(one, text) if "\\x" in text else text


@lru_cache(_KEPT)
def json(text: str) -> str:
    r"""Undo the escapes of the inside of a JSON string, and nginx's `\xHH` with them; a text that is none stays."""
    from json import loads

    try:
        return sound(loads(f'"{repaired(text)}"', strict=False))
    except ValueError:
        return text


def same(text: str) -> str:
    """The text as it is."""
    return text


# dialect -> (the mark without which a text has no escape, the function)
DIALECTS: dict[str, tuple[str, Callable[[str], str]]] = {
    "backslash": ("\\", backslash),
    "hash": ("#", hash_sign),
    "url": ("%", url),
    "plus": ("+", plus),
    "json": ("\\", json),
    "none": ("", same),
}
