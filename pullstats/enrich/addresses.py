"""Every spelling of an address, as numbers that can be looked up."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Iterable

COLUMNS = ("address", "family", "v4", "hi", "v6", "endpoint", "site")

# Blanks, quotes, a port and a zone may stand around an address; brackets only around IPv6.
_BARE = (
    r"""^[\s"']*(?:"""
    r"""\[([0-9A-Fa-f:.]+)(?:%[^\]\s]*)?\](?::\d+)?|"""
    r"""(\d+\.\d+\.\d+\.\d+)(?::\d+)?|"""
    r"""([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(?:%\S*)?"""
    r""")[\s"']*$"""
)
_OCTET = r"(0|[1-9]\d{0,2})"  # no leading zero: some readers take 010 for 8
_IPV4 = rf"^{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}$"
_MAPPED = bytes(10) + b"\xff\xff"


def parse(texts: pl.Series) -> pl.DataFrame:
    """The addresses that texts spell, one row a text, in order; all null where a text is no address.

    Columns: `address` String, canonical (`::ffff:192.0.2.1` becomes `192.0.2.1`); `family` Int8, 4 or 6;
    `v4` UInt32; `v6` UInt128 and its upper half `hi` UInt64; `endpoint` String, the IPv4 address or IPv6 /64;
    `site` String, the /24 or /48. Give distinct texts: IPv6 costs a call each.
    """
    bare = bare_texts(texts)
    v4 = _ipv4(bare)
    rest = bare.filter(v4.is_null() & bare.is_not_null()).unique()
    frame = pl.DataFrame({"text": bare, "v4": v4})
    return _named(frame.join(_ipv6(rest), on="text", how="left", maintain_order="left"))


def bare_texts(texts: pl.Series) -> pl.Series:
    """The texts without what may stand around an address; null where no address can be in it."""
    groups = texts.rename("text").to_frame().select(pl.col("text").str.extract_groups(_BARE)).unnest("text")
    return groups.select(pl.coalesce(pl.all()).alias("text")).to_series()


def _ipv4(texts: pl.Series) -> pl.Series:
    octets = texts.rename("text").to_frame().select(pl.col("text").str.extract_groups(_IPV4)).unnest("text")
    bytes_ = octets.select(pl.all().cast(pl.UInt8, strict=False).cast(pl.UInt32))
    a, b, c, d = (pl.col(name) for name in bytes_.columns)
    return bytes_.select((a * (1 << 24) + b * (1 << 16) + c * (1 << 8) + d).alias("v4")).to_series()


def _ipv6(texts: pl.Series) -> pl.DataFrame:
    """What the other texts spell: `text`, `canonical`, `mapped` (the IPv4 in it), `v6`, `hi`, `net64`, `net48`."""
    packed = [packed_ipv6(text) for text in texts.to_list()]
    canonical = [None if data is None else socket.inet_ntop(socket.AF_INET6, data) for data in packed]
    data = pl.col("packed").bin
    mapped = data.starts_with(_MAPPED)
    frame = pl.DataFrame(
        {"text": texts, "canonical": canonical, "packed": packed},
        schema={"text": pl.String(), "canonical": pl.String(), "packed": pl.Binary()},
    ).select(
        "text",
        "canonical",
        pl.when(mapped).then(data.slice(12, 4).bin.reinterpret(dtype=pl.UInt32(), endianness="big")).alias("mapped"),
        pl.when(~mapped).then(data.reinterpret(dtype=pl.UInt128(), endianness="big")).alias("v6"),
        pl.when(~mapped).then(data.slice(0, 8).bin.reinterpret(dtype=pl.UInt64(), endianness="big")).alias("hi"),
    )
    return frame.join(_networks(frame["hi"].drop_nulls().unique()), on="hi", how="left", maintain_order="left")


def packed_ipv6(text: str) -> bytes | None:
    """The 16 bytes of an IPv6 text; None if it is none."""
    try:
        return socket.inet_pton(socket.AF_INET6, text)
    except (OSError, ValueError):  # ValueError: a NUL within
        return None


def _networks(his: pl.Series) -> pl.DataFrame:
    """The texts of the /64 and /48 of upper halves: `hi`, `net64`, `net48`."""
    numbers = his.to_list()
    return pl.DataFrame(
        {
            "hi": his,
            "net64": list(_prefixes(numbers, 64)),
            "net48": list(_prefixes([number >> 16 << 16 for number in numbers], 48)),
        },
        schema={"hi": pl.UInt64(), "net64": pl.String(), "net48": pl.String()},
    )


def _prefixes(numbers: Iterable[int], length: int) -> Iterable[str]:
    rest = bytes(8)
    for number in numbers:
        yield f"{socket.inet_ntop(socket.AF_INET6, number.to_bytes(8, 'big') + rest)}/{length}"


def _named(frame: pl.DataFrame) -> pl.DataFrame:
    v4 = pl.coalesce("v4", "mapped")
    # A mapped address prints as ::ffff:192.0.2.1 everywhere; what follows the last colon is the IPv4.
    unmapped = pl.col("canonical").str.split(":").list.last()
    ipv4_text = pl.when(pl.col("v4").is_not_null()).then("text").when(pl.col("mapped").is_not_null()).then(unmapped)
    return frame.with_columns(v4.alias("v4"), ipv4_text.alias("ipv4_text")).select(
        pl.coalesce("ipv4_text", "canonical").alias("address"),
        pl.when(pl.col("v4").is_not_null())
        .then(4)
        .when(pl.col("v6").is_not_null())
        .then(6)
        .cast(pl.Int8)
        .alias("family"),
        "v4",
        "hi",
        "v6",
        pl.coalesce("ipv4_text", "net64").alias("endpoint"),
        pl.coalesce(pl.col("ipv4_text").str.replace(r"\d+$", "0/24"), pl.col("net48")).alias("site"),
    )
