"""Each stage of the pipeline made visible; nothing is stored."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from pullstats.commands import READING, SHOWING, Argument, command
from pullstats.errors import PullstatsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pullstats.lazy import Table
    from pullstats.pipeline.parse import Plan
    from pullstats.settings import Settings

FILE = (Argument("FILE", "A file, or - for standard input."),)
SECTION = "Looking inside"
# The order of the keys in the format samples.
FIRST_KEYS = (
    "line_number", "outcome", "reason", "time", "client_ip", "xff", "method", "path", "query", "status", "bytes",
    "referer", "user_agent", "host", "request_time", "request_id", "user", "auth", "malformed",
)  # fmt: skip


@command("inspect lines", arguments=FILE, options=(*READING[:-1], *SHOWING), section=SECTION)
def lines(settings: Settings, words: list[str]) -> int:
    """Show every line of a log as its format reads it: one row a line."""
    from pullstats.answer import listing
    from pullstats.commands.common import show
    from pullstats.lazy import pl

    planned = _planned(words[0], settings)
    frames = list(_records(planned))
    table = pl.concat(frames) if frames else pl.DataFrame()
    rest = [name for name in table.columns if name not in FIRST_KEYS]
    show(listing("inspect.lines", table.select(*FIRST_KEYS, *rest)), settings)
    if planned.print.damage is not None:
        raise PullstatsError(f"{words[0]}: {planned.print.damage}", "the lines before it were shown")
    return 0


def _planned(word: str, settings: Settings) -> Plan:
    """The one source that a word names, recognised."""
    from pullstats.commands.common import reading
    from pullstats.pipeline.parse import plan
    from pullstats.sources.files import find

    sources, wrong = find([word])
    if wrong:
        raise wrong[0]
    planned = plan(sources[0], reading(settings, lenient=True), {})
    if planned.outcome.error is not None:
        raise planned.outcome.error
    return planned


def _records(planned: Plan) -> Iterator[Table]:
    from pullstats.lazy import pl
    from pullstats.pipeline.parse import FATES, numbered
    from pullstats.sources.lines import blocks
    from pullstats.tables import RECORD

    assert planned.reader is not None  # noqa: S101 - a plan without an error has one
    for block in blocks(planned.outcome.source, planned.print):
        records = numbered(planned.reader, block, tuple(RECORD))
        yield records.select(
            pl.col("line").alias("line_number"),
            pl.col("outcome").replace_strict(FATES, return_dtype=pl.String()),
            "reason",
            _iso("ts").alias("time"),
            pl.exclude("outcome", "reason", "ts", "line"),
        )


def _iso(name: str) -> Any:
    """Epoch microseconds as ISO text in UTC, fractions only where there are any."""
    from pullstats.lazy import pl

    instant = pl.from_epoch(name, time_unit="us")
    whole, fine = instant.dt.strftime("%Y-%m-%dT%H:%M:%SZ"), instant.dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
    return pl.when(pl.col(name) % 1_000_000 == 0).then(whole).otherwise(fine)


def _given(word: str) -> list[str]:
    """The lines of a file or of standard input, without their ends."""
    from pathlib import Path

    from pullstats.sources.files import unreadable

    try:
        data = sys.stdin.buffer.read() if word == "-" else Path(word).read_bytes()
    except OSError as error:
        raise unreadable(word, error) from error
    if not data:
        return []
    return [line.rstrip("\r") for line in data.decode("utf-8", "replace").removesuffix("\n").split("\n")]


@command("inspect agents", arguments=FILE, options=SHOWING, section=SECTION)
def agents(settings: Settings, words: list[str]) -> int:
    """Show what each user agent says of its client: one agent a line in, one row out.

    `evidence` names the entry that decided, `environment` is what the agent alone says of where the client runs.
    """
    from pullstats.answer import listing
    from pullstats.commands.common import show
    from pullstats.enrich.clients import classify
    from pullstats.enrich.environments import environments
    from pullstats.lazy import pl
    from pullstats.tables import CLIENT_COLUMNS

    texts = pl.Series("user_agent", _given(words[0]), pl.String())
    distinct = texts.unique(maintain_order=True)
    found = classify(distinct)
    extra = [name for name in found.columns if name not in (*CLIENT_COLUMNS, "user_agent", "evidence")]
    nowhere = found.with_columns(pl.lit(None, pl.String()).alias(name) for name in ("network", "cloud"))
    placed = environments(nowhere)
    rows = pl.concat([found.select(distinct, *CLIENT_COLUMNS, "evidence", *extra), placed], how="horizontal")
    show(
        listing("inspect.agents", texts.to_frame().join(rows, on="user_agent", how="left", maintain_order="left")),
        settings,
    )
    return 0


@command("inspect addresses", arguments=FILE, options=("geoip_db", "companies", *SHOWING), section=SECTION)
def addresses(settings: Settings, words: list[str]) -> int:
    """Show what is known of each address's network: one address a line in, one row out."""
    from pullstats.answer import listing
    from pullstats.commands.common import show
    from pullstats.commands.geo import networks

    show(listing("inspect.addresses", networks(_given(words[0]), settings)), settings)
    return 0


@command("inspect paths", arguments=FILE, options=SHOWING, section=SECTION)
def paths(settings: Settings, words: list[str]) -> int:
    """Show which artifact each path names: `METHOD PATH STATUS` a line in, one row out."""
    from pullstats.answer import listing
    from pullstats.commands.common import show
    from pullstats.enrich.artifacts import resources, user_routes
    from pullstats.lazy import pl
    from pullstats.tables import RESOURCE_COLUMNS

    given = pl.DataFrame(
        [_target(line) for line in _given(words[0])], schema=["method", "path", "query", "status"], orient="row"
    )
    frame = given.select(pl.lit(None, pl.String()).alias("host"), pl.col("path", "query").cast(pl.String))
    found = resources(frame, user_routes(settings.table("routes")))
    extra = [name for name in ("evidence",) if name in found.columns]
    rows = pl.concat(
        [given.select("method", "status"), found.select("namespace", "path", *RESOURCE_COLUMNS, *extra)],
        how="horizontal",
    )
    show(listing("inspect.paths", rows), settings)
    return 0


def _target(line: str) -> tuple[str | None, str | None, str | None, str | None]:
    method, _, rest = line.partition(" ") if not line.startswith("/") else ("GET", " ", line)
    target, _, status = rest.rpartition(" ") if rest.rpartition(" ")[2].isdigit() else (rest, "", "")
    path, _, query = target.partition("?")
    return method or None, path or None, query or None, status or None


@command("inspect activities", arguments=FILE, options=(*READING[:-1], *SHOWING), section=SECTION)
def activities(settings: Settings, words: list[str]) -> int:
    """Show the pulls, checks and pushes that the requests of a log are joined into."""
    from pullstats.answer import hexed, listing
    from pullstats.commands.common import exit_code, opened, show
    from pullstats.lazy import pl

    if not words:
        raise UsageError("inspect activities needs a log", "name a file")
    with opened(settings, words) as (tables, outcomes):
        placed = ("environment", "environment_evidence")
        callers = tables.scan("callers").select("caller_id", "client", *placed)
        rows = (
            tables.scan("activities")
            .join(callers, on="caller_id", how="left")
            .sort("ts", "artifact", "origin_id", "reference")
            .select(
                _iso("ts").alias("time"),
                "seconds",
                pl.col("origin_id").map_batches(hexed, return_dtype=pl.String()).alias("origin"),
                "client", "ecosystem", "artifact", "reference", "version", "digest", "action", "times", "requests",
                "folded", "bytes", "platforms", "flags", *placed,
            )
            .collect()
        )  # fmt: skip
        show(listing("inspect.activities", rows), settings)
        return exit_code(outcomes)
