"""What every kind's parser offers, and the columns that a tier makes of some lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from pullstats.formats import columns, values
from pullstats.formats.distinct import Distinct, constant, mostly_different
from pullstats.lazy import pl
from pullstats.tables import RECORD, REJECTED, dtype

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pullstats.formats.kinds.tokens import Field

Outcome = tuple[int, str]  # IGNORED or REJECTED, and why


class Parser(Protocol):
    """What reads the lines of one format.

    Attributes:
        columns: the record columns that the format can fill.
        tiers: readers of many lines, the fastest first; each gets the lines that the ones before it left.
    """

    columns: frozenset[str]
    tiers: tuple[Callable[[pl.Series, frozenset[str]], Batch], ...]

    def judge(self, lines: pl.Series) -> list[Outcome]:
        """Why no tier could read each of the lines."""
        ...


def misread(one: Callable[[str], object], line: str, absent: str) -> Outcome:
    """Why a line was refused: `absent` where `one` finds no record in it, else what is no value of its type."""
    try:
        found = one(line)
    except values.Unreadable as error:
        return REJECTED, str(error)
    return REJECTED, absent if found is None else "unreadable"


class How(NamedTuple):
    """How the texts of an entry's fields are read: escape dialect, zone of zoneless times, texts that mean absent."""

    escape: str
    tz: str
    null: tuple[str, ...] = ()


@dataclass
class Batch:
    """The columns that a tier has read of some lines; a line counts only where `ok` holds.

    Attributes:
        wanted: the record columns that somebody asked for.
        ok: Boolean, one a line.
        parts: record column -> (rank, values) of each field that fills it.
    """

    wanted: frozenset[str]
    ok: pl.Series
    parts: dict[str, list[tuple[int, pl.Series]]] = field(default_factory=dict)

    def require(self, condition: pl.Series | None) -> None:
        """Count only the lines where the condition holds too; null is false."""
        if condition is not None:
            self.ok = self.ok & condition.fill_null(value=False)

    def needs(self, field_: Field) -> bool:
        """Whether the field must be read: for a column, or because it can be unreadable."""
        return bool(field_.type) and (field_.type not in values.TOTAL or not self.wanted.isdisjoint(field_.columns))

    def put(self, column: str, rank: int, texts: pl.Series) -> None:
        """Add what a field gives for a column."""
        if column in self.wanted:
            self.parts.setdefault(column, []).append((rank, texts))

    def at(self, places: pl.Series | None) -> Batch:
        """The batch of more lines, of which these have places here, the others null; None: these are all."""
        if places is None:
            return self
        parts = {name: [(rank, texts.gather(places)) for rank, texts in of] for name, of in self.parts.items()}
        return Batch(self.wanted, self.ok.gather(places).fill_null(value=False), parts)

    def columns(self) -> dict[str, pl.Series]:
        """The columns: of several fields for one column, the first in order of rank that is not null."""
        done = {}
        for name, parts in self.parts.items():
            ordered = [series for _, series in sorted(parts, key=lambda part: part[0])]
            done[name] = ordered[0] if len(ordered) == 1 else _coalesced(ordered)
        return done


def _coalesced(series: list[pl.Series]) -> pl.Series:
    frame = pl.DataFrame([s.alias(str(i)) for i, s in enumerate(series)])
    return frame.select(pl.coalesce(pl.all())).to_series()


def read_texts(
    batch: Batch,
    found: Iterable[tuple[Field, pl.Series]],
    how: How,
    spread: Callable[[pl.Series], pl.Series] = lambda series: series,
) -> None:
    """Read the texts of fields into the batch; `spread` takes a column of theirs to the batch's lines."""
    for field_, texts in found:
        if not batch.needs(field_):
            continue
        found_, readable = columns.column(field_.type, field_.escape or how.escape, texts, how.tz, how.null)
        if readable is not None:
            batch.require(spread(readable).fill_null(value=True))  # no text, nothing to be unreadable
        for name, series in zip(field_.columns, found_, strict=True):
            if name in batch.wanted:
                batch.put(name, field_.rank, spread(series))


def read_column(batch: Batch, field_: Field, texts: pl.Series, how: How) -> None:
    """Read a field's texts, one a line, into the batch: the distinct ones, where that saves something."""
    if not batch.needs(field_):
        return
    if mostly_different(texts):
        read_texts(batch, [(field_, texts)], how)
    else:
        distinct = Distinct(texts)
        read_texts(batch, [(field_, distinct.values)], how, distinct.spread)


def read_one(fields: Iterable[tuple[Field, str | None]], how: How) -> dict[str, Any]:
    """The record of one line's raw texts, by the readers of single texts.

    Raises:
        values.Unreadable: a text is no value of its type.
    """
    record: dict[str, Any] = {}
    for field_, raw in sorted(fields, key=lambda item: item[0].rank):
        if raw is None or raw in how.null:
            continue
        got = values.read(field_.type, field_.escape or how.escape, raw, how.tz)
        for name, value in zip(field_.columns, got, strict=True):
            if value is not None and record.get(name) is None:
                record[name] = value
    return record


def empty(names: Sequence[str], height: int) -> dict[str, pl.Series]:
    """Null columns of the record's types."""
    return {name: constant(None, height, dtype(RECORD[name])) for name in names}
