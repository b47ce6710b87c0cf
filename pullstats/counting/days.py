"""Counting day after day: what may still change is kept, what cannot is given back under its day."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pullstats.counting.codes import DAY, IMAGE, PACKAGE, PLAIN, SECOND
from pullstats.counting.drafts import drafts_of_nothing, finished
from pullstats.counting.files import packages
from pullstats.counting.images import images, no_parts
from pullstats.counting.names import Known
from pullstats.counting.plain import plain, plain_drafts
from pullstats.counting.pushes import push_drafts, pushes
from pullstats.counting.redirects import settled
from pullstats.counting.rows import ORDER, around, in_order
from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pullstats.counting.rows import Facts
    from pullstats.counting.rules import Rule

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Day:
    """A day to be counted.

    Attributes:
        day: the UTC day.
        rows: those that start before `until` and not before the days that were counted, sorted by key and time.
        sizes: those seen on this day and the next one that there is.
        resources: what their ids name, and those of days before.
        until: where the day ends, in microseconds since the epoch; None where no day follows.
    """

    day: date
    rows: pl.DataFrame
    sizes: dict[date, pl.DataFrame]
    resources: pl.DataFrame
    until: int | None


def days(given: Iterator[tuple[date, Facts]], rule: Rule) -> Iterator[Day]:
    """Days in ascending order, with the facts of their requests, made ready to be counted."""
    counted, today = None, next(given, None)
    while today is not None:
        (day, facts), following = today, next(given, None)
        sizes = {day: facts.sizes} | ({following[0]: following[1].sizes} if following else {})
        until = _micros(day + timedelta(days=1)) if following else None
        rows = _rows(facts, following[1] if following else None, counted, until, rule)
        yield Day(day, rows, sizes, (following or today)[1].resources, until)
        counted, today = until, following


def _rows(facts: Facts, following: Facts | None, counted: int | None, until: int | None, rule: Rule) -> pl.DataFrame:
    none = facts.rows.clear()
    rows = settled(facts.rows, following.rows if following else none, rule)
    if counted is not None:
        rows = rows.filter(pl.col("at") >= counted)
    if following and until is not None:
        early = following.rows.filter(pl.col("at") < until)
        if len(early):
            rows = in_order(pl.concat([rows, settled(early, none, rule)]))
    return rows.drop(*ORDER[1:], "pair").sort("key", maintain_order=True)


@dataclass(frozen=True)
class Ready:
    """A day that no further request can change.

    Attributes:
        day: the UTC day.
        drafts: of its activities.
        resources: what their ids name.
    """

    day: date
    drafts: pl.DataFrame
    resources: pl.DataFrame

    @property
    def activities(self) -> pl.DataFrame:
        """Its activities (columns ACTIVITIES), in order of time."""
        return finished(self.drafts, self.resources)


class Counter:
    """Counts days in ascending order.

    Args:
        rule: the counting rule.
        sizes: the sizes of contents, where the requests do not show them all.
    """

    def __init__(self, rule: Rule, sizes: pl.DataFrame | None) -> None:
        self._rule = rule
        self._given_sizes = None if sizes is None else around([sizes])
        self._sizes: dict[date, pl.DataFrame] = {}
        self._until: int | None = None
        self._kept = pl.DataFrame()
        self._parts = no_parts()
        self._resources = pl.DataFrame()
        self._drafts: list[pl.DataFrame] = []
        self._learned: list[pl.DataFrame] = []
        self._days: list[date] = []

    def add(self, new: Day) -> None:
        """Count a day."""
        self._sizes = {day: table for day, table in self._sizes.items() if day >= new.day - timedelta(days=2)}
        self._sizes |= new.sizes
        self._resources = new.resources
        self._days.append(new.day)
        kept = self._kept.select(new.rows.columns) if self._kept.width else new.rows.clear()
        rows = kept.merge_sorted(new.rows, "key", maintain_order=True)
        self._count(rows.with_columns(pl.int_range(pl.len()).alias("row")), new.until)
        self._until = new.until

    def _count(self, rows: pl.DataFrame, until: int | None) -> None:
        rule = self._rule
        pushed = pushes(rows, rule)
        rest = rows.filter(pl.col("row").is_in(pushed["row"].implode()).not_()) if len(pushed) else rows
        what = pl.col("what")
        sizes = around(list(self._sizes.values())) if self._given_sizes is None else self._given_sizes
        known = Known(rule, sizes, self._resources, until)
        with ThreadPoolExecutor(1) as beside:
            packaging = beside.submit(lambda: packages(_only(rest, what.is_in(PACKAGE)), known))
            pulled = images(_only(rest, what.is_in(IMAGE)), self._parts, known)
            packaged, kept = packaging.result()
        others = plain(_only(rest, what.is_in(PLAIN)), rule)
        done, open_pushes = _closed(pushed, until, rule.push_join_seconds)
        plain_done, open_plain = _closed(others, until, rule.plain_join_seconds)
        self._parts = pulled.parts
        self._learned.append(self._versions(pulled.learned))
        self._drafts += [pulled.drafts, packaged, push_drafts(done), plain_drafts(plain_done)]
        self._kept = pl.concat([table.select(rows.columns) for table in (pulled.kept, kept, open_pushes, open_plain)])
        self._kept = self._kept.sort("row").drop("row")

    def _versions(self, learned: pl.DataFrame) -> pl.DataFrame:
        """Which version a digest is (columns artifact_id, reference, learned, day)."""
        tags = self._resources.select("artifact_id", tagged="resource_id", learned="version").drop_nulls()
        digests = self._resources.select("reference", digested="resource_id")
        named = learned.join(tags, on="tagged").join(digests, on="digested")
        return named.select("artifact_id", "reference", "learned", day=pl.col("ts") // DAY).unique()

    def ready(self) -> Iterator[Ready]:
        """The days that no further request can change, in order."""
        oldest = int(self._kept["end"].min()) // DAY if len(self._kept) else None  # pyright: ignore[reportArgumentType]
        while self._days:
            number = (self._days[0] - _EPOCH).days
            waits = self._until is not None and (
                (oldest is not None and oldest <= number) or number >= self._until // DAY - 1
            )
            if waits:
                break
            yield Ready(self._days.pop(0), self._drafts_of(number), self._with_versions(number))
        self._forget()

    def _drafts_of(self, day: int) -> pl.DataFrame:
        drafts = pl.concat([drafts_of_nothing(), *self._drafts])
        of_day = pl.col("ts") // DAY == day
        self._drafts = [drafts.filter(~of_day)]
        return drafts.filter(of_day)

    def _with_versions(self, day: int) -> pl.DataFrame:
        """The resources, those by digest with the version that was learned on the day or a neighbouring one."""
        near = pl.concat([_nothing_learned(), *self._learned]).filter((pl.col("day") - day).abs() <= 1)
        # Of several versions the most exact one: 1.2.3 says more than 1.2.
        exact = near.sort(pl.col("learned").str.len_chars(), "learned", descending=True)
        best = exact.unique(["artifact_id", "reference"], keep="first", maintain_order=True).drop("day")
        learned = self._resources.join(best, on=["artifact_id", "reference"], how="left")
        by_digest = pl.col("reference_kind") == "digest"
        return learned.with_columns(pl.when(by_digest).then("learned").alias("learned"))

    def _forget(self) -> None:
        """Drop what was learned of days that are done."""
        first = (self._days[0] - _EPOCH).days if self._days else 0
        self._learned = [table.filter(pl.col("day") >= first - 1) for table in self._learned if len(table)]


def _nothing_learned() -> pl.DataFrame:
    types = {"artifact_id": pl.Int64(), "reference": pl.String(), "learned": pl.String(), "day": pl.Int64()}
    return pl.DataFrame(schema=types)


def _only(rows: pl.DataFrame, kind: pl.Expr) -> pl.DataFrame:
    """The rows of a kind; wide rows are not copied where all are."""
    chosen = rows.select(kind.alias("kind"))["kind"]
    return rows if chosen.all() else rows.filter(chosen)


def _micros(day: date) -> int:
    return (day - _EPOCH).days * DAY


def _closed(rows: pl.DataFrame, until: int | None, join: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of sessions that are over, and of those that a row from `until` on may join."""
    if until is None:
        return rows, rows.clear()
    over = pl.col("reach").max().over("session") < until - join * SECOND
    return rows.filter(over), rows.filter(~over)
