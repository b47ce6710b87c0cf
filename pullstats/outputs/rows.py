"""Which rows people see: the first ones, what the others add up to, and what is not known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pullstats.lazy import pl
from pullstats.outputs.cells import Cells, readable, reader_of
from pullstats.outputs.periods import labels
from pullstats.words import PERIOD

if TYPE_CHECKING:
    from pullstats.answer import Answer

MOST_ROWS = 2_000  # of a table for people, where neither --limit nor the question says less
# What adds up over the rows of an answer. Origins never do: one origin can be in several rows.
SUMS = ("contacts", "pulls", "downloads", "checks", "polls", "invocations", "requests", "bytes")
SHARES = ("pulls_share", "share")  # of a whole that the rows split, so of one period only


@dataclass(frozen=True)
class Page:
    """The rows that people see.

    Attributes:
        columns: with periods as one column.
        rows: what the first texts of each column are made of; texts of sums follow.
        left_out: how many rows are not shown.
        placed: the rows left out are told in a row of their own.
    """

    columns: list[Cells]
    rows: pl.DataFrame
    left_out: int
    placed: bool


def page(answer: Answer, limit: int | None) -> Page:
    """The first rows; of an answer also what the other ones add up to and, last, what is not known."""
    shown = answer.table.head(_most(answer, limit))
    rest = answer.table.slice(len(shown))
    unknown = _unknown(answer, rest)
    rest = rest.head(0) if unknown is None and not len(rest) else _without(rest, unknown)
    columns = _periods(answer, shown, readable(answer, shown))
    placed = bool(answer.query) and bool(len(rest)) and any(not each.numeric for each in columns)
    if placed:
        columns = _with_other(answer, columns, rest)
    if unknown is not None:
        last = {each.name: each.texts for each in readable(answer, unknown)}
        columns = [replace(each, texts=each.texts + last[each.name]) for each in columns]
    return Page(columns, shown, len(rest), placed)


def _most(answer: Answer, limit: int | None) -> int:
    return limit if limit is not None else answer.top or MOST_ROWS


def _unknown(answer: Answer, rest: pl.DataFrame) -> pl.DataFrame | None:
    """The row of what is not known, where the rows split by one dimension and the limit cuts it off."""
    if answer.query is None or answer.query.by or len(answer.query.dims) != 1:
        return None
    found = rest.filter(pl.col(answer.query.dims[0]).is_null())
    return found if len(found) else None


def _without(rest: pl.DataFrame, unknown: pl.DataFrame | None) -> pl.DataFrame:
    return rest if unknown is None else rest.filter(pl.col(unknown.columns[0]).is_not_null())


def _periods(answer: Answer, rows: pl.DataFrame, columns: list[Cells]) -> list[Cells]:
    """The columns with the three of a period as one."""
    if not set(PERIOD) <= set(rows.columns):
        return columns
    starts, ends, partial = (rows[name].to_list() for name in PERIOD)
    by = answer.query is not None and answer.query.by
    title, names = labels(starts, ends, partial if by else [False] * len(rows))
    period = Cells("period", title if by else "period", numeric=False, texts=names)
    return [period, *(each for each in columns if each.name not in PERIOD)]


def _with_other(answer: Answer, columns: list[Cells], rest: pl.DataFrame) -> list[Cells]:
    """The columns with a row for the rows that are not shown."""
    declared = {each.name: each for each in answer.columns}
    label = next(place for place, each in enumerate(columns) if not each.numeric)
    whole = SHARES if answer.query and not answer.query.by else ()
    texts = []
    for each in columns:
        known = each.name in (*SUMS, *whole) and rest[each.name].null_count() < len(rest)
        dtype = rest.schema.get(each.name, pl.String())
        texts.append(reader_of(answer, declared[each.name], dtype)(rest[each.name].sum()) if known else "")
    texts[label] = f"other {len(rest):,} {'row' if len(rest) == 1 else 'rows'}"
    return [replace(each, texts=[*each.texts, text]) for each, text in zip(columns, texts, strict=True)]


def measure(answer: Answer) -> str | None:
    """The count that an answer is about, for its bars: what --of names, else origins of uniques, pulls of others."""
    names = [each.name for each in answer.columns if each.type == "int64"]
    wanted = ("origins",) if answer.name == "uniques" else (answer.query.of if answer.query else "", "pulls", "origins")
    return next((name for name in wanted if name in names), None)
