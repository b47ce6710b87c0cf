"""Requests become rows of small integers: what each asks for, and what its answer means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pullstats.counting.ids import artifact_id, hashed, version_id
from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from pullstats.counting.rules import Rule

REQUEST_COLUMNS = (
    "ts", "caller_id", "origin_id", "principal_id", "resource_id", "path_id", "method", "status", "bytes",
    "duration_ms", "source_id", "source_first", "line", "conditional", "mode", "client", "kind",
    "host", "ecosystem", "artifact", "version", "reference", "reference_kind", "role", "platform",
)  # fmt: skip

SECOND = 1_000_000
DAY = 86_400 * SECOND
PARTIAL_CONTENT = 206
BYTES_0_1 = 2  # what `Range: bytes=0-1` gets: a question whether ranges work, not a part

# What a request is: manifests by tag and digest, reads beside them, blobs; writes; checks and files of packages.
TAG, DIGEST, AUX, BLOB, BLOB_HEAD, PUSH, PUT, LISTING, SIGNATURE, CHECK, METADATA, FILE, PROBE = range(1, 14)
# What its answer was. From UNCHANGED on it was given, from WHOLE on something was sent.
CUT, FAILED, ASIDE, UNCHANGED, WHOLE, PART, ELSEWHERE = range(7)
# A redirect that is a success unless the log shows its target; the second kind was conditional.
TESTED, TESTED_CONDITIONAL = 7, 8

ORDER = ("at", "source_first", "source_id", "line")
_RESOURCE = ("host", "ecosystem", "artifact", "version", "reference", "reference_kind", "role")
_KEY = 0x1E3779B97F4A7C15  # odd: keeps all bits of what it multiplies
_STATE = {
    "opens": pl.Boolean,
    "born": pl.Int64,
    "block": pl.Int64,
    "reach": pl.Int64,
    "whole": pl.Int64,
    "done": pl.Int64,
}


@dataclass(frozen=True)
class Facts:
    """One day's requests, ready to be joined.

    Attributes:
        rows: one row a request that can make an activity, in time order.
        resources: what their resource_id names.
        callers: who their caller_id is (columns caller_id, origin_id and what the rule asks of the client).
        sizes: the largest size seen of each content (columns date, target, size).
    """

    rows: pl.DataFrame
    resources: pl.DataFrame
    callers: pl.DataFrame
    sizes: pl.DataFrame


def facts(requests: pl.DataFrame, rule: Rule, known: pl.DataFrame | None = None) -> Facts:
    """The facts of requests (columns REQUEST_COLUMNS); `known` are resources that need not be read again."""
    resources = _resources(requests, rule, known)
    codes = resources.select("resource_id", "artifact_id", "base", "target", "testable")
    joined = requests.select(
        "ts", "caller_id", "origin_id", "principal_id", "resource_id", "path_id", "method", "bytes", "duration_ms",
        "source_id", "source_first", "line", "conditional", "mode", pl.col("status").fill_null(0),
    ).join(codes, on="resource_id", how="left", maintain_order="left")  # fmt: skip
    methods = ("GET", "HEAD", *rule.push_methods)
    counted = joined.filter(
        pl.col("base").is_not_null()
        & pl.col("method").is_in(methods)
        & pl.col("status").is_in(rule.ignored_statuses).not_()
    )
    rows = in_order(_rows(counted, rule))
    return Facts(rows, resources, _callers(requests, rule), _sizes(rows))


def _resources(requests: pl.DataFrame, rule: Rule, known: pl.DataFrame | None) -> pl.DataFrame:
    """One row a resource that can make an activity: its texts, and what a request for it is (`base`)."""
    distinct = requests.select("resource_id", *_RESOURCE).unique("resource_id", keep="any")
    if known is None:
        return _read(distinct, rule)
    fresh = _read(distinct.join(known, on="resource_id", how="anti"), rule)
    return pl.concat([known.join(distinct, on="resource_id", how="semi"), fresh])


def _read(distinct: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    named = distinct.filter(pl.col("artifact").is_not_null() & pl.col("role").is_not_null())
    kinds = named.select("ecosystem", "role", "reference_kind").unique()
    bases = [_base(*row, rule) for row in kinds.iter_rows()]
    testable = pl.col("role").is_in(rule.redirect_roles).alias("testable")
    named = named.join(
        kinds.with_columns(pl.Series("base", bases, pl.Int8())),
        on=["ecosystem", "role", "reference_kind"],
        how="left",
        nulls_equal=True,
    ).filter(pl.col("base").is_not_null())
    # A digest names the same bytes wherever it stands; a file is only itself.
    same = pl.col("base").is_in((TAG, DIGEST, AUX, BLOB)) & pl.col("reference").is_not_null()
    target = pl.when(same).then("reference_hash").otherwise("resource_id").alias("target")
    named = artifact_id(hashed(named, ("reference",), "reference_hash")).with_columns(testable, target)
    return _united(named, rule)


def _united(resources: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Add what a download is one of (`unit`), and the times of the ecosystem (check, contact, within: microseconds)."""
    names = resources["ecosystem"].unique()
    rows = [rule.ecosystem(name) for name in names]
    times = pl.DataFrame(
        {
            "ecosystem": names,
            "one_per": [row.one_per for row in rows],
            "check": [row.check_seconds * SECOND for row in rows],
            "contact": [row.contact_seconds * SECOND for row in rows],
            "within": [row.unit_seconds * SECOND for row in rows],
        }
    )
    version = pl.when((pl.col("one_per") == "version") & pl.col("version").is_not_null()).then("version_hash")
    reference = pl.when((pl.col("one_per") == "reference") & pl.col("reference").is_not_null()).then("reference_hash")
    joined = hashed(resources, ("version",), "version_hash").join(times, on="ecosystem", how="left", nulls_equal=True)
    unit = pl.coalesce(version, reference, "resource_id").alias("unit")
    joined = joined.with_columns(unit, pl.col("one_per") == "file").drop("reference_hash", "version_hash")
    by_digest = pl.when(pl.col("reference_kind") == "digest").then("reference")
    return version_id(joined.with_columns(by_digest.alias("digest"))).drop("digest")


def _base(ecosystem: str | None, role: str, reference_kind: str | None, rule: Rule) -> int | None:
    row = rule.ecosystem(ecosystem)
    if row.sessions:
        manifest = DIGEST if reference_kind == "digest" else TAG
        beside = {"metadata": AUX, "signature": AUX, "config": AUX, "index": AUX}
        return {"manifest": manifest, "content": BLOB, "push": PUSH, "listing": LISTING, **beside}.get(role)
    for base, roles in ((CHECK, row.check), (METADATA, row.metadata), (FILE, row.download)):
        if role in roles:
            return base
    return {"signature": SIGNATURE, "listing": LISTING, "push": PUSH}.get(role)


def _callers(requests: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    who = requests.select("caller_id", "origin_id", "client", "kind").unique("caller_id", keep="any")
    return who.select(
        "caller_id",
        "origin_id",
        pl.col("client").is_in(rule.artifact_clients).fill_null(value=False).alias("fetches_artifacts"),
        pl.col("kind").is_in(rule.unconfirmed_kinds).fill_null(value=False).alias("asks_twice"),
        pl.col("kind").is_in(rule.single_platform_kinds).fill_null(value=False).alias("one_platform"),
    )


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
        (pl.col("origin_id") * _KEY + pl.col("artifact_id")).alias("key"),
        pl.col("ts").alias("end"),
        "caller_id",
        "resource_id",
        "principal_id",
        pl.when(pl.col("head").not_()).then("bytes").alias("bytes"),
        _what().cast(pl.Int8).alias("what"),
        "head",
        "answer",
        "target",
        (pl.col("caller_id") * _KEY + pl.col("path_id")).alias("pair"),
    )


def _timed(requests: pl.DataFrame) -> bool:
    return requests["duration_ms"].null_count() < len(requests)


def _answer(rule: Rule) -> pl.Expr:
    status = pl.col("status")
    conditional = pl.col("conditional").fill_null(value=False)
    tested = pl.when(conditional).then(TESTED_CONDITIONAL).otherwise(TESTED)
    elsewhere = pl.when(conditional).then(UNCHANGED).otherwise(ELSEWHERE)
    redirect = (
        pl.when(pl.col("mode") == "redirect")
        .then(elsewhere)
        .when((pl.col("mode") == "auto") & pl.col("testable"))
        .then(tested)
        .otherwise(ASIDE)
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
        requests: columns REQUEST_COLUMNS.
        rule: which answers are whole.

    Returns:
        Columns date (Date), target (Int64: what was sent), size (Int64, bytes).
    """
    return facts(requests, rule).sizes


def around(known: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The largest size of each content on a day or a neighbouring one (columns day Int64, target, size)."""
    tables = [table.with_columns(pl.col("date").cast(pl.Int32).cast(pl.Int64).alias("day")) for table in known]
    empty = pl.DataFrame(schema={"day": pl.Int64, "target": pl.Int64, "size": pl.Int64})
    near = [table.select(pl.col("day") + step, "target", "size") for table in tables for step in (-1, 0, 1)]
    return pl.concat([empty, *near]).group_by("day", "target").agg(pl.col("size").max())


def settled(rows: pl.DataFrame, following: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """The rows with every redirect judged, principals of answers that were given only, and empty state columns.

    Args:
        rows: of one day, from `facts`.
        following: rows of the next day; what follows a redirect may lie behind midnight.
        rule: how long after it.
    """
    rows = _judged(rows, following, rule)
    given = pl.when(pl.col("answer") >= UNCHANGED).then("principal_id").alias("principal_id")
    state = [pl.lit(None, dtype).alias(name) for name, dtype in _STATE.items()]
    return rows.with_columns(given, *state)


def _judged(rows: pl.DataFrame, following: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    tested = rows.with_row_index("row").filter(pl.col("answer") >= TESTED).select("row", "pair", "end")
    if tested.is_empty():
        return rows
    limit = tested["end"].max() + rule.redirect_answer_seconds * SECOND  # pyright: ignore[reportOperatorIssue]
    read = pl.col("what").is_in((PUSH, PUT)).not_()
    found = read & pl.col("answer").is_in((WHOLE, PART)) & (pl.col("end") <= limit)
    answers = pl.concat([table.filter(found).select("pair", "end") for table in (rows, following)])
    answered = (
        tested.sort("end")
        .join_asof(
            answers.join(tested, on="pair", how="semi").sort("end").with_columns(pl.col("end").alias("seen")),
            on="end",
            by="pair",
            strategy="forward",
            tolerance=rule.redirect_answer_seconds * SECOND,
            check_sortedness=False,
        )
        .filter(pl.col("seen").is_not_null())
    )
    aside = pl.int_range(pl.len()).is_in(answered["row"].implode())
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


def days_of(requests: pl.DataFrame) -> dict[date, pl.DataFrame]:
    """The requests by UTC day, in the order of the days."""
    day = (pl.col("ts") // DAY).cast(pl.Int32).cast(pl.Date).alias("date")
    parts = requests.with_columns(day).partition_by("date", as_dict=True, include_key=False)
    return {key[0]: parts[key] for key in sorted(parts)}
