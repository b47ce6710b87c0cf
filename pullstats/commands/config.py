"""Settings and where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.commands import SHOWING, command

if TYPE_CHECKING:
    from pullstats.settings import Settings


@command("config show", options=SHOWING, section="Knowledge", place=60)
def config_show(settings: Settings, _words: list[str]) -> int:
    """Show every setting, its value, and where it comes from."""
    from pullstats.answer import listing
    from pullstats.commands.common import show
    from pullstats.lazy import pl
    from pullstats.settings import ONCE
    from pullstats.words import OPTIONS

    rows = [
        (name, None if value is None else str(value), where)
        for name in OPTIONS
        if name not in ONCE
        for value, where in [settings.find(name)]
    ]
    table = pl.DataFrame(rows, schema={"setting": pl.String(), "value": pl.String(), "from": pl.String()}, orient="row")
    show(listing("config", table), settings)
    return 0
