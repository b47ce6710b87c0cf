"""The verbs, and what all commands have in common: a declaration that the command line is made from."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from pullstats.settings import Settings

WINDOW = ("since", "until", "during", "every", "hours", "tz", "now")
FILTER = (
    "of", "artifact", "where", "only", "without", "without_top", "min_origins", "identity", "layer", "rule",
    "min_contacts", "min_span",
)  # fmt: skip
READING = (
    "log_format", "nginx_conf", "map", "mode", "trust", "assume_tz", "max_rejected", "rejects", "geoip_db",
    "companies", "store",
)  # fmt: skip
SHOWING = ("format", "json", "output", "limit", "plot", "color", "spreadsheet_safe", "quiet", "verbose")


@dataclass(frozen=True)
class Argument:
    """A word of a command that is no option.

    Attributes:
        name: as the help shows it.
        about: one line of help.
        many: any number of words.
        needed: at least one.
        example: a word to write there.
    """

    name: str
    about: str
    many: bool = False
    needed: bool = True
    example: str = "access.log"


LOGS = Argument("LOG", "Files, folders, globs, or - for standard input. None: the store.", many=True, needed=False)
DIM = Argument("DIM", "Dimensions, comma-separated: country, client,client_version ...", example="country")


@dataclass(frozen=True)
class Command:
    """One command of the program.

    Attributes:
        name: one word, or two for commands of a group (`inspect lines`).
        run: from settings and words to an exit code.
        arguments: words that are no options.
        options: names of the vocabulary.
        about: what the help says; the first line stands in the list of commands.
        section: where the list of commands shows it.
        place: its place there.
    """

    name: str
    run: Callable[[Settings, list[str]], int]
    arguments: tuple[Argument, ...] = ()
    options: tuple[str, ...] = ()
    about: str = ""
    section: str = "Logs and store"
    place: int = 50


_COMMANDS: dict[str, Command] = {}


def command(name: str, **more: Any) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Declare a function as a command; its docstring is its help."""

    def declare(function: Callable[..., int]) -> Callable[..., int]:
        _COMMANDS[name] = Command(name, function, about=inspect.getdoc(function) or "", **more)
        return function

    return declare


def commands() -> tuple[Command, ...]:
    """All commands: questions first, then the verbs."""
    package = importlib.import_module("pullstats.commands")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"pullstats.commands.{module.name}")
    return tuple(sorted(_COMMANDS.values(), key=lambda each: (each.section != "Questions", each.place, each.name)))
