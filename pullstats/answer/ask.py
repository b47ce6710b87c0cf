"""From a question and what it is asked over to an answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pullstats import window as windows
from pullstats.answer import layers, summary
from pullstats.answer.coverage import coverage, geo_dates
from pullstats.answer.periods import inside, iso, rhythm, with_periods
from pullstats.answer.types import Answer, Coverage
from pullstats.engines import Facts, Query, Tables
from pullstats.lazy import nw, pl
from pullstats.question import DIMS, PERIODS, Question
from pullstats.words import EVIDENCE, GEO, PERIOD, Column, column

if TYPE_CHECKING:
    from collections.abc import Sequence

# One row without --by, with the window as its period.
ALWAYS = ("uniques", "pulls")
SUMMARY = "summary"
SIGNALS = 3  # reasons told in one row


def ask(question: Question, tables: Tables, query: Query) -> Answer:
    """The answer to a question over a store or a log.

    Raises:
        UsageError: the window or a dimension is wrong.
    """
    with ThreadPoolExecutor(1) as beside:
        doubts = beside.submit(summary.warnings, tables) if question.name == SUMMARY else None
        return _answered(question, tables, query).noted(*(doubts.result() if doubts else ()))


def _answered(question: Question, tables: Tables, query: Query) -> Answer:
    covered = coverage(tables)
    spans = query.window.spans(covered.first, covered.last)
    buckets = windows.buckets(query.by, spans, query.window.zone) if query.by else []
    facts = Facts(tables, query, spans, buckets, (*_needs(question), *_evidence(question, query)), _measures(question))
    frame = facts.frame()
    rows = _counted(question, query, frame)
    usual = rhythm(tables, query) if PERIODS in question.columns or question.name == SUMMARY else windows.Rhythm()
    rows, notes = _finished(question, facts, frame, rows, covered)
    answer = Answer(
        question.name,
        _columns(question, query),
        rows,
        query,
        covered,
        tuple(inside(usual.holes(), spans)),
        geo_dates(covered) if _uses_geo(question, query) else None,
        chart=question.chart,
        top=question.top,
        facts=notes,
    )
    told = _left_out(facts, frame) if question.name != SUMMARY else []
    if len(covered.sources) > 1:
        told = [*layers.notes(tables, query.layer), *told]
    return _presented(question, answer, facts, buckets, usual).noted(*told)


def _evidence(question: Question, query: Query) -> tuple[str, ...]:
    """The columns that say why, of the dimensions that are conclusions."""
    asked = query.dims if question.takes_dims else ()
    return tuple(EVIDENCE[name] for name in asked if name in EVIDENCE and EVIDENCE[name] not in asked)


def _uses_geo(question: Question, query: Query) -> bool:
    """Whether network data has a part in the answer."""
    named = {*question.columns, *query.dims, query.identity, *(each.name for each in query.where)}
    return bool(named & set(GEO))


def _left_out(facts: Facts, frame: pl.LazyFrame) -> list[str]:
    """The share of rows that the identity cannot count."""
    query = facts.query
    if query.identity not in ("asn", "company"):
        return []
    counted = pl.col(query.of) > 0
    known, total = (
        frame.filter(counted)
        .select((pl.col("unit").is_not_null() * pl.col(query.of)).sum(), pl.col(query.of).sum().alias("total"))
        .collect(engine="streaming")
        .row(0)
    )
    if not total or known == total:
        return []
    return [f"{1 - known / total:.1%} of the {query.of} have no {query.identity} and are not counted as origins"]


def _needs(question: Question) -> tuple[str, ...]:
    """Columns of facts that the question's own rows are made of."""
    return tuple(
        name
        for name in ("artifact", *question.columns)
        if name in ("client", "country", "network", "artifact", "ecosystem")
        and (name in question.columns or question.name == SUMMARY)
    )


def _measures(question: Question) -> tuple[str, ...]:
    if question.name == SUMMARY:
        return ("contacts", "pulls", "downloads", "checks", "polls", "requests", "bytes")
    wanted = {"invocations": "polls"}
    return tuple(wanted.get(name, name) for name in question.columns)


def _counted(question: Question, query: Query, frame: pl.LazyFrame) -> pl.DataFrame:
    asked = {"dims": query.dims} if question.takes_dims else {}
    counted = question.function(nw.from_native(frame), **asked)
    return nw.to_native(counted).collect(engine="streaming")


def _finished(
    question: Question, facts: Facts, frame: pl.LazyFrame, rows: pl.DataFrame, covered: Coverage
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Ratios and order, in integers until here; and the figures beside the table."""
    query = facts.query
    if question.name == SUMMARY:
        return summary.figures(query, frame, rows, covered), summary.beside(frame, query)
    notes: dict[str, Any] = {}
    if "origins_share" in question.columns:
        rows = rows.join(_all_origins(frame), on="period", how="left")
    if query.of in rows.columns:
        rows = rows.with_columns(pl.col(query.of).alias("of"))
    rows = _ordered(question, query, rows)
    if facts.by_request:  # a request is no pull: what activities count has no value here
        counted = [name for name in ("contacts", "pulls", "downloads", "checks") if name in rows.columns]
        rows = rows.with_columns(pl.lit(None, pl.Int64()).alias(name) for name in counted)
    if question.finish:
        rows = question.finish(rows)
    for name in _evidence(question, query):
        rows = rows.join(_signals(frame, query, name), on=["period", *query.dims], how="left", nulls_equal=True)
    if question.name == "top-origins":
        notes = {} if query.by else summary.concentration(rows["of"])
        rows = _behaved(facts, rows)
    if query.min_origins and "origins" in rows.columns:
        few = rows["origins"] < query.min_origins
        notes["suppressed"] = int(few.sum())
        rows = rows.filter(~few)
    return rows, notes


def _signals(frame: pl.LazyFrame, query: Query, name: str) -> pl.DataFrame:
    """What says so, for each row of the answer: the reasons of most requests first."""
    group = ["period", *query.dims]
    heaviest = [query.of, "requests"] if query.of != "requests" else ["requests"]
    counted = (
        frame.filter(pl.col(name).is_not_null())
        .group_by(*group, name)
        .agg(pl.col(heaviest).sum())
        .sort([*heaviest, name], descending=[*[True] * len(heaviest), False])
        .collect(engine="streaming")
    )
    more = pl.when(pl.len() > SIGNALS).then(pl.format("; {} more", pl.len() - SIGNALS)).otherwise(pl.lit(""))
    return counted.group_by(group, maintain_order=True).agg(pl.col(name).head(SIGNALS).str.join("; ") + more)


def _all_origins(frame: pl.LazyFrame) -> pl.DataFrame:
    counted = (
        frame.filter(pl.col("origin") >= 0).group_by("period").agg(pl.col("origin").n_unique().alias("all_origins"))
    )
    return counted.collect(engine="streaming")


def _ordered(question: Question, query: Query, rows: pl.DataFrame) -> pl.DataFrame:
    names = [name for each in question.order for name in (query.dims if each == "dims" else (each,))]
    keys = [name.removeprefix("-") for name in names]
    return rows.sort(keys, descending=[name.startswith("-") for name in names], nulls_last=True)


def _behaved(facts: Facts, rows: pl.DataFrame) -> pl.DataFrame:
    """The behavior of each origin; other identities than origins have none."""
    from pullstats.counting.behavior import origin_behavior

    if facts.query.identity != "origin":
        none = [pl.lit(None, pl.String).alias("behavior"), pl.lit(None, pl.Int64).alias("interval_seconds")]
        return rows.with_columns(none)
    judged = origin_behavior(facts.behavior).select("origin_id", "behavior", "interval_seconds")
    return rows.join(judged, left_on="origin", right_on="origin_id", how="left", maintain_order="left")


def _columns(question: Question, query: Query) -> tuple[Column, ...]:
    names: list[str] = []
    for name in question.columns:
        if name == PERIODS:
            names += PERIOD if query.by or question.name in ALWAYS else ()
        else:
            names += query.dims if name == DIMS else (name,)
    names += _evidence(question, query)
    return tuple(column(name) for name in names)


def _presented(
    question: Question, answer: Answer, facts: Facts, buckets: Sequence[windows.Bucket], usual: windows.Rhythm
) -> Answer:
    """The declared columns only, in their types, with periods as text."""
    query, rows = facts.query, answer.table
    names = [each.name for each in answer.columns]
    if "period_start" in names:
        rows = with_periods(answer, facts, buckets, usual, every=question.name in ALWAYS)
    if "origin" in names:
        rows = rows.with_columns(pl.col("origin").map_batches(hexed, return_dtype=pl.String()))
    table = rows.select([_typed(pl.col(each.name), each) for each in answer.columns])
    notes = []
    if not len(table) or not facts.spans:
        notes.append(_nothing(query, answer.coverage, facts.spans))
    return replace(answer, table=table).noted(*notes)


def _nothing(query: Query, covered: Coverage, spans: Sequence[tuple[int, int]]) -> str:
    if covered.first is None or covered.last is None:
        return "no requests were read"
    met = any(start <= covered.last and covered.first < end for start, end in spans)
    return (
        f"no {query.of if met else 'requests'} in the window ({windows.describe(query.window)}); the data covers "
        f"{iso(query, covered.first)[:10]} .. {iso(query, covered.last)[:10]}"
    )


def hexed(ids: pl.Series) -> pl.Series:
    """Ids as origins are printed: the first 10 hex digits."""
    return pl.Series(ids.name, [f"{value:016x}"[:10] for value in ids], pl.String())


def _typed(expression: pl.Expr, declared: Column) -> pl.Expr:
    types = {"int64": pl.Int64(), "int32": pl.Int32(), "string": pl.String(), "float": pl.Float64(), "time": pl.Int64()}
    if declared.type == "boolean":
        return (expression.cast(pl.String) == "true").alias(declared.name)
    return expression.cast(types[declared.type]).alias(declared.name)
