"""Whose address a request counts for, and your own names of address ranges."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pullstats.enrich.addresses import bare_texts, parse
from pullstats.enrich.ranges import Ranges, network
from pullstats.errors import UsageError, did_you_mean
from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EDGES = Path(__file__).parent.parent / "data" / "geo" / "edges.tsv"
DEFAULT = ("private", "cloudflare", "cloudfront", "fastly")
NOTHING = "none"


@dataclass(frozen=True)
class Trust:
    """The proxies whose X-Forwarded-For is believed.

    Attributes:
        sets: names of published sets of ranges: `private` and the edges of CDNs.
        cidrs: the user's own proxies.
    """

    sets: tuple[str, ...] = DEFAULT
    cidrs: tuple[str, ...] = ()

    @classmethod
    def of(cls, names_or_cidrs: Sequence[str]) -> Trust:
        """The default sets and these; after `none`, only these. Several may stand in one text, with commas between.

        Raises:
            UsageError: a text is neither a set nor an address range.
        """
        words = [word.strip() for text in names_or_cidrs for word in text.split(",") if word.strip()]
        named = [word for word in words if word == NOTHING or word in DEFAULT]
        cidrs = [word for word in words if word not in named]
        for word in cidrs:
            _check(word)
        base = () if NOTHING in named else DEFAULT
        sets = tuple(name for name in DEFAULT if name in base or name in named)
        return cls(sets, tuple(cidrs))

    def covers(self, parsed: pl.DataFrame) -> pl.Series:
        """Whether each parsed address is a trusted proxy's (Boolean; null for what is no address)."""
        found = self._ranges.find(parsed)["name"].is_not_null()
        return found.set(parsed["family"].is_null(), None).alias("trusted")

    @cached_property
    def _ranges(self) -> Ranges:
        networks = [(cidr, (name,)) for name, cidr in edges() if name in self.sets]
        own = [(cidr, ("own",)) for cidr in self.cidrs]
        return Ranges.of(networks + own, {"name": pl.String()}, "--trust")


def _check(word: str) -> None:
    if "/" not in word and ":" not in word and not word[:1].isdigit():
        fix = did_you_mean(word, [*DEFAULT, NOTHING]) or f"give an address range, or {', '.join(DEFAULT)} or {NOTHING}"
        raise UsageError(f"--trust: {word!r} is no set of proxies", fix)
    network(word, "--trust")


@cache
def edges() -> list[tuple[str, str]]:
    """The (set, CIDR) of private ranges and of the edges that CDNs publish."""
    with EDGES.open(encoding="utf-8") as file:
        return [(row["set"], row["cidr"]) for row in csv.DictReader(file, delimiter="\t")]


def client_addresses(peers: pl.Series, xffs: pl.Series, trust: Trust) -> pl.Series:
    """The text of each client's address (String): the peer's, or what a trusted peer forwarded.

    X-Forwarded-For is read from the right, over trusted hops: the first other address is the client's. Where all are
    trusted it is the leftmost; where one is no address, the walk ends before it. A forged header of an untrusted peer
    changes nothing.
    """
    if xffs.null_count() == len(xffs):
        return peers.rename("client_ip")
    rows = pl.DataFrame({"peer": peers, "xff": xffs})
    believed = _believed(rows.filter(pl.col("xff").is_not_null())["peer"].unique(), trust)
    rows = rows.with_columns(
        pl.when(pl.col("peer").is_null() | pl.col("peer").is_in(believed.implode())).then("xff").alias("xff")
    )
    chosen = _chosen(rows["xff"].drop_nulls().unique(), trust)
    found = rows.join(chosen, on="xff", how="left", maintain_order="left")
    return found.select(pl.coalesce("client", "peer").alias("client_ip")).to_series()


def _believed(peers: pl.Series, trust: Trust) -> pl.Series:
    """The peers that are trusted proxies; a peer on a local socket is one."""
    return peers.filter(trust.covers(parse(peers)).fill_null(value=False) | peers.str.starts_with("unix:"))


def _chosen(xffs: pl.Series, trust: Trust) -> pl.DataFrame:
    """Of each distinct X-Forwarded-For: `xff`, and `client`, the address that it says."""
    hops = _hops(xffs)
    known = hops["hop"].unique()
    hops = hops.join(pl.DataFrame({"hop": known, "trusted": trust.covers(parse(known))}), on="hop", how="left")
    walk = hops.group_by("xff").agg(
        pl.col("place").filter(pl.col("trusted").ne_missing(pl.lit(True))).min().alias("stop"),
        pl.col("place").filter(pl.col("trusted").is_null()).min().alias("broken"),
        pl.col("place").max().alias("last"),
    )
    stop = pl.col("stop")
    place = pl.when(stop.is_null()).then("last").when(stop == pl.col("broken")).then(stop - 1).otherwise(stop)
    picked = walk.select("xff", place.alias("place")).join(hops, on=("xff", "place"), how="inner")
    return picked.select(xffs.gather(picked["xff"]).alias("xff"), pl.col("hop").alias("client"))


def _hops(xffs: pl.Series) -> pl.DataFrame:
    """The hops of each text: `xff`, its number; `hop`, without port and quotes; `place` from the right, from 0."""
    texts = xffs.str.replace_all(r"\s*,[\s,]*", ",").str.strip_chars(", \t").str.split(",").list.reverse()
    hops = (
        texts.alias("hop")
        .to_frame()
        .with_row_index("xff")
        .with_columns(pl.int_ranges(pl.col("hop").list.len(), dtype=pl.Int64()).alias("place"))
        .explode("hop", "place")
    )
    return hops.with_columns(pl.coalesce(bare_texts(hops["hop"]), "hop").alias("hop"))


@dataclass(frozen=True)
class Labels:
    """The user's names of address ranges; of several that fit an address, the longest range's."""

    ranges: Ranges | None

    @classmethod
    def of(cls, names: Mapping[str, Sequence[str]]) -> Labels:
        """Labels from names and their CIDRs.

        Raises:
            UsageError: a CIDR is none.
        """
        networks = [(cidr, (name,)) for name, cidrs in names.items() for cidr in cidrs]
        return cls(Ranges.of(networks, {"label": pl.String()}, "[labels]") if networks else None)

    def labels(self, parsed: pl.DataFrame) -> pl.Series:
        """The label of each parsed address (String, name `label`); null without one."""
        if self.ranges is None:
            return pl.Series("label", [None], pl.String()).new_from_index(0, len(parsed))
        return self.ranges.find(parsed)["label"]
