"""The table of clients: which product tokens name which program, read from the TOML files beside this one."""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from pullstats.errors import PullstatsError, did_you_mean, printable

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal[
    "runtime", "builder", "package_client", "updater", "mirror", "scanner", "signer", "automation",
    "script", "crawler", "monitor", "browser", "unknown",
]  # fmt: skip
Strength = Literal["program", "library", "carrier"]
Reader = Literal["gradle", "nexus", "composer"]
VersionFrom = Literal["product", "comment", "Version", "none"]

KINDS: tuple[str, ...] = get_args(Kind)
EXPECTED = (
    "client", "client_version", "kind", "os", "os_version", "distro", "arch", "runtime", "ci",
    "upstream", "client_os", "hints",
)  # fmt: skip
_HERE = Path(__file__).parent
_NOT_CLIENTS = {"vocabulary.toml"}
_EXAMPLE = re.compile(r"^\[\[.+\]\]\n(?:(?!\[).*\n?)*", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """A user agent and what must be read from it; columns that are not named must be null.

    Attributes:
        user_agent: as sent.
        expected: column -> value; `client` and `kind` are the entry's own unless said.
    """

    user_agent: str
    expected: dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """One program.

    Attributes:
        client: the slug that the column `client` holds.
        kind: its class, from the closed list.
        about: what it is, in a few words.
        tokens: product names that mean this program, whole and in any case.
        phrases: beginnings of an agent that do, for names with spaces.
        strength: a `program` names the client; a `library` only where no program is named; a `carrier` is a
            prefix or companion that anyone sends, and counts only when alone.
        version_from: where the version stands: after the slash, in the comment, in the product `Version`, nowhere.
        comment: the named reader of its comments, where positions matter.
        os: what the name alone says of the system (`Debian APT-HTTP` runs on linux).
        runtime: the version is that of this runtime, too (`Java/17.0.15`).
        hints: what the name alone says of where it runs (`kubernetes`).
        artifact_client: it fetches artifacts that have no config blob: a lone small blob is a download.
        get_poll_before: versions before this one GET the manifest at every check.
        released: release years, by the first numbers of the version.
        calendar_from: from this number on, the first number of a version is its year less 2000.
        source: where the shape was learned.
        file: the file that holds the entry.
    """

    client: str
    kind: str
    about: str
    source: str
    tokens: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    strength: Strength = "program"
    version_from: VersionFrom = "product"
    comment: Reader | None = None
    os: str | None = None
    runtime: str | None = None
    hints: tuple[str, ...] = ()
    artifact_client: bool = False
    get_poll_before: str | None = None
    released: dict[str, int] = field(default_factory=dict, hash=False)
    calendar_from: int | None = None
    examples: tuple[Example, ...] = field(default=(), repr=False)
    file: str = ""


@dataclass(frozen=True)
class Clients:
    """The table, ready for look-up.

    Attributes:
        entries: by client, in the order of the files.
        tokens: lower-case product name -> entry.
        phrases: first three letters of a phrase, lower case -> (phrase, entry), longest first.
    """

    entries: dict[str, Entry]
    tokens: dict[str, Entry]
    phrases: dict[str, list[tuple[str, Entry]]]


@functools.lru_cache(maxsize=8)
def load(extra: Path | None = None, *, examples: bool = False) -> Clients:
    """The table; the entries of the user's own file win over ours.

    Args:
        extra: the user's own file, of the same form as ours.
        examples: read ours with their examples, which costs twice the time and serves tests and documentation.

    Raises:
        PullstatsError: an entry is wrong: the message names file and entry.
    """
    ours: dict[str, Entry] = {}
    for path in sorted(_HERE.glob("*.toml")):
        for entry in [] if path.name in _NOT_CLIENTS else read_entries(path, examples=examples):
            if entry.client in ours:
                raise _wrong(
                    path, entry.client, f"stands in {ours[entry.client].file} too", "give each client one entry"
                )
            ours[entry.client] = entry
    own = {entry.client: entry for entry in read_entries(extra)} if extra else {}
    rest = {client: entry for client, entry in ours.items() if client not in own}
    phrases = _by_phrase([*own.values(), *rest.values()])
    return Clients(ours | own, _by_token(rest.values()) | _by_token(own.values()), phrases)


def read_entries(path: Path, *, examples: bool = True) -> list[Entry]:
    """The entries of one file, each checked.

    Raises:
        PullstatsError: the file is absent or no TOML, or an entry is wrong.
    """
    try:
        text = path.read_text("utf-8")
        document = tomllib.loads(text if examples else _EXAMPLE.sub("", text))
    except OSError as error:
        reason = error.strerror or str(error)
        raise PullstatsError(f"{path}: {reason}", "name a table of clients that can be read") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PullstatsError(f"{path}: is not TOML ({error})", "correct that line") from error
    kind = document.pop("kind", None)
    return [_entry(path, client, row, kind, examples=examples) for client, row in document.items()]


def _entry(path: Path, client: str, row: Any, kind: Any, *, examples: bool) -> Entry:
    if not isinstance(row, dict):
        raise _wrong(path, client, "is no entry", "write it as a table: [name], then tokens, source and an example")
    values = {"kind": kind, **row}
    shown = _examples(path, client, values.pop("example", None)) if examples else ()
    for key, value in values.items():
        if key not in _KEYS:
            fix = did_you_mean(key, list(_KEYS)) or f"keys: {', '.join(_KEYS)}"
            raise _wrong(path, client, f"has the unknown key {key}", fix)
        if not (_fits(value, _KEYS[key]) or (key == "kind" and value is None)):
            raise _wrong(path, client, f"{key} is {value!r}", f"give {_wanted(_KEYS[key])}")
    for key, what in _NEEDED.items():
        if not values.get(key):
            raise _wrong(path, client, f"has no {key}", f"give {what}")
    if not (values.get("tokens") or values.get("phrases")):
        raise _wrong(path, client, "has neither tokens nor phrases", "name the product tokens that it sends")
    values |= {key: tuple(values[key]) for key in ("tokens", "phrases", "hints") if key in values}
    return Entry(client=client, file=path.name, examples=shown, **values)


def _examples(path: Path, client: str, rows: Any) -> tuple[Example, ...]:
    if not isinstance(rows, list) or not rows:
        fix = f"add [[{client}.example]] with user_agent and what is read from it"
        raise _wrong(path, client, "has no example", fix)
    for row in rows:
        if not isinstance(row, dict) or not isinstance(row.get("user_agent"), str):
            raise _wrong(path, client, "has an example without user_agent", "add the agent as it is sent")
        for key in row.keys() - {"user_agent", *EXPECTED}:
            fix = did_you_mean(key, list(EXPECTED)) or f"keys: user_agent, {', '.join(EXPECTED)}"
            raise _wrong(path, client, f"has an example with the unknown key {key}", fix)
    return tuple(Example(row["user_agent"], {k: v for k, v in row.items() if k != "user_agent"}) for row in rows)


_NEEDED = {
    "kind": f"one of {', '.join(KINDS)}",
    "about": "what it is, in a few words",
    "source": "where its agent is documented",
}
_KEYS: dict[str, str | tuple[str, ...]] = {
    "kind": KINDS,
    "about": "a text",
    "source": "a text",
    "tokens": "a list of texts",
    "phrases": "a list of texts",
    "strength": get_args(Strength),
    "version_from": get_args(VersionFrom),
    "comment": get_args(Reader),
    "os": "a text",
    "runtime": "a text",
    "hints": "a list of texts",
    "artifact_client": "true or false",
    "get_poll_before": "a text",
    "released": "a table of years",
    "calendar_from": "a number",
}


def _fits(value: Any, wanted: str | tuple[str, ...]) -> bool:
    if isinstance(wanted, tuple):
        return value in wanted
    return {
        "a text": isinstance(value, str),
        "a list of texts": isinstance(value, list) and all(isinstance(text, str) and text for text in value),
        "true or false": isinstance(value, bool),
        "a table of years": isinstance(value, dict) and all(type(year) is int for year in value.values()),
        "a number": type(value) is int,
    }[wanted]


def _wanted(wanted: str | tuple[str, ...]) -> str:
    return wanted if isinstance(wanted, str) else f"one of {', '.join(wanted)}"


def _by_token(entries: Iterable[Entry]) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for entry in entries:
        for token in map(str.lower, entry.tokens):
            if token in found:
                what = f"token {token} is taken by {found[token].client} in {found[token].file}"
                raise _wrong(Path(entry.file), entry.client, what, "keep it in one entry")
            found[token] = entry
    return found


def _by_phrase(entries: list[Entry]) -> dict[str, list[tuple[str, Entry]]]:
    found: dict[str, list[tuple[str, Entry]]] = {}
    pairs = [(phrase.lower(), entry) for entry in entries for phrase in entry.phrases]
    for phrase, entry in sorted(pairs, key=lambda pair: -len(pair[0])):
        found.setdefault(phrase[:3], []).append((phrase, entry))
    return found


def _wrong(path: Path, client: str, what: str, fix: str) -> PullstatsError:
    return PullstatsError(f"{path.name}: [{printable(client, 60)}] {what}", fix)
