"""A user agent as products and comments, whatever was done to it on its way into the log."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

LONGEST = 2048  # characters of an agent that are read
MOST_WORDS = 64
MOST_PARTS = 32  # of one comment

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")
_BACKSLASHES = re.compile(r"(?<!\\)\\++(?=[()\"])")  # Docker escapes its brackets; each log on the way may do it again
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
_PLUS = re.compile(r"\+(?=\(|[A-Za-z][\w.-]*/)")
_PLUS_PLATFORM = re.compile(
    r"\+(?=(?:linux|darwin|win32|freebsd|android|x64|ia32|x86_64|amd64|i686|arm|arm64|aarch64)(?:[+ ]|$))"
)
_PIECES = re.compile(r"\(([^()]*)\)|[^\s()]+|[()]")
_NESTED = re.compile(r"\([^()]*\(")
_PARTS = re.compile(r"[;,]")
_HEADER = "user-agent:"
_PROGRAM_PATH = re.compile(r"[A-Za-z]:[\\/]|\\\\|/[^/\s]|\./|\.\\|~/")
_JSON_VALUE = re.compile(r'"(python|cpu|ci)"\s*:\s*(?:"([^"\\]*)"|(true|false))')
_JSON_OBJECT = re.compile(r'"(distro|system|implementation|libc)"\s*:\s*\{([^{}]*)')
_JSON_TEXT = re.compile(r'"(\w+)"\s*:\s*"([^"\\]*)"')


@dataclass(slots=True)
class Product:
    """One `name/version` with the comments behind it.

    Attributes:
        name: as sent.
        low: the name in lower case.
        version: what stands after the slash, as sent; empty without.
        segment: 0, or 1 and up after a comma that joins a second agent.
        comments: each a list of parts.
    """

    name: str
    low: str
    version: str
    segment: int = 0
    comments: list[list[str]] = field(default_factory=list)


@dataclass(slots=True)
class Agent:
    """A user agent, taken apart.

    Attributes:
        text: what was read, cleaned.
        products: in order; a leading comment belongs to a product without name.
        upstream: the text inside `UpstreamClient(...)`.
        data: the JSON behind a product (pip, uv).
        listed: products are separated by semicolons, as the Hugging Face libraries do.
    """

    text: str
    products: list[Product] = field(default_factory=list)
    upstream: str | None = None
    data: dict[str, Any] | None = None
    listed: bool = False


def clean(text: str) -> str:
    """The agent without what logs, proxies and shells add: escapes, quotes, a header name, a doubling."""
    text = text[:LONGEST]
    if not text.isascii() or not text.isprintable():
        text = _CONTROL.sub(" ", text)
    text = text.strip()
    if text[:11].lower() == _HEADER:
        text = text[11:].strip()
    if "\\" in text:
        text = text.replace("\\x5C", "\\").replace("\\x5c", "\\").replace("\\x22", '"')
        text = _BACKSLASHES.sub("", text)
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    if " " not in text:
        text = _without_space(text)
    half = len(text) // 2
    return text[:half] if half > 3 and text[:half] == text[-half:] and len(text) == 2 * half else text  # noqa: PLR2004


def _without_space(text: str) -> str:
    """IIS and some CDNs log `+` or `%20` for a space."""
    if "%" in text and _ESCAPED.search(text):
        text = _CONTROL.sub(" ", unquote(text, errors="replace")).strip()
        if " " not in text and _ESCAPED.search(text):
            text = _CONTROL.sub(" ", unquote(text, errors="replace")).strip()
    if " " in text or "+" not in text:
        return text
    name, slash, rest = text.partition("/")
    if "+(" in text or "+" in name:  # `NuGet+VS+VSIX/4.8.1+(Microsoft+Windows+NT+10.0)`
        return text.replace("+", " ") if "+(" in text else name.replace("+", " ") + slash + rest
    split = _PLUS.sub(" ", text)
    return split if split == text else _PLUS_PLATFORM.sub(" ", split)


def read(text: str) -> Agent:
    """The agent taken apart; `text` is cleaned already."""
    agent = Agent(text)
    if "UpstreamClient(" in text:
        text, agent.upstream = _without_upstream(text)
    start = text.find("{")
    if start > 0 and ('":' in text or '" :' in text or text[start - 1] == " "):
        agent.data, end = _data(text[start:])
        text = text[:start] + text[start + end :]
    _split(agent, program(text))
    return agent


def _without_upstream(text: str) -> tuple[str, str]:
    head, _, tail = text.partition("UpstreamClient(")
    depth = 1
    for at, letter in enumerate(tail):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return head + tail[at + 1 :], tail[:at]
    return head, tail


def _data(text: str) -> tuple[dict[str, Any], int]:
    """The JSON object at the start of the text and where it ends; of a cut-off one, the keys that are whole."""
    try:
        data, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        found: dict[str, Any] = {
            key: value or flag == "true" for key, value, flag in _JSON_VALUE.findall(text) if value or flag
        }
        found |= {key: dict(_JSON_TEXT.findall(inside)) for key, inside in _JSON_OBJECT.findall(text)}
        return found, len(text)
    return (data if isinstance(data, dict) else {}), end


def program(text: str) -> str:
    """The agent with a program's name for its path: some clients send `argv[0]`."""
    if not _PROGRAM_PATH.match(text):
        return text
    end = text.lower().find(".exe") + 4
    if end <= 3:  # noqa: PLR2004 -- none: the first word
        end = (text.find(" ") + 1 or len(text) + 1) - 1
    return text[:end].replace("\\", "/").rstrip("/").rpartition("/")[2] + text[end:]


def _split(agent: Agent, text: str) -> None:
    if "(" in text and (text.count("(") != text.count(")") or _NESTED.search(text)):
        text = _flat(text)
    segment, products = 0, agent.products
    for count, match in enumerate(_PIECES.finditer(text)):
        if count == MOST_WORDS:
            break
        comment = match[1]
        if comment is not None:
            if not products:
                products.append(Product("", "", "", 0))
            products[-1].comments.append(_PARTS.split(comment, MOST_PARTS)[:MOST_PARTS])
            continue
        word = match[0]
        if word[-1] == ";":
            word, agent.listed = word[:-1], True
        pieces = word.split(",") if "," in word and not word.startswith("ci/") else [word]
        for at, piece in enumerate(pieces):
            segment += at > 0
            for single in piece.split(";"):
                if single:
                    products.append(_product(single, segment))


def _product(word: str, segment: int) -> Product:
    name, _, version = word.partition("/")
    if "@" in name:  # npm-registry-fetch@13.0.0/node@v16.13.0+x64
        head, _, number = name.partition("@")
        if head and number[:1].isdecimal():
            name, version = head, f"{number}/{version}"
    if name[-4:].lower() == ".exe":
        name = name[:-4]
    return Product(name, name.lower(), version, segment)


def _flat(text: str) -> str:
    """The text with one level of comments: inner brackets become separators, an open comment is closed."""
    out, depth = [], 0
    for letter in text:
        if letter == "(":
            out.append(";" if depth else "(")
            depth += 1
        elif letter == ")" and depth:
            depth -= 1
            out.append(";" if depth else ")")
        else:
            out.append(" " if letter == ")" else letter)
    return "".join(out) + (")" if depth else "")
