"""Samples with expected records, and how a record is compared with an expectation."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import polars as pl

from pullstats.formats.kinds import json as json_kind
from pullstats.formats.values import Unreadable
from pullstats.tables import IGNORED, PARSED, RECORD, REJECTED

if TYPE_CHECKING:
    from pullstats.formats.kinds.parser import Parser

HERE = Path(__file__).parent
SAMPLES = sorted(path.parent.name for path in HERE.glob("*/sample.log"))
COLUMNS = frozenset(RECORD) - {"outcome", "reason", "malformed"}
OUTCOMES = {PARSED: "parsed", IGNORED: "ignored", REJECTED: "rejected"}


def lines_of(text: bytes) -> list[str]:
    """The lines of a log as the line source gives them."""
    lines = text.decode("utf-8", "replace").split("\n")
    return [line.removesuffix("\r") for line in (lines[:-1] if lines[-1] == "" else lines)]


def sample(name: str) -> tuple[list[str], list[dict[str, Any]]]:
    """(lines, expected records) of a sample."""
    expected = (HERE / name / "expected.jsonl").read_text(encoding="utf-8").splitlines()
    return lines_of((HERE / name / "sample.log").read_bytes()), [json.loads(line) for line in expected]


def micros(moment: datetime | str) -> int:
    """Epoch microseconds of a time."""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    at = at.replace(tzinfo=at.tzinfo or UTC)
    return int(at.replace(microsecond=0).timestamp()) * 1_000_000 + at.microsecond


def micros_of(ts: int) -> datetime:
    """The time of epoch microseconds."""
    return datetime.fromtimestamp(ts / 1_000_000, UTC)


def differences(expected: dict[str, Any], record: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """column -> (expected, got) where a record is not as expected; absent and null are the same."""
    want = {k: v for k, v in expected.items() if k not in {"line_number", "reason", "line", "fields"}}
    got = {k: v for k, v in record.items() if v is not None and k != "reason" and (k in want or k != "conditional")}
    if "outcome" in want:
        got["outcome"] = OUTCOMES[got["outcome"]]
    else:
        got.pop("outcome", None)
    if want.get("outcome", "parsed") != "parsed":
        return {} if want["outcome"] == got["outcome"] else {"outcome": (want["outcome"], got["outcome"])}
    time, ts = want.pop("time", None), got.pop("ts", None)
    wrong = {} if time is None or (ts is not None and abs(micros(time) - ts) <= 1) else {"time": (time, ts)}
    for column in want.keys() | got.keys():
        a, b = want.get(column), got.get(column)
        near = isinstance(a, float | int) and isinstance(b, float) and abs(a - b) <= 1e-9 * max(1, abs(a))
        if a != b and not near:
            wrong[column] = (a, b)
    return wrong


def truth_of(parser: Any, line: str) -> dict[str, Any] | None:
    """The strict reading of one line; None where it is no record."""
    try:
        return parser.one(line)
    except Unreadable:
        return None


def disagreements(parser: Parser, lines: list[str]) -> list[Any]:
    """Where a tier reads a line otherwise than the strict reading does, or where none reads it."""
    texts = pl.Series(lines, dtype=pl.String)
    truth = [truth_of(parser, line) for line in lines]
    wrong: list[Any] = []
    accepted = [False] * len(lines)
    for tier in parser.tiers:
        with patch.object(json_kind, "_FEW", 0):  # as for many lines
            batch = tier(texts, COLUMNS)
        columns = batch.columns()
        for row, ok in enumerate(batch.ok):
            if not ok:
                continue
            accepted[row] = True
            got = {name: series[row] for name, series in columns.items() if series[row] is not None}
            if truth[row] != got:
                wrong.append((tier, lines[row], truth[row], got))
    wrong += [
        ("no tier", lines[row], truth[row]) for row, ok in enumerate(accepted) if not ok and truth[row] is not None
    ]
    return wrong
