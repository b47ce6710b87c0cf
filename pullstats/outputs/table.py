"""The table at a terminal: fits the screen, numbers aligned, what they mean below."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

from pullstats.outputs.caption import caption
from pullstats.outputs.cells import Cells
from pullstats.outputs.rows import Page, measure, page
from pullstats.outputs.screens import screens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pullstats.answer import Answer
    from pullstats.outputs.streams import Options, Screen

GAP = 2  # between columns
SHORTEST, LONGEST = 8, 24  # of a bar
LEAST_TEXT = 8  # a text column folds, but not below this
_EIGHTHS = " ▏▎▍▌▋▊▉"


def table(answer: Answer, options: Options) -> bytes:
    """The answer for people: a screen of its own or a table, then its caption and, if asked for, its chart."""
    screen = options.screen
    special = screens(answer, screen)
    body = special if special is not None else _table(answer, page(answer, options.limit), screen)
    shown = printed([*body, *_small(caption(answer))], screen)
    if options.plot:
        from pullstats.outputs.chart import chart

        drawn = chart(answer, screen.width, color=screen.color, plain=screen.ascii, limit=options.limit)
        shown += f"\n{drawn}" if drawn else ""
    return shown.encode(screen.encoding, "replace")


def printed(parts: Sequence[Any], screen: Screen) -> str:
    """Rich renderables as text of the screen's width; nothing in them is markup."""
    from rich.console import Console

    out = StringIO()
    console = Console(
        file=out,
        width=screen.width,
        height=1,  # or Rich takes a dumb terminal for one of 80 columns
        force_terminal=screen.color,
        force_jupyter=False,
        color_system="standard" if screen.color else None,
        no_color=not screen.color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    for part in parts:
        console.print(part)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().split("\n")[:-1])


def _small(lines: Sequence[str]) -> list[Any]:
    from rich.text import Text

    return [Text(line, style="dim") for line in lines]


def _table(answer: Answer, shown: Page, screen: Screen) -> list[Any]:
    kept, dropped = _fitting(shown.columns, screen.width)
    bars = _bars(answer, shown, screen, screen.width - _width(kept) - GAP)
    below = [] if len(answer.table) or answer.query else ["nothing to show"]
    if shown.left_out and not shown.placed:
        below.append(f"and {shown.left_out:,} more rows; --limit shows more, -f csv all")
    if dropped:
        below.append(f"not shown: {', '.join(each.heading for each in dropped)} (a wider screen or -f csv has all)")
    return [_grid(kept, bars, screen), *_small(below)]


def _grid(columns: Sequence[Cells], bars: list[str], screen: Screen) -> Any:
    """The Rich table; texts fold, numbers never do."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    plain = box.Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
    style = plain if screen.ascii else box.SIMPLE_HEAD
    grid = Table(box=style, pad_edge=False, collapse_padding=True, show_edge=False, header_style="bold")
    heads = [_head(each) for each in columns]
    height = max(head.count("\n") for head in heads)
    for each, head in zip(columns, heads, strict=True):
        title = Text("\n" * (height - head.count("\n")) + head)
        side = "right" if each.numeric else "left"
        grid.add_column(title, justify=side, no_wrap=not each.folds, overflow="fold")
    if bars:
        grid.add_column(Text(""), no_wrap=True, style="cyan")
    filled = [*columns, Cells("", "", numeric=False, texts=bars)] if bars else columns
    for row in zip(*(each.texts for each in filled), strict=True):
        grid.add_row(*(Text(text) for text in row))
    return grid


def _head(each: Cells) -> str:
    """The heading, on several lines where it is wider than a column of numbers."""
    return each.heading.replace(" ", "\n") if each.numeric and len(each.heading) > _widest(each.texts) else each.heading


def _widest(texts: Sequence[str]) -> int:
    from rich.cells import cell_len

    return max((cell_len(text) for text in texts), default=0)


def _need(each: Cells, width: int) -> int:
    """The columns that a column cannot do without: a text folds at a fifth of the screen."""
    natural = max(_widest(_head(each).split("\n")), _widest(each.texts))
    return min(natural, max(LEAST_TEXT, width // 5)) if each.folds else natural


def _width(columns: Sequence[Cells]) -> int:
    natural = [max(_widest(_head(each).split("\n")), _widest(each.texts)) for each in columns]
    return sum(natural) + GAP * (len(columns) - 1)


def _fitting(columns: list[Cells], width: int) -> tuple[list[Cells], list[Cells]]:
    """The first columns that fit into the width, at least one, and the others."""
    count = len(columns)
    while count > 1 and sum(_need(each, width) for each in columns[:count]) + GAP * (count - 1) > width:
        count -= 1
    return columns[:count], columns[count:]


def _bars(answer: Answer, shown: Page, screen: Screen, room: int) -> list[str]:
    """A bar a row, where the answer has a chart and the screen room for it."""
    name = measure(answer)
    if answer.chart == "none" or name is None or room < SHORTEST or len(shown.rows) < len("ab"):
        return []
    values = [value or 0 for value in shown.rows[name]]
    most = max(values)
    lines = [_bar(value / most * min(room, LONGEST), plain=screen.ascii) if most else "" for value in values]
    return lines + [""] * (len(shown.columns[0].texts) - len(lines))


def _bar(length: float, *, plain: bool) -> str:
    if plain:
        return "#" * round(length)
    eighths = round(8 * length)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
