"""Charts in the terminal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from pullstats.outputs.chart import chart
from pullstats.outputs.spark import sparkline
from tests.outputs.hand_made import breakdown, countries, formats, summary, text_of, top_origins, unique, uniques

if TYPE_CHECKING:
    from pullstats.answer import Answer

DRAWN = {"days": summary(), "lines": uniques(30), "bars": countries(), "ranks": top_origins(), "few": uniques(2)}


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_chart_fits_the_screen_and_has_a_title_and_points(name: str, width: int) -> None:
    text = chart(DRAWN[name], width)
    assert max(cell_len(line) for line in text.split("\n")) <= width
    assert " by " in text.split("\n")[0]
    assert set(text) & set("█▀▄▌▐▖▗▘▝▞▚")
    assert "\x1b" not in text


@pytest.mark.parametrize("width", [80, 120])
def test_bars_are_as_long_as_their_figures_the_largest_first(width: int) -> None:
    lines = chart(countries(), width).split("\n")
    assert lines[0].strip() == "pulls by client"
    bars = {line.split("┤")[0].strip(): line.count("█") for line in lines if "┤" in line}
    assert list(bars) == ["docker", "containerd", "pip", "curl", "(unknown)", "watchtower"]
    assert bars["docker"] > width * 0.7
    assert bars["containerd"] == pytest.approx(bars["docker"] * 3_120 / 12_904, abs=1)
    assert lines[1].endswith("█ 12,904")
    assert lines[6].endswith(" 55")


def test_a_line_has_its_first_day_and_round_numbers() -> None:
    text = chart(uniques(30), 80)
    assert text.split("\n")[0].strip() == "origins by day"
    assert "Fri 2024-03-01 " in text
    assert "\n400┤" in text
    assert "\n  0┤" in text


def test_a_line_breaks_where_there_is_no_data() -> None:
    level = replace(uniques(3), table=uniques(3).table.with_columns(origins=400))
    holed = replace(
        level, table=uniques(3, hole=1).table.with_columns(origins=uniques(3, hole=1).table["origins"] * 0 + 400)
    )
    whole, broken = (chart(each, 80, plain=True).count("#") for each in (level, holed))
    assert broken < whole / 10


@pytest.mark.parametrize("shown", [unique(), formats(), breakdown([], [], []), breakdown(["a", "b"], [0, 0], [0, 0])])
def test_nothing_is_drawn_rather_than_an_empty_frame(shown: Answer) -> None:
    assert chart(shown, 80) == ""


def test_hostile_names_are_shown_as_they_are() -> None:
    shown = breakdown(["[red]x[/red]", "\x1b[31m", "日本語", "x" * 100, ""], [5, 4, 3, 2, 1], [5, 4, 3, 2, 1])
    text = chart(shown, 60)
    assert "[red]x[/red]" in text
    assert "\ufffd[31m" in text
    assert max(cell_len(line) for line in text.split("\n")) <= 60


def test_a_chart_follows_its_table_and_no_csv() -> None:
    assert text_of(countries(), plot=True).endswith(chart(countries(), 80))
    assert text_of(countries(), "csv", plot=True) == text_of(countries(), "csv")
    assert chart(countries(), 80, limit=2).count("┤") == 2


def test_a_chart_can_do_without_unicode() -> None:
    assert chart(countries(), 80, plain=True).isascii()
    assert chart(uniques(30), 80, plain=True).isascii()


def test_colours_of_a_chart() -> None:
    assert "\x1b[" in chart(countries(), 80, color=True)


@pytest.mark.parametrize(
    ("days", "width", "expected"),
    [
        (
            [("2024-03-01", 0), ("2024-03-02", 7), ("2024-03-03", 3)],
            80,
            ["by day  ▁█▄    busiest Sat 2024-03-02, quietest Fri 2024-03-01"],
        ),
        (
            [("2024-03-01", 1), ("2024-03-04", 1)],
            80,
            ["by day  █  █    busiest Fri 2024-03-01, quietest Fri 2024-03-01"],
        ),
        ([("2024-03-01", 5)], 80, ["by day  █    Fri 2024-03-01"]),
        ([("2024-03-01", 0)], 80, ["by day  ▁    Fri 2024-03-01"]),
        (
            [(f"2024-03-{day:02}", day) for day in range(1, 32)],
            30,
            ["by 2 days  ▁▂▂▃▃▄▄▅▅▅▆▆▇▇██", "           busiest Sun 2024-03-31, quietest Fri 2024-03-01"],
        ),
    ],
)
def test_days_at_one_glance(days: list[tuple[str, int]], width: int, expected: list[str]) -> None:
    assert sparkline(days, width, plain=False) == expected


def test_days_without_unicode() -> None:
    assert sparkline([("2024-03-01", 0), ("2024-03-02", 7)], 80, plain=True)[0].startswith("by day  _#")
