"""What is pulled most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.question import PERIODS, distinct, question, total
from pullstats.questions.top_origins import ranked

if TYPE_CHECKING:
    from pullstats.lazy import Frame


@question(
    "Which artifacts are pulled most?",
    columns=(
        PERIODS, "rank", "artifact", "ecosystem", "origins", "pulls", "share", "cumulative_share", "downloads",
        "checks",
        "first_seen", "last_seen",
    ),
    order=("period", "-of", "first_seen", "artifact"),
    finish=ranked,
    chart="bars",
    top=20,
    place=60,
)  # fmt: skip
def top_artifacts(facts: Frame) -> Frame:
    """List artifacts by their pulls, with the origins that made them.

    An artifact is what people adopt: an image repository, a package, a file without its version. Look at
    pulls and origins together: many pulls of few origins are automation, not adoption.
    """
    from pullstats.lazy import nw

    return (
        facts.filter(~nw.col("artifact").is_null())
        .group_by("period", "artifact", "ecosystem")
        .agg(
            origins=distinct("origin"),
            first_seen=nw.col("ts").min(),
            last_seen=nw.col("ts").max(),
            **{name: total(name) for name in ("pulls", "contacts", "downloads", "checks", "requests")},
        )
    )
