"""The line source that never fails: any bytes in, every line numbered."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING

from pullstats.errors import PullstatsError
from pullstats.lazy import pl
from pullstats.sources.compression import Damaged, pieces
from pullstats.sources.files import Source, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

BLOCK_BYTES = 16 << 20
LONGEST_LINE = 1 << 16
HEAD_BYTES = 1 << 20
NEWLINE = b"\n"


@dataclass
class Block:
    """Some whole lines of a source.

    Attributes:
        text: their bytes; only the last line of a source may lack its newline.
        first: the number of the first line, from 1.
    """

    text: bytes
    first: int
    _lines: pl.Series | None = None

    @property
    def following(self) -> int:
        """The number of the first line behind these."""
        if self._lines is not None:
            return self.first + len(self._lines)
        return self.first + self.text.count(NEWLINE) + (not self.text.endswith(NEWLINE))

    def lines(self) -> pl.Series:
        """The lines as text: bad UTF-8 becomes U+FFFD, line ends are gone, no line is lost.

        Lines longer than LONGEST_LINE bytes are cut there.
        """
        if self._lines is None:
            self._lines = _lines(self.text)
        return self._lines


def _lines(text: bytes) -> pl.Series:
    text = text.replace(b"\x01", b"\xff") if b"\x01" in text else text
    frame = pl.read_csv(
        BytesIO(text),
        separator="\x01",
        quote_char=None,
        has_header=False,
        schema={"line": pl.String()},
        encoding="utf8-lossy",
        empty_string_is_null=False,
        truncate_ragged_lines=True,
    )
    lines = frame["line"]
    longest = lines.str.len_bytes().max() or 0
    return lines.str.head(LONGEST_LINE) if int(longest) > LONGEST_LINE else lines  # pyright: ignore[reportArgumentType]


@dataclass(frozen=True)
class Fingerprint:
    """What a source holds, known before a line of it is parsed.

    Attributes:
        sha256: of the decompressed bytes, hex.
        length: how many decompressed bytes.
        head: the first of them, for recognising the format.
        marks: hex SHA-256 of the beginnings whose lengths were asked for.
        damage: where compressed data ended early or broke; the bytes before it are counted above.
        whole: hex SHA-256 up to the last newline.
        file: device and number of the file that was read: another one may get its name meanwhile.
        inside: those lengths of `marks` that end inside a line.
    """

    sha256: str
    length: int
    head: bytes
    marks: dict[int, str] = field(default_factory=dict)
    damage: Damaged | None = None
    whole: str = ""
    file: tuple[int, int] | None = None
    inside: frozenset[int] = frozenset()

    @property
    def binary(self) -> bool:
        """More than a tenth of the first bytes are no text."""
        head = self.head[: 1 << 16]
        strange = sum(head.count(byte) for byte in range(32) if byte not in b"\t\n\r\x1b")
        return (strange + head.decode("utf-8", "replace").count("\ufffd")) * 10 > len(head)


def fingerprint(source: Source, marks: Sequence[int] = ()) -> Fingerprint:
    """Read a source once and say what it holds.

    Raises:
        PullstatsError: the file cannot be read.
    """
    digest, length, head, damage, file = hashlib.sha256(), 0, b"", None, None
    waiting, reached, whole = sorted(mark for mark in set(marks) if mark > 0), {}, digest.copy()
    inside: set[int] = set()
    try:
        with source.path.open("rb") as stream:
            file = _file(stream)
            for piece in pieces(stream):
                head += piece[: HEAD_BYTES - len(head)]
                newline = piece.rfind(NEWLINE) + 1
                due = [mark - length for mark in waiting if mark <= length + len(piece)]
                start = 0
                for stop in sorted({*due, newline, len(piece)}):
                    digest.update(memoryview(piece)[start:stop])
                    start = stop
                    if stop in due:
                        reached[length + stop] = digest.hexdigest()
                        inside |= {length + stop} if piece[stop - 1 : stop] != NEWLINE else set()
                    if stop == newline and newline:
                        whole = digest.copy()
                del waiting[: len(due)]
                length += len(piece)
    except Damaged as error:
        damage = error
    except OSError as error:
        raise unreadable(source.name, error) from error
    return Fingerprint(digest.hexdigest(), length, head, reached, damage, whole.hexdigest(), file, frozenset(inside))


def _file(stream: BinaryIO) -> tuple[int, int]:
    status = os.fstat(stream.fileno())
    return status.st_dev, status.st_ino


def blocks(
    source: Source, print_: Fingerprint, start: int = 0, first: int = 1, size: int = BLOCK_BYTES
) -> Iterator[Block]:
    """The lines of a source's decompressed bytes from `start` on, in blocks of about `size` bytes.

    Args:
        source: the log.
        print_: what the log held when it was looked at: it may have grown since.
        start: offset of the first byte to give.
        first: the number of the first line.
        size: bytes a block; a line longer than that is cut to its first LONGEST_LINE bytes.

    Raises:
        PullstatsError: the file cannot be read, or is another one than was looked at.
    """
    replaced = PullstatsError(f"{source.name}: was rotated or cut while it was read", "run it again")
    try:
        with source.path.open("rb") as stream:
            if print_.file not in (None, _file(stream)):
                raise replaced
            for text in _whole_lines(_between(pieces(stream), start, print_.length, replaced), size):
                block = Block(text, first)
                yield block
                first = block.following
    except OSError as error:
        raise unreadable(source.name, error) from error


def _between(given: Iterator[bytes], start: int, end: int, cut_short: PullstatsError) -> Iterator[bytes]:
    """The bytes from `start` to `end`; the damage behind `end`, which the fingerprint has told, is not met again."""
    at = 0
    while at < end:
        try:
            piece = next(given, b"")
        except Damaged as error:
            raise cut_short from error
        if not piece:
            raise cut_short
        if cut := piece[max(0, start - at) : end - at]:
            yield cut
        at += len(piece)


def _whole_lines(given: Iterator[bytes], size: int) -> Iterator[bytes]:
    held: list[bytes] = []
    amount, enough = 0, size
    for piece in given:
        held.append(piece)
        amount += len(piece)
        if amount < enough:
            continue
        last = piece
        if NEWLINE not in last:
            held = [last := b"".join(held)]
        if cut := last.rfind(NEWLINE) + 1:
            yield b"".join([*held[:-1], memoryview(last)[:cut]])
        held = [last[cut:]]
        if len(held[0]) >= max(size, LONGEST_LINE):  # the rest of a line that fills a block is dropped as it comes
            held = [held[0][:LONGEST_LINE], *_next_line(given)]
        amount = sum(map(len, held))
        enough = max(size, amount + 1)
    if amount:
        yield b"".join(held)


def _next_line(given: Iterator[bytes]) -> list[bytes]:
    """What follows the overlong line: its newline and the bytes behind it in the piece that ends it."""
    for piece in given:
        at = piece.find(NEWLINE)
        if at >= 0:
            return [piece[at:]]
    return []


def head_lines(head: bytes, limit: int = 1_000) -> list[str]:
    """The first lines of a source as text, blank ones left out; a cut last one is left out too."""
    lines = head.split(NEWLINE)
    whole = lines[:-1] if len(lines) > 1 and len(head) >= HEAD_BYTES else lines
    texts = (line.rstrip(b"\r").decode("utf-8", "replace")[:LONGEST_LINE] for line in whole)
    return [text for text in chain(texts) if text.strip()][:limit]
