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
from pullstats.tables import by_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pullstats.counting.rows import Facts
    from pullstats.counting.rules import Rule

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Span:
    """Days that are counted together: one, or several that hold few requests.

    Attributes:
        days: the UTC days, in ascending order.
        rows: those that start before `until` and not before the days that were counted, sorted by key and time.
        sizes: those seen on these days and the next one that there is (columns of `rows.sizes`).
        resources: what their ids name, and those of days before.
        until: where the last day ends, in microseconds since the epoch; None where no day follows.
    """

    days: list[date]
    rows: pl.DataFrame
    sizes: pl.DataFrame
    resources: pl.DataFrame
    until: int | None


def spans(given: Iterator[tuple[list[date], Facts]], rule: Rule) -> Iterator[Span]:
    """Days in ascending order, with the facts of their requests, made ready to be counted."""
    counted, today = None, next(given, None)
    while today is not None:
        (days, facts), following = today, next(given, None)
        until = _micros(days[-1] + timedelta(days=1)) if following else None
        rows = _rows(facts, following[1] if following else None, counted, until, rule)
        next_day = [following[1].sizes.filter(pl.col("date") == following[0][0])] if following else []
        yield Span(days, rows, pl.concat([facts.sizes, *next_day]), (following or today)[1].resources, until)
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
    """Days that no further request can change.

    Attributes:
        days: the UTC days, in ascending order.
        drafts: of their activities.
        resources: what the ids of these name.
        learned: the version of a digest on a day (columns day, resource_id, learned).
    """

    days: list[date]
    drafts: pl.DataFrame
    resources: pl.DataFrame
    learned: pl.DataFrame

    def activities(self) -> Iterator[tuple[date, pl.DataFrame]]:
        """The activities of each day (columns ACTIVITIES), in order of time."""
        made = finished(self.drafts, self.resources, self.learned)
        of_days = by_day(made)
        yield from ((day, of_days.get(day, made.clear())) for day in self.days)


class Counter:
    """Counts days in ascending order.

    Args:
        rule: the counting rule.
        sizes: the sizes of contents, where the requests do not show them all.
    """

    def __init__(self, rule: Rule, sizes: pl.DataFrame | None) -> None:
        self._rule = rule
        self._given_sizes = None if sizes is None else around([sizes])
        self._sizes: list[pl.DataFrame] = []
        self._until: int | None = None
        self._kept = pl.DataFrame()
        self._parts = no_parts()
        self._resources = pl.DataFrame()
        self._drafts: list[pl.DataFrame] = []
        self._learned: list[pl.DataFrame] = []
        self._days: list[date] = []

    def add(self, new: Span) -> None:
        """Count some days."""
        near = pl.col("date") >= new.days[0] - timedelta(days=2)
        before = (table.filter(near) for table in self._sizes)
        self._sizes = [*(table for table in before if len(table)), new.sizes]
        self._resources = new.resources
        self._days += new.days
        kept = self._kept.select(new.rows.columns) if self._kept.width else new.rows.clear()
        rows = kept.merge_sorted(new.rows, "key", maintain_order=True)
        self._count(rows.with_columns(pl.int_range(pl.len()).alias("row")), new.until)
        self._until = new.until

    def _count(self, rows: pl.DataFrame, until: int | None) -> None:
        rule = self._rule
        pushed = pushes(rows, rule)
        rest = rows.filter(pl.col("row").is_in(pushed["row"].implode()).not_()) if len(pushed) else rows
        what = pl.col("what")
        sizes = around(self._sizes) if self._given_sizes is None else self._given_sizes
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

    def ready(self) -> Ready | None:
        """The days that no further request can change; None where there are none."""
        oldest = int(self._kept["end"].min()) // DAY if len(self._kept) else None  # pyright: ignore[reportArgumentType]
        days: list[date] = []
        while self._days:
            number = _number(self._days[0])
            waits = self._until is not None and (
                (oldest is not None and oldest <= number) or number >= self._until // DAY - 1
            )
            if waits:
                break
            days.append(self._days.pop(0))
        done = Ready(days, self._drafts_until(days[-1]), self._resources, self._versions_on(days)) if days else None
        self._forget()
        return done

    def _drafts_until(self, last: date) -> pl.DataFrame:
        drafts = pl.concat([drafts_of_nothing(), *self._drafts])
        done = pl.col("ts") // DAY <= _number(last)
        self._drafts = [drafts.filter(~done)]
        return drafts.filter(done)

    def _versions_on(self, days: Sequence[date]) -> pl.DataFrame:
        """The version of a digest on each day: one that was learned on the day or a neighbouring one."""
        learned = pl.concat([_nothing_learned(), *self._learned])
        near = pl.concat([learned.with_columns(pl.col("day") + step) for step in (-1, 0, 1)])
        near = near.filter(pl.col("day").is_between(_number(days[0]), _number(days[-1])))
        # Of several versions the most exact one: 1.2.3 says more than 1.2.
        exact = near.sort(pl.col("learned").str.len_chars(), "learned", descending=True)
        best = exact.unique(["day", "artifact_id", "reference"], keep="first", maintain_order=True)
        digests = self._resources.filter(pl.col("reference_kind") == "digest")
        named = digests.select("resource_id", "artifact_id", "reference")
        return named.join(best, on=["artifact_id", "reference"]).select("day", "resource_id", "learned")

    def _forget(self) -> None:
        """Drop what was learned of days that are done."""
        first = _number(self._days[0]) if self._days else 0
        self._learned = [table.filter(pl.col("day") >= first - 1) for table in self._learned if len(table)]


def _nothing_learned() -> pl.DataFrame:
    types = {"artifact_id": pl.Int64(), "reference": pl.String(), "learned": pl.String(), "day": pl.Int64()}
    return pl.DataFrame(schema=types)


def _only(rows: pl.DataFrame, kind: pl.Expr) -> pl.DataFrame:
    """The rows of a kind; wide rows are not copied where all are."""
    chosen = rows.select(kind.alias("kind"))["kind"]
    return rows if chosen.all() else rows.filter(chosen)


def _number(day: date) -> int:
    return (day - _EPOCH).days


def _micros(day: date) -> int:
    return _number(day) * DAY


def _closed(rows: pl.DataFrame, until: int | None, join: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of sessions that are over, and of those that a row from `until` on may join."""
    if until is None:
        return rows, rows.clear()
    over = pl.col("reach").max().over("session") < until - join * SECOND
    return rows.filter(over), rows.filter(~over)
