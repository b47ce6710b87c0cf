"""The tables, as lists of words: which columns each has, in which order and types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.lazy import pl
from pullstats.words import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

REQUESTS = (
    "ts", "date", "caller_id", "resource_id", "method", "status", "bytes", "duration_ms",
    "principal_id", "request_key", "source_id", "line", "conditional",
)  # fmt: skip
CALLERS = (
    "caller_id", "address_id", "agent_id", "origin_id", "endpoint_id", "site_id", "user_agent",
    "client", "client_version", "kind", "os", "os_version", "distro", "arch", "runtime", "ci",
    "country", "asn", "organisation", "network", "cloud", "cloud_region", "company", "company_evidence", "label",
    "environment", "environment_evidence",
    "as_of",
)  # fmt: skip
RESOURCES = (
    "resource_id", "host", "namespace", "path",
    "ecosystem", "artifact", "version", "reference", "reference_kind", "role", "platform", "as_of",
)  # fmt: skip
SOURCES = (
    "source_id", "source", "sha256", "length", "parent", "offset", "format", "mode",
    "lines", "parsed", "ignored", "rejected", "duplicates", "reasons", "first", "last",
    "program", "tables", "as_of", "commit_id",
)  # fmt: skip
ACTIVITIES = (
    "ts", "date", "seconds", "caller_id", "origin_id", "principal_id", "artifact_id", "ecosystem", "artifact",
    "reference", "version", "digest", "version_id", "action", "times", "requests", "folded", "bytes", "platforms",
    "flags", "host",
)  # fmt: skip
LAYERS = ("source_id", "layer", "as_of")
OVERLAPS = (
    "source_id", "date", "other_format", "other_id", "minutes", "covered", "sampled", "shared", "alike", "as_of",
)  # fmt: skip

# What a format makes of one line. `bytes` and `request_time` (seconds) are what the log states; texts have
# their log escaping undone; absent, empty and "-" are null.
RECORD: Mapping[str, str] = {
    "outcome": "int32",  # PARSED, IGNORED or REJECTED
    "reason": "string",
    "ts": "int64",
    "client_ip": "string",
    "xff": "string",
    "method": "string",
    "path": "string",
    "query": "string",
    "status": "int32",
    "bytes": "int64",
    "referer": "string",
    "user_agent": "string",
    "host": "string",
    "request_time": "float",
    "request_id": "string",
    "user": "string",
    "auth": "boolean",
    "malformed": "boolean",
    "conditional": "boolean",  # the log shows that the request was conditional (If-None-Match)
    "tls": "string",
    "edge": "string",
    "country": "string",
}
PARSED, IGNORED, REJECTED = 0, 1, 2

TABLES: Mapping[str, tuple[str, ...]] = {
    "requests": REQUESTS,
    "callers": CALLERS,
    "resources": RESOURCES,
    "activities": ACTIVITIES,
    "sources": SOURCES,
    "layers": LAYERS,
    "overlaps": OVERLAPS,
}
DIMENSION_KEYS: Mapping[str, str] = {"callers": "caller_id", "resources": "resource_id"}
PARTITIONED = ("requests", "activities")

CLIENT_COLUMNS = ("client", "client_version", "kind", "os", "os_version", "distro", "arch", "runtime", "ci")
NETWORK_COLUMNS = (
    "country", "asn", "organisation", "network", "cloud", "cloud_region", "company", "company_evidence",
)  # fmt: skip
RESOURCE_COLUMNS = ("ecosystem", "artifact", "version", "reference", "reference_kind", "role", "platform")


def dtype(name: str) -> pl.DataType:
    """The Polars type of a type's name."""
    return {
        "int64": pl.Int64(),
        "int32": pl.Int32(),
        "string": pl.String(),
        "boolean": pl.Boolean(),
        "date": pl.Date(),
        "time": pl.Int64(),
        "float": pl.Float64(),
    }[name]


def schema(columns: tuple[str, ...]) -> pl.Schema:
    """The Polars schema of a table given as a tuple of words."""
    return pl.Schema({name: dtype(COLUMNS[name].type) for name in columns})


def typed(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """The frame with exactly the columns and types of a table."""
    return frame.select(TABLES[table]).cast(schema(TABLES[table]))


def by_day(frame: pl.DataFrame) -> dict[date, pl.DataFrame]:
    """The rows of each day (column date), in their order; where the days are in order, without a copy."""
    if frame["date"].is_sorted():
        runs = frame["date"].rle().struct.unnest()
        begins = runs["len"].cum_sum() - runs["len"]
        return {
            day: frame.slice(begin, length)
            for day, begin, length in zip(runs["value"], begins, runs["len"], strict=True)
        }
    return {day: rows for (day,), rows in frame.partition_by("date", as_dict=True, maintain_order=True).items()}


def record_schema(columns: tuple[str, ...] = tuple(RECORD)) -> pl.Schema:
    """The Polars schema of the records of a format, or of some of their columns."""
    return pl.Schema({name: dtype(RECORD[name]) for name in columns})
