"""Work that is done while other work is."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

T = TypeVar("T")
R = TypeVar("R")


def ahead(items: Iterable[T], number: int = 1) -> Iterator[T]:
    """The same items, the next `number` made in a thread while this one is used, the first ones from now on."""
    iterator, thread = iter(items), ThreadPoolExecutor(1)
    return _given(iterator, thread, deque(thread.submit(_next, iterator) for _ in range(number)))


def _given(iterator: Iterator[T], thread: ThreadPoolExecutor, coming: deque[Future[tuple[T] | None]]) -> Iterator[T]:
    with thread:
        while item := coming.popleft().result():
            coming.append(thread.submit(_next, iterator))
            yield item[0]


def abreast(work: Callable[[T], R], items: Iterable[T], number: int = 2) -> Iterator[R]:
    """What `work` makes of each item, in their order, `number` of them at the same time."""
    with ThreadPoolExecutor(number) as threads:
        coming: deque[Future[R]] = deque()
        for item in items:
            coming.append(threads.submit(work, item))
            if len(coming) >= number:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()


def _next(iterator: Iterator[T]) -> tuple[T] | None:
    return next(((item,) for item in iterator), None)
