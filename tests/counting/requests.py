"""Requests for tests, written as one writes them down: `12:00:05 GET /v2/app/manifests/1.0 200 1234`."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from pullstats.counting.names import CALLER_COLUMNS, RESOURCE_COLUMNS
from pullstats.counting.rows import REQUEST_COLUMNS

TEXTS = ("method", "mode", "client", "kind", "host", "ecosystem", "artifact", "version", "reference", "reference_kind", "role", "platform")  # fmt: skip
START = datetime(2026, 11, 23, tzinfo=UTC)
VERSION = re.compile(r"v?\d+(\.\d+)+([-+.][0-9A-Za-z.+-]+)?")


def number(*parts: Any) -> int:
    """An id of anything."""
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=8).digest(), "big") >> 1


def dtype(name: str) -> pl.DataType:
    if name in TEXTS:
        return pl.String()
    return {"conditional": pl.Boolean(), "status": pl.Int32()}.get(name, pl.Int64())


def frame(requests: list[dict[str, Any]]) -> pl.DataFrame:
    """Requests as the frame that counting reads, with what their ids stand for."""
    columns = dict.fromkeys((*REQUEST_COLUMNS, *CALLER_COLUMNS, *RESOURCE_COLUMNS))
    return pl.DataFrame(requests, schema={name: dtype(name) for name in columns})


def request(at: float, method: str, resource: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A request `at` seconds after midnight of 2026-11-23; `more` overrides any column."""
    caller = more.pop("caller", 1)
    status = more.pop("status", 200)
    usual = {
        "ts": round((START + timedelta(seconds=at)).timestamp() * 10**6),
        "caller_id": caller,
        "origin_id": caller,
        "principal_id": None,
        "resource_id": number(resource["host"], resource["path"]),
        "path_id": number(resource["path"]),
        "method": method,
        "status": status,
        "bytes": None if method == "HEAD" else 1000,
        "duration_ms": None,
        "source_id": 1,
        "source_first": 0,
        "line": 0,
        "conditional": None,
        "mode": "auto",
        "client": "docker",
        "kind": "runtime",
    }
    named = {name: value for name, value in resource.items() if name != "path"}
    return {**usual, **named, **more}


def resource(ecosystem: str, artifact: str, role: str, reference: str | None = None, **more: Any) -> dict[str, Any]:
    """What a path names; the path itself is made up from it."""
    digest = reference is not None and ":" in reference
    kind = "digest" if digest else "tag" if ecosystem == "oci" else "file"
    version = reference if reference and ecosystem == "oci" and VERSION.fullmatch(reference) else None
    usual = {
        "host": None,
        "path": f"/{ecosystem}/{artifact}/{role}/{reference}",
        "ecosystem": ecosystem,
        "artifact": artifact,
        "version": version,
        "reference": reference,
        "reference_kind": None if reference is None else kind,
        "role": role,
        "platform": None,
    }
    return {**usual, **more}
