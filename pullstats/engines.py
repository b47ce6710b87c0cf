"""Store or log, and what was asked, to the frame of facts that questions count.

A fact is an activity or a request with its measures as integers, the number of its period, the keys of
what is counted once, and the dimensions that the question asks for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pullstats.errors import UsageError, did_you_mean
from pullstats.identity import mix
from pullstats.lazy import pl
from pullstats.question import MEASURES, NOT_COUNTED
from pullstats.store.rollup import accepted
from pullstats.words import DIMENSIONS, PLATFORM

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from pullstats.window import Bucket, Window

DAY = 86_400_000_000
PULLS, CONTENT = ("download", "refresh"), ("download",)
CHECK = "version_check"
CALLER, RESOURCE, REQUEST = "caller", "resource", "request"
AGE, EGRESS = "client_age", "egress"
ENVIRONMENT = ("environment", "environment_evidence")
BEHAVIOR = ("behavior", "interval_seconds")
UNITS = {"strict": "caller_id", "origin": "origin_id", "endpoint": "endpoint_id", "site": "site_id", "asn": "asn"}


class Tables(Protocol):
    """What can be read like a store."""

    def scan(self, name: str) -> pl.LazyFrame:
        """The rows of a table."""
        ...

    def days(self) -> list[date]:
        """The UTC days that have requests, in order."""
        ...


class Condition(NamedTuple):
    """Only rows whose dimension has one of these values, or none of them; None is what is not known."""

    name: str
    values: tuple[str | None, ...]
    keep: bool


@dataclass(frozen=True)
class Query:
    """What is asked besides the question itself.

    Attributes:
        window: the time asked for.
        by: length of the periods; None: one.
        of: whose origins are counted and ranked.
        identity: what one origin is.
        layer: the only layers that count, as words of --layer; none: all.
        rule: the counting rule.
        dims: dimensions to split by.
        where: conditions, all of which must hold.
        without_top: leave out so many of the heaviest origins.
        min_origins: rows with fewer origins are hidden.
        limit: rows shown.
        min_contacts: behavior is judged from so many contacts on.
        min_span_seconds: behavior is judged over at least this time.
    """

    window: Window
    by: str | None = None
    of: str = "pulls"
    identity: str = "origin"
    rule: str = "pullstats-1"
    dims: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()
    without_top: int = 0
    min_origins: int = 0
    limit: int | None = None
    min_contacts: int | None = None
    min_span_seconds: int | None = None
    layer: tuple[str, ...] = ()


def dimensions(text: str) -> tuple[str, ...]:
    """The dimensions that a comma-separated word names.

    Raises:
        UsageError: one of them is none.
    """
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        _known(name)
    if not names:
        raise UsageError("breakdown needs a dimension", "for example: pullstats breakdown country")
    return names


def _known(name: str) -> str:
    if name not in DIMENSIONS:
        near = did_you_mean(name, list(DIMENSIONS))
        raise UsageError(f"no dimension '{name}'", f"{near} all: pullstats help dimensions".strip())
    return name


def condition(text: str) -> Condition:
    """`country=DE` or `country!=DE` as a condition; an empty value is what is not known.

    Raises:
        UsageError: the text is neither, or names no dimension.
    """
    name, equals, value = text.partition("=")
    keep = not name.endswith("!")
    name = name.removesuffix("!").strip()
    if not equals:
        raise UsageError(f"--where '{text}': write {text}=VALUE or {text}!=VALUE")
    return Condition(_known(name), (value or None,), keep)


def merged(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """Values of one dimension joined: `country=DE country=FR` is either; `!=` is neither."""
    values: dict[tuple[str, bool], list[str | None]] = {}
    for each in conditions:
        values.setdefault((each.name, each.keep), []).extend(each.values)
    return tuple(Condition(name, tuple(dict.fromkeys(some)), keep) for (name, keep), some in values.items())


@dataclass(frozen=True)
class Facts:
    """The facts of a query over tables, made when they are asked for.

    Attributes:
        tables: the store or the log.
        query: what is asked.
        spans: the time asked for, as sorted half-open intervals of microseconds.
        buckets: the periods, sorted; one without --by.
        columns: what the question wants besides measures and keys (`client`, `behavior` ...).
        measures: the measures it wants.
    """

    tables: Tables
    query: Query
    spans: Sequence[tuple[int, int]]
    buckets: Sequence[Bucket] = ()
    columns: tuple[str, ...] = ()
    measures: tuple[str, ...] = MEASURES
    cache: dict[str, pl.DataFrame] = field(default_factory=dict, compare=False, repr=False)

    def frame(self) -> pl.LazyFrame:
        """The facts (columns period, ts, MEASURES, KEYS, seen, and `columns`)."""
        sides = [side for side in (self._activities(), self._requests()) if side is not None]
        frame = pl.concat(sides, how="diagonal")
        if self.query.without_top:
            return frame.join(self._heaviest(frame), left_on="unit", right_on="origin", how="anti", nulls_equal=False)
        return frame

    # Which sides there are

    @cached_property
    def _wanted(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self.query.dims, *self.columns, *(each.name for each in self.query.where)]))

    def _of(self, *halves: str) -> tuple[str, ...]:
        return tuple(name for name in self._wanted if name in DIMENSIONS and DIMENSIONS[name].of in halves)

    @property
    def by_request(self) -> bool:
        """The question is about single requests: activities have no part in it."""
        return any(name in ("method", "status") for name in self._wanted)

    @property
    def _from_requests(self) -> bool:
        """The requests table is read; else requests and bytes are those of the activities."""
        wanted = self.query.of == "requests" or bool({"requests", "bytes"} & set(self.measures)) or self.by_request
        return wanted and not self._of("activity", "origin")

    @property
    def needs_behavior(self) -> bool:
        """The question, a dimension or a condition asks how origins behave."""
        return "polls" in self.measures or "behavior" in self._wanted

    # Activities

    def _activities(self) -> pl.LazyFrame | None:
        if self.by_request:
            return None
        frame = self._timed(self.tables.scan("activities"))
        if self.needs_behavior:
            key = ["origin_id", "artifact_id"]
            judged = self.behavior.lazy().select(*key, "behavior", "interval_seconds")
            frame = frame.join(judged, on=key, how="left")
        frame = self._called(frame)
        return self._keyed(self._filtered(frame).with_columns(self._activity_measures()))

    def _activity_measures(self) -> list[pl.Expr]:
        times, action = pl.col("times"), pl.col("action")
        contact = action.is_in([*PULLS, CHECK])
        poller = pl.col("behavior") == "poller" if self.needs_behavior else pl.lit(value=False)
        requests = pl.lit(0, pl.Int64) if self._from_requests else pl.col("requests")
        sent = pl.lit(0, pl.Int64) if self._from_requests else pl.col("bytes").fill_null(0)
        return [
            _where(contact, times).alias("contacts"),
            _where(action.is_in(PULLS), times).alias("pulls"),
            _where(action.is_in(CONTENT), times).alias("downloads"),
            _where(action == CHECK, times).alias("checks"),
            _where(contact & ~action.is_in(CONTENT) & poller, times).alias("polls"),
            requests.alias("requests"),
            sent.alias("bytes"),
        ]

    # Requests

    def _requests(self) -> pl.LazyFrame | None:
        if not self._from_requests:
            return None
        frame = self._timed(accepted(self.tables))
        callers = self._callers("origin_id")
        frame = frame.join(callers, on="caller_id", how="left")
        resource = [name for name in self._of(RESOURCE) if name != PLATFORM]
        if resource:
            named = self.tables.scan("resources").select("resource_id", *resource)
            frame = frame.join(named, on="resource_id", how="left")
        zero = [pl.lit(0, pl.Int64).alias(name) for name in MEASURES if name not in ("requests", "bytes")]
        return self._keyed(
            self._filtered(self._derived(frame)).with_columns(
                *zero,
                pl.lit(1, pl.Int64).alias("requests"),
                pl.col("bytes").fill_null(0),
                pl.lit(None, pl.Int64).alias("version_id"),
                pl.lit(value=None).cast(pl.String).alias("action"),
            ),
            requests=True,
        )

    # Both

    def _timed(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Rows of the asked time, with the number of their period."""
        if not self.spans:
            return frame.filter(pl.lit(value=False)).with_columns(pl.lit(0, pl.Int64).alias("period"))
        low, high = self.spans[0][0], self.spans[-1][1]
        days = pl.col("date").is_between(_date(low), _date(high - 1))
        frame = frame.filter(days, pl.col("ts") >= low, pl.col("ts") < high)
        if len(self.spans) > 1:
            frame = frame.filter(_within(self.spans))
        return frame.with_columns(self._period().alias("period"))

    def _period(self) -> pl.Expr:
        if not self.query.by:
            return pl.lit(0, pl.Int64)
        starts = pl.Series([bucket.start_us for bucket in self.buckets], dtype=pl.Int64)
        place = (pl.lit(starts).search_sorted(pl.col("ts"), side="right").cast(pl.Int64) - 1).clip(0)
        order = pl.Series([bucket.order for bucket in self.buckets], dtype=pl.Int64)
        return pl.lit(order).gather(place)

    def _callers(self, *more: str) -> pl.LazyFrame:
        """The columns of callers that the query needs."""
        unit = UNITS.get(self.query.identity, "company" if self.query.identity == "company" else "")
        names = {
            "endpoint_id",
            *self._of(CALLER),
            *more,
            *([unit] if unit not in ("", "caller_id", "origin_id") else []),
        }
        if PLATFORM in self._wanted:
            names |= {"os", "arch"}
        if names & set(ENVIRONMENT):
            names |= set(ENVIRONMENT)
        made = {PLATFORM, AGE, EGRESS} & names
        needed = (names | ({"client", "client_version"} if AGE in made else set())) - made
        callers = self.tables.scan("callers").select("caller_id", *sorted(needed))
        if AGE in made:
            callers = callers.join(self._releases(), on=["client", "client_version"], how="left", nulls_equal=True)
        if "company" in names and self._spellings:
            callers = callers.with_columns(pl.col("company").replace(self._spellings))
        if EGRESS in made:
            shared = pl.when(pl.col("endpoint_id").is_in(self._shared().implode())).then(pl.lit("shared"))
            callers = callers.with_columns(shared.otherwise(pl.lit("single")).alias(EGRESS))
        return callers

    def _shared(self) -> pl.Series:
        """The endpoints behind which several machines stood on some day."""
        from pullstats.store.egress import shared_endpoints

        return shared_endpoints(self.tables)

    def _releases(self) -> pl.LazyFrame:
        """The year of release of each version of a client (client, client_version, client_year)."""
        from pullstats.enrich.clients import released

        versions = self.tables.scan("callers").select("client", "client_version").unique().collect()
        return released(versions).lazy()

    def _called(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        return self._derived(frame.join(self._callers(), on="caller_id", how="left"))

    def _derived(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        if PLATFORM in self._wanted:
            frame = frame.with_columns((pl.col("os") + "/" + pl.col("arch").fill_null("?")).alias(PLATFORM))
        if AGE in self._wanted:
            year = pl.from_epoch("ts", time_unit="us").dt.year()
            frame = frame.with_columns((year - pl.col("client_year")).clip(0).cast(pl.Int64).alias(AGE))
        return self._placed(frame) if set(ENVIRONMENT) & set(self._wanted) else frame

    def _placed(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Where clients and networks leave the environment open, how the origin behaves names it."""
        from pullstats.counting.behavior import origin_behavior
        from pullstats.enrich.environments import UNKNOWN, by_behavior

        name, evidence = ENVIRONMENT
        places = by_behavior()
        acting = origin_behavior(self.behavior).lazy().select("origin_id", pl.col("behavior").alias("acts"))
        frame = frame.join(acting.filter(pl.col("acts").is_in(list(places))), on="origin_id", how="left")
        open_ = (pl.col(name) == UNKNOWN) & pl.col("acts").is_not_null()
        return frame.with_columns(
            pl.when(open_)
            .then(pl.col("acts").replace_strict(places, default=None))
            .otherwise(pl.col(name))
            .alias(name),
            pl.when(open_).then(pl.format("behavior {}", "acts")).otherwise(pl.col(evidence)).alias(evidence),
        )

    def _filtered(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        for each in self.query.where:
            text = pl.col(each.name).cast(pl.String)
            known = [value for value in each.values if value is not None]
            found = text.is_in(known).fill_null(value=False)
            if None in each.values:
                found = found | text.is_null()
            frame = frame.filter(found if each.keep else ~found)
        return frame

    def _keyed(self, frame: pl.LazyFrame, *, requests: bool = False) -> pl.LazyFrame:
        """Only what questions read, with the keys; rows that --of leaves out have NOT_COUNTED."""
        unit = self._unit()
        counted = pl.lit(value=True) if requests and self.query.of == "requests" else pl.col(self.query.of) > 0
        if requests and self.query.of != "requests":
            counted = pl.lit(value=False)
        if not requests and self.query.of == "requests" and self._from_requests:
            counted = pl.lit(value=False)
        day = pl.col("ts") // DAY
        downloaded = pl.col("action").is_in(CONTENT) & unit.is_not_null()
        names = [name for name in self._wanted if name != "interval_seconds"]
        return frame.select(
            "period",
            "ts",
            *MEASURES,
            unit.alias("unit"),
            _where(counted, unit, NOT_COUNTED).alias("origin"),
            _where(counted, pl.col("endpoint_id"), NOT_COUNTED).alias("endpoint"),
            _where(counted, pl.col("caller_id"), NOT_COUNTED).alias("strict"),
            _where(downloaded, mix(mix(unit, "version_id"), day), NOT_COUNTED).alias("download"),
            (unit.fill_null(NOT_COUNTED) if requests else pl.lit(NOT_COUNTED, pl.Int64)).alias("seen"),
            *[pl.col(name).cast(pl.String) if name in DIMENSIONS else pl.col(name) for name in names],
        )

    def _unit(self) -> pl.Expr:
        """The id of what one origin is; null where a row has none."""
        identity = self.query.identity
        if identity == "principal":
            return pl.coalesce("principal_id", "origin_id")
        if identity == "company":
            return pl.col("company").replace_strict(self._companies, default=None, return_dtype=pl.Int64)
        return pl.col(UNITS[identity])

    @cached_property
    def _companies(self) -> dict[str, int]:
        names = self.tables.scan("callers").select(pl.col("company").drop_nulls().unique().sort()).collect().to_series()
        return {name: number for number, name in enumerate(names)}

    @cached_property
    def _spellings(self) -> dict[str, str]:
        """Names of companies to the one spelling that each is shown with."""
        from pullstats.enrich.companies import spellings

        return spellings(self.tables.scan("callers").select("company", "company_evidence"))

    # What needs all of the data

    @property
    def behavior(self) -> pl.DataFrame:
        """How each origin behaves on each artifact, judged on the calendar span of the window."""
        if "behavior" not in self.cache:
            from pullstats.counting.behavior import behavior, parameters

            low, high = (self.spans[0][0], self.spans[-1][1]) if self.spans else (0, 0)
            activities = self.tables.scan("activities").filter(pl.col("ts") >= low, pl.col("ts") < high)
            callers = self.tables.scan("callers").select("caller_id", "kind", "ci", "cloud", "client").collect()
            limits = parameters(min_contacts=self.query.min_contacts, min_span_seconds=self.query.min_span_seconds)
            self.cache["behavior"] = behavior(activities, callers, limits)
        return self.cache["behavior"]

    def _heaviest(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The origins that --without-top leaves out, ranked by --of after all conditions."""
        return (
            frame.filter(pl.col("origin") >= 0)
            .group_by("origin")
            .agg(pl.col(self.query.of).sum(), pl.col("ts").min())
            .sort([self.query.of, "ts", "origin"], descending=[True, False, False])
            .head(self.query.without_top)
            .select("origin")
        )


def _where(condition_: pl.Expr, value: pl.Expr, otherwise: int = 0) -> pl.Expr:
    return (
        pl.when(condition_.fill_null(value=False))
        .then(value)
        .otherwise(pl.lit(otherwise, pl.Int64))
        .fill_null(otherwise)
    )


def _within(spans: Sequence[tuple[int, int]]) -> pl.Expr:
    starts = pl.Series([start for start, _ in spans], dtype=pl.Int64)
    ends = pl.Series([end for _, end in spans], dtype=pl.Int64)
    place = (pl.lit(starts).search_sorted(pl.col("ts"), side="right").cast(pl.Int64) - 1).clip(0)
    return pl.col("ts") < pl.lit(ends).gather(place)


def _date(microseconds: int) -> date:
    from datetime import UTC, datetime, timedelta

    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)).date()
