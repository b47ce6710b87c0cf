"""Requests become rows of small integers: what each asks for, and what its answer means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pullstats.counting.codes import (
    ASIDE,
    AUX,
    BLOB,
    BLOB_HEAD,
    CUT,
    DAY,
    DIGEST,
    ELSEWHERE,
    FAILED,
    FILE,
    PART,
    PROBE,
    PUSH,
    PUT,
    SPREAD,
    TAG,
    TESTED,
    TESTED_CONDITIONAL,
    UNCHANGED,
    WHOLE,
)  # fmt: skip
from pullstats.counting.ids import key
from pullstats.counting.names import CALLER_COLUMNS, RESOURCE_COLUMNS, Ids, callers, resources
from pullstats.lazy import pl
from pullstats.tables import by_day

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from pullstats.counting.rules import Rule

REQUEST_COLUMNS = (
    "ts", "caller_id", "principal_id", "resource_id", "method", "status", "bytes", "duration_ms",
    "source_id", "source_first", "line", "conditional", "mode",
)  # fmt: skip

PARTIAL_CONTENT = 206
BYTES_0_1 = 2  # what `Range: bytes=0-1` gets: a question whether ranges work, not a part
ORDER = ("at", "source_first", "source_id", "line")


@dataclass(frozen=True)
class Facts:
    """One day's requests, ready to be joined.

    Attributes:
        rows: one row a request that can make an activity, in time order.
        resources: what their resource_id names, and what the days before named (columns of `names.resources`).
        sizes: the largest size seen of each content (columns date, target, size).
    """

    rows: pl.DataFrame
    resources: pl.DataFrame
    sizes: pl.DataFrame


def facts(requests: pl.DataFrame, ids: Ids, rule: Rule, known: pl.DataFrame | None = None) -> Facts:
    """The facts of requests.

    Args:
        requests: columns REQUEST_COLUMNS.
        ids: what their ids stand for.
        rule: the counting rule.
        known: resources that need not be read again.
    """
    named = resources(requests["resource_id"], ids, rule, known)
    codes = named.select("resource_id", "path_id", "artifact_id", "base", "target", "testable")
    # Of many callers few are of one day: the table that is joined is made of the few.
    who = ids.callers.join(requests.select(pl.col("caller_id").unique()), on="caller_id", how="semi")
    joined = requests.with_columns(pl.col("source_first", "status").fill_null(0))
    for table, column in ((codes, "resource_id"), (who, "caller_id")):
        joined = joined.join(table, on=column, how="left", maintain_order="left")
    methods = ("GET", "HEAD", *rule.push_methods)
    counted = joined.filter(
        pl.col("base").is_not_null()
        & pl.col("method").is_in(methods)
        & pl.col("status").is_in(rule.ignored_statuses).not_()
    )
    rows = in_order(_rows(counted, rule))
    return Facts(rows, named, _sizes(rows))


def _rows(joined: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    head, write = pl.col("method") == "HEAD", pl.col("method").is_in(rule.push_methods)
    rows = joined.with_columns(head.alias("head"), write.alias("write")).with_columns(_answer(rule).alias("answer"))
    # A redirect sends no body: its logged time is its start, and it never belongs to an earlier day.
    redirected = pl.col("status").is_in(rule.redirect_statuses)
    lasted = pl.col("duration_ms").fill_null(0).clip(0, rule.longest_request_seconds * 1000) * 1000
    at = pl.when(redirected).then("ts").otherwise(pl.col("ts") - lasted) if _timed(joined) else pl.col("ts")
    return rows.select(
        at.alias("at"),
        *ORDER[1:],
        key("origin_id", "artifact_id").alias("key"),
        pl.col("ts").alias("end"),
        "caller_id",
        "manners",
        "resource_id",
        "principal_id",
        pl.when(pl.col("head").not_()).then("bytes").alias("bytes"),
        _what().cast(pl.Int8).alias("what"),
        "head",
        "answer",
        "target",
        (pl.col("caller_id") * SPREAD + pl.col("path_id")).alias("pair"),
    )


def _timed(requests: pl.DataFrame) -> bool:
    return requests["duration_ms"].null_count() < len(requests)


def _answer(rule: Rule) -> pl.Expr:
    status = pl.col("status")
    conditional = pl.col("conditional").fill_null(value=False)
    tested = pl.when(conditional).then(TESTED_CONDITIONAL).otherwise(TESTED)
    elsewhere = pl.when(conditional).then(UNCHANGED).otherwise(ELSEWHERE)
    judged = pl.col("mode").ne_missing("redirect")
    redirect = (
        pl.when((pl.col("mode") == "serve") | (judged & ~pl.col("testable")))
        .then(ASIDE)
        .when(judged)
        .then(tested)
        .otherwise(elsewhere)
    )
    answer = (
        pl.when(pl.col("write") | (pl.col("base") == PUSH))
        .then(pl.when(status.is_in(rule.push_statuses)).then(WHOLE).otherwise(FAILED))
        .when(status.is_in(rule.unchanged_statuses))
        .then(UNCHANGED)
        .when((status == PARTIAL_CONTENT) & status.is_in(rule.ok_statuses))
        .then(PART)
        .when(status.is_in(rule.ok_statuses))
        .then(WHOLE)
        .when(status.is_in(rule.redirect_statuses))
        .then(redirect)
        .when(status.is_in(rule.cut_statuses) & pl.col("head").not_())
        .then(CUT)
        .otherwise(FAILED)
    )
    return answer.cast(pl.Int8)


def _what() -> pl.Expr:
    base, answer = pl.col("base"), pl.col("answer")
    manifest = base.is_in((TAG, DIGEST, AUX)) & (pl.col("method") == "PUT")
    asked = (answer == PART) & (pl.col("bytes") == BYTES_0_1).fill_null(value=False)
    probe = pl.col("head") | answer.is_in((FAILED, ASIDE, UNCHANGED, TESTED_CONDITIONAL)) | asked
    return (
        pl.when(pl.col("write"))
        .then(pl.when(manifest).then(PUT).otherwise(PUSH))
        .when((base == BLOB) & pl.col("head"))
        .then(BLOB_HEAD)
        .when((base == FILE) & probe)
        .then(PROBE)
        .otherwise(base)
    )


def in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows by start, then in the order of the log; sorted only if they are not in order already."""
    later: pl.Expr = pl.lit(value=False)
    for name in reversed(ORDER):
        step = pl.col(name) - pl.col(name).shift(1)
        later = (step < 0) | ((step == 0) & later)
    return rows.sort(ORDER) if rows.select(later.any()).item() else rows


def _sizes(rows: pl.DataFrame) -> pl.DataFrame:
    """The largest size of each content by UTC day: whole files, and of blobs their largest part too."""
    seen = (pl.col("answer") == WHOLE) | ((pl.col("answer") == PART) & (pl.col("what") == BLOB))
    content = pl.col("what").is_in((BLOB, FILE)) & seen & (pl.col("bytes") > 0)
    day = (pl.col("end") // DAY).cast(pl.Int32).cast(pl.Date).alias("date")
    return rows.filter(content).group_by(day, "target").agg(pl.col("bytes").max().alias("size"))


def sizes(requests: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """The largest size seen of each content, by UTC day.

    Args:
        requests: columns REQUEST_COLUMNS, names.CALLER_COLUMNS and names.RESOURCE_COLUMNS.
        rule: which answers are whole.

    Returns:
        Columns date (Date), target (Int64: what was sent), size (Int64, bytes).
    """
    return facts(requests, ids_of(requests, rule), rule).sizes


def ids_of(requests: pl.DataFrame, rule: Rule) -> Ids:
    """What the ids of requests stand for, where they come with it (CALLER_COLUMNS and RESOURCE_COLUMNS, too)."""
    who, named = (
        requests.select(columns).unique(columns[0], keep="any") for columns in (CALLER_COLUMNS, RESOURCE_COLUMNS)
    )
    return Ids(callers(who, rule), named)


def around(known: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The largest size of each content on a day or a neighbouring one (columns day Int64, target, size)."""
    tables = [table.with_columns(pl.col("date").cast(pl.Int32).cast(pl.Int64).alias("day")) for table in known]
    empty = pl.DataFrame(schema={"day": pl.Int64, "target": pl.Int64, "size": pl.Int64})
    near = [table.select(pl.col("day") + step, "target", "size") for table in tables for step in (-1, 0, 1)]
    return pl.concat([empty, *near]).group_by("day", "target").agg(pl.col("size").max())


def days_of(requests: pl.DataFrame) -> dict[date, pl.DataFrame]:
    """Requests by UTC day, in the order of the days."""
    day = (pl.col("ts") // DAY).cast(pl.Int32).cast(pl.Date).alias("date")
    parts = by_day(requests.with_columns(day))
    return {day: parts[day].drop("date") for day in sorted(parts)}
