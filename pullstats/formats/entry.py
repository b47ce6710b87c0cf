"""A log format as data: the tables of known formats, and formats that users write themselves."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pullstats.errors import PullstatsError, UsageError, did_you_mean, printable

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["nginx", "apache", "fields", "w3c", "json", "logfmt", "ltsv", "csv", "regex"]
KINDS = ("nginx", "apache", "fields", "w3c", "json", "logfmt", "ltsv", "csv", "regex")
ESCAPES = ("backslash", "hash", "url", "plus", "json", "none")


@dataclass(frozen=True)
class Entry:
    """One log format.

    Attributes:
        name: how people call it (`--log-format NAME`).
        about: one line for people.
        kind: which compiler reads `spec`.
        source: the document or code that defines the format.
        spec: the format: a log_format or LogFormat string, a pattern with named groups, or ordered field names.
        plain: kind `regex`: a pattern of the plainest lines, tried before `spec`, which reads them alike but slowly: in
            it each letter decides how it goes on (no `.*?`, no two ways to begin), so that it needs no going back.
        fields: kind `json`, `logfmt`, `ltsv` and `csv`: record column -> where to find it, best first; kind `regex` and
            `fields`: group or field name -> `column@type` where the name does not say it.
        separator: kind `fields` and `w3c`: what stands between the fields.
        least: kind `w3c`: how many of the columns in `spec` a line has at least, where no `#Fields` came before it.
        envelopes: what the lines are wrapped in, the outermost first; None: found out by the reader.
        signature: kind `json`, `logfmt` and `ltsv`: the keys that every record has (`a|b`: one of them); they name the
            format; kind `csv`: the columns that every header has.
        only: kind `json`, `logfmt` and `ltsv`: key -> pattern; a record without it is no request.
        skip: kind `json`, `logfmt`, `ltsv` and `csv`: reason -> (key -> pattern) of well-formed records that are no
            client's request.
        stands_for: kind `csv`: the request that an event stands for: `method`, `path` (`{name}` is a column) and
            `status` of the first whose patterns in `only` (column -> pattern) all fit.
        required: the columns without which a record is damaged.
        ignore: reason -> pattern of lines that belong to such a log but are no request; kind `json`, `logfmt`, `ltsv`
            also reason -> (key -> pattern of its value; `!key`: it has no such key).
        escape: how the server escapes what clients send.
        null: texts that mean "absent", beside `-` and nothing.
        like: entries of the same shape, told apart by what `tell` says or not at all.
        tell: a pattern that only this one of its look-alikes has in its lines.
        tell_share: in how many of them at least, 0 to 1; 0: in any.
        time_is: whether the logged time is the request's start or end.
        bytes_are: whether the logged size is the body's or has headers in it.
        unique_id: the request id is never shared by two requests.
        cannot_tell: what such a log does not say (`user_agent`, `zone`, ...).
        priority: of two that fit equally well the higher one is taken.
        examples: lines with the record that they give.
    """

    name: str
    about: str
    kind: Kind
    source: str
    spec: str = ""
    plain: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    separator: str = " "
    least: int = 0
    envelopes: tuple[str, ...] | None = None
    signature: tuple[str, ...] = ()
    only: Mapping[str, str] = field(default_factory=dict)
    skip: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    stands_for: tuple[Mapping[str, Any], ...] = ()
    required: tuple[str, ...] = ("ts",)
    ignore: Mapping[str, Any] = field(default_factory=dict)
    escape: str = "backslash"
    null: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    tell: str = ""
    tell_share: float = 0.0
    time_is: Literal["start", "end"] = "end"
    bytes_are: Literal["body", "wire"] = "body"
    unique_id: bool = False
    cannot_tell: tuple[str, ...] = ()
    priority: int = 0
    examples: tuple[Mapping[str, Any], ...] = ()

    def __hash__(self) -> int:
        return hash((self.name, self.kind, self.spec))


_KNOWN = {f.name for f in fields(Entry)} - {"name", "examples"} | {"example"}
_TEXTS, _PATTERNS = [str], {str: str}
_SHAPES: dict[str, Any] = {
    "fields": {str: (str, _TEXTS)}, "only": _PATTERNS, "skip": {str: _PATTERNS}, "ignore": {str: (str, _PATTERNS)},
    "signature": _TEXTS, "required": _TEXTS, "null": _TEXTS, "like": _TEXTS, "cannot_tell": _TEXTS, "envelopes": _TEXTS,
    "example": [{str: object}], "stands_for": [{"only": _PATTERNS, "method": str, "path": str, "status": int}],
    "least": int, "priority": int, "tell_share": float, "unique_id": bool,
}  # fmt: skip
_CALLED = {int: "a number", float: "a fraction", bool: "true or false", str: "a text", object: "anything"}
_TUPLES = ("signature", "required", "null", "like", "cannot_tell", "envelopes", "stands_for")


def from_table(name: str, table: Mapping[str, Any], where: str) -> Entry:
    """The entry that a TOML table describes.

    Raises:
        PullstatsError: an unknown key, a missing one, or a value that is none of the allowed.
    """
    for key in table:
        if key not in _KNOWN:
            raise PullstatsError(f"{where}: [{name}] has an unknown key {key!r}", did_you_mean(key, tuple(_KNOWN)))
    for key in ("about", "kind", "source"):
        if not table.get(key):
            raise PullstatsError(f"{where}: [{name}] has no {key!r}")
    for key, allowed in (("kind", KINDS), ("escape", ESCAPES)):
        if key in table and table[key] not in allowed:
            raise PullstatsError(f"{where}: [{name}] {key} = {table[key]!r}", f"it must be one of {', '.join(allowed)}")
    for key, value in table.items():
        wanted = _SHAPES.get(key, str)
        if not _is(value, wanted):
            what = printable(f"{where}: [{name}] {key} = {value!r}", 120)
            raise PullstatsError(what, f"it must be {_called(wanted)}")
    given: dict[str, Any] = {k: tuple(v) if k in _TUPLES else v for k, v in table.items() if k != "example"}
    return Entry(name=name, examples=tuple(table.get("example", ())), **given)


def _is(value: object, shape: Any) -> bool:
    """Whether a value of TOML has a shape: a type, one of several, a list or table of one, a table of named ones."""
    if isinstance(shape, tuple):
        return any(_is(value, each) for each in shape)
    if isinstance(shape, list):
        return isinstance(value, list) and all(_is(each, shape[0]) for each in value)
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return False
        named = {key: shape.get(str, shape.get(key)) for key in {*value, *shape} - {str}}
        return all(key in value and kind is not None and _is(value[key], kind) for key, kind in named.items())
    return type(value) is shape or shape is object


def _called(shape: Any) -> str:
    """What people call a shape."""
    if isinstance(shape, tuple):
        return " or ".join(_called(each) for each in shape)
    if isinstance(shape, list):
        return f"a list, each {_called(shape[0])}"
    if isinstance(shape, dict):
        inner = _called(shape[str]) if str in shape else ", ".join(shape)
        return f"a table, each {inner}" if str in shape else f"a table of {inner}"
    return _CALLED[shape]


@cache
def entries() -> tuple[Entry, ...]:
    """All known formats, in order of their names; a table may name another one as its `fields`, whose it shares.

    Raises:
        PullstatsError: a table with an unknown key or without a source; names file and entry.
    """
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for file in sorted(Path(__file__).parent.glob("*.toml")):
        if file.name == "envelopes.toml":
            continue
        for name, table in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if name in found:
                raise PullstatsError(f"{file.name}: [{name}] is defined twice")
            found[name] = file.name, table
    for _, table in found.values():
        if isinstance(table.get("fields"), str):  # those of another entry
            table["fields"] = found[table["fields"]][1]["fields"]
    return tuple(from_table(name, table, file) for name, (file, table) in sorted(found.items()))


def entry(name: str) -> Entry:
    """The known format of a name.

    Raises:
        UsageError: no such format.
    """
    known = {e.name: e for e in entries()}
    if name not in known:
        hint = did_you_mean(name, tuple(known)) or 'run "pullstats formats" for the list'
        raise UsageError(f"{name}: no such log format", hint)
    return known[name]


def custom(log_format: str) -> Entry:
    """The entry of a user's own nginx `log_format` (with `$`), Apache `LogFormat` or GoAccess (with `%`) string.

    Quotes, line breaks and the statement around it may be there as pasted from a configuration.

    Raises:
        UsageError: it is neither, or nothing in it is a time.
    """
    from pullstats.formats.kinds import apache, compiled, nginx

    if "$" in log_format:
        spec, escape = nginx.unquoted(log_format)
        made = _custom(spec, "nginx", escape or "backslash")
    elif "%" in log_format:
        text = apache.unquoted(log_format)
        made = _custom(apache.from_goaccess(text) or text, "apache", "backslash")
    else:
        hint = did_you_mean(log_format, tuple(e.name for e in entries())) or 'run "pullstats formats" for the names'
        raise UsageError(
            f"{printable(log_format, 100)}: no such log format, and no nginx or Apache format string either", hint
        )
    if "ts" not in compiled(made).columns:
        what = f"{printable(made.spec, 100)}: has no time"
        raise UsageError(what, "a log without times cannot be counted; log $time_iso8601 or %t")
    return made


def _custom(spec: str, kind: Kind, escape: str) -> Entry:
    return Entry("custom", f"your own {kind} format", kind, "given by --log-format", spec, escape=escape)


def nginx_conf(text: str, name: str = "nginx.conf") -> Entry:
    """The entry of the log_format that a configuration of nginx has in use.

    Of several the one that most `access_log` lines name; files that it includes are not read.

    Raises:
        PullstatsError: no access_log line names a log_format that stands in it.
    """
    from pullstats.formats.kinds import nginx

    used = nginx.in_use(text)
    if used is None:
        fix = "give the file that has the log_format line, or the string itself by --log-format"
        raise PullstatsError(f"{name}: has neither a log_format nor an access_log that is on", fix)
    return custom(used[1]) if used[1] else entry("nginx-combined")


def mapped(pairs: Mapping[str, str]) -> Entry:
    """The entry for JSON whose keys a user names: record column (or `time`, `target`, `request`) -> key.

    Columns that are not named are looked for by the usual names.

    Raises:
        UsageError: no such column.
    """
    base = entry("nginx-json")
    found = dict(base.fields)
    for column, key in pairs.items():
        name = {"time": "ts", "ip": "client_ip", "size": "bytes"}.get(column, column)
        if name not in found:
            hint = did_you_mean(column, tuple(found)) or f"one of {', '.join(found)}"
            raise UsageError(f"{printable(column, 100)}: no such field", hint)
        found[name] = [key, *([found[name]] if isinstance(found[name], str) else found[name])]
    return replace(base, name="custom", about="JSON with your own keys", source="given by --map", fields=found)


def own(tables: Mapping[str, Mapping[str, Any]], where: str = "pullstats.toml") -> tuple[Entry, ...]:
    """The entries that a user's `[formats.NAME]` tables describe: as in the tables of known formats.

    Raises:
        PullstatsError: an unknown key, a missing one, or a value that is none of the allowed.
    """
    from pullstats.formats.kinds import compiled
    from pullstats.lazy import pl

    defaults = {"about": "your own format", "source": where}
    made = tuple(from_table(name, {**defaults, **table}, where) for name, table in tables.items())
    for each in made:
        shared = [each.only, *each.skip.values()]  # patterns that whole columns are searched for
        try:
            compiled(each).judge(pl.Series(["x"]))
            for pattern in (each.tell, *(pattern for patterns in shared for pattern in patterns.values())):
                pl.Series(["x"]).str.contains(pattern)
        except (KeyError, re.error, pl.exceptions.PolarsError) as error:
            what = f"{where}: [{each.name}] spec or fields cannot be read ({printable(str(error), 80)})"
            raise PullstatsError(what, "see the entries of pullstats formats for the form") from error
    return made
