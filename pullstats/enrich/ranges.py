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
        four, six = list(flat(spans[4], IPV4_END)), list(flat(spans[6], IPV6_END))
        nothing = (None,) * len(schema)
        rows = [nothing if value is None else value for _, value in four + six]
        return cls(
            pl.Series("start", [start for start, _ in four], pl.UInt32()),
            pl.Series("start", [start for start, _ in six], pl.UInt128()),
            pl.DataFrame(rows, schema=dict(schema), orient="row"),
        )

    def find(self, parsed: pl.DataFrame) -> pl.DataFrame:
        """The values (columns of `values`) of parsed addresses, row by row; null for what is no address."""
        return self.values.select(pl.all().gather(self.rows(parsed)))

    def rows(self, parsed: pl.DataFrame) -> pl.Series:
        """The row of `values` (UInt32) that holds for each parsed address."""
        wide = "hi" if self.v6.dtype == pl.UInt64() else "v6"
        found = pl.DataFrame(
            {
                "family": parsed["family"],
                "four": _row_of(self.v4, parsed["v4"]),
                "six": _row_of(self.v6, parsed[wide]) + len(self.v4),
            }
        )
        four, six = (pl.when(pl.col("family") == family).then(column) for family, column in ((4, "four"), (6, "six")))
        return found.select(pl.coalesce(four, six)).to_series()


def _row_of(starts: pl.Series, keys: pl.Series) -> pl.Series:
    """The last row whose start is not after each key; 0 for null."""
    if keys.null_count() == len(keys):
        return pl.Series([0], dtype=pl.UInt32()).new_from_index(0, len(keys))
    return starts.search_sorted(keys.fill_null(0), side="right") - 1


def network(text: str, where: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """The network that a text names; host bits may be set; v4-mapped IPv6 is IPv4.

    Raises:
        UsageError: it names none.
    """
    try:
        net = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise UsageError(
            f"{where}: {text!r} is no address range", "write it as 192.0.2.0/24 or 2001:db8::/32"
        ) from None
    mapped = getattr(net.network_address, "ipv4_mapped", None)
    if mapped is not None and net.prefixlen >= 96:  # noqa: PLR2004 - ::ffff:0:0/96
        return ipaddress.ip_network(f"{mapped}/{net.prefixlen - 96}")
    return net


def flat(spans: Iterable[tuple[int, int, V]], end: int) -> Iterator[tuple[int, V | None]]:
    """(start, value) of nested ranges (first, last, value) below `end`, flattened: the innermost range holds.

    The first start is 0; None stands for no range. Of two equal ranges the later one holds.
    """
    return merged(((start, stack[-1] if stack else None) for start, stack in nested(spans)), end)


def nested(spans: Iterable[tuple[int, int, V]]) -> Iterator[tuple[int, list[V]]]:
    """(start, the values of all ranges around it, outermost first); of one start the last row holds."""
    stack: list[tuple[int, V]] = []
    position = 0

    def held() -> tuple[int, list[V]]:
        return position, [value for _, value in stack]

    for first, last, value in [*sorted(spans, key=lambda span: (span[0], -span[1])), (IPV6_END, IPV6_END, None)]:
        while stack and stack[-1][0] < first:
            yield held()
            position = stack.pop()[0] + 1
        yield held()
        position = first
        # Registries overlap now and then: of two ranges that cross, the later one ends with the earlier.
        stack.append((min(last, stack[-1][0]) if stack else last, value))


def merged(starts: Iterable[tuple[int, V]], end: int) -> Iterator[tuple[int, V]]:
    """The (start, value) rows below `end` without those that change nothing; of one start the last row holds."""
    final = {start: value for start, value in starts if start < end}
    before: object = merged  # no value is this one
    for start, value in final.items():
        if value != before:
            yield start, value
        before = value
