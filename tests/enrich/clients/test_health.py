"""Which client versions inflate counts, and how old they are."""

from __future__ import annotations

import polars as pl
import pytest

from pullstats.enrich.clients import inflating, released


def _frame(client: str | None, version: str | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"client": [client], "client_version": [version]}, schema={"client": pl.String, "client_version": pl.String}
    )


@pytest.mark.parametrize(
    ("client", "version", "inflates"),
    [
        ("docker", "19.03.12", True),
        ("docker", "18.03.0-ce", True),
        ("docker", "1.13.1", True),
        ("docker", "20.10.0", False),
        ("docker", "20.10.24+dfsg1", False),
        ("docker", "29.2.1", False),
        ("docker", "9.0", True),
        ("docker", "0.0.0-20190424223053-cfe423a", False),
        ("docker", None, False),
        ("docker", "dev", False),
        ("watchtower", "1.0.3", True),
        ("watchtower", "1.10.0", False),
        ("diun", "4.7.0", True),
        ("diun", "4.19.0", False),
        ("renovate", "26.13.9", True),
        ("renovate", "37.140.7", False),
        ("containerd", "1.2.0", False),
        ("unknown", None, False),
        (None, None, False),
    ],
)
def test_versions_that_get_the_manifest_at_each_check(client: str | None, version: str | None, inflates: bool) -> None:
    assert inflating(_frame(client, version))["inflating"].to_list() == [inflates]


@pytest.mark.parametrize(
    ("client", "version", "year"),
    [
        ("docker", "19.03.12", 2019), ("docker", "20.10.7", 2020), ("docker", "24.0.7", None), ("pip", "23.3.1", 2023),
        ("pip", "9.0.1", None), ("conda", "24.1.2", 2024), ("conda", "4.6.3", None), ("unknown", None, None),
    ],
)  # fmt: skip
def test_the_year_of_a_version_is_known_or_null(client: str, version: str | None, year: int | None) -> None:
    assert released(_frame(client, version))["client_year"].to_list() == [year]


def test_rows_and_their_order_stay() -> None:
    callers = pl.DataFrame(
        {"caller_id": range(6), "client": ["docker", "pip", None] * 2, "client_version": ["19.03", "24", None] * 2}
    )
    assert inflating(callers).drop("inflating").equals(callers)
    assert inflating(callers)["inflating"].to_list() == [True, False, False] * 2
    assert inflating(callers.clear()).schema["inflating"] == pl.Boolean
