"""Whether a redirect was a success: not, where the log shows what the client was led to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.counting.codes import (
    ASIDE,
    ELSEWHERE,
    FILE,
    PART,
    PROBE,
    PUSH,
    PUT,
    SECOND,
    TESTED,
    UNCHANGED,
    WHOLE,
)  # fmt: skip
from pullstats.lazy import pl

if TYPE_CHECKING:
    from pullstats.counting.rules import Rule

_STATE = {"opens": "Boolean", **dict.fromkeys(("born", "block", "reach", "whole", "done"), "Int64")}


def settled(rows: pl.DataFrame, following: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """The rows with every redirect judged, principals of answers that were given only, and empty state columns.

    Args:
        rows: of one day, from `facts`.
        following: rows of the next day; what follows a redirect may lie behind midnight.
        rule: how long after it.
    """
    rows = _judged(rows, following, rule)
    given = pl.when(pl.col("answer") >= UNCHANGED).then("principal_id").alias("principal_id")
    state = [pl.lit(None, getattr(pl, dtype)).alias(name) for name, dtype in _STATE.items()]
    return rows.with_columns(given, *state)


def _judged(rows: pl.DataFrame, following: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    tested = rows.with_row_index("row").filter(pl.col("answer") >= TESTED).select("row", "pair", "end")
    if tested.is_empty():
        return rows
    limit = tested["end"].max() + rule.redirect_answer_seconds * SECOND  # pyright: ignore[reportOperatorIssue]
    read = pl.col("what").is_in((PUSH, PUT)).not_()
    found = read & pl.col("answer").is_in((WHOLE, PART)) & (pl.col("end") <= limit)
    answers = pl.concat([table.filter(found).select("pair", "end") for table in (rows, following)])
    answers = answers.filter(pl.col("pair").is_in(tested["pair"].unique().implode()))
    answered = (
        tested.filter(pl.col("pair").is_in(answers["pair"].unique().implode()))
        .sort("end")
        .join_asof(
            answers.sort("end").with_columns(pl.col("end").alias("seen")),
            on="end",
            by="pair",
            strategy="forward",
            tolerance=rule.redirect_answer_seconds * SECOND,
            check_sortedness=False,
        )
        .filter(pl.col("seen").is_not_null())
    )
    aside = pl.lit(pl.Series([False]).new_from_index(0, len(rows)).scatter(answered["row"], values=True))
    judged = (
        pl.when(pl.col("answer") < TESTED)
        .then("answer")
        .when(aside)
        .then(ASIDE)
        .when(pl.col("answer") == TESTED)
        .then(ELSEWHERE)
        .otherwise(UNCHANGED)
    )
    rows = rows.with_columns(judged.cast(pl.Int8).alias("answer"))
    lost = (pl.col("what") == FILE) & (pl.col("answer") == ASIDE)
    return rows.with_columns(pl.when(lost).then(PROBE).otherwise("what").cast(pl.Int8).alias("what"))
