"""How much is pulled, and how much is only asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.question import PERIODS, question, total

if TYPE_CHECKING:
    from pullstats.lazy import Frame, Table


def with_invocations(rows: Table) -> Table:
    """Contacts that are no polls: each start asks at least once, unless the image is local."""
    return rows.with_columns((rows["contacts"] - rows["polls"]).alias("invocations"))


@question(
    "How many pulls, downloads and version checks are there?",
    columns=(PERIODS, "contacts", "pulls", "downloads", "checks", "polls", "requests", "bytes", "invocations"),
    order=("period",),
    finish=with_invocations,
    chart="lines",
    place=30,
)
def pulls(facts: Frame) -> Frame:
    """Count pulls, downloads and checks per period.

    A `docker pull` is one pull, however many requests it makes. It is a download if content was sent,
    a refresh if only manifests were; a HEAD that finds nothing new is a check, never a pull. contacts =
    pulls + checks; polls are the contacts of pollers without content; invocations = contacts - polls.
    """
    measures = ("contacts", "pulls", "downloads", "checks", "polls", "requests", "bytes")
    return facts.group_by("period").agg(**{name: total(name) for name in measures})
