"""What was read, and of which days the network data is."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from pullstats.answer.types import Coverage
from pullstats.lazy import pl
from pullstats.store.rollup import duplicates

if TYPE_CHECKING:
    from pullstats.engines import Tables

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}$")


def coverage(tables: Tables) -> Coverage:
    """What the sources of these tables say was read."""
    ledger = tables.scan("sources").collect().sort("source", "sha256")
    sums = ledger.select(pl.col("lines", "parsed", "ignored", "rejected").sum()).row(0)
    return Coverage(
        *sums,
        duplicates=_again(tables),
        first=ledger["first"].min(),  # pyright: ignore[reportArgumentType]
        last=ledger["last"].max(),  # pyright: ignore[reportArgumentType]
        sources=tuple(ledger.select(name="source", sha256="sha256").to_dicts()),
        formats=tuple(ledger["format"].unique().sort()),
        tables=tuple(ledger["tables"].unique().sort()),
    )


def _again(tables: Tables) -> int:
    """Requests that are in two sources."""
    keyed = tables.scan("requests").select(pl.col("request_key").is_not_null().any()).collect().item()
    return len(duplicates(tables)) if keyed else 0


def geo_dates(covered: Coverage) -> dict[str, str]:
    """The oldest and the newest day of the network data that the sources were read with."""
    told = [version for tables in covered.tables for version in json.loads(tables).values()]
    days = sorted(found[0] for version in told if (found := _DATE.search(version)))
    return {"oldest": days[0], "newest": days[-1]} if days else {}
