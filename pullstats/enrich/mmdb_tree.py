"""The search tree of an MMDB, walked for whole columns of addresses at once."""

from __future__ import annotations

from dataclasses import dataclass

from pullstats.lazy import pl

SMALL, MIDDLE, LARGE = 24, 28, 32  # bits a record
SEPARATOR = 16  # bytes between tree and data
SHARED = 4  # a sound tree meets a node so often: IPv4 stands at several places of an IPv6 tree
MAPPED_BITS = 96  # IPv4 stands at ::/96 of an IPv6 tree


class DamagedTreeError(Exception):
    """A node of the tree points to nowhere."""


@dataclass(frozen=True)
class Tree:
    """Attributes: `records`, UInt32, two a node (left, right); `nodes`, how many; `version`, 4 or 6."""

    records: pl.Series
    nodes: int
    version: int

    @classmethod
    def of(cls, data: bytes, nodes: int, bits: int, version: int) -> Tree:
        """The tree at the beginning of a file.

        Raises:
            DamagedTreeError: it is not whole, or points behind the file's end.
        """
        size = nodes * bits // 4
        if bits not in (SMALL, MIDDLE, LARGE) or not nodes or len(data) < size:
            raise DamagedTreeError("the search tree is not whole")
        octets = (
            pl.Series([data[:size]]).bin.reinterpret(dtype=pl.Array(pl.UInt8, size), endianness="big").arr.explode()
        )
        records = _records(octets, bits)
        if int(records.max() or 0) >= nodes + len(data) - size:  # pyright: ignore[reportArgumentType]
            raise DamagedTreeError("the search tree points behind the end of the file")
        tree = cls(records, nodes, version)
        tree._check_depth()
        return tree

    def _check_depth(self) -> None:
        """No path is longer than an address: the C reader overruns its memory on one that is (maxminddb 3.2.0)."""
        level, visited = pl.Series([0], dtype=pl.UInt32()), 0
        for _ in range(32 if self.version == 4 else 128):  # noqa: PLR2004
            below = pl.concat([self.records.gather(level * 2), self.records.gather(level * 2 + 1)])
            level = below.filter(below < self.nodes)
            if not len(level):
                return
            visited += len(level)
            if visited > SHARED * self.nodes:
                level = level.unique()
        raise DamagedTreeError("a path of the search tree does not end")

    def find(self, parsed: pl.DataFrame) -> pl.Series:
        """The record (UInt32) at which each parsed address ends; null where the tree knows nothing of it.

        Raises:
            DamagedTreeError: a path does not end.
        """
        ends = pl.Series([None], dtype=pl.UInt32()).new_from_index(0, len(parsed))
        rows = parsed.select("v4", "v6").with_row_index("row")
        four = rows.filter(pl.col("v4").is_not_null())
        found = [self._walk(four["row"], four["v4"], 32, self._ipv4_root())]
        if self.version == 6:  # noqa: PLR2004
            six = rows.filter(pl.col("v6").is_not_null())
            found.append(self._walk(six["row"], six["v6"], 128, 0))
        for frame in found:
            ends = ends.scatter(frame["row"], frame["node"]) if len(frame) else ends
        return ends.set(ends == self.nodes, None)

    def _ipv4_root(self) -> int:
        node = 0
        if self.version == 6:  # noqa: PLR2004
            for _ in range(MAPPED_BITS):
                node = self.records[2 * node] if node < self.nodes else node
        return node

    def _walk(self, rows: pl.Series, keys: pl.Series, bits: int, root: int) -> pl.DataFrame:
        """`row` and `node`, the record where the path of its key's bits leaves the tree."""
        top = pl.lit(1 << (bits - 1), keys.dtype)
        going = pl.DataFrame({"row": rows, "key": keys}).with_columns(pl.lit(root, pl.UInt32()).alias("node"))
        ended = []
        for _ in range(bits + 1):
            inside = pl.col("node") < self.nodes
            ended.append(going.filter(~inside).select("row", "node"))
            going = going.filter(inside)
            if not len(going):
                return pl.concat(ended)
            place = going.select(pl.col("node") * 2 + (pl.col("key") >= top)).to_series()
            going = going.select("row", pl.col("key") + pl.col("key"), self.records.gather(place).alias("node"))
        raise DamagedTreeError("a path of the search tree does not end")


def _records(octets: pl.Series, bits: int) -> pl.Series:
    """The records in file order."""
    width = bits // 4

    def column(place: int) -> pl.Series:
        return octets.gather_every(width, place).cast(pl.UInt32)

    def joined(*places: int) -> pl.Series:
        total = column(places[0])
        for place in places[1:]:
            total = total * 256 + column(place)
        return total

    if bits == SMALL:
        left, right = joined(0, 1, 2), joined(3, 4, 5)
    elif bits == LARGE:
        left, right = joined(0, 1, 2, 3), joined(4, 5, 6, 7)
    else:  # the middle octet has the upper four bits of both
        left = joined(0, 1, 2) + (column(3) // 16) * (1 << 24)
        right = joined(4, 5, 6) + (column(3) % 16) * (1 << 24)
    return (
        pl.DataFrame({"left": left, "right": right})
        .select(pl.concat_arr("left", "right").alias("r"))
        .to_series()
        .arr.explode()
    )
