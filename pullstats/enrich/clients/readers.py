"""Comments in which the position of a part says what it means, by the names that the table uses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pullstats.enrich.clients.reading import Facts
    from pullstats.enrich.clients.tokens import Product

_JAVA = re.compile(r"\d[\w.]*")  # 17.0.15, 1.8.0_292: without the build behind the plus


def _gradle(facts: Facts, product: Product) -> None:
    """`(Linux;5.15.0;amd64) (Eclipse Adoptium;21.0.2;21.0.2+13-LTS)`: the second comment is the Java."""
    if len(product.comments) > 1 and len(product.comments[1]) > 1:
        _state_java(facts, product.comments.pop(1)[1])


def _nexus(facts: Facts, product: Product) -> None:
    """`(OSS; Linux; 4.4.0; amd64; 1.8.0_144)`: the last part is the Java."""
    if product.comments and len(product.comments[0]) > 4:  # noqa: PLR2004 -- all five are there
        _state_java(facts, product.comments[0][-1])


def _composer(facts: Facts, product: Product) -> None:
    """`(Linux; 6.1.0; PHP 8.2.36; streams; CI)`: the word CI stands where a CI variable was set."""
    if any(part.strip() == "CI" for parts in product.comments for part in parts):
        facts["ci"] = True


def _state_java(facts: Facts, text: str) -> None:
    match = _JAVA.match(text.strip())
    if match:
        facts.add((("runtime", f"Java {match[0]}"),))


READERS: dict[str, Callable[[Facts, Product], None]] = {
    "gradle": _gradle,
    "nexus": _nexus,
    "composer": _composer,
}
