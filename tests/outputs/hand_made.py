"""Answers made by hand, for the tests of outputs."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import polars as pl

from pullstats.answer import Answer, Coverage, listing
from pullstats.engines import Condition, Query
from pullstats.outputs import render
from pullstats.window import window
from pullstats.words import column

DAY = 86_400_000_000
MARCH = 1_709_251_200_000_000  # 2024-03-01T00:00:00Z
HOSTILE = (
    "\x1b[31mred",
    "\x1b]0;title\x07",
    "[red]x[/red]",
    "[/bad]",
    "=cmd()",
    "+1",
    "-2+3",
    "@sum",
    "\t=1",
    "<script>alert(1)</script>",
    "a|b",
    "two\nlines",
    "back\r",
    "abc\u202edef",
    "zero\u200bwidth",
    "\u009b31m",
    "\u2028",
    'say "hi"',
    "a,b",
    "`code` *bold* _it_",
    "www.example.com http://example.com",
    "日本語",
    "",
)
COVERED = Coverage(
    read=100_376,
    parsed=99_365,
    ignored=11,
    rejected=1_000,
    duplicates=3,
    first=MARCH + 5_000_000,
    last=MARCH + 29 * DAY,
    sources=({"name": "access.log", "sha256": "ab" * 32},),
    formats=("nginx combined",),
)


def query(*, tz: str = "UTC", **more: Any) -> Query:
    return Query(window(during="2024-03", tz=tz), **more)


def answer(name: str, table: pl.DataFrame, asked: Query | None = None, **more: Any) -> Answer:
    """An answer whose columns are those of the vocabulary."""
    columns = tuple(column(each) for each in table.columns)
    return Answer(name, columns, table, asked or query(), COVERED, **more)


def hostile() -> Answer:
    """A breakdown whose values are attacks on what shows them."""
    numbers = list(range(len(HOSTILE) + 1))
    return breakdown([*HOSTILE, None], origins=numbers, pulls=[2**53 + 1 + n for n in numbers])


def breakdown(clients: list[str | None], origins: list[int], pulls: list[int], **more: Any) -> Answer:
    total = sum(pulls) or 1
    table = pl.DataFrame(
        {
            "client": pl.Series(clients, dtype=pl.String()),
            "origins": origins,
            "origins_share": [each / (sum(origins) or 1) for each in origins],
            "pulls": pulls,
            "pulls_share": [each / total for each in pulls],
            "downloads": [each // 2 for each in pulls],
            "checks": [3 * each for each in origins],
            "requests": [5 * each for each in origins],
        },
        schema_overrides={name: pl.Int64() for name in ("origins", "pulls", "downloads", "checks", "requests")},
    )
    asked = more.pop("query", None) or query(dims=("client",))
    return answer("breakdown", table, asked, chart="bars", top=20, **more)


def countries() -> Answer:
    return breakdown(
        ["docker", "containerd", "pip", "curl", None, "watchtower"],
        [1_812, 790, 512, 61, 40, 7],
        [12_904, 3_120, 800, 90, 60, 55],
    )


def uniques(days: int = 5, *, tz: str = "UTC", hole: int | None = None) -> Answer:
    """Uniques by day; the first day is not covered whole."""
    offset = "+01:00" if tz == "Europe/Berlin" else "+00:00"
    origins = [None if day == hole else 400 + 37 * day % 120 for day in range(days)]
    table = pl.DataFrame(
        {
            "period_start": [f"2024-03-{day + 1:02}T00:00:00{offset}" for day in range(days)],
            "period_end": [f"2024-03-{day + 2:02}T00:00:00{offset}" for day in range(days)],
            "partial": [day == 0 for day in range(days)],
            "origins": origins,
            "endpoints": [each and each - 3 for each in origins],
            "origins_strict": [each and each + 9 for each in origins],
            "unique_downloads": [each and each // 2 for each in origins],
            "pulls": [each and 4 * each for each in origins],
            "downloads": [each and each for each in origins],
        },
        schema_overrides={name: pl.Int64() for name in ("origins", "pulls", "downloads")},
    )
    return answer("uniques", table, query(tz=tz, by="day"), chart="lines")


def unique() -> Answer:
    """Uniques of the whole window."""
    table = uniques(1).table.with_columns(
        period_end=pl.lit("2024-04-01T00:00:00+00:00"),
        origins=4_956,
        endpoints=4_606,
        origins_strict=4_985,
        unique_downloads=3_700,
        pulls=17_029,
        downloads=3_912,
    )
    return answer("uniques", table, query(), chart="lines")


def top_origins(count: int = 30) -> Answer:
    pulls = [2_000 // (n + 1) for n in range(count)]
    total = sum(pulls)
    table = pl.DataFrame(
        {
            "rank": list(range(1, count + 1)),
            "origin": [f"{n:010x}" for n in range(count)],
            "client": ["containerd" if n % 3 else "watchtower" for n in range(count)],
            "country": [None if n % 4 == 0 else "DE" for n in range(count)],
            "network": ["hosting" for _ in range(count)],
            "behavior": [None if n % 5 == 0 else "poller" for n in range(count)],
            "pulls": pulls,
            "share": [each / total for each in pulls],
            "cumulative_share": [sum(pulls[: n + 1]) / total for n in range(count)],
            "interval_seconds": [300 if n % 2 else None for n in range(count)],
            "first_seen": [MARCH + n * 1_500_000 for n in range(count)],
            "last_seen": [MARCH + (n + 1) * DAY // 3 for n in range(count)],
        },
        schema_overrides={"interval_seconds": pl.Int64()},
    )
    facts = {
        "total": 17_029,
        "origins": 4_956,
        "half_origins": 404,
        "top20_share": 0.259,
        "median": 3.0,
        "mean": 4.7,
        "without_top": 12_624,
        "median_without_top": 3.0,
    }
    return answer("top-origins", table, chart="bars", top=20, facts=facts)


SUMMARY = {
    "first": "2024-03-01T00:00:05+00:00", "last": "2024-03-30T00:00:00+00:00", "lines": "100376", "parsed": "99365",
    "ignored": "11", "rejected": "1000", "requests": "99362", "origins": "4956", "endpoints": "4606",
    "origins_strict": "4985", "contacts": "54187", "pulls": "17029", "downloads": "3912", "checks": "37158",
    "polls": "30000", "invocations": "24187", "unique_downloads": "3700", "bytes": "9007199254740993",
    "half_origins": "404", "top20_share": "0.259", "median_pulls": "3", "mean_pulls": "4.7", "origins_seen": "5000",
}  # fmt: skip


def summary(**figures: str | None) -> Answer:
    shown = {**SUMMARY, **figures}
    table = pl.DataFrame({"metric": list(shown), "value": pl.Series(list(shown.values()), dtype=pl.String())})
    facts = {
        "artifacts": [("acme/app", 12_345, 3_652), (None, 90, 1)],
        "next": ["pullstats breakdown client access.log", "pullstats top-origins access.log"],
        "days": [(f"2024-03-{day + 1:02}", 300 + 91 * day % 400) for day in range(30)],
    }
    return replace(answer("summary", table), facts=facts)


def formats() -> Answer:
    """A listing: it counts nothing."""
    table = pl.DataFrame({"name": ["nginx", "apache"], "certainty": [0.998, None], "about": ["default", "x" * 300]})
    return listing("formats", table, notes=["two formats"])


def conditions() -> tuple[Condition, ...]:
    return (Condition("country", ("DE", None), keep=True), Condition("kind", ("mirror",), keep=False))


def text_of(answer: Answer, format: str = "table", **more: Any) -> str:  # noqa: A002 - the option's name
    """What is written to a stream that is no terminal."""
    stream = io.BytesIO()
    render(answer, format, stream=stream, **more)
    return stream.getvalue().decode()
