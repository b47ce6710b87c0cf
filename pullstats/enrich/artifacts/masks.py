"""Paths without credentials: nothing that opens a door reaches the store."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from pullstats.lazy import pl

MASK = "***"
_MASKS = tomllib.loads((Path(__file__).parent / "masks.toml").read_text("utf-8"))
_LIKELY = r"(?:^|/)[0-9A-Za-z_~+=%-]{32,}(?:/|$)|(?:^|/)eyJ[0-9A-Za-z_-]+\."
_PART = re.compile(r"(?<![^/])(?:[0-9A-Za-z_~+=%-]{32,}|eyJ[\w-]+\.[\w-]+\.[\w-]*)(?![^/])")
_HEX = re.compile(r"[0-9a-fA-F]{32,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MIXED = (re.compile("[a-z]"), re.compile("[A-Z]"), re.compile("[0-9]"))
# Folders that announce a digest: an algorithm, or the first letters of a content-addressed layout
_DIGEST_FOLDER = re.compile(
    r"/(?:sha-?(?:1|224|256|384|512)|md5(?:sum)?|blake[23][bs]?|[0-9a-f]{2}/[0-9a-f]{2})/$", re.IGNORECASE
)


def masked(texts: pl.Series, known: pl.Series) -> pl.Series:
    """The paths with `***` in the place of credentials and token-like parts.

    Args:
        texts: paths as sent, or names with slashes; null stays null.
        known: of each, a part that is no secret (the reference that its route read), or null.
    """
    clean = texts.to_frame("path").select(_replaced(pl.col("path")), known.alias("known"))
    likely = clean["path"].str.contains(_LIKELY).fill_null(value=False)
    if not likely.any():
        return clean["path"]
    rows = clean.filter(likely)
    hidden = [_PART.sub(lambda part, kept=kept: _hidden(part, kept), path) for path, kept in rows.iter_rows()]
    return clean["path"].scatter(likely.arg_true(), pl.Series(hidden, dtype=pl.String()))


def _replaced(path: pl.Expr) -> pl.Expr:
    for mask in _MASKS.values():
        path = path.str.replace_all(mask["pattern"], mask["with"])
    return path


def _hidden(part: re.Match[str], known: str | None) -> str:
    """The mask, unless the part is known, or a digest by its place, or plain words."""
    text = part[0]
    secret = text.startswith("eyJ") or _HEX.fullmatch(text) or all(letters.search(text) for letters in _MIXED)
    at_home = text == known or _DIGEST_FOLDER.search(part.string, 0, part.start())
    return MASK if secret and not at_home else text
