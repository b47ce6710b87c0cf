"""What an answer is: a table, and everything that says what its numbers mean."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pullstats.lazy import pl
from pullstats.words import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pullstats.engines import Query


@dataclass(frozen=True)
class Coverage:
    """What was read: parsed + ignored + rejected = read.

    Attributes:
        first, last: the earliest and latest logged time, epoch microseconds; None without a request.
        duplicates: parsed lines whose request another source holds too.
        sources: name and SHA-256 of each source.
        formats: entries that read them.
        tables: versions of the tables that enriched them, as the ledger has them.
    """

    read: int = 0
    parsed: int = 0
    ignored: int = 0
    rejected: int = 0
    duplicates: int = 0
    first: int | None = None
    last: int | None = None
    sources: tuple[dict[str, str], ...] = ()
    formats: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """A table with everything that says what its numbers mean.

    Attributes:
        name: of the question or listing.
        columns: the vocabulary's columns, in order.
        table: the rows, with exactly these columns.
        query: what was asked; None for listings, which count nothing.
        coverage: what was read.
        gaps: holes of the data inside the window, as pairs of microseconds.
        geo: dates of the network data, where the answer uses it.
        facts: figures beside the table (half_origins ...), for captions.
        notes: what people should know, for stderr.
        chart: how to draw it.
        top: rows that a terminal shows without --limit.
        partial: a source was not read whole: the exit code is 1.
    """

    name: str
    columns: tuple[Column, ...]
    table: pl.DataFrame
    query: Query | None = None
    coverage: Coverage = field(default_factory=Coverage)
    gaps: tuple[tuple[int, int], ...] = ()
    geo: dict[str, str] | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    chart: str = "none"
    top: int | None = None
    partial: bool = False

    @property
    def schema(self) -> str:
        """The name of the JSON schema."""
        return f"pullstats.{self.name}"

    def noted(self, *notes: str) -> Answer:
        """The answer with more notes."""
        return replace(self, notes=(*self.notes, *notes))


def listing(
    name: str,
    table: pl.DataFrame,
    *,
    notes: Sequence[str] = (),
    about: dict[str, str] | None = None,
    facts: dict[str, Any] | None = None,
) -> Answer:
    """A table that counts nothing (formats, lines of a log), for the same outputs as answers.

    Args:
        name: of the listing, for its schema.
        table: its rows.
        notes: for stderr.
        about: a sentence for columns that are not in the vocabulary.
        facts: figures beside the table, for the JSON envelope.
    """
    kinds = {pl.Int64(): "int64", pl.Int32(): "int32", pl.Float64(): "float", pl.Boolean(): "boolean"}
    columns = tuple(
        Column(each, kinds.get(dtype, "string"), (about or {}).get(each, ""))  # pyright: ignore[reportArgumentType]
        for each, dtype in table.schema.items()
    )
    return Answer(name, columns, table, notes=tuple(notes), facts=facts or {})
