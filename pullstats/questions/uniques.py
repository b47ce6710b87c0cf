"""How many different downloaders there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.question import PERIODS, distinct, question, total

if TYPE_CHECKING:
    from pullstats.lazy import Frame


@question(
    "How many different origins pull?",
    columns=(PERIODS, "origins", "endpoints", "origins_strict", "unique_downloads", "pulls", "downloads"),
    order=("period",),
    chart="lines",
    place=20,
)
def uniques(facts: Frame) -> Frame:
    """Count each origin once per period, however often it pulls.

    An origin is an address (IPv6: its /64) with a client, operating system and architecture. It is
    printed between two bounds: endpoints <= origins <= origins_strict.

    An origin that pulls on two days of a week counts once in that week, so the days of a week do not
    add up to the week: ask for the period that you want to report.
    """
    return facts.group_by("period").agg(
        origins=distinct("origin"),
        endpoints=distinct("endpoint"),
        origins_strict=distinct("strict"),
        unique_downloads=distinct("download"),
        pulls=total("pulls"),
        downloads=total("downloads"),
    )
