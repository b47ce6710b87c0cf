"""Whole columns: the distinct values of one, read once and spread over the rows; the pieces of cut lines."""

from __future__ import annotations

from pullstats.lazy import pl


def constant(value: bool | str | int | None, height: int, dtype: pl.DataType) -> pl.Series:
    """A column that has one value in every row."""
    return pl.Series("constant", [value], dtype=dtype).new_from_index(0, height)


class Cut:
    """Lines cut at a separator.

    Attributes:
        count: how many pieces each line has; null where there is no line.
    """

    def __init__(self, lines: pl.Series, separator: str) -> None:
        self._lists = lines.str.split(separator)
        self.count = self._lists.list.len()

    def __getitem__(self, index: int) -> pl.Series:
        """The pieces at one place, from 0; null where a line has fewer."""
        return self._lists.list.get(index, null_on_oob=True)

    def first(self, number: int) -> list[pl.Series]:
        """So many pieces of each line, a column a place, in one go."""
        piece = pl.col("lists").list
        places = (piece.get(i, null_on_oob=True).alias(str(i)) for i in range(number))
        return self._lists.alias("lists").to_frame().select(places).get_columns()


class Distinct:
    """The distinct texts of a column, and each row's place among them.

    Attributes:
        values: the distinct texts, in order of first appearance, without null.
        codes: UInt32, each row's index into `values`; null where the text is null.
    """

    def __init__(self, texts: pl.Series) -> None:
        categories = pl.Categories.random()  # a dictionary of its own: freed with the batch
        self.codes = texts.cast(pl.Categorical(categories)).to_physical()
        values = texts.gather(self.codes.arg_unique()).alias("value")
        self.values = values.drop_nulls() if values.null_count() else values

    def spread(self, column: pl.Series) -> pl.Series:
        """A column that belongs to `values`, as one that belongs to the rows."""
        return column.gather(self.codes)


_SAMPLE = 1000


def mostly_different(texts: pl.Series) -> bool:
    """Whether hardly a text occurs twice: then reading the distinct ones saves nothing."""
    head = texts.head(_SAMPLE).to_list()  # n_unique of a slice looks at the whole column's text
    return len(head) == _SAMPLE and len(set(head)) > _SAMPLE // 2
