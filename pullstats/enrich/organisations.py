"""What the name of an organisation says about its network."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from pullstats.lazy import pl


@cache
def words() -> dict[str, str]:
    """Type to the pattern of organisation names that says so, the first to try first."""
    text = (Path(__file__).parent / "network_words.toml").read_text(encoding="utf-8")
    return {name: "(?i)" + entry["pattern"] for name, entry in tomllib.loads(text).items()}


def said_by_names(organisations: pl.Series) -> pl.DataFrame:
    """`organisation` and `word_type`, what its name says."""
    said = [
        pl.when(pl.col("organisation").str.contains(pattern)).then(pl.lit(type_)) for type_, pattern in words().items()
    ]
    return organisations.rename("organisation").to_frame().with_columns(pl.coalesce(said).alias("word_type"))
