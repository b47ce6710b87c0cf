"""Tables of address ranges: the longest match of millions of addresses by one binary search each."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pullstats.errors import UsageError
from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

V = TypeVar("V")
IPV4_END, IPV6_END = 1 << 32, 1 << 128


@dataclass(frozen=True)
class Ranges:
    """Values of the whole address space, cut where they change.

    Attributes:
        v4: the first address of each IPv4 range (UInt32), ascending, the first of them 0.
        v6: the same of IPv6: UInt128, or UInt64 for a table that looks at the upper halves only.
        values: one row a range, those of `v4` first.
    """

    v4: pl.Series
    v6: pl.Series
    values: pl.DataFrame

    def __post_init__(self) -> None:
        # Without a row at 0, an address before the first range would take the value of the last.
        assert not self.v4[0], "an IPv4 table begins at 0"  # noqa: S101
        assert not self.v6[0], "an IPv6 table begins at 0"  # noqa: S101

    @classmethod
    def read(cls, v4: Path, v6: Path) -> Ranges:
        """A table of two Parquet files with the columns `start` and the values."""
        four, six = pl.read_parquet(v4), pl.read_parquet(v6)
        return cls(four["start"], six["start"], pl.concat([four.drop("start"), six.drop("start")], rechunk=True))

    @classmethod
    def of(cls, networks: Iterable[tuple[str, V]], schema: Mapping[str, Any], where: str) -> Ranges:
        """A table of CIDR texts and the tuple of values that each holds for.

        Raises:
            UsageError: a text is no network; `where` says which option or file it stands in.
        """
        spans: dict[int, list[tuple[int, int, V]]] = {4: [], 6: []}
        for text, value in networks:
            net = network(text, where)
            spans[net.version].append((int(net.network_address), int(net.broadcast_address), value))
        four, six = list(flat(spans[4])), list(flat(spans[6]))
        nothing = (None,) * len(schema)
        rows = [nothing if value is None else value for _, value in four + six]
        return cls(
            pl.Series("start", [start for start, _ in four], pl.UInt32()),
            pl.Series("start", [start for start, _ in six], pl.UInt128()),
            pl.DataFrame(rows, schema=dict(schema), orient="row"),
        )

    def find(self, parsed: pl.DataFrame) -> pl.DataFrame:
        """The values (columns of `values`) of parsed addresses, row by row; null for what is no address."""
        return self.values[self.rows(parsed)]

    def rows(self, parsed: pl.DataFrame) -> pl.Series:
        """The row of `values` (UInt32) that holds for each parsed address."""
        wide = "hi" if self.v6.dtype == pl.UInt64() else "v6"
        four = self.v4.search_sorted(parsed["v4"].fill_null(0), side="right")
        frame = pl.DataFrame({"family": parsed["family"], "four": four})
        if parsed["family"].eq(6).any():
            six = self.v6.search_sorted(parsed[wide].fill_null(0), side="right")
        else:
            six = pl.Series([0], dtype=pl.UInt32())
        return frame.with_columns(six.alias("six") if len(six) == len(frame) else pl.lit(0, pl.UInt32()).alias("six")).select(
            pl.when(pl.col("family") == 4)
            .then(pl.col("four") - 1)
            .when(pl.col("family") == 6)
            .then(pl.col("six") + (len(self.v4) - 1))
        ).to_series()


def network(text: str, where: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """The network that a text names; host bits may be set; v4-mapped IPv6 is IPv4.

    Raises:
        UsageError: it names none.
    """
    try:
        net = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise UsageError(f"{where}: {text!r} is no address range", "write it as 192.0.2.0/24 or 2001:db8::/32") from None
    mapped = getattr(net.network_address, "ipv4_mapped", None)
    if mapped is not None and net.prefixlen >= 96:  # noqa: PLR2004 - ::ffff:0:0/96
        return ipaddress.ip_network(f"{mapped}/{net.prefixlen - 96}")
    return net


def flat(spans: Iterable[tuple[int, int, V]]) -> Iterator[tuple[int, V | None]]:
    """(start, value) of nested ranges (first, last, value), flattened so that the innermost range holds.

    The first start is 0; None stands for no range. Of two equal ranges the later one holds.
    """
    return merged((start, stack[-1] if stack else None) for start, stack in nested(spans))


def nested(spans: Iterable[tuple[int, int, V]]) -> Iterator[tuple[int, list[V]]]:
    """(start, the values of all ranges around it, outermost first), for each start at which they change."""
    stack: list[tuple[int, V]] = []
    position = 0

    def ended(before: int) -> Iterator[tuple[int, list[V]]]:
        nonlocal position
        while stack and stack[-1][0] < before:
            yield position, [value for _, value in stack]
            position = max(position, stack.pop()[0] + 1)

    for first, last, value in sorted(spans, key=lambda span: (span[0], -span[1])):
        yield from ended(first)
        if position < first:
            yield position, [held for _, held in stack]
            position = first
        # Registries overlap now and then: the inner range of two that cross ends with the outer one.
        stack.append((min(last, stack[-1][0]) if stack else last, value))
    yield from ended(IPV6_END)
    yield position, []


def merged(starts: Iterable[tuple[int, V]]) -> Iterator[tuple[int, V]]:
    """The (start, value) rows without those that change nothing; of one start the last row holds."""
    held: tuple[int, V] | None = None
    for start, value in starts:
        if held is None or (start != held[0] and value != held[1]):
            if held is not None:
                yield held
            held = start, value
        elif start == held[0]:
            held = start, value
    if held is not None:
        yield held
