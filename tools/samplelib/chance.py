"""Draws that are the same on every machine and in every version."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SEED = "pullstats sample logs 1"
T = TypeVar("T")


class Chance:
    """Draws of one story, named by words, so that a change of one story leaves the others alone.

    Only `random()` of a seeded generator is used: its stream is the one that Python promises to keep.
    """

    def __init__(self, *names: object) -> None:
        self._unit = random.Random("/".join([SEED, *map(str, names)])).random

    def below(self, limit: int) -> int:
        """A whole number from 0 to limit - 1."""
        return int(self._unit() * limit)

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + self.below(high - low + 1)

    def happens(self, share: float) -> bool:
        """True with this probability."""
        return self._unit() < share

    def pick(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[self.below(len(items))]

    def weighted(self, weights: Mapping[T, int]) -> T:
        """One of the keys, as often as its weight says."""
        left = self.below(sum(weights.values()))
        for item, weight in weights.items():
            left -= weight
            if left < 0:
                return item
        raise AssertionError

    def heavy_tail(self, most: int) -> int:
        """1 for half of the draws, seldom many: how often somebody comes."""
        return min(most, int(1 / (1 - self._unit())))


def hexes(name: str, length: int = 64) -> str:
    """Hexadecimal digits that belong to a name: digests, commits, address parts."""
    return hashlib.sha256(f"{SEED}/{name}".encode()).hexdigest()[:length]


def number(name: str, low: int, high: int) -> int:
    """A whole number from low to high that belongs to a name: sizes."""
    return low + int(hexes(name, 12), 16) % (high - low + 1)
