"""The distinct values of a column: read each once, then spread the result over the rows."""

from __future__ import annotations

from pullstats.lazy import pl


class Distinct:
    """The distinct texts of a column, and each row's place among them.

    Attributes:
        values: the distinct texts, in order of first appearance, without null.
        codes: UInt32, each row's index into `values`; null where the text is null.
    """

    def __init__(self, texts: pl.Series) -> None:
        categories = pl.Categories.random()  # a dictionary of its own: freed with the batch
        coded = texts.cast(pl.Categorical(categories))  # held: the dictionary lives only as long as a column uses it
        self.codes, self.values = coded.to_physical(), categories.to_series().alias("value")

    def spread(self, column: pl.Series) -> pl.Series:
        """A column that belongs to `values`, as one that belongs to the rows."""
        return column.gather(self.codes)
