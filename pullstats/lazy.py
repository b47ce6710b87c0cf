"""Polars and narwhals, imported when they are first used: `--help` must not pay for them."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw
    import polars as pl

    Frame = nw.LazyFrame[Any]
    Table = pl.DataFrame
else:
    # Memory that is free again goes back to the system, not only to the allocator: a long run has several stages.
    os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:300,muzzy_decay_ms:0")

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
