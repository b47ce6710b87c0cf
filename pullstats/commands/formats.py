"""Which formats there are, and which one a log has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.commands import SHOWING, Argument, command

if TYPE_CHECKING:
    from pullstats.settings import Settings


@command(
    "formats",
    arguments=(Argument("NAME", "One entry, whole.", needed=False),),
    options=SHOWING,
    place=30,
)
def formats(settings: Settings, words: list[str]) -> int:
    """List the log formats that are recognised; with a name, show one of them."""
    from pullstats.answer import listing
    from pullstats.commands.common import show
    from pullstats.formats.entry import entries, entry
    from pullstats.lazy import pl

    if words:
        one = entry(words[0])
        names = ("name", "about", "kind", "source", "spec", "time_is", "bytes_are")
        rows = [(name, getattr(one, name)) for name in names]
        rows += [("cannot_tell", ", ".join(one.cannot_tell)), *(("example", each["line"]) for each in one.examples)]
        table = pl.DataFrame(rows, schema={"property": pl.String(), "value": pl.String()}, orient="row")
        show(listing("format", table), settings)
        return 0
    rows = [(each.name, each.kind, each.about) for each in entries()]
    table = pl.DataFrame(rows, schema={"name": pl.String(), "kind": pl.String(), "about": pl.String()}, orient="row")
    show(listing("formats", table), settings)
    return 0


@command(
    "detect",
    arguments=(Argument("LOG", "Files, folders, globs, or -.", many=True),),
    options=("log_format", "nginx_conf", "map", "assume_tz", *SHOWING),
    place=20,
)
def detect(settings: Settings, logs: list[str]) -> int:
    """Say which format each log has, how sure that is, and what became of its first lines.

    Exits with 1 if a log fits no format.
    """
    from pullstats.answer import listing
    from pullstats.commands.common import complain, show
    from pullstats.commands.looking import looked
    from pullstats.lazy import pl
    from pullstats.sources.files import find

    sources, wrong = find(logs)
    seen = [looked(source, settings) for source in sources]
    rows = [each.row() for each in seen]
    schema = {
        "source": pl.String(), "format": pl.String(), "certainty": pl.Float64(), "runner_up": pl.String(),
        "runner_up_certainty": pl.Float64(), "lines": pl.Int64(), "parsed": pl.Int64(), "ignored": pl.Int64(),
        "rejected": pl.Int64(), "fields": pl.String(),
    }  # fmt: skip
    show(
        listing("detect", pl.DataFrame(rows, schema=schema), notes=[note for each in seen for note in each.notes]),
        settings,
    )
    for error in [*wrong, *(each.error for each in seen if each.error)]:
        complain(error)
    return 1 if wrong or any(each.error for each in seen) else 0
