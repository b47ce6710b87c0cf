"""What a number means: window, zone, identity, rule, conditions and coverage, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.outputs.cells import UNKNOWN, clean, zone_of
from pullstats.window import describe
from pullstats.window.zones import local

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pullstats.answer import Answer
    from pullstats.engines import Condition, Query

GAPS = 3  # told one by one
TOP = 20  # of the concentration that answers carry


def caption(answer: Answer) -> list[str]:
    """Lines below a table, without line breaks of their own; none for listings, which count nothing."""
    if answer.query is None:
        return []
    first = "; ".join([*_asked(answer, answer.query), f"identity {answer.query.identity}", f"rule {answer.query.rule}"])
    lines = [*_concentration(answer), first, "; ".join(_covered(answer)), *_remarks(answer)]
    return [clean(line) for line in lines]


def coverage(answer: Answer) -> str:
    """`100,000 lines: 99,000 parsed, 0 ignored, 1,000 rejected`, with duplicates where there are any."""
    covered = answer.coverage
    fates = f"{covered.parsed:,} parsed, {covered.ignored:,} ignored, {covered.rejected:,} rejected"
    again = f"; {covered.duplicates:,} duplicates not counted" if covered.duplicates else ""
    return f"{covered.read:,} lines: {fates}{again}"


def dates(answer: Answer) -> str | None:
    """The days of the data: `2024-03-01 .. 2024-03-30`."""
    covered, zone = answer.coverage, zone_of(answer)
    if covered.first is None or covered.last is None:
        return None
    first, last = (f"{local(us, zone):%Y-%m-%d}" for us in (covered.first, covered.last))
    return first if first == last else f"{first} .. {last}"


def _asked(answer: Answer, query: Query) -> Iterator[str]:
    days = dates(answer)
    yield describe(query.window)
    if days:
        yield f"data {days}"
    if query.of != "pulls":
        yield f"origins of {query.of}"
    if query.layer:
        yield f"only layer {','.join(query.layer)}"
    yield from (_condition(each) for each in query.where)
    if query.without_top:
        yield f"without the {query.without_top:,} heaviest origins"


def _condition(each: Condition) -> str:
    values = ",".join(UNKNOWN if value is None else value for value in each.values)
    return f"{'only' if each.keep else 'without'} {each.name}={values}"


def _covered(answer: Answer) -> Iterator[str]:
    yield coverage(answer) + (", not all that was asked for could be read" if answer.partial else "")
    if answer.geo:
        yield f"geo data {' .. '.join(dict.fromkeys(answer.geo.values()))}"
    if answer.gaps:
        yield _gaps(answer)


def _gaps(answer: Answer) -> str:
    zone = zone_of(answer)
    told = [
        f"{local(start, zone):%Y-%m-%d %H:%M} .. {local(end, zone):%Y-%m-%d %H:%M}" for start, end in answer.gaps[:GAPS]
    ]
    more = len(answer.gaps) - len(told)
    return f"no data {', '.join(told)}{f' and in {more:,} more gaps' if more else ''}"


def _remarks(answer: Answer) -> Iterator[str]:
    table = answer.table
    hidden = answer.facts.get("suppressed")
    if hidden and answer.query:
        yield f"{hidden:,} rows of fewer than {answer.query.min_origins:,} origins are hidden"
    if "partial" in table.columns and answer.query and table["partial"].any():
        yield (
            "* the data does not cover the whole period"
            if answer.query.by
            else "the data does not cover the whole window"
        )
    if answer.name == "uniques" and len(table) > 1:
        yield (
            f"the rows add up to {table['origins'].sum():,}, which is no number of origins: "
            "one that comes in several periods counts in each"
        )


def _concentration(answer: Answer) -> list[str]:
    """How concentrated the figures are: `404 origins make half of 17,029 pulls; without the top 20: ...`."""
    facts = answer.facts
    if not answer.query or not facts.get("total") or "half_origins" not in facts:
        return []
    half, median = facts["half_origins"], facts.get("median_without_top")
    first = f"{half:,} {'origin makes' if half == 1 else 'origins make'} half of {facts['total']:,} {answer.query.of}"
    rest = f"without the top {TOP}: {facts['without_top']:,} {answer.query.of}"
    return ["; ".join([first, rest if median is None else f"{rest}, median {short(median)}"])]


def short(number: float) -> str:
    """A mean or median with one decimal, where it has one."""
    return f"{number:,.1f}".removesuffix(".0")
