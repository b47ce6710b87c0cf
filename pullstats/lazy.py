"""Polars and narwhals, imported when they are first used: `--help` must not pay for them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw
    import polars as pl

    Frame = nw.LazyFrame[Any]
    Table = pl.DataFrame
else:

    class _Lazy:
        """A module that is imported at the first use of one of its names."""

        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, attribute: str) -> Any:
            module = importlib.import_module(self._name)
            self.__dict__.update(vars(module))
            return getattr(module, attribute)

    nw = _Lazy("narwhals.stable.v2")
    pl = _Lazy("polars")
    Frame = Table = Any
