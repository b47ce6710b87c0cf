"""Heavy hitters: the few origins that make most of the pulls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.question import PERIODS, question, total

if TYPE_CHECKING:
    from pullstats.lazy import Frame, Table


def ranked(rows: Table) -> Table:
    """Places and shares within each period, of the measure that --of names (column `of`)."""
    from pullstats.lazy import pl

    share = pl.col("of") / pl.col("of").sum().over("period")
    return rows.with_columns(
        pl.int_range(1, pl.len() + 1).over("period").alias("rank"),
        share.fill_nan(None).alias("share"),
        (pl.col("of").cum_sum() / pl.col("of").sum()).over("period").fill_nan(None).alias("cumulative_share"),
    )


@question(
    "Which origins make most of the pulls?",
    columns=(
        PERIODS, "rank", "origin", "client", "country", "network", "behavior", "pulls", "share", "cumulative_share",
        "interval_seconds", "first_seen", "last_seen",
    ),
    order=("period", "-of", "first_seen", "origin"),
    finish=ranked,
    chart="bars",
    top=20,
    place=50,
)  # fmt: skip
def top_origins(facts: Frame) -> Frame:
    """List origins by their pulls, with their share and the share of all above them.

    Shows what the figures are made of: a few misconfigured machines often make half of all pulls. Every
    question takes --without-top N to be asked without them.
    """
    from pullstats.lazy import nw

    return (
        facts.group_by("period", "unit")
        .agg(
            origin=nw.col("origin").max(),
            client=nw.col("client").min(),
            country=nw.col("country").min(),
            network=nw.col("network").min(),
            first_seen=nw.col("ts").min(),
            last_seen=nw.col("ts").max(),
            **{name: total(name) for name in ("pulls", "contacts", "downloads", "checks", "requests")},
        )
        .filter(nw.col("origin") >= 0)
    )
