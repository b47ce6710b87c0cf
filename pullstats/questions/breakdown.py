"""Who and what the pulls are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.question import DIMS, PERIODS, distinct, question, total

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pullstats.lazy import Frame, Table


def with_shares(rows: Table) -> Table:
    """Shares of each period's pulls and origins; origins of several rows count once in what they are shares of."""
    from pullstats.lazy import pl

    return rows.with_columns(
        (pl.col("origins") / pl.col("all_origins")).fill_nan(None).alias("origins_share"),
        (pl.col("pulls") / pl.col("pulls").sum().over("period")).fill_nan(None).alias("pulls_share"),
    )


@question(
    "What are the pulls made of?",
    columns=(PERIODS, DIMS, "origins", "origins_share", "pulls", "pulls_share", "downloads", "checks", "requests"),
    order=("period", "-of", "-origins", "dims"),
    finish=with_shares,
    chart="bars",
    top=20,
    place=40,
)
def breakdown(facts: Frame, *, dims: Sequence[str] = ()) -> Frame:
    """Split origins, pulls, downloads and checks by one or more dimensions.

    Dimensions are joined by commas: `breakdown country,client`. Rows of what is not known are always
    shown. Shares of origins need not add up to one: an origin that pulled two artifacts is in two rows.
    Rows that are conclusions (company, environment) have what they are drawn from as last column.
    Dimensions of single requests (method, status, host) count requests and the origins of requests.
    """
    return facts.group_by("period", *dims).agg(
        origins=distinct("origin"),
        **{name: total(name) for name in ("pulls", "downloads", "checks", "requests", "contacts")},
    )
