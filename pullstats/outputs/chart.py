"""A chart in the terminal: lines for periods, bars for everything that is split or ranked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pullstats.outputs.cells import heading
from pullstats.outputs.periods import PARTIAL
from pullstats.outputs.rows import measure, page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pullstats.answer import Answer

HEIGHT = 16
MOST_BARS = 30
COLOR = "cyan"
EMPTY = "''"  # a name that is the empty text; plotext has no empty labels
_PLAIN = str.maketrans(
    {"─": "-", "│": "|", "┤": "+", "├": "+", "┬": "+", "┴": "+", "┼": "+", "█": "#"} | dict.fromkeys("┌┐└┘", "+")
)


def chart(  # noqa: PLR0913 - what a screen allows
    answer: Answer,
    width: int,
    height: int = HEIGHT,
    *,
    color: bool = False,
    plain: bool = False,
    limit: int | None = None,
) -> str:
    """The answer as a chart of so many columns, or the empty text if there is nothing to draw.

    Args:
        answer: with a chart of its own (`lines`, `bars`), or a summary with its days.
        width: of the screen.
        height: of line charts; bars have a line each.
        color: whether ANSI colours may be written.
        plain: with ASCII only.
        limit: at most so many bars.
    """
    drawn = _drawn(answer, limit)
    if drawn is None:
        return ""
    kind, title, names, values = drawn
    known = [value for value in values if value is not None]
    if not any(known):
        return ""
    figure = _figure(width, len(names) + 3 if kind == "bars" else height)
    marker = _marker(color, "#" if plain else "full" if kind == "bars" else "hd")
    (_bars if kind == "bars" else _lines)(figure, names, values, marker, width)
    figure.title(title)
    return _text(figure, color, plain)


def _drawn(answer: Answer, limit: int | None) -> tuple[str, str, list[str], list[int | None]] | None:
    """Kind, title, names and values of what is drawn."""
    if days := answer.facts.get("days"):
        return "lines", "pulls by day", [day for day, _ in days], [count for _, count in days]
    name = measure(answer)
    if answer.chart == "none" or name is None or len(answer.table) < len("ab") or not _split(answer):
        return None
    shown = page(answer, min(limit or MOST_BARS, MOST_BARS) if answer.chart == "bars" else None)
    by = [each for each in shown.columns if each.name in _split(answer)]
    values = shown.rows[name].to_list()
    names = [
        " ".join(texts).removesuffix(PARTIAL).strip() or EMPTY
        for texts in zip(*(each.texts[: len(values)] for each in by), strict=True)
    ]
    title = f"{heading(name)} by {', '.join(each.heading for each in by)}"
    return answer.chart, title, names, values


def _split(answer: Answer) -> tuple[str, ...]:
    """What names a row: its period and dimensions, or what it ranks."""
    dims = answer.query.dims if answer.query else ()
    names = [each.name for each in answer.columns if each.name in (*dims, "artifact", "origin", "behavior")]
    period = ("period",) if "period_start" in answer.table.columns else ()
    return (*period, *(dims or names[:1]))


def _figure(width: int, height: int) -> Any:
    import plotext

    plotext.terminal.limit(False, False)
    figure = plotext.figure
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(width, height)
    figure.axes(False, axis="both", side=1)
    return figure


def _marker(color: bool, symbol: str) -> Any:
    import plotext

    return plotext.marker(symbol, COLOR if color else None)


def _bars(figure: Any, names: Sequence[str], values: Sequence[int | None], marker: Any, width: int) -> None:
    """A horizontal bar a row, the first on top, with its figure behind it."""
    from rich.cells import set_cell_size

    counts = [value or 0 for value in values]
    longest = max(len(name) for name in names)
    shown = [set_cell_size(name, min(width // 3, longest)) for name in names]
    texts = [f" {count:,}" for count in counts]
    canvas = width - min(width // 3, longest) - 2
    room = max(len(text) for text in texts) + 1
    positions = list(range(1, len(names) + 1))
    figure.draw(figure.bar(positions, counts, orientation="horizontal", width=0.3, marker=marker))
    for place, count, text in zip(positions, counts, texts, strict=True):
        figure.draw(figure.text(count, place, text, alignment="left"))
    figure.ruler("y").direction(-1).lim(1, len(names)).ticks(positions, labels=shown)
    figure.ruler("x").lim(0, max(counts) * canvas / max(canvas - room, 1))
    _count_ticks(figure.ruler("x"), max(counts))


def _lines(figure: Any, names: Sequence[str], values: Sequence[int | None], marker: Any, width: int) -> None:
    """A line over the periods that breaks where there is no data."""
    for run in _runs(values):
        signal = figure.signal([at for at, _ in run], [value for _, value in run], marker=marker)
        figure.draw(signal.lines())
    most = max(value for value in values if value is not None)
    figure.ruler("y").lim(0, most)
    _count_ticks(figure.ruler("y"), most)
    step = -(-len(names) // max(width // (len(names[0]) + 6), 1))
    places = list(range(0, len(names), step))
    figure.ruler("x").lim(0, len(names) - 1).ticks(places, labels=[names[at] for at in places])


def _runs(values: Sequence[int | None]) -> list[list[tuple[int, int]]]:
    """The stretches without a hole, as (place, value)."""
    runs: list[list[tuple[int, int]]] = [[]]
    for at, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((at, value))
    return [run for run in runs if run]


def _count_ticks(ruler: Any, most: int) -> None:
    """Round numbers from 0 on."""
    step = next(size * 10**power for power in range(20) for size in (1, 2, 5) if most / (size * 10**power) <= 5)  # noqa: PLR2004
    ticks = list(range(0, most + 1, step))
    ruler.ticks(ticks, labels=[f"{tick:,}" for tick in ticks])


def _text(figure: Any, color: bool, plain: bool) -> str:
    import plotext

    text = str(figure.build())
    text = text if color else plotext.uncolorize(text)
    lines = "".join(f"{line.rstrip()}\n" for line in text.strip("\n").split("\n"))
    return lines.translate(_PLAIN) if plain else lines
