"""Work that is done while other work is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")


def ahead(items: Iterable[T]) -> Iterator[T]:
    """The same items, the next one made in a thread while this one is used."""
    iterator = iter(items)
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(_next, iterator)
        while item := coming.result():
            coming = thread.submit(_next, iterator)
            yield item[0]


def _next(iterator: Iterator[T]) -> tuple[T] | None:
    return next(((item,) for item in iterator), None)
