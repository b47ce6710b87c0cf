"""Decompressed bytes of a file, whatever it is called: gzip, zstd, bzip2, xz by their first bytes.

Every kind is read piece by piece, so that a file that ends early gives all that came before, and a
small file that unpacks to terabytes takes no more memory than any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PIECE = 1 << 20


class Kind(NamedTuple):
    """A way of compressing: its name, first bytes, how much to feed at once, and its decoder."""

    name: str
    magic: bytes
    feed: int
    decoder: Callable[[], Any]


class Damaged(Exception):  # noqa: N818 - it is the data that is damaged
    """Compressed data that ends early or is broken; `early` tells which."""

    def __init__(self, kind: str, *, early: bool) -> None:
        super().__init__(f"{kind} data ends early" if early else f"damaged {kind} data")
        self.early = early


def _gzip() -> Any:
    from isal import isal_zlib

    return isal_zlib.decompressobj(31)


def _zstd() -> Any:
    import zstandard

    return zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()


def _bzip2() -> Any:
    import bz2

    return bz2.BZ2Decompressor()


def _xz() -> Any:
    import lzma

    return lzma.LZMADecompressor(memlimit=1 << 28)


# One byte of gzip gives 1 KiB at most; a zstd block of 4 bytes gives 128 KiB: feed little of it at once.
KINDS = (
    Kind("gzip", b"\x1f\x8b", 1 << 16, _gzip),
    Kind("zstd", b"\x28\xb5\x2f\xfd", 1 << 12, _zstd),
    Kind("bzip2", b"BZh", 1 << 14, _bzip2),
    Kind("xz", b"\xfd7zXZ\x00", 1 << 14, _xz),
)
OTHERS = {b"PAR1": "Parquet", b"PK\x03\x04": "zip", b"\xff\x06\x00\x00sNaPpY": "snappy", b"\x04\x22\x4d\x18": "lz4"}


def kind_of(head: bytes) -> Kind | None:
    """The compression that these first bytes begin, or None."""
    return next((kind for kind in KINDS if head.startswith(kind.magic)), None)


def pieces(stream: BinaryIO) -> Iterator[bytes]:
    """The decompressed bytes of an open file, in pieces.

    Raises:
        Damaged: where the compressed data ends early or is broken; all pieces before it were given.
    """
    head = stream.read(8)
    kind = kind_of(head)
    if kind is None:
        yield from _plain(head, stream)
    else:
        yield from _decoded(kind, head, stream)


def _plain(head: bytes, stream: BinaryIO) -> Iterator[bytes]:
    if head:
        yield head
    while piece := stream.read(PIECE):
        yield piece


def _decoded(kind: Kind, head: bytes, stream: BinaryIO) -> Iterator[bytes]:
    decoder, fed = kind.decoder(), head
    while fed:
        while fed:
            if decoder.eof:
                if not fed.strip(b"\x00"):  # padding of tapes and of block devices
                    break
                decoder = kind.decoder()  # files may be joined: `cat a.gz b.gz`
            yield from _fed(kind, decoder, fed)
            fed = decoder.unused_data if decoder.eof else b""
        fed = stream.read(kind.feed)
    if not decoder.eof:
        raise Damaged(kind.name, early=True)


def _fed(kind: Kind, decoder: Any, fed: bytes) -> Iterator[bytes]:
    """What the decoder makes of `fed`, in pieces of bounded size where the decoder can bound them."""
    bounded = hasattr(decoder, "needs_input")
    try:
        piece = decoder.decompress(fed, PIECE) if bounded else decoder.decompress(fed)
        while piece:
            yield piece
            more = bounded and not decoder.eof and not decoder.needs_input
            piece = decoder.decompress(b"", PIECE) if more else b""
    except _errors() as error:
        raise Damaged(kind.name, early=False) from error


def _errors() -> tuple[Any, ...]:
    import lzma
    import zlib

    import zstandard
    from isal import isal_zlib

    return (OSError, EOFError, ValueError, zlib.error, isal_zlib.error, lzma.LZMAError, zstandard.ZstdError)
