"""The store: what is in it, and building again what was derived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.commands import SHOWING, command

if TYPE_CHECKING:
    from pullstats.settings import Settings
    from pullstats.store.open import Store


def _store(settings: Settings) -> Store:
    from pathlib import Path

    from pullstats.store.open import default_place, open_store

    return open_store(Path(settings["store"]) if settings["store"] else default_place())


@command("store status", options=("store", *SHOWING), place=40)
def status(settings: Settings, _words: list[str]) -> int:
    """Show the tables of the store: rows, files and bytes."""
    from pullstats.answer import listing
    from pullstats.answer.layers import notes as doubled
    from pullstats.commands.common import show
    from pullstats.lazy import pl
    from pullstats.tables import TABLES

    store = _store(settings)
    rows = []
    for name in filter(store.has, TABLES):
        actions = pl.DataFrame(store.table(name).get_add_actions(flatten=True))
        rows.append(
            (name, store.scan(name).select(pl.len()).collect().item(), len(actions), int(actions["size_bytes"].sum()))
        )
    schema = {"table": pl.String(), "rows": pl.Int64(), "files": pl.Int64(), "bytes": pl.Int64()}
    notes = [f"store {store.path}, key {store.key_id}, {len(store.days())} days", *doubled(store)]
    show(listing("store.status", pl.DataFrame(rows, schema=schema, orient="row"), notes=notes), settings)
    return 0


@command("store files", options=("store", *SHOWING), place=41)
def files(settings: Settings, _words: list[str]) -> int:
    """Show the logs that the store was filled from, and the fate of their lines."""
    from pullstats.answer import listing
    from pullstats.answer.layers import notes
    from pullstats.commands.common import show
    from pullstats.commands.inspecting import _iso
    from pullstats.store.layers import layers

    store = _store(settings)
    ledger = store.scan("sources").collect().join(layers(store), on="source_id", how="left")
    times = [_iso(name).alias(name) for name in ("first", "last")]
    names = (
        "source", "format", "lines", "parsed", "ignored", "rejected", "first", "last", "sha256", "reasons", "layer",
    )  # fmt: skip
    rows = ledger.sort("first", "source", "sha256").with_columns(times).select(names)
    show(listing("store.files", rows, notes=notes(store)), settings)
    return 0


@command("store rebuild", options=("callers", "companies", "store", "quiet"), place=42)
def rebuild(settings: Settings, _words: list[str]) -> int:
    """Build everything that is derived again, from the requests in the store.

    With --callers, clients, environments and companies are read again first, by today's tables: no log is needed.
    A map of companies is applied by its network numbers, since no address is in the store.
    """
    from pullstats.commands.common import say
    from pullstats.counting.rules import rule
    from pullstats.store.commit import replace_days
    from pullstats.store.layers import forget
    from pullstats.store.open import locked
    from pullstats.store.rollup import derived

    store = _store(settings)
    with locked(store):
        changed = _reread(settings, store) if settings["callers"] else None
        days = store.days()
        frames = derived(store, days, rule("pullstats-1"))
        replace_days(store, "activities", days, frames, store.table("requests").version())
        forget(store)
    if not settings["quiet"]:
        callers = "" if changed is None else f"{changed:,} callers read anew, "
        say(f"store {store.path}: {callers}{len(days)} days rebuilt")
    return 0


def _reread(settings: Settings, store: Store) -> int:
    from pathlib import Path

    from pullstats.enrich.companies import Companies
    from pullstats.errors import PullstatsError
    from pullstats.identity import load_key
    from pullstats.store.reread import reread

    key = load_key(create=False)
    if key.id != store.key_id:
        raise PullstatsError(
            f"{store.path}: the ids of this store were made with key {store.key_id}, yours is {key.id}",
            "name the store's key file with PULLSTATS_KEY_FILE",
        )
    companies = settings["companies"]
    return reread(store, key, Companies.read(Path(companies)) if companies else None)
