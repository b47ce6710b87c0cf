"""Question and facts to an answer: table, window, rule, identity, coverage, warnings.

Outputs see nothing else, so no number can be printed without its rule.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pullstats import window as windows
from pullstats.engines import Facts, Query, Tables
from pullstats.lazy import nw, pl
from pullstats.question import DIMS, PERIODS, Question
from pullstats.words import PERIOD, Column, column

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TOP = 20


@dataclass(frozen=True)
class Coverage:
    """What was read: parsed + ignored + rejected = read.

    Attributes:
        first, last: the earliest and latest logged time, epoch microseconds; None without a request.
        duplicates: parsed lines whose request another source holds too.
        sources: name and SHA-256 of each source.
        formats: entries that read them.
        tables: versions of the tables that enriched them, as the ledger has them.
    """

    read: int = 0
    parsed: int = 0
    ignored: int = 0
    rejected: int = 0
    duplicates: int = 0
    first: int | None = None
    last: int | None = None
    sources: tuple[dict[str, str], ...] = ()
    formats: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """A table with everything that says what its numbers mean.

    Attributes:
        name: of the question or listing.
        columns: the vocabulary's columns, in order.
        table: the rows, with exactly these columns.
        query: what was asked; None for listings, which count nothing.
        coverage: what was read.
        gaps: holes of the data inside the window, as pairs of microseconds.
        geo: dates of the network data, where the answer uses it.
        facts: figures beside the table (half_origins ...), for captions.
        notes: what people should know, for stderr.
        chart: how to draw it.
        top: rows that a terminal shows without --limit.
        partial: a source was not read whole: the exit code is 1.
    """

    name: str
    columns: tuple[Column, ...]
    table: pl.DataFrame
    query: Query | None = None
    coverage: Coverage = field(default_factory=Coverage)
    gaps: tuple[tuple[int, int], ...] = ()
    geo: dict[str, str] | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    chart: str = "none"
    top: int | None = None
    partial: bool = False

    @property
    def schema(self) -> str:
        """The name of the JSON schema."""
        return f"pullstats.{self.name}"

    def noted(self, *notes: str) -> Answer:
        """The answer with more notes."""
        return replace(self, notes=(*self.notes, *notes))


def coverage(tables: Tables) -> Coverage:
    """What the sources of these tables say was read."""
    ledger = tables.scan("sources").collect().sort("source", "sha256")
    sums = ledger.select(pl.col("lines", "parsed", "ignored", "rejected").sum()).row(0)
    return Coverage(
        *sums,
        duplicates=0,
        first=ledger["first"].min(),  # pyright: ignore[reportArgumentType]
        last=ledger["last"].max(),  # pyright: ignore[reportArgumentType]
        sources=tuple(ledger.select(name="source", sha256="sha256").to_dicts()),
        formats=tuple(ledger["format"].unique().sort()),
        tables=tuple(ledger["tables"].unique().sort()),
    )


def ask(question: Question, tables: Tables, query: Query) -> Answer:
    """The answer to a question over a store or a log.

    Raises:
        UsageError: the window or a dimension is wrong.
    """
    covered = coverage(tables)
    spans = query.window.spans(covered.first, covered.last)
    buckets = windows.buckets(query.by, spans, query.window.zone) if query.by else []
    facts = Facts(tables, query, spans, buckets, _needs(question), _measures(question))
    frame = facts.frame()
    rows = _counted(question, query, frame)
    usual = _rhythm(tables, query) if PERIODS in question.columns or question.name == "summary" else windows.Rhythm()
    rows, notes = _finished(question, facts, frame, rows, covered)
    answer = Answer(
        question.name,
        _columns(question, query),
        rows,
        query,
        covered,
        tuple(_inside(usual.holes(), spans)),
        chart=question.chart,
        top=question.top,
        facts=notes,
    )
    return _presented(question, answer, facts, buckets, usual)


def _needs(question: Question) -> tuple[str, ...]:
    """Columns of facts that the question's own rows are made of."""
    return tuple(
        name
        for name in question.columns
        if name in ("client", "country", "network", "artifact", "ecosystem")
    )


def _measures(question: Question) -> tuple[str, ...]:
    if question.name == "summary":
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
    if question.name == "summary":
        return _summary(query, frame, rows, covered), {}
    notes: dict[str, Any] = {}
    if "origins_share" in question.columns:
        rows = rows.join(_all_origins(frame), on="period", how="left")
    if query.of in rows.columns:
        rows = rows.with_columns(pl.col(query.of).alias("of"))
    rows = _ordered(question, query, rows)
    if question.finish:
        rows = question.finish(rows)
    if question.name == "top-origins":
        notes = _concentration(rows["of"])
        rows = _behaved(facts, rows)
    if query.min_origins and "origins" in rows.columns:
        few = rows["origins"] < query.min_origins
        notes["suppressed"] = int(few.sum())
        rows = rows.filter(~few)
    return rows, notes


def _all_origins(frame: pl.LazyFrame) -> pl.DataFrame:
    counted = frame.filter(pl.col("origin") >= 0).group_by("period").agg(pl.col("origin").n_unique().alias("all_origins"))
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


def _concentration(pulls: pl.Series) -> dict[str, Any]:
    """How few of the origins make half of all."""
    ranked = pulls.sort(descending=True)
    total = int(ranked.sum())
    half = int((ranked.cum_sum() * 2 < total).sum()) + 1 if total else 0
    return {
        "total": total,
        "origins": len(ranked),
        "half_origins": half,
        "top20_share": int(ranked.head(TOP).sum()) / total if total else None,
        "median": ranked.median(),
        "mean": total / len(ranked) if len(ranked) else None,
        "without_top": total - int(ranked.head(TOP).sum()),
        "median_without_top": ranked.slice(TOP).median(),
    }


def _summary(query: Query, frame: pl.LazyFrame, rows: pl.DataFrame, covered: Coverage) -> pl.DataFrame:
    """The metrics of the contract, as text."""
    from pullstats.questions.summary import METRICS, pulls_of_each

    each = nw.to_native(pulls_of_each(nw.from_native(frame))).collect(engine="streaming")["pulls"]
    few = _concentration(each)
    counted = rows.row(0, named=True) if len(rows) else {}
    figures: dict[str, Any] = {name: counted.get(name, 0) for name in METRICS} | {
        "first": _iso(query, covered.first) if covered.first is not None else None,
        "last": _iso(query, covered.last) if covered.last is not None else None,
        "lines": covered.read,
        "parsed": covered.parsed,
        "ignored": covered.ignored,
        "rejected": covered.rejected,
        "invocations": counted.get("contacts", 0) - counted.get("polls", 0),
        "half_origins": few["half_origins"],
        "top20_share": few["top20_share"],
        "median_pulls": few["median"],
        "mean_pulls": few["mean"],
    }
    values = [None if figures[name] is None else _plain(figures[name]) for name in METRICS]
    return pl.DataFrame({"metric": list(METRICS), "value": pl.Series(values, dtype=pl.String())})


def _plain(value: Any) -> str:
    """A number as text: whole numbers without a point."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _columns(question: Question, query: Query) -> tuple[Column, ...]:
    names: list[str] = []
    for name in question.columns:
        if name == PERIODS:
            names += PERIOD if query.by or question.name in ALWAYS else ()
        else:
            names += query.dims if name == DIMS else (name,)
    return tuple(column(name) for name in names)


# One row without --by, with the window as its period.
ALWAYS = ("uniques", "pulls")


def _rhythm(tables: Tables, query: Query) -> windows.Rhythm:
    """How long the sources are usually silent, at which time of the week."""
    slots = (
        tables.scan("requests")
        .group_by(pl.col("ts") // windows.SLOT)
        .agg(pl.col("ts").min().alias("first"), pl.col("ts").max().alias("last"))
        .select("first", "last")
        .sort("first")
        .collect(engine="streaming")
    )
    return windows.rhythm(slots.iter_rows(), query.window.zone)


def _inside(holes: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The parts of the holes that lie in the window."""
    if spans:
        low, high = spans[0][0], spans[-1][1]
        yield from ((max(start, low), min(end, high)) for start, end in holes if start < high and low < end)


def _presented(
    question: Question, answer: Answer, facts: Facts, buckets: Sequence[windows.Bucket], usual: windows.Rhythm
) -> Answer:
    """The declared columns only, in their types, with periods as text."""
    query, rows = facts.query, answer.table
    names = [each.name for each in answer.columns]
    if "period_start" in names:
        rows = _with_periods(question, answer, facts, buckets, usual)
    if "origin" in names:
        rows = rows.with_columns(pl.col("origin").map_batches(hexed, return_dtype=pl.String()))
    table = rows.select([_typed(pl.col(each.name), each) for each in answer.columns])
    notes = []
    if not len(table) or not facts.spans:
        notes.append(_nothing(query, answer.coverage))
    return replace(answer, table=table).noted(*notes)


def _nothing(query: Query, covered: Coverage) -> str:
    if covered.first is None or covered.last is None:
        return "no requests were read"
    return (
        f"nothing in {windows.describe(query.window)}; the data covers "
        f"{_iso(query, covered.first)[:10]} .. {_iso(query, covered.last)[:10]}"
    )


def hexed(ids: pl.Series) -> pl.Series:
    return pl.Series(ids.name, [f"{value:016x}"[:10] for value in ids], pl.String())


def _typed(expression: pl.Expr, declared: Column) -> pl.Expr:
    types = {"int64": pl.Int64(), "int32": pl.Int32(), "string": pl.String(), "float": pl.Float64(), "time": pl.Int64()}
    if declared.type == "boolean":
        return (expression.cast(pl.String) == "true").alias(declared.name)
    return expression.cast(types[declared.type]).alias(declared.name)


def _with_periods(
    question: Question, answer: Answer, facts: Facts, buckets: Sequence[windows.Bucket], usual: windows.Rhythm
) -> pl.DataFrame:
    """Rows with the text of their period; a period of the data without a row is one of zeros, a hole is empty."""
    query, covered = facts.query, answer.coverage
    parts = [part for part in buckets or _whole(query, facts.spans) if _has_data(part, covered)]
    if not parts:
        return answer.table.clear().with_columns(pl.lit(None, pl.String()).alias(name) for name in PERIOD)
    texts = _period_texts(parts, query, covered, usual, answer.gaps)
    if question.name not in ALWAYS:
        return answer.table.join(texts, on="period", how="left", maintain_order="left")
    rows = texts.join(answer.table, on="period", how="left", maintain_order="left")
    counts = [name for name in answer.table.columns if name != "period"]
    return rows.with_columns(pl.when(~pl.col("hole")).then(pl.col(counts).fill_null(0)))


def _whole(query: Query, spans: Sequence[tuple[int, int]]) -> list[windows.Bucket]:
    """The window as one period: as asked where it is bounded, as the data has it where it is open."""
    if not spans:
        return []
    start, end = spans[0][0], spans[-1][1]
    low = start if query.window.since is None else query.window.since
    high = end if query.window.until is None else query.window.until
    return [windows.Bucket(start, end, _iso(query, low), _iso(query, high), 0, low, high)]


def _has_data(part: windows.Bucket, covered: Coverage) -> bool:
    """Whether the data reaches into the period; where it does not, there is nothing to say, not zero."""
    if covered.first is None or covered.last is None:
        return False
    return part.start_us <= covered.last and covered.first < part.end_us


def _period_texts(
    parts: Sequence[windows.Bucket],
    query: Query,
    covered: Coverage,
    usual: windows.Rhythm,
    gaps: Sequence[tuple[int, int]],
) -> pl.DataFrame:
    """One row a period (columns period, PERIOD, hole); its parts are joined."""
    window = query.window
    ends = (covered.first, covered.last, usual)
    rows = [
        (
            part.order,
            part.key_start,
            part.key_end,
            windows.partial(part, *ends, since=window.since, until=window.until),
            any(low < part.start_us and part.end_us <= high for low, high in gaps),
        )
        for part in parts
    ]
    schema = {"period": pl.Int64(), "period_start": pl.String(), "period_end": pl.String(), "partial": pl.Boolean(), "hole": pl.Boolean()}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    joined = [pl.col("period_start", "period_end").first(), pl.col("partial").any(), pl.col("hole").all()]
    return frame.group_by("period").agg(joined).sort("period")


def _iso(query: Query, microseconds: int) -> str:
    return windows.iso(microseconds, query.window.zone)


def listing(name: str, table: pl.DataFrame, *, notes: Sequence[str] = (), about: dict[str, str] | None = None) -> Answer:
    """A table that counts nothing (formats, lines of a log), for the same outputs as answers.

    Args:
        name: of the listing, for its schema.
        table: its rows.
        notes: for stderr.
        about: a sentence for columns that are not in the vocabulary.
    """
    kinds = {pl.Int64(): "int64", pl.Int32(): "int32", pl.Float64(): "float", pl.Boolean(): "boolean"}
    columns = tuple(
        Column(each, kinds.get(dtype, "string"), (about or {}).get(each, ""))  # pyright: ignore[reportArgumentType]
        for each, dtype in table.schema.items()
    )
    return Answer(name, columns, table, notes=tuple(notes))
