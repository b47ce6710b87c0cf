"""Answers with a screen of their own: the summary, and single figures with what they mean beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pullstats.outputs.caption import TOP, dates, short
from pullstats.outputs.cells import NONE, UNKNOWN, clean, percent
from pullstats.outputs.spark import sparkline
from pullstats.window import describe

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pullstats.answer import Answer
    from pullstats.outputs.streams import Screen

Figure = tuple[str, str, str]  # name, value, what it means
SOURCES = 3  # told by name
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def screens(answer: Answer, screen: Screen) -> list[Any] | None:
    """The answer's own screen; None where a table shows it."""
    if answer.query is None or not len(answer.table):
        return None
    if answer.name == "summary":
        return _summary(answer, screen)
    if answer.query.by or len(answer.table) != 1 or answer.name not in _SINGLE:
        return None
    row = answer.table.row(0, named=True)
    return [_figures(_SINGLE[answer.name](row, answer.query.identity))]


def _size(count: int) -> str:
    """Bytes in the unit that people say them in."""
    size, unit = float(count), 0
    while size >= 1000 and unit < len(_UNITS) - 1:  # noqa: PLR2004 - SI units
        size, unit = size / 1000, unit + 1
    return f"{size:.3g} {_UNITS[unit]}" if unit else f"{count:,} B"


def _figures(figures: Iterable[Figure], indent: int = 0) -> Any:
    """Names, right-aligned values, and what they mean."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 3, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, justify="right", style="bold")
    grid.add_column(overflow="fold")
    for name, value, meaning in figures:
        grid.add_row(Text(" " * indent + name), Text(value), Text(meaning))
    return grid


def _uniques(row: dict[str, Any], identity: str) -> list[Figure]:
    """The ladder in one line; steps coarser than endpoints do not lie between the two others."""
    low, high = (_count(row[name]) for name in ("endpoints", "origins_strict"))
    between = f"(endpoints {low} <= origins <= strict {high})"
    ladder = between if identity in ("origin", "endpoint", "strict") else f"(endpoints {low}, strict {high})"
    return [
        ("unique origins", _count(row["origins"]), ladder),
        ("pulls", _count(row["pulls"]), f"{_count(row['downloads'])} of them downloads"),
        ("unique downloads", _count(row["unique_downloads"]), "of an origin, artifact and version a day"),
    ]


def _pulls(row: dict[str, Any], _identity: str) -> list[Figure]:
    return [
        ("contacts", _count(row["contacts"]), "pulls and version checks"),
        ("pulls", _count(row["pulls"]), "downloads and refreshes"),
        ("downloads", _count(row["downloads"]), "content was sent"),
        ("version checks", _count(row["checks"]), "HEAD and 304; not pulls"),
        ("polls", _count(row["polls"]), "contacts of pollers without content"),
        ("invocations", _count(row["invocations"]), "contacts that are no polls: at least so many starts"),
        ("requests", _count(row["requests"]), "lines of the log"),
        ("bytes", _count(row["bytes"]), _size(row["bytes"] or 0)),
    ]


_SINGLE = {"uniques": _uniques, "pulls": _pulls}


def _count(value: int | None) -> str:
    return NONE if value is None else f"{value:,}"


def _summary(answer: Answer, screen: Screen) -> list[Any]:
    from rich.text import Text

    known = {name: value for name, value in answer.table.iter_rows() if value is not None}
    parts = [Text(_heading(answer)), Text(""), _figures(_headline(known), 2)]
    if artifacts := answer.facts.get("artifacts"):
        parts += [Text(""), _artifacts(artifacts)]
    if days := answer.facts.get("days"):
        parts += [Text(""), *(Text(f"  {line}") for line in sparkline(days, screen.width - 2, plain=screen.ascii))]
    parts.append(Text(""))
    if following := answer.facts.get("next"):
        parts.append(Text(clean(f"next: {'    '.join(following)}")))
    return parts


def _heading(answer: Answer) -> str:
    """Which logs, which days, which formats."""
    names = [each["name"] for each in answer.coverage.sources]
    logs = ", ".join(names) if len(names) <= SOURCES else f"{len(names):,} logs"
    window = describe(answer.query.window) if answer.query else ""
    days = dates(answer) or "no requests"
    asked = days if window.startswith("all data") else f"{window}; data {days}"
    return clean("  ".join(part for part in (logs, asked, ", ".join(answer.coverage.formats)) if part))


def _headline(known: dict[str, str]) -> list[Figure]:
    def count(name: str) -> str:
        return f"{int(known[name]):,}" if name in known else NONE

    def number(name: str) -> str:
        return short(float(known[name])) if name in known else NONE

    half = f"{'origin' if known.get('half_origins') == '1' else 'origins'}"
    top = f"; the top {TOP} make {percent(float(known['top20_share']))}" if "top20_share" in known else ""
    return [
        (
            "unique origins",
            count("origins"),
            f"{count('endpoints')} endpoints <= origins <= {count('origins_strict')} strict",
        ),
        ("pulls", count("pulls"), f"of an origin: median {number('median_pulls')}, mean {number('mean_pulls')}"),
        ("downloads", count("downloads"), f"content was sent; {count('unique_downloads')} unique a day"),
        ("version checks", count("checks"), "HEAD and 304; not pulls"),
        ("polls", count("polls"), f"contacts of pollers without content; {count('invocations')} others"),
        ("half of all pulls", count("half_origins"), f"{half}{top}"),
        (
            "requests",
            count("requests"),
            f"of {count('origins_seen')} origins; {_size(int(known.get('bytes', 0)))} sent",
        ),
    ]


def _artifacts(rows: Sequence[tuple[str | None, int, int]]) -> Any:
    """The largest artifacts, with their pulls and origins."""
    figures = [
        (
            UNKNOWN if name is None else clean(name),
            f"{pulls:,}",
            f"pulls by {origins:,} {'origin' if origins == 1 else 'origins'}",
        )
        for name, pulls, origins in rows
    ]
    return _figures([("largest artifacts", "", ""), *figures], 2)
