"""Formats given as a pattern with named groups, for lines that no format string describes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pullstats.formats.kinds.tokens import Field, Layout

if TYPE_CHECKING:
    from pullstats.formats.entry import Entry

_GROUP = re.compile(r"\(\?P<([a-z_0-9]+)>")
# group name -> (record column, type) where the entry does not say otherwise
DEFAULTS: dict[str, tuple[str, str]] = {
    "client_ip": ("client_ip", "address"),
    "xff": ("xff", "xff"),
    "request": ("", "request"),
    "target": ("", "target"),
    "method": ("method", "method"),
    "path": ("path", "path"),
    "query": ("query", "query"),
    "status": ("status", "status"),
    "bytes": ("bytes", "size"),
    "referer": ("referer", "text"),
    "user_agent": ("user_agent", "text"),
    "host": ("host", "host"),
    "request_id": ("request_id", "text"),
    "user": ("", "user"),
    "tls": ("tls", "tls"),
    "edge": ("edge", "text"),
    "country": ("country", "country"),
    "seconds": ("request_time", "s"),
    "ms": ("request_time", "ms"),
    "us": ("request_time", "us"),
    "took": ("request_time", "go"),
    "conditional": ("conditional", "present"),
    "auth": ("auth", "present"),
    "clf": ("ts", "clf"),
    "clf_local": ("ts", "clf_local"),
    "iso": ("ts", "iso"),
    "epoch": ("ts", "epoch"),
    "peer": ("client_ip", "peer"),
    "captures": ("", "captures"),
    "sum": ("request_time", "sum"),
    "gin": ("ts", "gin"),
    "digits": ("ts", "digits"),
    "slashed": ("ts", "slashed"),
    "time": ("ts", "time"),
}


def named(name: str, types: object = None) -> Field:
    """The field of a group or word: what the entry says of it, else by its name; a digit at the end only orders.

    An entry says `column@type`, `column@type!escape`, `-@type` for a type that gives several columns, or `-~pattern`
    for what is not kept.
    """
    if isinstance(types, str) and types.startswith("-~"):
        return Field(pattern=types[2:])
    if isinstance(types, str):
        column, _, rest = types.partition("@")
        type_, _, escape = rest.partition("!")
        return Field("" if column == "-" else column, type_, escape=escape)
    base = name.rstrip("0123456789")
    rank = int(name[len(base) :] or 0)
    column, type_ = DEFAULTS[base]
    return Field(column, type_, rank)


def layout(entry: Entry) -> Layout:
    """The pattern of an entry, with the fields of its groups."""
    pattern, fields = _anchored(entry, entry.spec)
    steps = _steps(_GROUP.sub("(?:", entry.spec.replace("\n", "")))
    return Layout(pattern, fields, steps=steps, plain=_anchored(entry, entry.plain) if entry.plain else None)


def _anchored(entry: Entry, text: str) -> tuple[str, tuple[Field, ...]]:
    """(anchored pattern, the fields of its groups) of a pattern with named groups."""
    spec = text.replace("\n", "")  # a line that goes on after a space begins with it
    fields = tuple(named(name, entry.fields.get(name)) for name in _GROUP.findall(spec))
    return f"(?s)^(?:{_GROUP.sub('(', spec)})()$", fields


def _steps(spec: str) -> tuple[str, ...]:
    """The pattern cut at its outer spaces, for telling where a line stops fitting; nothing for alternatives."""
    steps, depth, begin, in_class, escaped = [], 0, 0, False, False
    for i, letter in enumerate(spec):
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = True
        elif in_class:
            in_class = letter != "]" or spec[i - 1] in "[^"
        elif letter == "[":
            in_class = True
        elif letter in "()":
            depth += 1 if letter == "(" else -1
        elif letter == "|" and not depth:
            return ()
        elif letter == " " and not depth:
            steps.append(spec[begin:i])
            begin = i
    return (*steps, spec[begin:])
