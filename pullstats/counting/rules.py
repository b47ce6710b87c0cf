"""Counting rules: what counts, as named parameters read from a table with a reason beside each."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from pullstats.errors import PullstatsError, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).with_name("rules")
DAY_SECONDS = 86_400
OnePer = Literal["file", "version", "reference"]


@dataclass(frozen=True)
class Ecosystem:
    """How an ecosystem's paths are counted.

    Attributes:
        about: why it is so, for people.
        sessions: manifests and blobs make sessions; else checks and files do.
        check: roles whose read is a version check.
        metadata: roles that are read on the way to a file; alone they are `aux`.
        download: roles whose read is a download.
        one_per: what one download is: a file, or all files of a version or reference.
        check_seconds: checks of one artifact in so many seconds are one.
        contact_seconds: a check this long before a file of the same artifact belongs to the download.
        unit_seconds: files of one version or reference this far apart are one download.
    """

    about: str
    sessions: bool = False
    check: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()
    download: tuple[str, ...] = ()
    one_per: OnePer = "file"
    check_seconds: int = 0
    contact_seconds: int = 0
    unit_seconds: int = 0


@dataclass(frozen=True)
class Rule:
    """A counting rule: every constant, by name. What each one is for stands in `reasons` and in its TOML file."""

    name: str
    about: str
    ok_statuses: tuple[int, ...]
    unchanged_statuses: tuple[int, ...]
    redirect_statuses: tuple[int, ...]
    push_statuses: tuple[int, ...]
    cut_statuses: tuple[int, ...]
    ignored_statuses: tuple[int, ...]
    redirect_roles: tuple[str, ...]
    redirect_answer_seconds: int
    push_methods: tuple[str, ...]
    longest_request_seconds: int
    manifest_join_seconds: int
    blob_join_seconds: int
    longest_seconds: int
    repeat_seconds: int
    repeat_restart_seconds: int
    orphan_seconds: int
    parts_seconds: int
    parts_join_seconds: int
    complete_percent: int
    small_blob_bytes: int
    blobs_per_signature: int
    artifact_clients: tuple[str, ...]
    unconfirmed_kinds: tuple[str, ...]
    single_platform_kinds: tuple[str, ...]
    mirror_platforms: int
    mirror_platforms_others: int
    group_seconds: int
    push_lead_seconds: int
    push_tail_seconds: int
    push_join_seconds: int
    plain_join_seconds: int
    ecosystems: Mapping[str, Ecosystem] = field(hash=False)
    reasons: Mapping[str, str] = field(hash=False)

    def ecosystem(self, name: str | None) -> Ecosystem:
        """How an ecosystem is counted; `default` where it has no row of its own."""
        return self.ecosystems.get(name or "default", self.ecosystems["default"])

    def parameters(self) -> tuple[tuple[str, str, str], ...]:
        """(name, value, reason) of every parameter, as `pullstats rules --show` prints them."""
        constants = [(name, _shown(getattr(self, name)), reason) for name, reason in self.reasons.items()]
        return (*constants, *(_described(name, row) for name, row in self.ecosystems.items()))


_APART = ("name", "about", "ecosystems", "reasons")
_CONSTANTS = {one.name: one.type for one in fields(Rule) if one.name not in _APART}
_ROWS = {one.name: one.type for one in fields(Ecosystem)}
_KINDS = {
    "int": (int,),
    "str": (str,),
    "bool": (bool,),
    "OnePer": ("file", "version", "reference"),
    "tuple[int, ...]": (list, int),
    "tuple[str, ...]": (list, str),
}


def _shown(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _described(name: str, row: Ecosystem) -> tuple[str, str, str]:
    shown = ((one, _shown(getattr(row, one))) for one in _ROWS if one != "about")
    value = "sessions" if row.sessions else "; ".join(f"{one} {text}" for one, text in shown if one != "sessions")
    return f"ecosystem.{name}", value, row.about


def rules() -> tuple[str, ...]:
    """The names of the counting rules that there are."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@functools.cache
def rule(name: str = "pullstats-1") -> Rule:
    """The counting rule of this name.

    Raises:
        UsageError: there is no such rule.
        PullstatsError: its file has an unknown, missing or ill-typed key, which is named.
    """
    path = FOLDER / f"{name}.toml"
    if name not in rules():
        raise UsageError(f"there is no rule {name}", did_you_mean(name, rules()) or f"there are: {', '.join(rules())}")
    return read_rule(path)


def read_rule(path: Path) -> Rule:
    """The rule in a TOML file; its name is the file's.

    Raises:
        PullstatsError: the file is no TOML, or has an unknown, missing or ill-typed key, which is named.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise PullstatsError(f"{path.name}: is not TOML: {error}") from error
    about, rows = table.pop("about", ""), table.pop("ecosystem", {})
    _check_keys(path.name, table, _CONSTANTS)
    for name in sorted(set(_CONSTANTS) - set(table)):
        raise PullstatsError(f"{path.name}: has no {name}")
    values = {name: _value(f"{path.name}: {name}", table[name]["value"], kind) for name, kind in _CONSTANTS.items()}
    made = Rule(
        name=path.stem,
        about=about,
        **values,
        ecosystems=MappingProxyType(_ecosystems(path.name, rows)),
        reasons=MappingProxyType({name: entry["about"] for name, entry in table.items()}),
    )
    if made.repeat_restart_seconds <= 0 or DAY_SECONDS % made.repeat_restart_seconds:
        raise PullstatsError(f"{path.name}: repeat_restart_seconds does not divide a day")
    return made


def _check_keys(file: str, table: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    for name, entry in table.items():
        if name not in known:
            raise PullstatsError(f"{file}: does not know the key {name}", did_you_mean(name, tuple(known)))
        if not isinstance(entry, dict) or set(entry) != {"value", "about"}:
            raise PullstatsError(f"{file}: {name} is not a table of value and about")


def _ecosystems(file: str, rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Ecosystem]:
    """Each row, completed by the row `default`."""
    base = rows.get("default", {})
    return {name: _ecosystem(f"{file}: ecosystem.{name}", {**base, **row}) for name, row in rows.items()}


def _ecosystem(place: str, row: Mapping[str, Any]) -> Ecosystem:
    for key in row:
        if key not in _ROWS:
            raise PullstatsError(f"{place}: does not know the key {key}", did_you_mean(key, tuple(_ROWS)))
    return Ecosystem(**{key: _value(f"{place}.{key}", value, _ROWS[key]) for key, value in row.items()})


def _value(place: str, value: object, kind: object) -> Any:
    """The value, lists as tuples, if it is of the kind that the field is annotated with."""
    wanted = _KINDS[str(kind)]
    if wanted[0] is list:
        fits = isinstance(value, list) and all(type(one) is wanted[1] for one in value)
    elif str(kind) == "OnePer":
        fits = value in wanted
    else:
        fits = type(value) is wanted[0]
    if not fits:
        raise PullstatsError(f"{place}: {value!r} is no {kind}")
    return tuple(value) if isinstance(value, list) else value
