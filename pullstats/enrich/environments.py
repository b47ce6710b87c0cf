"""Where a client seems to run: cluster, server, ci, laptop, or unknown; never without the signals that say so."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from pullstats.lazy import pl

UNKNOWN = "unknown"
ENVIRONMENTS = ("ci", "cluster", "server", "laptop", UNKNOWN)
BEHAVIOR = "behavior"
SIGNALS = ("ci", "hint", "os", "network", "cloud", "kind")


@cache
def rows() -> tuple[dict[str, str], ...]:
    """The table: an environment and the signals that name it, in the order in which they are asked."""
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    return tuple(table["row"])


def environments(callers: pl.DataFrame) -> pl.DataFrame:
    """Where each caller seems to run.

    Args:
        callers: ci (Boolean), hints (comma-joined names, some with `=value`), os, network, cloud, kind.

    Returns:
        environment (one of ENVIRONMENTS) and environment_evidence (the signals, such as `os darwin, network isp`;
        null where nothing is known), String.
    """
    chosen, evidence = pl.lit(UNKNOWN), pl.lit(None, pl.String())
    for row in reversed([row for row in rows() if BEHAVIOR not in row]):
        signals = {name: words for name, words in row.items() if name in SIGNALS}
        holds = pl.all_horizontal([_holds(name, words) for name, words in signals.items()])
        chosen = pl.when(holds).then(pl.lit(row["environment"])).otherwise(chosen)
        evidence = pl.when(holds).then(_told(signals)).otherwise(evidence)
    return callers.select(chosen.alias("environment"), evidence.alias("environment_evidence"))


def by_behavior() -> dict[str, str]:
    """Behavior to the environment that it names where nothing else does."""
    return {name: row["environment"] for row in rows() if BEHAVIOR in row for name in row[BEHAVIOR].split("|")}


def _holds(name: str, words: str) -> pl.Expr:
    if name == "hint":
        return pl.col("hints").str.contains(rf"(?:^|,)(?:{words})(?:[=,]|$)").fill_null(value=False)
    value = pl.col(name).cast(pl.String)
    known = value.is_not_null()
    return known if words == "*" else value.is_in(words.split("|")).fill_null(value=False)


def _told(signals: dict[str, str]) -> pl.Expr:
    """The signals in words: the hints that fit, and the values of the other columns."""
    parts = []
    for name, words in signals.items():
        found = (
            pl.col("hints").str.extract(rf"(?:^|,)((?:{words})(?:=[^,]*)?)")
            if name == "hint"
            else pl.col(name).cast(pl.String)
        )
        parts.append(pl.format(f"{name} {{}}", found))
    return pl.concat_str(parts, separator=", ")
