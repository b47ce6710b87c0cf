"""Help pages as plain text, from the declarations alone: nothing heavy is imported for them."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from pullstats import __version__
from pullstats.usage import DEFAULT, is_log, no_command
from pullstats.words import DIMENSIONS, OPTIONS, SHOW, Option

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pullstats.commands import Command

WIDTH = 100
HELP = ("-h, --help", "Show this page.")
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
    "time": """\
Time, for --since, --until and --during

  2021, 2021-Q2, 2021-06, 2021-W07, 2021-06-01   a whole period, also as the end: --until 2021-06 includes June
  2021-06-01T10:00, ...Z, ...+02:00, @1622541600 a moment; without a zone it is in --tz
  today, yesterday, last_tuesday, this_month     the period so far for this_*
  last_week, past_week                           the ISO week before this one; the 7 days before today
  30min, 12h, 30d, 2w, 6mo, 1y                   back from now
  2021-01..2021-06, 2021-01-01/P1M               --during only: from the first to the last, inclusive; ISO intervals

  --every tuesday,thursday | weekday | weekend | FREQ=MONTHLY;BYDAY=-1FR     only these days
  --hours 09:00-17:00                                                         only these hours
  --by hour | day | week | month | quarter | year | 6h | 2w | weekday | hour_of_day
  --tz UTC | Europe/Berlin | +02:00                                           of days and of times without a zone""",
    "settings": """\
Settings: the first that has a value counts

  1. the command line               --tz Europe/Berlin
  2. the environment                PULLSTATS_TZ=Europe/Berlin
  3. pullstats.toml                 tz = "Europe/Berlin", in this folder or the nearest one above it
  4. the user's config.toml         in $XDG_CONFIG_HOME/pullstats (~/.config/pullstats)
  5. the default                    UTC

  pullstats config show             every setting and where it comes from
  pullstats config init             a pullstats.toml with all settings, to fill in
  [labels]                          in these files: your own names of address ranges, our-ci = ["192.0.2.0/24"]
  [geo.NAME]                        in these files: url = "https://...", where geo update fetches network data""",
    "completion": """\
Completion by TAB, of commands, options and the words that they take

  bash   pullstats --show-completion bash > ~/.local/share/bash-completion/completions/pullstats
  zsh    pullstats --show-completion zsh > ~/.zfunc/_pullstats     (with ~/.zfunc in fpath, before compinit)
  fish   pullstats --show-completion fish > ~/.config/fish/completions/pullstats.fish
  pullstats --install-completion writes it into the start file of the shell that you are in.""",
    "environment": """\
Environment

  PULLSTATS_<OPTION>   any option, such as PULLSTATS_TZ or PULLSTATS_STORE
  PULLSTATS_KEY_FILE   the key of all ids (32 bytes); else it is made in the user's config folder
  PULLSTATS_GEO_DIR    where geo update puts newer network data; else the user's cache folder
  PULLSTATS_GEO_KEY    the key of addresses that geo update fetches from, with PULLSTATS_GEO_ACCOUNT as user
                       and password; for known providers MAXMIND_ACCOUNT_ID, MAXMIND_LICENSE_KEY, IPINFO_TOKEN
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
    if is_log(words[0]):
        return page([DEFAULT], commands)
    raise no_command(words[0], [*(each.name for each in commands), *TOPICS, "dimensions"])


def _overview(commands: Sequence[Command]) -> str:
    sections = dict.fromkeys(each.section for each in commands)
    lists = (f"{name}\n{_listed([each for each in commands if each.section == name])}\n" for name in sections)
    more = f"Help: pullstats COMMAND --help; pullstats help {' | '.join(['dimensions', *TOPICS])}"
    return "\n".join([INTRO, *lists, more, f"Version {__version__}."])


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
        rows = [_row(each) for each in options if each.section == section]
        parts += [section, _table([*rows, HELP] if section == SHOW else rows), ""]
    return "\n".join(parts).rstrip()


def _row(option: Option) -> tuple[str, str]:
    takes = {"text": " TEXT", "number": " N", "words": " WORDS", "path": " FILE", "flag": ""}[option.type]
    about = option.about
    if option.choices:
        about += f" One of {', '.join(option.choices)}."
    if option.default not in (None, False):
        about += f" Default: {option.default}."
    return f"{_letter(option.short)}{option.flags[0]}{takes}", about


def _letter(short: str) -> str:
    return f"-{short}, " if short else "    "


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
