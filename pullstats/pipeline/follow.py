"""Logs that grow and rotate, taken from where they ended, again and again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pullstats.pipeline.ingest import Ingest, past_of
from pullstats.sources.files import Source, rotated
from pullstats.store.commit import StoreWriter, TakenError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pullstats.pipeline.options import Reading
    from pullstats.pipeline.parse import Outcome
    from pullstats.store.open import Store

Seen = tuple[int, int, int]


def follow(sources: Sequence[Source], store: Store, reading: Reading, seconds: float) -> Iterator[list[Outcome]]:
    """What became of the logs at each look, for ever.

    A log is looked at with those that rotation made of it, known by their names (`access.log.1`); each is
    recognised by its content, so that a run that was killed goes on where the store ends. A last line without
    its newline waits for the rest of it.

    Args:
        sources: the logs.
        store: where they go.
        reading: how they are read; `growing` is set.
        seconds: how long to wait between two looks.
    """
    ingest, seen = _ingest(store, reading), dict[str, Seen]()
    while True:
        around = {each.path: each for source in sources for each in (*rotated(source), source)}
        changed = [
            (each, state) for each in around.values() if (state := _state(each)) and seen.get(each.name) != state
        ]
        try:
            outcomes = ingest.take([each for each, _ in changed])
        except TakenError:
            ingest = _ingest(store, reading)
            continue
        states = {each.name: state for each, state in changed}
        seen.update({each.source.name: states[each.source.name] for each in outcomes if each.error is None})
        yield outcomes
        time.sleep(seconds)


def _ingest(store: Store, reading: Reading) -> Ingest:
    return Ingest(StoreWriter(store, reading.layer), reading, past_of(store.scan("sources").collect()))


def _state(source: Source) -> Seen | None:
    """What changes when a file does; None where it is gone."""
    try:
        status = source.path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
