"""What TAB offers: the words that options and arguments take; nothing heavy is imported for them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pullstats.errors import UsageError
from pullstats.words import DIMENSIONS, OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

VARIABLE = "_PULLSTATS_COMPLETE"
SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")
TIMES = (
    "today", "yesterday", "this_week", "last_week", "past_week", "this_month", "last_month", "past_month",
    "this_quarter", "last_quarter", "past_quarter", "this_year", "last_year", "past_year",
)  # fmt: skip


def asked() -> bool:
    """Whether a shell asks for words or for its script."""
    return VARIABLE in os.environ


def show(words: list[str]) -> None:
    """Ask for the script of a shell: the one that is named, else the user's.

    Raises:
        UsageError: there is no script for it.
    """
    shell = words[0] if words else Path(os.environ.get("SHELL", "")).name
    if shell not in SHELLS:
        raise UsageError(f"no completion for {shell or 'an unknown shell'}", f"name one: {', '.join(SHELLS)}")
    os.environ[VARIABLE] = f"source_{shell}"


def offers(name: str) -> Callable[[str], list[str]] | None:
    """What completes the value of an option or argument: from what is typed to words; None: file names."""
    known = _known(name)
    if known is None:
        return None

    def complete(incomplete: str) -> list[str]:
        head, comma, last = incomplete.rpartition(",")
        return [f"{head}{comma}{word}" for word in known() if word.startswith(last)]

    return complete


def _known(name: str) -> Callable[[], Iterable[str]] | None:
    option = OPTIONS.get(name)
    if option is not None and option.choices:
        return lambda: option.choices
    return _WORDS.get(name)


def _kinds() -> Iterable[str]:
    from pullstats.commands.common import KINDS

    return KINDS


def _formats() -> Iterable[str]:
    from pullstats.outputs import FORMATS

    return FORMATS


def _periods() -> Iterable[str]:
    from pullstats.window import GRANULARITIES

    return GRANULARITIES


def _days() -> Iterable[str]:
    from pullstats.window.names import WEEKDAYS

    return (*(day.lower() for day in WEEKDAYS), "weekday", "weekend")


def _rules() -> Iterable[str]:
    from pullstats.counting.rules import rules

    return rules()


_WORDS: dict[str, Callable[[], Iterable[str]]] = {
    "dim": lambda: DIMENSIONS,
    "where": lambda: (f"{name}=" for name in DIMENSIONS),
    "only": _kinds,
    "without": _kinds,
    "by": _periods,
    "every": _days,
    "since": lambda: TIMES,
    "until": lambda: TIMES,
    "during": lambda: TIMES,
    "format": _formats,
    "rule": _rules,
    "show": _rules,
}
