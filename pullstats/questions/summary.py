"""The headline on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.question import distinct, question, total

if TYPE_CHECKING:
    from pullstats.lazy import Frame

TOP = 20
METRICS = (
    "first", "last", "lines", "parsed", "ignored", "rejected", "requests", "origins", "endpoints", "origins_strict",
    "contacts", "pulls", "downloads", "checks", "polls", "invocations", "unique_downloads", "bytes",
    "half_origins", "top20_share", "median_pulls", "mean_pulls", "origins_seen",
)  # fmt: skip


@question("What does the log say, in one screen?", columns=("metric", "value"), place=10)
def summary(facts: Frame) -> Frame:
    """Show the headline: origins, pulls, downloads, checks, and how concentrated they are.

    The first command for a new log. It needs no store and no configuration.
    """
    measures = ("contacts", "pulls", "downloads", "checks", "polls", "requests", "bytes")
    return facts.group_by("period").agg(
        origins=distinct("origin"),
        endpoints=distinct("endpoint"),
        origins_strict=distinct("strict"),
        unique_downloads=distinct("download"),
        origins_seen=distinct("seen"),
        **{name: total(name) for name in measures},
    )


def pulls_of_each(facts: Frame) -> Frame:
    """The pulls of each counted origin: what the concentration is computed from."""
    from pullstats.lazy import nw

    return facts.filter(nw.col("origin") >= 0).group_by("origin").agg(pulls=total("pulls"))
