"""Distinct texts of one run: each is described once and known by its number from then on."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Callable


class Dictionary:
    """Numbers for texts, and a table of what is known of each, by number.

    Args:
        describe: from a series of new distinct texts to a frame of as many rows.
    """

    def __init__(self, describe: Callable[[pl.Series], pl.DataFrame]) -> None:
        self._describe = describe
        self._categories = pl.Categories(f"pullstats-{uuid.uuid4().hex}", "pullstats", pl.UInt32)
        # Polars forgets the numbers of a Categories once no series has them: one series is kept.
        self._kept = pl.Series([], dtype=pl.Categorical(self._categories))
        self.table: pl.DataFrame | None = None

    def codes(self, texts: pl.Series) -> pl.Series:
        """The number of each text (UInt32, name `code`); null counts as the empty text."""
        whole = texts.fill_null("") if texts.null_count() else texts
        coded = whole.cast(pl.Categorical(self._categories))
        codes = coded.to_physical()
        self._meet(coded, codes)
        return codes.alias("code")

    def _meet(self, coded: pl.Series, codes: pl.Series) -> None:
        known = 0 if self.table is None else len(self.table)
        if len(codes) and int(codes.max() or 0) >= known:  # pyright: ignore[reportArgumentType]
            fresh = (
                pl.DataFrame({"code": codes, "text": coded}).filter(pl.col("code") >= known).unique("code").sort("code")
            )
            described = self._describe(fresh["text"].cast(pl.String))
            self.table = described if self.table is None else self.table.extend(described)

    def forget(self) -> None:
        """Let go of the table; no number can be asked for any more."""
        self.table = None

    def column(self, name: str, codes: pl.Series) -> pl.Series:
        """One column of the table, for these numbers."""
        assert self.table is not None  # noqa: S101 - numbers come from codes() only
        return self.table[name].gather(codes)

    def rows(self, codes: pl.Series) -> pl.DataFrame:
        """The table's rows for these numbers."""
        assert self.table is not None  # noqa: S101 - numbers come from codes() only
        return self.table[codes]
