"""Keyed hashes instead of addresses, agents and names; after this stage none of them exists."""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pullstats.errors import PullstatsError
from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Iterable

KEY_BYTES = 32
POSITIVE = (1 << 63) - 1
# Odd multipliers of the linear mix; its inputs are outputs of a keyed hash already.
MIX = (0x1E3779B97F4A7C15, 0x3F58476D1CE4E5B9)
WORDS = 12


@dataclass(frozen=True, repr=False)
class Key:
    """The secret of all ids: the same address gives the same id only under the same key."""

    secret: bytes

    @property
    def id(self) -> str:
        """8 hex digits that name the key without telling it."""
        return f"{self.hash('key id', ['key id'])[0]:016x}"[:8]

    def hash(self, kind: str, texts: Iterable[str]) -> list[int]:
        """H of each text: keyed BLAKE2b over length-prefixed UTF-8, cut to 63 bits.

        Args:
            kind: what the texts are; equal texts of two kinds get different ids.
            texts: distinct values; each costs half a microsecond.
        """
        return [int.from_bytes(digest, "big") >> 1 for digest in self._digests(kind, texts)]

    def hashed(self, kind: str, texts: pl.Series) -> pl.Series:
        """The ids (Int64) of a series of distinct texts; null has the id of the empty text."""
        digests = pl.Series("id", self._digests(kind, texts.fill_null("").to_list()), pl.Binary())
        return (digests.bin.reinterpret(dtype=pl.UInt64(), endianness="big") // 2).cast(pl.Int64)

    def _digests(self, kind: str, texts: Iterable[str]) -> list[bytes]:
        begin = hashlib.blake2b(_prefixed(kind), key=self.secret, digest_size=8).copy
        digests = []
        for text in texts:
            state = begin()
            state.update(_prefixed(text))
            digests.append(state.digest())
        return digests

    def joined(self, kind: str, columns: pl.DataFrame) -> pl.Series:
        """The ids (Int64) of rows of distinct texts; null differs from the empty text."""
        marked = columns.select(
            pl.concat_str(pl.all().fill_null("\x00").str.replace_all("\x1f", " "), separator="\x1f")
        )
        return self.hashed(kind, marked.to_series())

    def digested(self, texts: str | pl.Expr) -> pl.Expr:
        """Ids (Int64) of texts that differ on every row, such as request ids, without a loop.

        A linear hash under secret multipliers: equal texts give equal ids, different texts of up to
        96 bytes differ with all but 2^-63 of the keys. It protects nothing by itself: only values that name no
        one are hashed so.
        """
        text = pl.col(texts) if isinstance(texts, str) else texts
        padded = text.str.pad_end(WORDS * 8, "\x00").cast(pl.Binary)
        words = [padded.bin.slice(8 * i, 8).bin.reinterpret(dtype=pl.Int64, endianness="little") for i in range(WORDS)]
        total = pl.sum_horizontal([word * factor for word, factor in zip(words, self._factors(), strict=True)])
        return pl.when(text.is_not_null()).then((total + text.str.len_bytes().cast(pl.Int64)) & POSITIVE)

    def _factors(self) -> list[int]:
        stream = hashlib.blake2b(_prefixed("request id"), key=self.secret, digest_size=64).digest()
        more = hashlib.blake2b(stream, key=self.secret, digest_size=64).digest()
        return [int.from_bytes((stream + more)[8 * i : 8 * i + 8], "little") >> 1 | 1 for i in range(WORDS)]


def _prefixed(text: str) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    return len(data).to_bytes(4, "little") + data


def mix(first: str | pl.Expr, second: str | pl.Expr) -> pl.Expr:
    """One id (Int64, 63 bits) of two: a linear wrapping combination, 3 ns a row."""
    one = pl.col(first) if isinstance(first, str) else first
    two = pl.col(second) if isinstance(second, str) else second
    return (one.fill_null(0) * MIX[0] + two.fill_null(0) * MIX[1]) & POSITIVE


def key_file() -> Path:
    """Where the key is: PULLSTATS_KEY_FILE, else the user's config folder."""
    if named := os.environ.get("PULLSTATS_KEY_FILE"):
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_config_dir("pullstats")) / "key"


def load_key(*, create: bool = True) -> Key:
    """The user's key; made at first use, readable by its owner only.

    Raises:
        PullstatsError: the file cannot be read or written, or holds no key.
    """
    path = key_file()
    try:
        return Key(_checked(path, path.read_bytes()))
    except FileNotFoundError:
        if not create:
            raise PullstatsError(
                f"{path}: the key of this store is missing", "restore it, or name it with PULLSTATS_KEY_FILE"
            ) from None
        return Key(_made(path))
    except OSError as error:
        raise PullstatsError(f"{path}: the key cannot be read ({error.strerror})") from error


def _checked(path: Path, data: bytes) -> bytes:
    if len(data) != KEY_BYTES:
        raise PullstatsError(f"{path}: holds {len(data)} bytes, a key has {KEY_BYTES}", "restore it from a backup")
    return data


def _made(path: Path) -> bytes:
    """A new key, written whole before it has its name: two first runs at once agree on one."""
    secret = secrets.token_bytes(KEY_BYTES)
    draft = path.with_name(f".key-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secret)
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
        return _checked(path, path.read_bytes())
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise PullstatsError(
            f"{path}: the key cannot be written ({error.strerror})", "name a place with PULLSTATS_KEY_FILE"
        ) from error
