"""Logs into the store."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from pullstats.commands import LOGS, READING, Argument, command

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pullstats.pipeline.parse import Outcome
    from pullstats.settings import Settings
    from pullstats.store.open import Store

TRIES = 5


@command(
    "ingest",
    arguments=(Argument("LOG", LOGS.about.split(" None")[0], many=True),),
    options=("layer", "follow", "poll", *READING, "format", "json", "output", "quiet", "verbose"),
    place=10,
)
def ingest(settings: Settings, logs: list[str]) -> int:
    """Read logs into the store; a log that was read before adds nothing.

    Addresses and user names become keyed hashes before anything is written. Each log is stored whole or
    not at all; a log that grew is taken from where it ended. Prints what became of each log on stderr,
    and as JSON on stdout with -f json.

    With --layer the logs get the name of a layer, such as cdn or origin: questions can then count one of several
    records of the same traffic. A log that is in the store already gets the name, too.

    With --follow it goes on until it is interrupted: the logs are looked at every few seconds, with those that
    rotation makes of them (access.log.1), and only whole lines are taken.
    """
    from dataclasses import replace
    from pathlib import Path

    from pullstats.commands.common import complain, exit_code, progress, reading, say, spare, unread
    from pullstats.lazy import large_pages
    from pullstats.sources.files import find
    from pullstats.store.open import default_place, exists, open_or_create

    large_pages()
    document = _wanted(settings)
    place = Path(settings["store"]) if settings["store"] else default_place()
    options = replace(reading(settings, lenient=False, create=not exists(place)), layer=_layer(settings))
    sources, wrong = find(logs)
    for error in wrong:
        complain(error)
    spare(settings, sources)
    store = open_or_create(place, options.key.id)
    if settings["follow"]:
        return _followed(store, sources, options, settings)
    with progress(settings) as told:
        outcomes = _taken(store, sources, options, told)
    _settled(outcomes, alone=len(outcomes) + len(wrong) == 1)
    _report(outcomes, store, quiet=settings["quiet"], verbose=settings["verbose"])
    notes = _notes(outcomes, store, options.layer)
    if not settings["quiet"]:
        for note in notes:
            say(note)
    if document:
        _print({**_document([*outcomes, *map(unread, wrong)]), "notes": notes}, settings["output"])
    return exit_code([*outcomes, *map(unread, wrong)])


def _followed(store: Store, sources: Sequence[Any], options: Any, settings: Settings) -> int:
    """Look again and again; interrupting is how it ends."""
    from dataclasses import replace

    from pullstats.pipeline.follow import follow

    told: dict[str, str] = {}
    try:
        for outcomes in follow(sources, store, replace(options, growing=True), float(settings["poll"])):
            known = [each for each in outcomes if each.status != "empty"]
            fresh = [each for each in known if each.error and told.get(each.source.name) != str(each.error)]
            taken = [each for each in known if each.lines or each in fresh]
            told.update({each.source.name: str(each.error) for each in outcomes if each.error})
            _report(taken, store, quiet=settings["quiet"], verbose=settings["verbose"])
    except KeyboardInterrupt:
        return 0
    return 0


def _layer(settings: Settings) -> str | None:
    """The name of the logs' layer, from the command line only: a file that says which layer counts names none.

    Raises:
        UsageError: it is no name.
    """
    from pullstats.errors import UsageError
    from pullstats.settings import COMMAND_LINE

    if settings.find("layer")[1] != COMMAND_LINE:
        return None
    words = settings.words("layer")
    if len(words) != 1 or any(letter in "*?[" for letter in words[0]):
        raise UsageError(f"--layer '{','.join(words)}'", "give these logs one name, such as cdn or origin")
    return words[0]


def _notes(outcomes: Sequence[Outcome], store: Store, layer: str | None) -> list[str]:
    """What people should know of the store now: logs that got a name, logs that hold the same requests."""
    from pullstats.answer.layers import doubled
    from pullstats.store.layers import rename

    known = [outcome.sha256 for outcome in outcomes if outcome.status == "already" and outcome.sha256]
    renamed = bool(layer and known) and rename(store, known, str(layer))
    fresh = [outcome.source_id for outcome in outcomes if outcome.status == "ingested"]
    pairs = [pair for pair in doubled(store, fresh) if not pair.told_apart] if fresh else []
    return [
        *([f"logs that were read before are layer {layer} now"] if renamed else []),
        *(pair.line() for pair in pairs),
    ]


def _wanted(settings: Settings) -> bool:
    """Whether the fates of the logs are printed as a document, too.

    Raises:
        UsageError: another format is asked for.
    """
    from pullstats.errors import UsageError
    from pullstats.settings import COMMAND_LINE

    name, where = settings.find("format")
    if name not in (None, "json") and where == COMMAND_LINE:
        raise UsageError(f"-f '{name}': ingest prints json only")
    return bool(settings["json"] or settings["output"]) or name == "json"


def _settled(outcomes: Sequence[Outcome], *, alone: bool) -> None:
    """An empty log among others is no failure: all that it has is in the store."""
    for outcome in outcomes:
        if outcome.status == "empty":
            outcome.status = "failed" if alone else "already"


def _taken(store: Store, sources: Sequence[Any], options: Any, told: Any) -> list[Outcome]:
    """Read, commit and derive; where another run took one of the sources meanwhile, look again."""
    from pullstats.counting.rules import rule
    from pullstats.errors import PullstatsError
    from pullstats.pipeline.ingest import Ingest, past_of
    from pullstats.store import overlaps
    from pullstats.store.commit import StoreWriter, TakenError
    from pullstats.store.open import locked
    from pullstats.store.rollup import refresh

    for _ in range(TRIES):
        try:
            past = past_of(store.scan("sources").collect())
            outcomes = Ingest(StoreWriter(store, options.layer), options, past, told).take(sources)
        except TakenError:
            continue
        with locked(store):
            refresh(store, rule("pullstats-1"))
            overlaps.refresh(store)
        return outcomes
    raise PullstatsError(f"{store.path}: other runs keep committing the same logs", "run it again when they are done")


def _report(outcomes: Sequence[Outcome], store: Store, *, quiet: bool, verbose: bool) -> None:
    from pullstats.commands.common import complain, fate, say

    for outcome in outcomes:
        if outcome.status == "failed" and outcome.error is not None:
            complain(outcome.error)
        elif not quiet:
            say(str(outcome.error) if outcome.error else fate(outcome, whole=verbose))
        if outcome.pending and not quiet:
            say(f"{outcome.source.name}   its last line is not whole yet; it waits for the next run")
    times = [time for outcome in outcomes for time in (outcome.first, outcome.last) if time is not None]
    if any(outcome.status == "ingested" for outcome in outcomes) and times and not quiet:
        days = f"{_iso(min(times))[:10]} .. {_iso(max(times))[:10]}"
        say(f"store {store.path}: {days}; addresses were replaced by keyed hashes")


def _document(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The document of `ingest -f json`."""
    sources = [_row(outcome) for outcome in outcomes]
    sums = {name: sum(row[name] for row in sources) for name in ("lines", "parsed", "ignored", "rejected")}
    states = {
        f"sources_{state}": sum(row["status"] == state for row in sources)
        for state in ("ingested", "already", "failed")
    }
    return {"sources": sources, "totals": {**sums, **states}}


def _row(outcome: Outcome) -> dict[str, Any]:
    return {
        "source": outcome.source.name,
        "status": outcome.status,
        "format": outcome.format or None,
        "lines": outcome.lines,
        "parsed": outcome.counts["parsed"],
        "ignored": outcome.counts["ignored"],
        "rejected": outcome.counts["rejected"],
        "reasons": {f"{fate}: {why}": n for (fate, why), n in sorted(outcome.reasons.items())},
        "first": None if outcome.first is None else _iso(outcome.first),
        "last": None if outcome.last is None else _iso(outcome.last),
        "pending": outcome.pending,
        "error": str(outcome.error) if outcome.error else None,
    }


def _iso(microseconds: int) -> str:
    from datetime import UTC

    from pullstats.window import iso

    return iso(microseconds, UTC)


def _print(document: dict[str, Any], path: Path | str | None) -> None:
    from pathlib import Path

    from pullstats.outputs.streams import replaced

    text = json.dumps(document, indent=1, ensure_ascii=True) + "\n"
    if path:
        replaced(Path(path), text.encode())
    else:
        sys.stdout.write(text)
