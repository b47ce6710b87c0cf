"""Settings: where each comes from, and a file to write them in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pullstats.commands import SHOWING, command
from pullstats.words import OPTIONS, Option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pullstats.settings import Settings

SECTION = "Knowledge"
HEAD = """\
# Settings of pullstats for this folder and those below it. The command line and PULLSTATS_* come before
# them; $XDG_CONFIG_HOME/pullstats/config.toml comes after them. `pullstats config show` says what counts.
"""
LABELS = """\
# Your own names of address ranges, for --without label=our-ci and breakdown label: logs that are
# ingested afterwards get them (addresses are not kept).
# [labels]
# our-ci = ["192.0.2.0/24", "2001:db8:1::/48"]
"""
GEO = """\
# Where `pullstats geo update` fetches newer network data. A key stands here, or in PULLSTATS_GEO_KEY.
# [geo.ours]
# url = "https://mirror.example.com/GeoLite2-Country.mmdb.gz"
# sha256 = ".sha256"
"""
WIDTH = 100


@command("config show", options=SHOWING, section=SECTION, place=60)
def config_show(settings: Settings, _words: list[str]) -> int:
    """Show every setting, its value, and where it comes from."""
    from pullstats.answer import listing
    from pullstats.commands.common import show
    from pullstats.lazy import pl

    rows = [*_options(settings), *_places(settings)]
    table = pl.DataFrame(rows, schema={"setting": pl.String(), "value": pl.String(), "from": pl.String()}, orient="row")
    # A limit that is set for answers must not hide settings.
    whole = replace(settings, given={"limit": len(table), **{n: v for n, v in settings.given.items() if v is not None}})
    show(listing("config", table), whole)
    return 0


def _options(settings: Settings) -> Iterator[tuple[str, str | None, str]]:
    from pullstats.store.open import default_place

    for option in _lasting():
        value, where = settings.find(option.name)
        if option.name == "store" and value is None:
            value = default_place()
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value).lower()
        yield option.name, None if value is None else text if isinstance(value, bool | list) else str(value), where


def _places(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """What is no option: the key, and tables of the files."""
    import os

    from pullstats.identity import key_file
    from pullstats.settings import TABLES

    yield "key_file", str(key_file()), "PULLSTATS_KEY_FILE" if os.environ.get("PULLSTATS_KEY_FILE") else "default"
    for path, values in settings.files:
        yield from ((name, ", ".join(values[name]), str(path)) for name in TABLES if name in values)


def _lasting() -> list[Option]:
    """The options that can be set for more than one call."""
    from pullstats.settings import ONCE

    return [option for option in OPTIONS.values() if option.name not in ONCE]


@command("config init", options=("output", "quiet"), section=SECTION, place=61)
def config_init(settings: Settings, _words: list[str]) -> int:
    """Write a pullstats.toml with every setting, commented out; a file that is there stays as it is."""
    from pathlib import Path

    from pullstats.commands.common import say
    from pullstats.errors import PullstatsError
    from pullstats.outputs.streams import replaced
    from pullstats.settings import NAME

    path = Path(settings["output"] or NAME)
    if path.exists():
        raise PullstatsError(f"{path}: is there already", "it was not changed; write another with -o FILE")
    replaced(path, _template().encode())
    if not settings["quiet"]:
        say(f"{path}: written; every line in it is commented out")
    return 0


def _template() -> str:
    import textwrap

    parts, options = [HEAD], _lasting()
    for section in dict.fromkeys(option.section for option in options):
        parts.append(f"# {section}\n")
        for option in options:
            if option.section == section:
                about = textwrap.fill(option.about, WIDTH, initial_indent="# ", subsequent_indent="# ")
                parts.append(f"{about}\n# {option.name} = {_example(option)}\n")
    return "\n".join([*parts, LABELS, GEO])


def _example(option: Option) -> str:
    """A value that the option takes, in TOML."""
    import json

    if option.type == "number":
        return "10"
    return json.dumps(bool(option.default) if option.type == "flag" else option.default or "...")
