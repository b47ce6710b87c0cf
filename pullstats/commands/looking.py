"""A look at the beginning of a log: what `detect` shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pullstats.errors import PullstatsError
    from pullstats.formats.detect import Guess
    from pullstats.settings import Settings
    from pullstats.sources.files import Source

SAMPLE, SHOWN = 1_000, 110


@dataclass
class Look:
    """What the first lines of a source say.

    Attributes:
        notes: lines for people: the fields, and where lines stop fitting.
        error: why no format was found.
    """

    source: Source
    format: str | None = None
    certainty: float | None = None
    runner_up: str | None = None
    runner_up_certainty: float | None = None
    counts: dict[str, int] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    error: PullstatsError | None = None

    def row(self) -> dict[str, Any]:
        """The look as a row of the listing."""
        return {
            "source": self.source.name,
            "format": self.format,
            "certainty": self.certainty,
            "runner_up": self.runner_up,
            "runner_up_certainty": self.runner_up_certainty,
            "lines": sum(self.counts.values()),
            **{fate: self.counts.get(fate, 0) for fate in ("parsed", "ignored", "rejected")},
            "fields": " ".join(self.fields),
        }


def looked(source: Source, settings: Settings) -> Look:
    """Recognise a source by its first lines, and read them."""
    from pullstats.commands.common import reading
    from pullstats.lazy import pl
    from pullstats.pipeline.parse import FATES, plan, shape
    from pullstats.sources.lines import head_lines

    look = Look(source)
    planned = plan(source, reading(settings, lenient=True), {})
    if planned.reader is None:
        look.error = planned.outcome.error
        return look
    lines = pl.Series("line", head_lines(planned.print.head, SAMPLE), pl.String())
    records = planned.reader.read(lines)
    fates = records.group_by("outcome").len().iter_rows()
    look.format, look.certainty = planned.outcome.format, planned.outcome.certainty
    look.counts = {FATES[outcome]: number for outcome, number in fates}
    look.fields = tuple(name for name in records.columns if records[name].null_count() < len(records))[1:]
    if planned.guess is not None:
        look.error = _doubt(source.name, planned.guess)
        second = planned.guess.runner_up
        look.runner_up, look.runner_up_certainty = second and second.name, planned.guess.runner_up_certainty
        for misfit in planned.guess.misfits:
            at = min(misfit.column, SHOWN)
            look.notes += [
                f"{source.name}: line {misfit.line_number} does not fit: {misfit.reason}; it has the shape",
                f"  {shape(misfit.line, SHOWN)}",
                f"  {' ' * at}^",
            ]
    return look


def _doubt(name: str, guess: Guess) -> PullstatsError | None:
    """Why a format that most lines fit is not certain."""
    from pullstats.errors import PullstatsError

    if guess.entry is not None or guess.best is None:
        return None
    share = f"only {guess.certainty:.0%} of the lines fit {guess.best.name}"
    return PullstatsError(f"{name}: {share}", "take them with --max-rejected, or name another with --log-format")
