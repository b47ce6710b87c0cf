"""What file names say: the product, its version and its platform; and names in their ecosystem's normal form."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_WORDS = tomllib.loads((Path(__file__).parent / "platforms.toml").read_text("utf-8"))


def _any(words: list[str]) -> str:
    """An alternation of words, longest first: the first that fits is taken."""
    return "|".join(re.escape(word).replace("\\-", "-") for word in sorted(words, key=len, reverse=True))


_OS = {word: name for name, words in _WORDS["os"].items() for word in words}
_ARCH = {word: name for name, words in _WORDS["arch"].items() for word in words}
_PLATFORM = _any([*_OS, *_ARCH])
_EDGE = "[^0-9a-z]"
_OS_WORD = rf"(?i)(?:^|{_EDGE})({_any(list(_OS))})[0-9]*(?:{_EDGE}|$)"
_ARCH_WORD = rf"(?i)(?:^|{_EDGE})({_any(list(_ARCH))})(?:{_EDGE}|$)"

# A version inside a name: numbers with dots, perhaps a letter (1.1.1w), a pre- or post-release, a build.
_STAGE = "rc|alpha|beta|preview|pre|dev|snapshot|nightly|canary|milestone|post|hotfix|patch|final|ga"
_PRE = rf"(?:[-._]?(?:(?:{_STAGE})[-._]?[0-9]*|[pabrum][0-9]+)(?:\.[0-9]+)*)"
_DOTTED = rf"[0-9]+(?:\.[0-9]+)+[a-z]?{_PRE}*(?:-[0-9]{{1,3}})?(?:\+[0-9a-z]+(?:\.[0-9a-z]+)*)?"
_TAIL = rf"(?:[-_. ]+(?:(?:{_PLATFORM})[0-9]*|{_any(_WORDS['trailing']['words'])}))+$"
_VERSION = rf"(?i)(?:^|[-_ ])v?({_DOTTED})(?:[^0-9a-z]|$)"
_BEHIND_A_DOT = rf"(?i)\.v?({_DOTTED})(?:[^0-9a-z]|$)"
_NUMBER = r"(?i)[-_. ](?:v([0-9]+)(?:[-_. ]|$)|([0-9]+)$)"  # one number: only after a v, or at the end
_ATTACHED = r"(?i)^[a-z]+([0-9]+(?:\.[0-9]+)+)(?:[^0-9a-z]|$)"  # go1.21.0
_FOLDER_VERSION = rf"(?i)/v?({_DOTTED})/"
_COMMON = rf"(?i:v?[0-9][^/]*|(?:{_PLATFORM})|{_any(_WORDS['folders']['words'])})"
_FOLDER = rf"(?:^|/)([^/]+)/(?:{_COMMON}/)*$"


def platform(text: pl.Expr) -> pl.Expr:
    """`os/arch` by Go's names, or the one of the two that the text says; null where it says neither."""
    os, arch = (
        text.str.extract(pattern, 1).str.to_lowercase().replace_strict(words, default=None, return_dtype=pl.String())
        for pattern, words in ((_OS_WORD, _OS), (_ARCH_WORD, _ARCH))
    )
    return pl.coalesce(os + "/" + arch, os, arch)


def product(frame: pl.DataFrame) -> pl.DataFrame:
    """Product and version of the file names in `stem` (without extension) of the paths in `target`.

    The version is the first dotted number after a separator; else one number after a `v` or at the end; else a
    folder that is a version. The product is what stands before the version, without words of a platform at its
    end; where nothing is left (`v1.2.3.zip`), the last folder that is no version, platform or common word.

    Returns:
        the frame with product, version (which a group of the pattern wins over) and file, the last part of the path.
    """
    stem = (
        pl.col("stem").fill_null("")
        if "stem" in frame.columns
        else pl.col("file").str.replace(r"\.[0-9A-Za-z]{1,10}$", "")
    )
    bare = pl.col("stem").str.replace(rf"(?i){_TAIL}", "")
    read = (
        frame.with_columns(pl.col("target").str.extract("([^/]*)$", 1).alias("file"))
        .with_columns(stem.alias("stem"))
        .with_columns(bare.alias("bare"), *_first_version(pl.col("stem"), bare))
        .with_columns(_before_version().alias("product"))
    )
    folder = pl.col("target").str.extract("^(.*/)", 1)
    said = pl.col("version") if "version" in frame.columns else pl.lit(None, pl.String())
    return read.with_columns(
        pl.coalesce(said, "in_name", folder.str.extract(_FOLDER_VERSION, 1)).alias("version"),
        pl.coalesce(_named("product"), _folder(folder), "stem").replace("", None).alias("product"),
    )


def _first_version(stem: pl.Expr, bare: pl.Expr) -> list[pl.Expr]:
    number = pl.coalesce(bare.str.extract(_NUMBER, 1), bare.str.extract(_NUMBER, 2))
    dotted = [stem.str.extract(pattern, 1) for pattern in (_VERSION, _ATTACHED, _BEHIND_A_DOT)]
    version = pl.coalesce(*dotted, number)
    return [version.str.replace("-(?:32|64|386)$", "").alias("in_name")]


def _before_version() -> pl.Expr:
    """What stands before the version, without the `v`, separators and words of a platform at its end."""
    place = pl.col("stem").str.find(pl.col("in_name"), literal=True)
    before = pl.col("stem").str.head(place).str.replace("(?i)(^|[-_. ])v$", "").str.strip_chars_end("-_. ")
    tail = rf"(?i){_TAIL}"
    return (
        pl.when(pl.col("in_name").is_null())
        .then("bare")
        .otherwise(before.str.replace(tail, ""))
        .str.strip_chars("-_. ")
    )


def _named(column: str) -> pl.Expr:
    """The product, unless it is nothing but a platform (`linux-amd64.zip`) whose version is not in the name."""
    only_platform = pl.col("in_name").is_null() & pl.col(column).str.contains(rf"(?i)^(?:{_PLATFORM})$")
    return pl.when((pl.col(column) != "") & ~only_platform).then(column)


def _folder(folder: pl.Expr) -> pl.Expr:
    last = folder.str.extract(_FOLDER, 1)
    return pl.when(~last.str.contains(rf"^{_COMMON}$")).then(last)


def _pep503(name: pl.Expr) -> pl.Expr:
    return name.str.replace_all("[-_.]+", "-").str.to_lowercase()


def _pep440(version: pl.Expr) -> pl.Expr:
    """The version in its normal form; null if it is none. Most are in that form: only the others are parsed."""
    number = "(?:0|[1-9][0-9]*)"
    normal = rf"^{number}(?:\.{number})*(?:(?:a|b|rc){number})?(?:\.post{number})?(?:\.dev{number})?$"
    strange = pl.when(~version.str.contains(normal)).then(version)
    return pl.coalesce(pl.when(version.str.contains(normal)).then(version), strange.map_batches(_parsed, pl.String()))


def _parsed(versions: pl.Series) -> pl.Series:
    from packaging.version import InvalidVersion, Version

    def text(version: str) -> str | None:
        try:
            return str(Version(version))
        except InvalidVersion:
            return None

    distinct = versions.drop_nulls().unique()
    parsed = pl.Series([text(version) for version in distinct], dtype=pl.String())
    return versions.replace_strict(distinct, parsed, default=None, return_dtype=pl.String())


def _go(path: pl.Expr) -> pl.Expr:
    """Module paths write upper case as `!a`."""
    return path.str.replace_many({f"!{chr(code)}": chr(code - 32) for code in range(ord("a"), ord("z") + 1)})


FIXES: Mapping[str, Callable[[pl.Expr], pl.Expr]] = {
    "pep503": _pep503,
    "pep440": _pep440,
    "lower": lambda text: text.str.to_lowercase(),
    "go": _go,
}
READERS: Mapping[str, tuple[str, ...]] = {"product": ("product", "version", "file")}
