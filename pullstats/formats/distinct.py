"""Whole columns: the distinct values of one, read once and spread over the rows; the pieces of cut lines."""

from __future__ import annotations

import secrets

from pullstats.lazy import pl


def constant(value: bool | str | int | None, height: int, dtype: pl.DataType) -> pl.Series:
    """A column that has one value in every row."""
    return pl.Series("constant", [value], dtype=dtype).new_from_index(0, height)


class Cut:
    """Lines cut at a separator, or into what a pattern matches.

    Attributes:
        count: how many pieces each line has; null where there is no line.
        good: which lines are asked for pieces; None: all.
    """

    def __init__(self, lines: pl.Series, separator: str, pattern: str = "") -> None:
        self._lists = lines.str.extract_all(pattern) if pattern else lines.str.split(separator)
        self.count = self._lists.list.len()
        self.good: pl.Series | None = None

    def __getitem__(self, index: int) -> pl.Series:
        """The pieces at one place, from 0; null where a line has fewer."""
        pieces = self._lists.list.get(index, null_on_oob=True)
        return pieces if self.good is None else pieces.filter(self.good)

    def first(self, number: int) -> list[pl.Series]:
        """So many pieces of each line, a column a place, in one go."""
        piece = pl.col("lists").list
        places = (piece.get(i, null_on_oob=True).alias(str(i)) for i in range(number))
        pieces = self._lists.alias("lists").to_frame().select(places)
        return (pieces if self.good is None else pieces.filter(self.good)).get_columns()

    def only(self, good: pl.Series) -> pl.Series | None:
        """Ask the good lines alone; each line's place among them, null for the others (None: all are good)."""
        if good.all():
            return None
        self.good = good
        return (good.cum_sum() - 1).set(~good, None)


class Distinct:
    """The distinct texts of a column, and each row's place among them.

    Attributes:
        values: the distinct texts, in order of first appearance, without null.
        codes: UInt32, each row's index into `values`; null where the text is null.
    """

    def __init__(self, texts: pl.Series) -> None:
        self.codes, firsts = _by_hash(texts) if _long(texts) else _by_text(texts)
        values = texts.gather(firsts).alias("value")
        self.values = values.drop_nulls() if values.null_count() else values

    def spread(self, column: pl.Series) -> pl.Series:
        """A column that belongs to `values`, as one that belongs to the rows."""
        return column.gather(self.codes)


def _by_text(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """(the code of each row's text, the row where each code is met first)."""
    codes = texts.cast(pl.Categorical(pl.Categories.random())).to_physical()  # a dictionary of its own: freed with it
    return codes, codes.arg_unique()


def _by_hash(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """`_by_text` at half the price, where most texts are longer than what a column holds in place.

    Two texts of a batch are taken for one with a chance of 2^-64 for each pair: the ids of the store have 63 bits. The
    seed is the process's own, so that nobody can look for such texts.
    """
    hashes = texts.hash(SEED).alias("hash").to_frame()
    firsts = hashes["hash"].arg_unique()
    if texts.null_count():
        firsts = firsts.filter(texts.gather(firsts).is_not_null())
    known = hashes[firsts].with_row_index("code")
    return hashes.join(known, on="hash", how="left", maintain_order="left")["code"], firsts


def _long(texts: pl.Series) -> bool:
    """Whether hashing pays."""
    return len(texts) >= _MANY and 2 * (texts.str.len_bytes() > _IN_PLACE).sum() > len(texts)


SEED = secrets.randbits(64)
_MANY = 5_000  # rows: below, the join costs more than it saves
_IN_PLACE = 12  # bytes of a text that a column holds in place; comparing such texts is cheap
_SAMPLE = 1000


def mostly_different(texts: pl.Series) -> bool:
    """Whether hardly a text occurs twice: then reading the distinct ones saves nothing."""
    head = texts.head(_SAMPLE).to_list()  # n_unique of a slice looks at the whole column's text
    return len(head) == _SAMPLE and len(set(head)) > _SAMPLE // 2
