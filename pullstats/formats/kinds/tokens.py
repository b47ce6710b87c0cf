"""A log line as tokens: literal text and typed fields; from them come the line's pattern and its pieces."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from pullstats.formats.times import CLOCKS
from pullstats.formats.values import TYPES

_QUOTED = r'(?:[^"\\]|\\.)*'
OPTIONAL_QUESTION = r"\??"  # nginx's $is_args
_ONE = ("ts", "bytes")  # an absent size is absent: the other one, with headers, does not stand in for it
_ANYTHING = (_QUOTED, ".*?", ".*", "[^\\\t]*", "[^\t]*")  # patterns that any text between two separators has
_ADDRESSES = r"-|[0-9A-Za-z:.%_-]+(?:, ?[0-9A-Za-z:.%_-]+)*"
_FREE = frozenset({"text", "request", "target", "user"})  # what can hold spaces


@dataclass(frozen=True)
class Field:
    """A place in a line that holds a value.

    Attributes:
        target: the record column; empty for a type that gives several, or for what is not kept.
        type: the value's type (`values.TYPES`); empty: not kept.
        rank: of several fields for one column the lowest rank wins.
        pattern: what its text looks like, where the type does not say.
        escape: the escape dialect, where it is not the entry's.
    """

    target: str = ""
    type: str = ""
    rank: int = 0
    pattern: str = ""
    escape: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The record columns that it fills."""
        return (TYPES[self.type].gives or (self.target,)) if self.type else ()


Token = str | Field


@dataclass(frozen=True)
class Piece:
    """One part of a line between two separators.

    Attributes:
        pattern: anchored at both ends; its last group is empty and tells that it matched.
        fields: the fields of the other groups.
        clock: a time of fixed width at the piece's begin or end, cut off before the pattern is tried.
    """

    pattern: str
    fields: tuple[Field, ...]
    clock: Field | None = None
    lead: str = ""  # the literal before the time, where the time is at the piece's begin
    trail: str = ""  # the literal after it, where the time is at the piece's end
    whole: bool = False  # one field and nothing else: no pattern needed
    checked: bool = False  # `whole`, but the text must not end in a backslash


@dataclass(frozen=True)
class Layout:
    """How to read a line: by cutting it at a separator, and by one pattern for lines that can't be cut so."""

    pattern: str
    fields: tuple[Field, ...]
    separator: str = ""
    pieces: tuple[Piece, ...] = ()
    tail: bool = False  # more pieces than these may follow
    steps: tuple[str, ...] = ()  # the pattern's tokens, for telling where a line stops fitting
    plain: tuple[str, tuple[Field, ...]] | None = None  # a quicker pattern for the plainest lines, and its fields


def _follows(token: Token | None) -> tuple[str, bool]:
    """(the character that comes after a field, whether it begins another field without a literal between)."""
    if isinstance(token, str):
        return token[:1], False
    if token is None:
        return "", False
    return ("?" if token.type == "query" or token.pattern == OPTIONAL_QUESTION else "/"), True


def _body(field: Field, after: tuple[str, bool], escape: str, *, quoted: bool) -> str:
    """The pattern of a field's text, by its type and by what follows it."""
    letter, adjacent = after
    typed = field.pattern or (TYPES[field.type].pattern if field.type else "")
    if typed:
        return typed
    if adjacent:  # `$host$request_uri`
        return rf'(?:[^{letter} "\\]|\\.)*'
    return _in_quotes(letter, escape) if quoted else _bare(field.type, letter)


def _in_quotes(after: str, escape: str) -> str:
    if escape == "none":
        return ".*?"
    return _QUOTED if after == '"' else _QUOTED + "?"


def _bare(type_: str, after: str) -> str:
    if type_ == "xff":
        return _ADDRESSES
    if type_ == "user" and after == " ":
        return r"-?|(?:[^ -]|-[^ ]).*?"
    if after == "\t" or (after not in {"", " "} and type_ not in _FREE):
        return f"[^{re.escape(after)}]*"
    free = ".*?" if after else ".*"
    return free if type_ in _FREE else "[^ ]*"


def filled(tokens: list[Token], escape: str) -> list[Token]:
    """The tokens with the pattern of every field decided; of two times or sizes only the better one is kept."""
    best = {
        column: min(t.rank for t in tokens if isinstance(t, Field) and t.target == column)
        for column in _ONE
        if any(isinstance(t, Field) and t.target == column for t in tokens)
    }
    out: list[Token] = []
    quotes = 0
    for i, token in enumerate(tokens):
        if isinstance(token, str):
            quotes += token.count('"')
            out.append(token)
        else:
            after = _follows(tokens[i + 1] if i + 1 < len(tokens) else None)
            field = replace(token, pattern=_body(token, after, escape, quoted=bool(quotes % 2)))
            out.append(replace(field, type="") if token.rank > best.get(token.target, token.rank) else field)
    return out


def _pattern(tokens: list[Token]) -> tuple[str, tuple[Field, ...]]:
    """(anchored pattern, the fields of its groups) of tokens with patterns."""
    parts, fields = [], []
    for token in tokens:
        if isinstance(token, str):
            parts.append(re.escape(token))
        elif token.type:
            parts.append(f"({token.pattern})")
            fields.append(token)
        else:
            parts.append(f"(?:{token.pattern})")
    return f"(?s)^{''.join(parts)}()$", tuple(fields)


def _cut(tokens: list[Token], separator: str) -> list[list[Token]]:
    """The tokens of each piece between separators."""
    pieces: list[list[Token]] = [[]]
    for token in tokens:
        if isinstance(token, Field):
            pieces[-1].append(token)
            continue
        first, *others = token.split(separator)
        pieces[-1].append(first)
        pieces.extend([other] for other in others)
    return [[t for t in piece if t != ""] for piece in pieces]


def _piece(tokens: list[Token], *, quoted: bool) -> Piece:
    if len(tokens) == 1 and isinstance(tokens[0], Field) and tokens[0].pattern in _ANYTHING:
        field = tokens[0]
        return Piece("", (field,) if field.type else (), whole=True, checked=quoted)
    for i, token in enumerate(tokens):
        if not (
            isinstance(token, Field) and token.type in CLOCKS and token.type != "epoch" and CLOCKS[token.type].fixed
        ):
            continue
        before, after = tokens[:i], tokens[i + 1 :]
        if all(isinstance(t, str) for t in after):
            pattern, fields = _pattern(before)
            return Piece(pattern, fields, token, trail="".join(map(str, after)))
        if all(isinstance(t, str) for t in before):
            pattern, fields = _pattern(after)
            return Piece(pattern, fields, token, lead="".join(map(str, before)))
    pattern, fields = _pattern(tokens)
    return Piece(pattern, fields)


def layout(tokens: list[Token], escape: str) -> Layout:
    """How to read a line made of these tokens."""
    tokens = filled(tokens, escape)
    pattern, fields = _pattern(tokens)
    quotes = sum(t.count('"') for t in tokens if isinstance(t, str))
    tabs = sum(t.count("\t") for t in tokens if isinstance(t, str))
    separator = '"' if quotes else "\t" if tabs else ""
    if (
        not separator
        or quotes % 2
        or any(
            separator in t.pattern and not t.pattern.startswith((_QUOTED, ".*?"))
            for t in tokens
            if isinstance(t, Field)
        )
    ):
        return Layout(pattern, fields, steps=_steps(tokens))
    pieces = tuple(_piece(cut, quoted=bool(quotes) and i % 2 == 1) for i, cut in enumerate(_cut(tokens, separator)))
    return Layout(pattern, fields, separator, pieces, steps=_steps(tokens))


def _steps(tokens: list[Token]) -> tuple[str, ...]:
    return tuple(re.escape(t) if isinstance(t, str) else f"(?:{t.pattern})" for t in tokens)
