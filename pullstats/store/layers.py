"""Layers: several records of one traffic (a CDN's, and that of the server behind it), and counting some of them."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from pullstats.errors import UsageError, did_you_mean
from pullstats.lazy import pl
from pullstats.store.commit import append, named, replace_days
from pullstats.store.memory import Memory
from pullstats.store.open import Store, locked, make
from pullstats.store.rollup import changed, derived, reached

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import deltalake

    from pullstats.counting.rules import Rule
    from pullstats.store.rollup import Tables

FOLDER = "chosen"  # of a store: the activities of layers that were asked for; derived, and free to be deleted
LISTED = 5


class Choice(NamedTuple):
    """The sources that count.

    Attributes:
        ids: their source_id.
        key: the same for the same words, whatever sources come later.
    """

    ids: pl.Series
    key: str


def layers(tables: Tables) -> pl.DataFrame:
    """The layer of each source that has one (columns source_id, layer): the name that was given last."""
    rows = tables.scan("layers").collect().sort("as_of")
    return rows.unique("source_id", keep="last", maintain_order=True).select("source_id", "layer")


def rename(store: Store, hashes: Sequence[str], layer: str) -> bool:
    """Name the layer of logs that are in the store already; whether that changed anything.

    Args:
        store: the store.
        hashes: SHA-256 of the logs, whole as they are now.
        layer: its name.

    Raises:
        PullstatsError: the store cannot be written.
    """
    ledger = store.scan("sources").select("sha256", "parent", "source_id").collect()
    parents = dict(ledger.select("sha256", "parent").iter_rows())
    chain = set(hashes) & set(parents)
    while before := {parents[sha] for sha in chain} & set(parents) - chain:
        chain |= before
    ids = ledger.filter(pl.col("sha256").is_in(list(chain)))["source_id"]
    same = layers(store).filter(pl.col("layer") == layer)["source_id"]
    other = ids.filter(~ids.is_in(same.implode()))
    if not len(other):
        return False
    with locked(store):
        append(store, "layers", [named(other, layer)])
        forget(store)
    return True


def forget(store: Store) -> None:
    """Leave the activities of chosen layers to be built anew."""
    shutil.rmtree(store.path / FOLDER, ignore_errors=True)


def choose(tables: Tables, words: Sequence[str]) -> Choice:
    """The sources that the words of --layer name: a layer each, else a log (`cdn-*.gz`), else a format.

    Raises:
        UsageError: nothing has that name.
    """
    ledger = tables.scan("sources").select("source_id", "source", "format").collect()
    told = ledger.join(layers(tables), on="source_id", how="left")
    found = [_meant(told, word) for word in dict.fromkeys(words)]
    ids = pl.concat([each["source_id"] for _, each in found]).unique().sort()
    return Choice(ids, hashlib.sha256("\n".join(sorted(kind for kind, _ in found)).encode()).hexdigest()[:16])


def _meant(told: pl.DataFrame, word: str) -> tuple[str, pl.DataFrame]:
    """What a word is (`layer cdn`, `source a.log`), and the sources that have it."""
    for column in ("layer", "source", "format"):
        fits = [name for name in told[column].drop_nulls().unique() if name == word or _like(column, name, word)]
        if fits:
            return f"{column} {word}", told.filter(pl.col(column).is_in(fits))
    raise _unknown(told, word)


def _like(column: str, name: str, word: str) -> bool:
    return column == "source" and fnmatchcase(name, word)


def _unknown(told: pl.DataFrame, word: str) -> UsageError:
    known = {column: sorted(told[column].drop_nulls().unique()) for column in ("layer", "format", "source")}
    near = did_you_mean(word, [name for names in known.values() for name in names])
    listed = "; ".join(
        f"{column}s: {', '.join(names[:LISTED])}{', ...' if len(names) > LISTED else ''}"
        for column, names in known.items()
        if names and column != "source"
    )
    return UsageError(f"--layer '{word}': no layer, log or format has that name", near or listed or "there is no log")


# Counting some of the sources


@dataclass(frozen=True)
class Layer(Store):
    """A store of which only some sources count; its path is the folder of what is derived from these.

    Attributes:
        base: the whole store.
        ids: the sources that count.
    """

    base: Store
    ids: pl.Series

    def table(self, name: str) -> deltalake.DeltaTable:
        """The Delta table of a name: activities are its own."""
        return super().table(name) if name == "activities" else self.base.table(name)

    def raw(self, name: str) -> pl.LazyFrame:
        """The rows of a table as they were written, of the sources that count."""
        if name == "activities":
            return super().raw(name)
        rows = self.base.raw(name)
        return (
            rows.filter(pl.col("source_id").is_in(self.ids.implode())) if "source_id" in rows.collect_schema() else rows
        )


def only(store: Store, words: Sequence[str], rule: Rule, spare: Path) -> Layer:
    """The store with only the sources that the words name, its activities up to date.

    Args:
        store: the whole store.
        words: of --layer.
        rule: how requests become activities.
        spare: a folder for what is derived, where the store cannot be written.

    Raises:
        UsageError: nothing has such a name.
        PullstatsError: what is derived cannot be written.
    """
    choice = choose(store, words)
    writable = os.access(store.path, os.W_OK)
    folder = store.path / FOLDER / choice.key if writable else spare / choice.key
    layer = Layer(folder, store.key_id, store, choice.ids)
    if writable:
        with locked(store):
            _refresh(layer, rule)
    else:
        _refresh(layer, rule)
    return layer


def _refresh(layer: Layer, rule: Rule) -> None:
    """Rebuild the days of a layer that are older than the store's requests."""
    if not layer.has("activities"):
        make(layer.path, ["activities"])
    version, seen = layer.table("requests").version(), layer.table("activities").transaction_version("requests")
    if seen != version:
        days = reached(changed(layer.base, seen), layer.days())
        replace_days(layer, "activities", days, derived(layer, days, rule), version)


def only_in(memory: Memory, words: Sequence[str]) -> Memory:
    """Tables in memory with only the sources that the words name; activities are not derived yet.

    Raises:
        UsageError: nothing has such a name.
    """
    ids = choose(memory, words).ids.implode()
    chosen = Memory(dict(memory.frames))
    for name in ("requests", "sources"):
        chosen.frames[name] = [frame.filter(pl.col("source_id").is_in(ids)) for frame in memory.frames[name]]
    return chosen
