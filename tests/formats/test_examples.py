"""One test for the whole table: each example is read by its own entry, and by no other."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import polars as pl
import pytest

from pullstats.errors import PullstatsError, UsageError
from pullstats.formats.entry import Entry, entries, entry, from_table
from pullstats.formats.parse import open_reader
from pullstats.tables import PARSED
from tests.formats.support import differences, micros_of

EXAMPLES = [(e, dict(example)) for e in entries() for example in e.examples]


def _read(which: Entry, example: dict[str, Any]) -> dict[str, Any]:
    lines = [line for line in (example.get("fields"), example["line"]) if line]
    return open_reader(which).read(pl.Series(lines, dtype=pl.String)).row(-1, named=True)


def _alike(one: Entry, other: Entry) -> bool:
    """Declared look-alikes: detection tells them apart by what the lines hold, or takes the first."""
    families = {one.name, *one.like} & {other.name, *other.like}
    return bool(families) or "*" in (*one.like, *other.like)


@cache
def _readers() -> dict[int, set[str]]:
    """Which entries read each example."""
    lines = pl.Series([example["line"] for _, example in EXAMPLES], dtype=pl.String)
    readers: dict[int, set[str]] = {row: set() for row in range(len(EXAMPLES))}
    for each in entries():
        outcomes = open_reader(replace(each, envelopes=())).read(lines, ["ts"])["outcome"]
        for row in (outcomes == PARSED).arg_true():
            readers[row].add(each.name)
    return readers


@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=lambda number: EXAMPLES[number][0].name)
def test_an_example_is_read_by_its_own_entry_only(number: int) -> None:
    which, example = EXAMPLES[number]
    record = _read(which, example)
    if "zone" in which.cannot_tell and "time" not in example:
        example = {**example, "time": micros_of(record["ts"])}  # of the envelope, in the year of today
    assert not differences({"outcome": "parsed", **example}, record)
    others = [e.name for e in entries() if e.name in _readers()[number] and not _alike(which, e)]
    assert others == []


def test_every_entry_has_a_source_and_an_example() -> None:
    assert [e.name for e in entries() if not e.examples or not e.source] == []


def test_an_unknown_key_is_an_error_that_names_file_and_entry() -> None:
    with pytest.raises(PullstatsError, match=r"my\.toml: \[mine\] has an unknown key 'spek'; did you mean spec\?"):
        from_table("mine", {"about": "a", "kind": "nginx", "source": "s", "spek": "$msec"}, "my.toml")


def test_an_unknown_name_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(UsageError, match="did you mean nginx-combined"):
        entry("nginx-combind")
