"""By which rules pulls are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.commands import SHOWING, command

if TYPE_CHECKING:
    from pullstats.settings import Settings


@command("rules", options=("show", *SHOWING), section="Knowledge", place=65)
def rules(settings: Settings, _words: list[str]) -> int:
    """List the counting rules; with --show, every constant of one rule with its reason."""
    from pullstats.answer import listing
    from pullstats.commands.common import known_rule, show
    from pullstats.counting.rules import rule
    from pullstats.counting.rules import rules as names
    from pullstats.lazy import pl

    if settings["show"]:
        rows, heads = rule(known_rule(settings["show"])).parameters(), ("parameter", "value", "reason")
    else:
        rows, heads = [(name, rule(name).about) for name in names()], ("rule", "about")
    table = pl.DataFrame(rows, schema={head: pl.String() for head in heads}, orient="row")
    show(listing("rule" if settings["show"] else "rules", table), settings)
    return 0
