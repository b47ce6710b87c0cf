"""Paths without what may be a token, a name or an address."""

from __future__ import annotations

import re

from pullstats.lazy import pl

MASK = "***"
LONG = 32
# What makes a path worth a second look; the rest are left as they are, by whole columns.
SUSPECT = rf"[0-9A-Za-z_=~-]{{{LONG},}}|@|eyJ|:|(?:[0-9]{{1,3}}\.){{3}}"
_TOKEN = re.compile(rf"[0-9A-Za-z_~-]{{{LONG},}}={{0,2}}")
_JWT = re.compile(r"eyJ[0-9A-Za-z_.=-]{16,}")
_MAIL = re.compile(r"[^/@:]+@[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*\.[A-Za-z]{2,}")
_IPV4 = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")
_IPV6 = re.compile(r"\[?[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}\]?")
_HASHED = re.compile("[0-9a-f]{2}")
_USER = re.compile(r"(org\.couchdb\.user:).+")
LARGE = 99


def masked(paths: pl.Series, references: pl.Series) -> pl.Series:
    """The paths with `***` for parts that look like tokens, e-mails, addresses or user names.

    A part of the reference, a file below `by-hash/`, and the rest of a hash behind two parts of it (`9d/ab/...`) stay.
    """
    suspect = paths.str.contains(SUSPECT).fill_null(value=False)
    if not suspect.any():
        return paths
    pairs = zip(paths.filter(suspect), references.filter(suspect), strict=True)
    clean = pl.Series([_masked(path, reference or "") for path, reference in pairs], dtype=pl.String())
    return paths.scatter(suspect.arg_true(), clean)


def _masked(path: str, reference: str) -> str:
    parts = path.split("/")
    kept = {len(parts) - 1} if "by-hash" in parts else set()
    kept |= {at for at in range(2, len(parts)) if all(_HASHED.fullmatch(each) for each in parts[at - 2 : at])}
    return "/".join(
        part if at in kept or (part and part in reference) else _part(part) for at, part in enumerate(parts)
    )


def _part(part: str) -> str:
    if _IPV6.fullmatch(part) or (_IPV4.fullmatch(part) and max(map(int, part.split("."))) > LARGE):
        return MASK
    if _JWT.search(part) or (_TOKEN.fullmatch(part) and any(letter.isdigit() for letter in part)):
        return MASK
    return _USER.sub(rf"\g<1>{MASK}", _MAIL.sub(MASK, part))
