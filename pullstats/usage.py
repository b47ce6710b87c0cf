"""Command lines as people write them: the command that is meant, and what is wrong with one, in one line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pullstats.errors import UsageError, did_you_mean
from pullstats.words import OPTIONS, Option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pullstats.commands import Command

DEFAULT = "summary"
# Typer's own: they write the script of the shell.
COMPLETION = ("--install-completion", "--show-completion")
_LOOKS_LIKE_A_LOG = re.compile(r"[./\\*?]")


def is_log(word: str) -> bool:
    """Whether a word names logs rather than a command: `-`, a file that is there, or anything like a path."""
    return word == "-" or bool(_LOOKS_LIKE_A_LOG.search(word)) or Path(word).exists()


def with_command(words: list[str], commands: Sequence[Command]) -> list[str]:
    """The words with the command that is meant: `pullstats access.log` is `pullstats summary access.log`.

    Raises:
        UsageError: they begin with no command and no log.
    """
    first, names = words[0], [each.name for each in commands]
    if first in names or first in COMPLETION:
        return words
    if group := sorted(name for name in names if name.startswith(f"{first} ")):
        return _of_group(words, group)
    if first == "--" and words[1:]:
        return [DEFAULT, *words]
    if first.startswith("-") and first != "-":
        raise _option_first(first)
    if is_log(first):
        return [DEFAULT, *words]
    raise no_command(first, names)


def _of_group(words: list[str], group: list[str]) -> list[str]:
    known = [name.partition(" ")[2] for name in group]
    if len(words) == 1 or words[1].startswith("-"):
        raise UsageError(f"{words[0]} needs a command", f"one of {', '.join(group)}")
    if words[1] not in known:
        near = did_you_mean(words[1], known).replace("mean ", f"mean {words[0]} ")
        raise UsageError(f"no command '{words[0]} {words[1]}'", near or f"commands: {', '.join(group)}")
    return words


def no_command(word: str, names: Sequence[str]) -> UsageError:
    """The error of a word that is no command."""
    near = did_you_mean(word, sorted({name.split()[0] for name in names}))
    return UsageError(f"no command '{word}'", near or "all commands: pullstats --help")


def _option_first(word: str) -> UsageError:
    """An option before the command: the one that is meant stands behind it."""
    if option := _option(word):
        name = option.flags[0]
        shown = name if option.type == "flag" else f"{name} ..."
        return UsageError(f"{name} stands before its command", f"write pullstats {DEFAULT} {shown}")
    names = ["--help", "--version", *COMPLETION, *(option.flags[0] for option in OPTIONS.values())]
    return UsageError(f"no option {word}", _near(word, names) or "pullstats COMMAND --help lists the options")


def _near(word: str, flags: Sequence[str]) -> str:
    """`did you mean --since?`; dashes do not make options alike."""
    near = did_you_mean(word.lstrip("-"), [each.lstrip("-") for each in flags])
    return near.replace("mean ", "mean --")


def _option(word: str) -> Option | None:
    """The option that a word such as `-f`, `--format` or `--format=csv` is."""
    written = word.partition("=")[0] if word.startswith("--") else word[:2]
    return next((option for option in OPTIONS.values() if written in option.flags), None)


def wrong(error: Any, words: Sequence[str], commands: Sequence[Command]) -> UsageError:
    """What typer refuses, in our words; its classes are known by name only, since their module is private.

    Args:
        error: typer's exception.
        words: the command line, with its command.
        commands: all commands.
    """
    command = meant(words, commands)
    told = _TOLD.get(type(error).__name__)
    if command and told:
        return told(error, words, command)
    line = " ".join(error.format_message().split()).removesuffix(".")
    return UsageError(line[:1].lower() + line[1:])


def meant(words: Sequence[str], commands: Sequence[Command]) -> Command | None:
    """The command that the words begin with."""
    found = (each for each in commands if list(words[: len(each.name.split())]) == each.name.split())
    return max(found, key=lambda each: len(each.name), default=None)


def _no_option(error: Any, words: Sequence[str], command: Command) -> UsageError:
    asked = _written(error.option_name, words)
    listed = f"all options: pullstats {command.name} --help"
    if _option(asked):
        return UsageError(f"{command.name} has no option {asked}", listed)
    near = _near(asked, ["--help", *(OPTIONS[name].flags[0] for name in command.options)])
    return UsageError(f"no option {asked}", near or listed)


def _written(name: str, words: Sequence[str]) -> str:
    """The option as it was written: typer takes `-since` for the letters s, i, n ..."""
    if name.startswith("--"):
        return name
    of_letters = (word for word in words if re.fullmatch("-[^-].+", word) and name[1:] in word)
    return next(of_letters, name).partition("=")[0]


def _no_value(error: Any, _words: Sequence[str], _command: Command) -> UsageError:
    option = _option(error.option_name)
    name = option.flags[0] if option else error.option_name
    if option is None or option.type == "flag":
        return UsageError(f"{name} takes no value", f"write {name} alone")
    about = re.sub(r"(?<!\.)\.$", "", option.about)
    return UsageError(f"{name} needs a value", about[:1].lower() + about[1:])


def _no_word(_error: Any, _words: Sequence[str], command: Command) -> UsageError:
    needed = next(each for each in command.arguments if each.needed)
    return UsageError(f"{command.name} needs {needed.name}", f"for example: pullstats {command.name} {needed.example}")


def _another_word(error: Any, _words: Sequence[str], command: Command) -> UsageError:
    found = re.search(r" \((.*)\)", error.format_message())  # Got unexpected extra argument(s) (b c)
    word = found[1].split(" ")[0] if found else ""
    takes = f"one {command.arguments[0].name}" if command.arguments else "options only"
    return UsageError(f"one word too many: '{word}'", f"{command.name} takes {takes}")


_TOLD = {
    "NoSuchOption": _no_option,
    "BadOptionUsage": _no_value,
    "MissingParameter": _no_word,
    "UsageError": _another_word,
}
