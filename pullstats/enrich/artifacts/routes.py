"""The table of routes: which paths name what, as data with examples beside them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pullstats.errors import PullstatsError, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLES = (
    "manifest", "content", "config", "index", "metadata", "signature", "listing", "auth", "push", "other",
)  # fmt: skip
KINDS = ("tag", "digest", "file", "revision")
FIXES = ("pep503", "pep440", "go", "maven_group", "lower")
OTHER_FILES = ("platforms.toml",)
_FILE_KEYS = ("order", "ecosystem", "source", "parts")


@dataclass(frozen=True)
class Route:
    """One route.

    Attributes:
        name: `file.route`.
        ecosystem: whose paths these are; empty: of none.
        pattern: Rust regex over the decoded path, with named groups.
        about: one line for people.
        role: what the resource is to its artifact.
        source: where the layout is written down.
        unless: paths that fit `pattern` and are something else.
        host: only on hosts that fit.
        reference_kind: what the reference is.
        artifact, version, platform: templates of groups, where not the group of that name; of several the
            first that is not empty.
        reader: `product` reads product and version from the group `stem`.
        fix: column -> how its spelling is normalised.
        change: (column, regex, replacement) in turn.
        same: pairs of templates; the first text must begin with the second.
        needs: columns that must have a value after `fix`.
        examples: paths with the columns that they give.
    """

    name: str
    ecosystem: str
    pattern: str
    about: str
    role: str
    source: str = ""
    unless: str = ""
    host: str = ""
    reference_kind: str = ""
    artifact: tuple[str, ...] = ()
    version: tuple[str, ...] = ()
    platform: tuple[str, ...] = ()
    reader: str = ""
    fix: Mapping[str, str] = field(default_factory=dict, hash=False)
    change: tuple[tuple[str, str, str], ...] = ()
    same: tuple[tuple[str, str], ...] = ()
    needs: tuple[str, ...] = ()
    examples: tuple[Mapping[str, str], ...] = field(default=(), hash=False)


_ROUTE_KEYS = {each.name for each in fields(Route)} - {"name", "examples"} | {"example"}


@cache
def routes() -> tuple[Route, ...]:
    """All routes, in the order in which they are asked.

    Raises:
        PullstatsError: a table has an unknown key or value; names file and route.
    """
    tables = {
        path.name: tomllib.loads(path.read_text("utf-8")) for path in sorted(Path(__file__).parent.glob("*.toml"))
    }
    ordered = sorted((table["order"], name) for name, table in tables.items() if name not in OTHER_FILES)
    return tuple(route for _, name in ordered for route in _of_file(name, tables[name]))


def _of_file(file: str, table: Mapping[str, Any]) -> list[Route]:
    shared = {"ecosystem": table.get("ecosystem", ""), "source": table["source"]}
    parts = _resolved(table.get("parts", {}))
    return [_route(file, name, shared | row, parts) for name, row in table.items() if name not in _FILE_KEYS]


def _resolved(parts: Mapping[str, str]) -> dict[str, str]:
    """Parts of patterns, with the parts in them filled in."""
    done: dict[str, str] = {}
    for name, text in parts.items():
        done[name] = _filled(text, done)
    return done


def _filled(text: str, parts: Mapping[str, str]) -> str:
    for name, part in parts.items():
        text = text.replace(f"{{{name}}}", part)
    return text


def _route(file: str, name: str, row: Mapping[str, Any], parts: Mapping[str, str]) -> Route:
    place = f"{file}: [{name}]"
    for key in row:
        if key not in _ROUTE_KEYS:
            raise PullstatsError(f"{place} has an unknown key {key!r}", did_you_mean(key, tuple(_ROUTE_KEYS)))
    for key, allowed in (("role", ROLES), ("reference_kind", KINDS)):
        if row.get(key, allowed[0]) not in allowed:
            raise PullstatsError(f"{place} {key} = {row[key]!r}", f"it must be one of {', '.join(allowed)}")
    if unknown := set(row.get("fix", {}).values()) - set(FIXES):
        raise PullstatsError(f"{place} fix {sorted(unknown)}", f"it must be of {', '.join(FIXES)}")
    given = {key: value for key, value in row.items() if key != "example"}
    given["pattern"] = _filled(row["pattern"], parts)
    for key in ("artifact", "version", "platform"):
        value = row.get(key, ())
        given[key] = (value,) if isinstance(value, str) else tuple(value)
    for key in ("change", "same"):
        given[key] = tuple(tuple(each) for each in row.get(key, ()))
    given["needs"] = tuple(row.get("needs", ()))
    return Route(f"{file.removesuffix('.toml')}.{name}", examples=tuple(row.get("example", ())), **given)


def own(tables: Mapping[str, Mapping[str, Any]]) -> tuple[Route, ...]:
    """The user's routes, from `[routes.NAME]`: a pattern with the groups artifact, version and reference.

    Raises:
        UsageError: a route has no pattern, or an unknown key.
    """
    made = []
    for name, row in tables.items():
        if "pattern" not in row:
            raise UsageError(f"[routes.{name}] has no pattern", "for example: pattern = '^/get/(?P<artifact>[^/]+)$'")
        try:
            known = {
                "about": "a route of pullstats.toml",
                "role": "content",
                "reference_kind": "file",
                "ecosystem": "file",
            }
            made.append(_route("pullstats.toml", f"routes.{name}", known | dict(row), {}))
        except PullstatsError as error:
            raise UsageError(error.what, error.fix) from error
    return tuple(made)
