"""Apache `LogFormat` strings, and those of servers that borrowed them (Varnish, lighttpd, Fastly, gunicorn, Squid)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pullstats.errors import UsageError
from pullstats.formats.kinds.nginx import VARIABLES, _unescaped
from pullstats.formats.kinds.tokens import Field, Token

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIRECTIVE = re.compile(r"%(?:[!0-9,]*)[<>]?(?:\{([^}]*)\})?(\^t[io]|[A-Za-z]|%)")
LETTERS: dict[str, Field] = {
    "h": Field("client_ip", "address", 1),
    "a": Field("client_ip", "address", 0),
    "l": Field(pattern="[0-9A-Za-z._-]+"),
    "u": Field("", "user"),
    "r": Field("", "request", 0),
    "s": Field("status", "status"),
    "b": Field("bytes", "size", 0),
    "B": Field("bytes", "size", 0),
    "O": Field("bytes", "size", 1),
    "I": Field(pattern="[0-9]+"),
    "S": Field(pattern="[0-9]+"),
    "v": Field("host", "host", 1, r"[0-9A-Za-z._-]+|\[[0-9A-Fa-f:.]+\]"),
    "V": Field("host", "host", 2, r"[0-9A-Za-z._:-]+|\[[0-9A-Fa-f:.]+\](?::[0-9]+)?"),
    "m": Field("method", "method", 1),
    "U": Field("path", "path", 2),
    "q": Field("query", "query", 2),
    "D": Field("request_time", "us", 0),
    "T": Field("request_time", "s", 1),
    "L": Field("request_id", "word", 1, "[^ ]+"),
    "p": Field(pattern="[0-9]+|-"),
    "P": Field(pattern="[0-9]+"),
    "k": Field(pattern="[0-9]+"),
    "X": Field(pattern="[X+-]"),
    "H": Field(pattern=r"[^ ]*"),
    "A": Field(pattern="[^ ]+"),
    "f": Field(),
    "R": Field(),
}
_VARIABLES = {"SSL_PROTOCOL": ("tls", "tls", 0), "UNIQUE_ID": ("request_id", "word", 0)}
_STRFTIME = {
    "Y": "[0-9]{4}", "m": "[0-9]{2}", "d": "[0-9]{2}", "H": "[0-9]{2}", "M": "[0-9]{2}", "S": "[0-9]{2}",
    "b": "[A-Z][a-z]{2}", "z": "[+-][0-9]{4}", "T": "[0-9]{2}:[0-9]{2}:[0-9]{2}", "F": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
}  # fmt: skip
_EPOCHS = {"sec", "msec", "usec"}


def unquoted(text: str) -> str:
    r"""The format of a `LogFormat "..." name` line, of quoted text with `\"` inside, or of bare text."""
    match = re.fullmatch(
        r"""\s*(?:(?:LogFormat|CustomLog(?:\s+\S+)?)\s+)?"((?:[^"\\]|\\.)*)"(?:\s+\S+)?\s*""", text, re.DOTALL
    )
    if match:
        text = match[1]
    elif '\\"' not in text:
        return re.sub(r"\s*\n\s*", " ", text.strip("\n"))
    return _unescaped(text, '"')


def from_goaccess(text: str) -> str | None:
    """The LogFormat that a GoAccess log-format says, with its usual dates and times; None if it is no such format."""
    if "%^" not in text and "%d" not in text:
        return None
    spec = re.sub(r"\[%d:%t(?: %\^)?\]", "%t", text)
    letters = {"%^": "%{-}n", "%u": "%{User-Agent}i", "%R": "%{Referer}i", "%e": "%u", "%L": "%{ms}T", "%x": "%t"}
    return re.sub(r"%[\^uReLx]", lambda match: letters[match[0]], spec)


def tokens(spec: str) -> list[Token]:
    """The tokens of a format string.

    Raises:
        UsageError: a directive that is none, or none at all.
    """
    found = list(_tokens(spec))
    if not any(isinstance(token, Field) for token in found):
        raise UsageError(f"{spec!r}: has no Apache directive", "give the LogFormat string, such as '%h %l %u %t ...'")
    return found


def _tokens(spec: str) -> Iterator[Token]:
    end = 0
    for match in _DIRECTIVE.finditer(spec):
        if match.start() > end:
            yield spec[end : match.start()]
        argument, letter = match.groups()
        yield from _directive(argument, letter)
        end = match.end()
    if end < len(spec):
        yield spec[end:]


def _directive(argument: str | None, letter: str) -> Iterator[Token]:
    if letter == "%":
        yield "%"
    elif letter == "t":
        yield from _time(argument)
    elif argument is not None:
        yield _named(argument, letter)
    else:
        yield LETTERS.get(letter, Field())


def _time(argument: str | None) -> Iterator[Token]:
    """`%t` with its brackets, or a strftime form where it is one that pullstats can read."""
    form = re.sub("^(?:begin|end):", "", argument or "")
    if not argument:
        yield from ("[", Field("ts", "clf"), "]")
    elif form in _EPOCHS:
        yield Field("ts", "epoch")
    elif form in {"msec_frac", "usec_frac"}:
        yield Field(pattern="[0-9]+")
    else:
        yield from _strftime(form)


def _strftime(form: str) -> Iterator[Token]:
    bracketed = re.fullmatch(r"(\[?)(.*?)(\]?)", form, re.DOTALL)
    lead, inner, trail = bracketed.groups() if bracketed else ("", form, "")
    clocks = {
        "%d/%b/%Y:%H:%M:%S %z": "clf", "%d/%b/%Y:%T %z": "clf", "%d/%b/%Y:%H:%M:%S": "clf_local",
        "%d/%b/%Y %H:%M:%S": "clf_spaced", "%d/%b/%Y %T": "clf_spaced",
        "%Y-%m-%dT%H:%M:%S%z": "iso", "%Y-%m-%dT%T%z": "iso", "%FT%T%z": "iso", "%Y-%m-%d %H:%M:%S": "iso",
        "%Y-%m-%d %T": "iso", "%F %T": "iso", "%Y-%m-%dT%H:%M:%SZ": "iso", "%Y-%m-%dT%H:%M:%S": "iso",
        "%FT%TZ": "iso", "%s": "epoch",
    }  # fmt: skip
    if inner not in clocks:
        raise UsageError(f"%{{{form}}}t: a time that pullstats cannot read", "log %t, or an ISO time such as %FT%T%z")
    yield from (token for token in (lead, Field("ts", clocks[inner]), trail) if token != "")


def _named(argument: str, letter: str) -> Field:
    """`%{Name}i` (request header), `%{Name}o`, `%{name}e`, `%{SSL_PROTOCOL}x`, `%{ms}T`, `%{c}a`."""
    if letter == "i":
        name = "http_" + argument.lower().replace("-", "_")
        return Field(*VARIABLES.get(name, ("", "", 0)))
    if letter == "T":
        return Field("request_time", {"ms": "ms", "us": "us"}.get(argument, "s"), 0)
    if letter in "ap":
        return LETTERS["h" if letter == "a" else "p"]
    if letter in "xe":
        return Field(*_VARIABLES.get(argument, ("", "", 0)))
    named = letter in "os" and argument.lower() in {"x-request-id", "correlation-id"}
    return Field("request_id", "word", 1) if named else Field()
