"""Every example of the table is read as it says, and only by its own entry."""

from __future__ import annotations

import polars as pl
import pytest

from pullstats.enrich.clients import COLUMNS, classify
from pullstats.enrich.clients.entries import KINDS, Entry, Example, load

EXAMPLES = [(entry, example) for entry in load(examples=True).entries.values() for example in entry.examples]


@pytest.fixture(scope="module")
def read() -> dict[str, dict[str, object]]:
    agents = list(dict.fromkeys(example.user_agent for _, example in EXAMPLES))
    rows = classify(pl.Series(agents, dtype=pl.String)).to_dicts()
    return dict(zip(agents, rows, strict=True))


@pytest.mark.parametrize(("entry", "example"), EXAMPLES, ids=[f"{e.client}-{x.user_agent[:40]}" for e, x in EXAMPLES])
def test_an_example_is_read_as_the_table_says(
    entry: Entry, example: Example, read: dict[str, dict[str, object]]
) -> None:
    row = read[example.user_agent]
    assert row.pop("evidence")
    row.pop("user_agent")
    wanted = dict.fromkeys(row) | {"client": entry.client, "kind": entry.kind} | example.expected
    assert row == wanted


def test_every_row_has_a_source_and_a_kind_of_the_list() -> None:
    assert all(entry.source and entry.kind in KINDS for entry in load().entries.values())


def test_columns_are_in_their_order() -> None:
    assert tuple(classify(pl.Series([], dtype=pl.String)).columns) == COLUMNS
