"""Help pages as plain text, from the declarations alone: nothing heavy is imported for them."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from pullstats import __version__
from pullstats.errors import UsageError, did_you_mean
from pullstats.words import DIMENSIONS, OPTIONS, Option

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pullstats.commands import Command

WIDTH = 100
INTRO = """\
pullstats: honest download figures from access logs, on your own machine, offline.

  pullstats access.log                      the headline of a log, on one screen
  pullstats uniques access.log --by day     distinct downloaders a day
  pullstats ingest access.log               keep a log's figures (no address is stored)
  pullstats uniques --since 2021-01-01      ask the store
"""
TOPICS = {
    "exit-codes": """\
Exit codes

  0    done, also when the window holds nothing
  1    failure; a partial result was printed where there is one
  2    wrong usage: an option, date or name
  130  interrupted
  141  the reader of a pipe went away""",
    "environment": """\
Environment

  PULLSTATS_<OPTION>   any option, such as PULLSTATS_TZ or PULLSTATS_STORE
  PULLSTATS_KEY_FILE   the key of all ids (32 bytes); else it is made in the user's config folder
  PULLSTATS_CONFIG     the configuration file, in place of pullstats.toml
  PULLSTATS_DEBUG      show tracebacks of internal errors
  NO_COLOR, CLICOLOR, CLICOLOR_FORCE, FORCE_COLOR, TERM, COLUMNS""",
}


def page(words: Sequence[str], commands: Sequence[Command]) -> str:
    """The page that `pullstats WORDS --help` shows.

    Raises:
        UsageError: no command or topic has this name.
    """
    if not words:
        return _overview(commands)
    if words[0] == "dimensions":
        return "Dimensions\n\n" + _table((name, each.about) for name, each in DIMENSIONS.items())
    if words[0] in TOPICS:
        return TOPICS[words[0]]
    for count in (2, 1):
        name = " ".join(words[:count])
        found = next((each for each in commands if each.name == name), None)
        if found:
            return _command(found)
    group = [each for each in commands if each.name.startswith(f"{words[0]} ")]
    if group:
        return f"Usage: pullstats {words[0]} COMMAND\n\n" + _listed(group)
    names = sorted({each.name.split()[0] for each in commands})
    raise UsageError(f"no command {words[0]!r}", did_you_mean(words[0], names) or "all commands: pullstats --help")


def _overview(commands: Sequence[Command]) -> str:
    sections = dict.fromkeys(each.section for each in commands)
    parts = [INTRO]
    for section in sections:
        parts.append(f"{section}\n{_listed([each for each in commands if each.section == section])}\n")
    parts.append("Help: pullstats COMMAND --help; pullstats help dimensions | exit-codes | environment")
    parts.append(f"Shell completion: pullstats --install-completion. Version {__version__}.")
    return "\n".join(parts)


def _listed(commands: Iterable[Command]) -> str:
    return _table((each.name, each.about.splitlines()[0]) for each in commands)


def _command(declared: Command) -> str:
    words = " ".join(
        f"{each.name}{'...' if each.many else ''}" if each.needed else f"[{each.name}{'...' if each.many else ''}]"
        for each in declared.arguments
    )
    parts = [f"Usage: pullstats {declared.name} [OPTIONS] {words}".rstrip(), "", declared.about, ""]
    if declared.arguments:
        parts += ["Words", _table((each.name, each.about) for each in declared.arguments), ""]
    options = [OPTIONS[name] for name in declared.options]
    for section in dict.fromkeys(each.section for each in options):
        parts += [section, _table(_row(each) for each in options if each.section == section), ""]
    return "\n".join(parts).rstrip()


def _row(option: Option) -> tuple[str, str]:
    takes = {"text": " TEXT", "number": " N", "words": " WORDS", "path": " FILE", "flag": ""}[option.type]
    short = f"-{option.short}, " if option.short else "    "
    about = option.about
    if option.choices:
        about += f" One of {', '.join(option.choices)}."
    if option.default not in (None, False):
        about += f" Default: {option.default}."
    return f"{short}--{option.name.replace('_', '-')}{takes}", about


def _table(rows: Iterable[tuple[str, str]]) -> str:
    """Two columns, the second wrapped."""
    listed = list(rows)
    left = max((len(name) for name, _ in listed), default=0) + 4
    lines = []
    for name, about in listed:
        first, *rest = textwrap.wrap(about, WIDTH - left) or [""]
        lines.append(f"  {name:<{left - 2}}{first}")
        lines += [" " * left + line for line in rest]
    return "\n".join(lines)
