"""Tables at a terminal and in Markdown: what people read."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import polars as pl
import pytest
from rich.cells import cell_len

from pullstats.answer import Answer, Coverage, listing
from pullstats.outputs import render
from tests.outputs.hand_made import (
    COVERED,
    DAY,
    MARCH,
    answer,
    breakdown,
    conditions,
    countries,
    formats,
    hostile,
    query,
    summary,
    text_of,
    top_origins,
    unique,
    uniques,
)

ALL = {
    "summary": summary(),
    "uniques": uniques(),
    "unique": unique(),
    "breakdown": countries(),
    "top-origins": top_origins(),
    "listing": formats(),
    "hostile": hostile(),
    "empty": breakdown([], [], []),
    "no log": replace(summary(first=None, last=None), coverage=Coverage(), facts={}),
}


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("width", [20, 40, 80, 120, 200])
def test_no_line_is_wider_than_the_screen_and_no_number_is_cut(name: str, width: int) -> None:
    text = text_of(ALL[name], width=width)
    assert max(cell_len(line) for line in text.split("\n")) <= width
    if name != "listing" and width >= 40:  # a text of the listing is cut, and says so
        assert "…" not in text


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_a_stream_that_lacks_characters_gets_others(name: str, encoding: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    render(ALL[name], "table", stream=stream, width=120, plot=True)
    text = stream.buffer.getvalue().decode(encoding)  # pyright: ignore[reportAttributeAccessIssue]
    assert ("─" in text or "│" in text) == (encoding == "utf-8" and name not in ("unique", "no log"))
    if name not in ("hostile", "listing"):
        assert "?" not in text


def test_log_text_is_no_markup() -> None:
    text = text_of(hostile(), width=160, limit=100)
    for shown in ("[red]x[/red]", "[/bad]", "<script>alert(1)</script>", "\ufffd[31mred", "abc\ufffddef"):
        assert shown in text


def test_figures_are_aligned_with_separators_and_percents() -> None:
    lines = text_of(countries(), width=80).split("\n")
    head, docker, curl = (
        next(line for line in lines if line.startswith(word)) for word in ("client", "docker", "curl")
    )
    assert head.split() == ["client", "origins", "share", "pulls", "share", "downloads", "checks", "requests"]
    assert docker.split() == ["docker", "1,812", "56.2", "%", "12,904", "75.8", "%", "6,452", "5,436", "9,060"]
    assert docker.index("1,812") + 5 == curl.index("61") + 2
    assert "(unknown)" in text_of(countries())


def test_rows_that_are_not_shown_are_summed_where_they_add_up() -> None:
    lines = text_of(countries(), width=100, limit=2).split("\n")
    other = next(line for line in lines if line.startswith("other"))
    unknown = next(line for line in lines if line.startswith("(unknown)"))
    # pulls 800 + 90 + 55, their share, downloads, checks, requests; origins are in several rows
    assert other.split() == ["other", "3", "rows", "945", "5.5", "%", "472", "1,740", "2,900"]
    assert unknown.split()[1] == "40"
    assert lines.index(unknown) == lines.index(other) + 1


def test_the_question_says_how_many_rows_a_terminal_shows() -> None:
    text = text_of(top_origins(30), width=80)
    assert "other 10 rows" in text
    assert "other" not in text_of(top_origins(30), width=80, limit=30)


def test_shares_of_several_periods_are_not_summed() -> None:
    shown = replace(countries(), query=query(dims=("client",), by="day"))
    other = next(line for line in text_of(shown, width=100, limit=2).split("\n") if line.startswith("other"))
    assert "%" not in other


def test_a_long_listing_says_how_many_rows_are_not_shown() -> None:
    shown = listing("lines", pl.DataFrame({"line_number": list(range(5_000)), "path": ["/"] * 5_000}))
    text = text_of(shown)
    assert text.count("\n") < 2_010
    assert "and 3,000 more rows" in text
    assert "1999" in text  # line numbers have no separators


def test_columns_without_room_are_named() -> None:
    text = text_of(top_origins(), width=80)
    assert re.search(r"not shown: cumulative, interval, first seen, last\s+seen", text)
    wide = text_of(top_origins(), width=200)
    assert "not shown" not in wide
    assert "2024-03-01 00:00:01" in wide
    assert "5 min" in wide


@pytest.mark.parametrize(("width", "drawn"), [(80, False), (120, True)])
def test_bars_are_drawn_where_there_is_room(width: int, drawn: bool) -> None:
    lines = text_of(uniques(), width=width).split("\n")
    largest = next(line for line in lines if "511" in line)
    assert largest.endswith("█" * 24) == drawn


def test_periods_are_one_column_and_say_when_they_are_partial() -> None:
    text = text_of(uniques(hole=3), width=80)
    assert re.search(r"^day +origins", text, re.MULTILINE)
    assert "Fri 2024-03-01 *" in text
    assert "* the data does not cover the whole period" in text
    assert re.search(r"^Mon 2024-03-04 +- +- ", text, re.MULTILINE)


def test_rows_of_uniques_are_not_to_be_added_up() -> None:
    assert "the rows add up to 2,250, which is no number of origins" in text_of(uniques(), width=120)
    assert "add up" not in text_of(unique(), width=120)


def test_one_number_of_uniques_stands_between_its_bounds() -> None:
    text = text_of(unique(), width=80)
    assert re.search(r"^unique origins +4,956 +\(endpoints 4,606 <= origins <= strict 4,985\)$", text, re.MULTILINE)
    sites = replace(unique(), query=query(identity="site"))
    assert "<=" not in text_of(sites, width=80)


def test_pulls_of_the_whole_window_are_a_list() -> None:
    names = ("contacts", "pulls", "downloads", "checks", "polls", "requests", "bytes", "invocations")
    table = pl.DataFrame({name: [1_000_000 + place] for place, name in enumerate(names)})
    text = text_of(answer("pulls", table, chart="lines"), width=80)
    for place, name in enumerate(names):
        shown = "version checks" if name == "checks" else name
        assert re.search(rf"^{shown} +1,000,00{place} ", text, re.MULTILINE)


def test_the_summary_is_the_headline() -> None:
    text = text_of(summary(), width=100)
    assert text.startswith("access.log  2024-03, UTC; data 2024-03-01 .. 2024-03-30  nginx combined\n")
    assert re.search(r"^  unique origins +4,956 +4,606 endpoints <= origins <= 4,985 strict$", text, re.MULTILINE)
    assert re.search(r"^  half of all pulls +404 +origins; the top 20 make 25.9 %$", text, re.MULTILINE)
    assert re.search(r"^  acme/app +12,345 +pulls by 3,652 origins$", text, re.MULTILINE)
    assert re.search(
        r"^  by day  [▁▂▃▄▅▆▇█]{30}    busiest Thu 2024-03-14, quietest Fri 2024-03-01$", text, re.MULTILINE
    )
    assert "\nnext: pullstats breakdown client access.log    pullstats top-origins access.log\n" in text


def test_a_summary_of_nothing_shows_dashes() -> None:
    figures = dict.fromkeys(("first", "last", "median_pulls", "mean_pulls", "top20_share"))
    zeros = dict.fromkeys(("origins", "endpoints", "origins_strict", "pulls", "half_origins", "bytes"), "0")
    shown = replace(summary(**figures, **zeros), coverage=Coverage(), facts={})
    text = text_of(shown, width=100)
    assert "no requests" in text
    assert "median -, mean -" in text
    assert "0 lines: 0 parsed" in text


def test_the_foot_says_how_few_make_half() -> None:
    expected = "404 origins make half of 17,029 pulls; without the top 20: 12,624 pulls, median 3\n"
    assert expected in text_of(top_origins(), width=120)


def test_an_empty_table_keeps_its_header_and_caption() -> None:
    text = text_of(breakdown([], [], []), width=80)
    assert re.search("^client +origins", text, re.MULTILINE)
    assert "rule pullstats-1" in text
    assert "nothing to show" in text_of(listing("formats", formats().table.clear()))


def test_colours_are_written_only_when_asked_for() -> None:
    assert "\x1b" not in text_of(countries(), plot=True)
    colored = text_of(countries(), color="always", width=120, plot=True)
    assert "\x1b[1m" in colored
    plain = re.sub(r"\x1b\[[\d;]*m", "", colored)
    assert [line.rstrip() for line in plain.split("\n")] == text_of(countries(), width=120, plot=True).split("\n")


# Captions


def caption(shown: Answer) -> str:
    return text_of(shown, width=400)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (countries(), "2024-03, UTC; data 2024-03-01 .. 2024-03-30; identity origin; rule pullstats-1\n"),
        (countries(), "100,376 lines: 99,365 parsed, 11 ignored, 1,000 rejected; 3 duplicates not counted\n"),
        (replace(countries(), query=query(of="requests", identity="asn")), "origins of requests; identity asn; rule"),
        (replace(countries(), query=query(where=conditions())), "only country=DE,(unknown); without kind=mirror;"),
        (replace(countries(), query=query(without_top=1_000)), "without the 1,000 heaviest origins"),
        (
            replace(countries(), query=query(min_origins=5), facts={"suppressed": 12}),
            "12 rows of fewer than 5 origins are hidden",
        ),
        (replace(countries(), geo={"oldest": "2024-01", "newest": "2024-02"}), "geo data 2024-01 .. 2024-02"),
        (replace(countries(), geo={"oldest": "2024-01", "newest": "2024-01"}), "geo data 2024-01\n"),
        (replace(countries(), gaps=((MARCH, MARCH + DAY),)), "no data 2024-03-01 00:00 .. 2024-03-02 00:00\n"),
        (replace(countries(), gaps=((MARCH, MARCH + DAY),) * 9), "and in 6 more gaps"),
        (replace(countries(), partial=True), "not all that was asked for could be read"),
        (replace(uniques(), query=query(by="day", tz="Europe/Berlin")), "2024-03, Europe/Berlin; data"),
    ],
)
def test_a_caption_says_what_the_numbers_mean(shown: Answer, expected: str) -> None:
    assert expected in caption(shown)


def test_a_listing_has_no_caption() -> None:
    assert "rule" not in caption(formats())


def test_names_in_a_caption_are_harmless() -> None:
    shown = replace(summary(), coverage=replace(COVERED, sources=({"name": "a\x1b[31m[/b].log", "sha256": ""},)))
    assert "a\ufffd[31m[/b].log" in text_of(shown, width=120)


# Markdown


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


@pytest.mark.parametrize("name", [name for name in ALL if name != "no log"])
def test_markdown_is_a_table_with_its_caption(name: str) -> None:
    shown = ALL[name]
    head, rule, *rows = text_of(shown, "md").split("\n\n")[0].rstrip("\n").split("\n")
    assert {len(cells(line)) for line in (head, rule, *rows)} == {len(cells(head))}
    assert all(re.fullmatch("---:?", cell) for cell in cells(rule))
    assert ("<sub>" in text_of(shown, "md")) == (shown.query is not None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", r"a\|b"),
        ("<script>", "&lt;script&gt;"),
        ("*b* `c`", r"\*b\* \`c\`"),
        ("_it_ snake_case_name __init__", r"\_it\_ snake_case_name \_\_init\_\_"),
        ("[x](y)", r"\[x\](y)"),
        ("http://a.b www.c.d", r"http:\//a.b www\.c.d"),
        ("@team &amp; $x$ ~s~ #1", r"&#64;team &amp;amp; \$x\$ \~s\~ \#1"),
        ("back\\slash", r"back\\slash"),
        ("1.0.2-rc.1+b", "1.0.2-rc.1+b"),
    ],
)
def test_markdown_cells_show_what_they_hold(text: str, expected: str) -> None:
    shown = text_of(listing("one", pl.DataFrame({"name": [text]})), "md")
    assert shown.split("\n")[2] == f"| {expected} |"


def test_markdown_sums_what_it_leaves_out() -> None:
    assert "| other 10 rows |" in text_of(top_origins(), "md")
    assert "404 origins make half" in text_of(top_origins(), "md")
