"""The table of routes (path -> artifact), read from the TOML files beside this one and checked."""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from pullstats.errors import PullstatsError, UsageError, did_you_mean
from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Role = Literal[
    "manifest", "content", "config", "index", "metadata", "signature", "listing", "auth", "push", "other",
]  # fmt: skip
Kind = Literal["tag", "digest", "file", "revision"]
OUTPUTS = ("artifact", "version", "reference", "platform")
USER_ORDER = 20  # after the registry's paths: /v2/ decides OCI before all
_HERE = Path(__file__).parent
_NOT_ROUTES = {"platforms.toml", "masks.toml"}
_GROUP = re.compile(r"\(\?P<(\w+)>")
_CAPTURE = re.compile(r"(?<!\\)(?:\\\\)*\((?!\?)")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]")
_PART = re.compile(r"\{([a-z_]{2,})\}")
_FILE_KEYS = ("order", "source", "parts")
_TEXTS = ("about", "pattern", "ecosystem", "role", "reference_kind", "host", "unless", "reader")


@dataclass(frozen=True)
class Route:
    """One pattern of paths, and what a path of it names.

    Attributes:
        name: file and entry (`oci.blob`): the evidence of what it decided.
        pattern: a regular expression (Rust syntax, always linear) over the decoded path; its named groups are
            `artifact`, `version`, `reference`, `platform`, or helpers for the templates below.
        role: what such a resource is to its artifact.
        ecosystem: null where no artifact can be named.
        about: what it is, in a few words.
        reference_kind: what the reference is.
        host: a regular expression that the host must fit, too.
        unless: a regular expression that the decoded path must not fit.
        outputs: column -> templates of groups (`{group}:{name}`), the first that is not empty; a column that is
            not named here is the group of its name.
        fix: group -> a named normalisation (names.FIXES).
        change: (group, pattern, replacement), in this order.
        same: (template, template): the first text must begin with the second.
        needs: groups that must not be empty; else the next route is asked.
        reader: `product`: reads product and version out of the group `stem`.
        order: small numbers are asked first.
    """

    name: str
    pattern: str
    role: str
    ecosystem: str | None = None
    about: str = ""
    reference_kind: str | None = None
    host: str | None = None
    unless: str | None = None
    outputs: tuple[tuple[str, tuple[str, ...]], ...] = ()
    fix: tuple[tuple[str, str], ...] = ()
    change: tuple[tuple[str, str, str], ...] = ()
    same: tuple[tuple[str, str], ...] = ()
    needs: tuple[str, ...] = ()
    reader: str | None = None
    order: int = USER_ORDER
    examples: tuple[dict[str, Any], ...] = field(default=(), repr=False, compare=False)

    @functools.cached_property
    def groups(self) -> tuple[str, ...]:
        """The named groups of the pattern, in order: a group's number is its place here, from 1."""
        return tuple(_GROUP.findall(self.pattern))


@functools.cache
def routes() -> tuple[Route, ...]:
    """All routes of pullstats, in the order in which they are asked.

    Raises:
        PullstatsError: an entry is wrong: the message names file and entry.
    """
    files = [path for path in sorted(_HERE.glob("*.toml")) if path.name not in _NOT_ROUTES]
    return tuple(sorted((route for path in files for route in read_routes(path)), key=lambda route: route.order))


def read_routes(path: Path) -> list[Route]:
    """The routes of one file, in its order, each checked but for its patterns (see `check_patterns`).

    Raises:
        PullstatsError: the file is no TOML, or an entry is wrong.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PullstatsError(f"{path.name}: cannot be read as TOML ({error})", "correct that line") from error
    shared = {key: value for key, value in document.items() if not isinstance(value, dict)}
    parts = document.get("parts", {})
    entries = {key: value for key, value in document.items() if isinstance(value, dict) and key != "parts"}
    for key in ("order", "source"):
        if key not in shared:
            raise PullstatsError(f"{path.name}: has no {key}", f"write {key} = ... at its top")
    return [_route(f"{path.stem}.{name}", shared | entry, parts) for name, entry in entries.items()]


def user_routes(table: Mapping[str, Any] | None) -> tuple[Route, ...]:
    """The routes of `[routes.NAME]` in pullstats.toml: what they match is a file's content unless they say else.

    Args:
        table: name -> `pattern` with the groups `artifact`, `version`, `reference`, and perhaps the other keys
            of a route; a pattern without the group `artifact` takes the product's name out of the file name.

    Raises:
        UsageError: an entry is wrong; the message names it.
    """
    defaults = {"ecosystem": "file", "role": "content", "reference_kind": "file", "about": "a route of pullstats.toml"}
    found = []
    for name, row in (table or {}).items():
        try:
            if not isinstance(row, dict):
                raise PullstatsError(f"{name}: is no table", "write [routes.NAME], then pattern = '...'")  # noqa: TRY301
            found.append(_route(f"routes.{name}", defaults | _read_the_name(row) | row, {}))
            check_patterns(found[-1])
        except PullstatsError as error:
            raise UsageError(f"pullstats.toml: {error.what}", error.fix) from error
    return tuple(found)


def _read_the_name(row: Mapping[str, Any]) -> dict[str, Any]:
    """Without an artifact of its own, a user's route reads the file name, the last part of the path."""
    if "artifact" in row or "(?P<artifact>" in str(row.get("pattern")):
        return {}
    read = {"reader": "product", "artifact": "{product}", "platform": "{file}"}
    return read if "(?P<reference>" in str(row.get("pattern")) else read | {"reference": "{file}"}


def _route(name: str, row: Mapping[str, Any], parts: Mapping[str, str]) -> Route:
    values = {key: value for key, value in row.items() if key not in _FILE_KEYS}
    _check_keys(name, values)
    text = {key: values.get(key) for key in _TEXTS}
    route = Route(
        name=name,
        pattern=_filled(name, text.pop("pattern") or "", parts),
        role=text.pop("role") or "",
        about=text.pop("about") or "",
        outputs=tuple((key, _templates(values[key])) for key in OUTPUTS if key in values),
        fix=tuple(values.get("fix", {}).items()),
        change=tuple(map(tuple, values.get("change", ()))),
        same=tuple(map(tuple, values.get("same", ()))),
        needs=tuple(values.get("needs", ())),
        order=row.get("order", USER_ORDER),
        examples=tuple(values.get("example", ())),
        **text,
    )
    _check(route)
    return route


def _templates(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _filled(name: str, pattern: str, parts: Mapping[str, str]) -> str:
    """The pattern with the file's `[parts]` in the places of their names."""

    def part(match: re.Match[str]) -> str:
        if match[1] not in parts:
            raise PullstatsError(f"{name}: pattern holds {match[0]}", f"name one of [parts]: {', '.join(parts)}")
        return parts[match[1]]

    return _PART.sub(part, pattern)


# Checks: a wrong entry is named, with what to do about it

_SHAPES: Mapping[str, type | tuple[type, ...]] = {
    **dict.fromkeys(_TEXTS, str),
    **dict.fromkeys(OUTPUTS, (str, list)),
    "fix": dict,
    "change": list,
    "same": list,
    "needs": list,
    "example": list,
}


def _check_keys(name: str, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if key not in _SHAPES:
            raise PullstatsError(
                f"{name}: has the unknown key {key}", did_you_mean(key, list(_SHAPES)) or f"keys: {', '.join(_SHAPES)}"
            )
        if not isinstance(value, _SHAPES[key]):
            raise PullstatsError(f"{name}: {key} is {value!r}", f"see another route for what {key} holds")


def _check(route: Route) -> None:
    from pullstats.enrich.artifacts.names import FIXES, READERS

    groups = set(route.groups) | set(READERS.get(route.reader or "", ()))
    for what, value, known in (
        ("role", route.role, get_args(Role)),
        ("reference_kind", route.reference_kind, (None, *get_args(Kind))),
        ("reader", route.reader, (None, *READERS)),
        *(("fix", fix, tuple(FIXES)) for _, fix in route.fix),
        *(("group", group, tuple(groups)) for group in _used(route)),
    ):
        if value not in known:
            raise PullstatsError(f"{route.name}: {what} is {value!r}", f"give one of {', '.join(filter(None, known))}")


def check_patterns(route: Route) -> None:
    """Whether a route's patterns can be used; those of pullstats are only tried by its tests, which saves their time.

    Raises:
        PullstatsError: one cannot.
    """
    for pattern in filter(None, (route.pattern or " ", route.host, route.unless, *(row[1] for row in route.change))):
        _check_pattern(route, pattern)


def _used(route: Route) -> Iterator[str]:
    for _, templates in (*route.outputs, ("same", tuple(text for pair in route.same for text in pair))):
        for template in templates:
            yield from _PART.findall(template)
    yield from route.needs


def _check_pattern(route: Route, pattern: str) -> None:
    """Every group of the path's pattern has a name, so that a group's number is known; and the syntax is Rust's."""
    if not pattern.strip():
        raise PullstatsError(f"{route.name}: has no pattern", "write pattern = '...'")
    try:
        pl.select(pl.lit("").str.contains(pattern))
    except pl.exceptions.ComputeError as error:
        reason = str(error).split("error: ")[-1].split("\n")[0]
        raise PullstatsError(f"{route.name}: {pattern!r} is no regular expression ({reason})", "correct it") from error
    if pattern == route.pattern and (
        _CAPTURE.search(_CLASS.sub("", pattern)) or len(set(route.groups)) < len(route.groups)
    ):
        raise PullstatsError(
            f"{route.name}: the pattern has a group without a name of its own", "write (?:...) or (?P<name>...)"
        )
