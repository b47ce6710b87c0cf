"""Two records of one request: which logs hold the same requests, how many, and how to count one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pullstats.lazy import pl
from pullstats.store.layers import layers
from pullstats.store.overlaps import overlaps, rooted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pullstats.engines import Tables

SHARED = 0.20  # of a log's requests, by address, path and second: more in another log are no chance
ALIKE, COVERED = 0.60, 0.90  # by agent or path and second, which say less: more, and in a log of the same minutes
LEAST = 3  # requests: fewer are no sign
SIDE, OTHER = ("layer", "format"), ("other_layer", "other_format")
COUNTS = ("minutes", "covered", "sampled", "shared", "alike")
NAMED = 2  # logs that a line names one by one
HOW = "see docs/how-to/count-one-layer.md"


def notes(tables: Tables, chosen: Sequence[str] = ()) -> list[str]:
    """What an answer must say of records of one traffic that all count in it.

    Args:
        tables: what it is made from.
        chosen: words of --layer: layers that were chosen are added because that was asked for.
    """
    pairs = doubled(tables)
    named = [] if chosen or any(pair.told_apart for pair in pairs) else unchosen(tables)
    return [*(pair.line() for pair in pairs), *named]


class Side(NamedTuple):
    """Logs that are one record of a traffic.

    Attributes:
        layer: the name that the user gave them.
        format: how they are written.
        names: their base names, sorted.
    """

    layer: str | None
    format: str
    names: tuple[str, ...]

    @property
    def title(self) -> str:
        """`layer cdn (cloudfront)`, `a.log (nginx-combined)`, `12 logs (nginx-combined)`."""
        few = " and ".join(self.names) if len(self.names) <= NAMED else f"{len(self.names):,} logs"
        return f"{f'layer {self.layer}' if self.layer else few} ({self.format})"


@dataclass(frozen=True)
class Doubled:
    """Two records of one traffic.

    Attributes:
        one: the side whose requests were looked for.
        other: the side that they were found in.
        requests, minutes: the shares of them that are in both, 0 to 1.
    """

    one: Side
    other: Side
    requests: float
    minutes: float

    @property
    def told_apart(self) -> bool:
        """Whether the user has named them: a question can choose."""
        return None not in (self.one.layer, self.other.layer) and self.one.layer != self.other.layer

    def line(self) -> str:
        """What overlaps, how much, and what to do."""
        which, whose = f"{self.one.title} and {self.other.title}", "the first"
        if self.one[:2] == self.other[:2]:
            which, whose = Side(*self.one[:2], tuple(sorted({*self.one.names, *self.other.names}))).title, "one"
        shares = f"{self.requests:.0%} of the requests and {self.minutes:.0%} of the minutes of {whose}"
        return f"{which} record the same requests: {shares} are in both, and all count; {self._cure()}"

    def _cure(self) -> str:
        for first, second in zip(_words(self.other), _words(self.one), strict=True):  # the fuller one first
            if first and second and first != second:
                return f"count one with --layer {first} or --layer {second} ({HOW})"
        return f"name each with pullstats ingest --layer NAME LOG, and count one with --layer NAME ({HOW})"


def _words(side: Side) -> tuple[str | None, ...]:
    """What --layer takes for these logs, the best first."""
    name = side.names[0] if len(side.names) == 1 else None
    return side.layer or side.format, side.layer or name


def doubled(tables: Tables, sources: Sequence[int] = ()) -> list[Doubled]:
    """The records of one traffic that all count.

    Args:
        tables: a store, or the logs of one command.
        sources: only where these have a part in it (source_id); none: all.
    """
    ledger = tables.scan("sources").collect()
    if len(ledger) <= 1:
        return []
    rows = overlaps(tables, ledger)
    if not len(rows):
        return []
    logs = rooted(ledger).join(layers(tables), on="source_id", how="left").select("source_id", "root", "source", *SIDE)
    told = _told(rows, logs)
    pairs = list(_pairs(_kept(told), _concerned(told, sources)))
    found = {frozenset((each.one[:2], each.other[:2])): each for each in sorted(pairs, key=lambda pair: pair.requests)}
    return sorted(found.values(), key=lambda pair: -pair.requests)


def _told(rows: pl.DataFrame, logs: pl.DataFrame) -> pl.DataFrame:
    """The overlaps with the names of both sides; a day without a partner has that of the other days."""
    others = logs.select(other_id="source_id", other="source", other_layer="layer")
    partner = pl.col("other_id").drop_nulls().mode().first().over("root", "other_format")
    told = rows.join(logs, on="source_id").with_columns(pl.coalesce("other_id", partner).alias("other_id"))
    return told.join(others, on="other_id")


def _kept(rows: pl.DataFrame) -> pl.DataFrame:
    """One row a log that is doubled: by itself, or by what all logs of its side say."""
    sides = [*SIDE, *OTHER]
    sums = [pl.col(name).sum() for name in COUNTS]
    logs = rows.group_by(*sides, "root").agg(*sums, pl.col("source").first(), pl.col("other").unique())
    whole = logs.group_by(sides).agg(sums).filter(_same()).select(sides)
    alone = logs.filter(_same())
    among = logs.join(whole, on=sides, how="semi", nulls_equal=True)
    kept = pl.concat([alone, among]).unique([*sides, "root"])
    both = pl.concat_list("source", "other").list.unique().list.sort().alias("both")
    share = pl.max_horizontal("shared", "alike") / pl.col("sampled")
    return kept.sort(share, "root", descending=[True, False]).unique([*SIDE, both], keep="first", maintain_order=True)


def _same() -> pl.Expr:
    """Whether these counts are those of two records of one traffic."""
    sampled = pl.col("sampled")
    shared = (pl.col("shared") > SHARED * sampled) & (pl.col("shared") >= LEAST)
    alike = (pl.col("alike") > ALIKE * sampled) & (pl.col("alike") >= LEAST)
    return shared | (alike & (pl.col("covered") >= COVERED * pl.col("minutes")))


def _concerned(rows: pl.DataFrame, sources: Sequence[int]) -> set[tuple[str | None, ...]]:
    """The pairs of sides that these sources have a part in."""
    mine = pl.Series(sources, dtype=pl.Int64()).implode()
    part = pl.col("source_id").is_in(mine) | pl.col("other_id").is_in(mine)
    return set((rows.filter(part) if sources else rows).select(*SIDE, *OTHER).unique().iter_rows())


def _pairs(logs: pl.DataFrame, concerned: set[tuple[str | None, ...]]) -> Iterator[Doubled]:
    """A pair of sides each."""
    sums = [pl.col(name).sum() for name in COUNTS]
    names = [pl.col("source").unique().sort(), pl.col("other").explode().unique().sort()]
    for row in logs.group_by(*SIDE, *OTHER).agg(*sums, *names).iter_rows(named=True):
        if (row["layer"], row["format"], row["other_layer"], row["other_format"]) in concerned:
            yield Doubled(
                Side(row["layer"], row["format"], tuple(row["source"])),
                Side(row["other_layer"], row["other_format"], tuple(row["other"])),
                min(max(row["shared"], row["alike"]) / row["sampled"], 1.0),
                row["covered"] / row["minutes"],
            )


def unchosen(tables: Tables) -> list[str]:
    """A line where layers that the user has named cover the same time, and all of them count."""
    ledger = tables.scan("sources").select("source_id", "first", "last").collect()
    spans = (
        layers(tables)
        .join(ledger.drop_nulls(), on="source_id")
        .group_by("layer")
        .agg(pl.col("first").min(), pl.col("last").max())
        .sort("first", "layer")
    )
    if not len(spans) or not (spans["first"].shift(-1) < spans["last"].cum_max()).any():
        return []
    names = sorted(spans["layer"])
    chosen = " or ".join(f"--layer {name}" for name in names)
    return [
        f"the layers {' and '.join(names)} cover the same time, and all of them count; count one with {chosen} ({HOW})"
    ]
