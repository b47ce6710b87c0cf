"""Names and versions as ecosystems spell them, products of file names, platforms; over distinct texts."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Callable

_STAGE = r"[-_.]?(?:alpha|beta|rc|pre|preview|dev|post|snapshot|nightly)[-_.]?[0-9.]*"
_NUMBER = rf"v?[0-9]+(?:\.[0-9]+)+(?:{_STAGE})?(?:\+[0-9A-Za-z.]+)?"
VERSION = rf"(?i)^(.*?)(?:^|[-_. @])({_NUMBER})(?:[-_. ].*)?$"
EDGES = r"[-_. ]+$"


def fixed(texts: pl.Series, how: str) -> pl.Series:
    """The texts in the spelling of an ecosystem; null where they are none of its.

    Args:
        texts: any texts.
        how: one of routes.FIXES.
    """
    if how == "lower":
        return texts.str.to_lowercase()
    distinct = texts.drop_nulls().unique()
    made = [_FIX[how](text) for text in distinct]
    return texts.replace_strict(distinct, pl.Series(made, dtype=pl.String()), default=None, return_dtype=pl.String())


def _pep503(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def _pep440(text: str) -> str | None:
    from packaging.version import InvalidVersion, Version

    try:
        return str(Version(text))
    except InvalidVersion:
        return None


def _go(text: str) -> str:
    """Go writes capital letters of paths as `!` and the small letter."""
    return re.sub("!([a-z])", lambda found: found[1].upper(), text)


# Folders that repository managers put before the group, and how many names of repositories follow them.
_BEFORE = {
    "artifactory": 1,
    "repository": 1,
    "repositories": 1,
    "nexus": 0,
    "content": 0,
    "maven2": 0,
    "maven": 0,
    "m2": 0,
}
_TOPS = re.compile("com|org|net|io|dev|edu|gov|app|ai|me|info|biz|cloud|tech|[a-z]{2}")


def _maven_group(text: str) -> str:
    """The group: from the first folder that is a usual top level, else behind those of a repository manager."""
    parts = text.strip("/").split("/")
    for at, part in enumerate(parts[:4]):
        if _TOPS.fullmatch(part):
            return ".".join(parts[at:])
    while len(parts) > 1 and parts[0] in _BEFORE:
        parts = parts[min(1 + _BEFORE[parts[0]], len(parts) - 1) :]
    return ".".join(parts)


_FIX: dict[str, Callable[[str], str | None]] = {
    "pep503": _pep503,
    "pep440": _pep440,
    "go": _go,
    "maven_group": _maven_group,
}


def products(stems: pl.Series) -> pl.DataFrame:
    """Product and version of file names without their extension (columns product, version).

    The version is the first dotted number that stands between separators; the product is what comes before it,
    or the whole name, without the words of a platform at its end. A name of nothing else keeps it all.
    """
    found = stems.to_frame("stem").select(
        pl.col("stem"),
        pl.col("stem").str.extract(VERSION, 1).alias("before"),
        pl.col("stem").str.extract(VERSION, 2).str.strip_prefix("v").alias("version"),
    )
    named = pl.coalesce("before", "stem")
    for _ in range(3):
        named = named.str.replace(_platform_end(), "")
    cut = named.str.replace(EDGES, "")
    return found.select(pl.when(cut != "").then(cut).otherwise("stem").alias("product"), "version")


@cache
def _words() -> dict[str, dict[str, str]]:
    return tomllib.loads((Path(__file__).parent / "platforms.toml").read_text("utf-8"))


@cache
def _platform_end() -> str:
    words = "|".join(word for table in _words().values() for word in table.values())
    return rf"(?i)[-_. ]+(?:{words})$"


def platforms(texts: pl.Series) -> pl.Series:
    """`os/arch` as the words of file names say it: `linux/amd64`, `windows`; null where no system is named."""
    distinct = texts.drop_nulls().unique().to_frame("text")
    parts = [_named("os").alias("os"), _named("arch").alias("arch")]
    made = distinct.with_columns(parts).select(
        "text", pl.concat_str("os", pl.lit("/") + pl.col("arch").fill_null("")).str.strip_suffix("/").alias("p")
    )
    return texts.to_frame("text").join(made, on="text", how="left", maintain_order="left")["p"]


def _named(kind: str) -> pl.Expr:
    """The first of the table's words that the text holds."""
    chosen = pl.lit(None, pl.String())
    for name, words in reversed(_words()[kind].items()):
        holds = pl.col("text").str.contains(rf"(?i)(?:^|[^0-9A-Za-z])(?:{words})(?:$|[^0-9A-Za-z])")
        chosen = pl.when(holds).then(pl.lit(name)).otherwise(chosen)
    return chosen
