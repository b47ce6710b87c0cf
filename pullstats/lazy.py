"""Polars and narwhals, imported when they are first used: `--help` must not pay for them."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

_ALLOCATOR = "_RJEM_MALLOC_CONF"

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw
    import polars as pl

    Frame = nw.LazyFrame[Any]
    Table = pl.DataFrame
else:
    # Polars' allocator: free memory goes back to the system after a second, as a long run has several stages; few
    # arenas hold less of it.
    os.environ.setdefault(_ALLOCATOR, f"dirty_decay_ms:1000,muzzy_decay_ms:0,narenas:{os.cpu_count() or 2}")

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


def import_beside(*modules: str) -> None:
    """Import modules in a thread: what a later stage needs, while Polars is at work in this one."""
    threading.Thread(target=lambda: [importlib.import_module(name) for name in modules]).start()


def large_pages() -> None:
    """Ask for large pages, before Polars is imported: the first touch of each small one costs a long run much."""
    if "polars" not in sys.modules and "thp" not in os.environ[_ALLOCATOR]:
        os.environ[_ALLOCATOR] += ",thp:always"
