"""Ids of artifacts and their versions: unkeyed hashes of public names, made on distinct values."""

from __future__ import annotations

import hashlib

from pullstats.counting.codes import SPREAD
from pullstats.lazy import pl

_GATHER = (pow(SPREAD, -1, 1 << 64) ^ 1 << 63) - (1 << 63)  # times SPREAD it is 1, in 64 bits with a sign


def text_id(*texts: str | None) -> int:
    """63 bits of BLAKE2b over length-prefixed UTF-8; a missing text differs from an empty one."""
    parts = [b"\xff" if text is None else text.encode("utf-8", "surrogatepass") for text in texts]
    state = hashlib.blake2b(digest_size=8)
    for text, part in zip(texts, parts, strict=True):
        state.update((-1 if text is None else len(part)).to_bytes(4, "little", signed=True) + part)
    return int.from_bytes(state.digest(), "big") >> 1


def key(origin_id: str, artifact_id: str) -> pl.Expr:
    """What belongs together in one activity: an origin's requests for an artifact, as one number (Int64)."""
    return pl.col(origin_id) * SPREAD + pl.col(artifact_id)


def origin(key: str, artifact_id: str) -> pl.Expr:
    """The origin of a key."""
    return (pl.col(key) - pl.col(artifact_id)) * _GATHER


def hashed(table: pl.DataFrame, columns: tuple[str, ...], name: str) -> pl.DataFrame:
    """The table with a column `name` (Int64): the id of each row's texts. Only distinct texts are hashed."""
    distinct = table.select(columns).unique()
    ids = [text_id(*row) for row in distinct.iter_rows()]
    named = distinct.with_columns(pl.Series(name, ids, pl.Int64()))
    return table.join(named, on=columns, how="left", nulls_equal=True, maintain_order="left")


def artifact_id(table: pl.DataFrame) -> pl.DataFrame:
    """A table with columns `ecosystem` and `artifact`, and the column `artifact_id` (Int64) added."""
    return hashed(table, ("ecosystem", "artifact"), "artifact_id")


def version_id(table: pl.DataFrame) -> pl.DataFrame:
    """A table with columns `ecosystem`, `artifact`, `digest`, `version`, `reference`, and `version_id` (Int64) added.

    A version is named by its digest, else its version, else its reference.
    """
    named = table.with_columns(pl.coalesce("digest", "version", "reference").alias("_named"))
    return hashed(named, ("ecosystem", "artifact", "_named"), "version_id").drop("_named")
