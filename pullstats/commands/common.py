"""What commands share: settings become options of the stages, answers become output."""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from pullstats.errors import FAILURE, PullstatsError, UsageError, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pullstats.answer import Answer
    from pullstats.engines import Condition, Query, Tables
    from pullstats.pipeline.options import Reading
    from pullstats.pipeline.parse import Outcome
    from pullstats.settings import Settings
    from pullstats.sources.files import NoLog, Source
    from pullstats.store.open import Store

# Logs beyond this many bytes (compressed ones count eightfold) go through a temporary store, not memory.
IN_MEMORY_BYTES = 700 << 20
GZIP_FACTOR = 8
PROGRESS_SECONDS = 1.0


def say(text: str) -> None:
    """One line to people, on stderr."""
    print(printable(text, 2_000), file=sys.stderr)  # noqa: T201 - this is where lines to people are printed


def complain(error: PullstatsError) -> None:
    """The one line of an error."""
    say(f"pullstats: {error}")


def reading(settings: Settings, *, lenient: bool, create: bool = True) -> Reading:
    """How logs are read, by these settings.

    Args:
        settings: of the call.
        lenient: take what was read of a damaged source, too.
        create: make a key where there is none.

    Raises:
        UsageError: an option is wrong.
        PullstatsError: there is no key, or none can be made.
    """
    from pathlib import Path

    from pullstats import window
    from pullstats.enrich.artifacts import user_routes
    from pullstats.identity import load_key
    from pullstats.pipeline.options import Reading

    if settings["assume_tz"]:
        window.zone(settings["assume_tz"], option="--assume-tz")
    options = Reading(
        key=load_key(create=create),
        log_format=settings["log_format"],
        nginx_conf=Path(settings["nginx_conf"]) if settings["nginx_conf"] else None,
        json_map=settings.words("map"),
        formats=settings.table("formats"),
        mode=settings["mode"],
        trust=settings.words("trust"),
        max_rejected=share(settings["max_rejected"], "--max-rejected"),
        lenient=lenient,
        assume_tz=settings["assume_tz"] or "UTC",
        labels=settings.table("labels"),
        routes=user_routes(settings.table("routes")),
        geo_files=settings.words("geoip_db"),
        companies=Path(settings["companies"]) if settings["companies"] else None,
        rejects=Path(settings["rejects"]) if settings["rejects"] else None,
    )
    options.given_format()
    return options


def share(text: str | float, option: str) -> float:
    """`10%` or `0.1` as a share.

    Raises:
        UsageError: it is neither, or not between 0 and 1.
    """
    words = str(text).strip()
    try:
        value = float(words.removesuffix("%")) / (100 if words.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise UsageError(f"{option} {text!r}", "write a share such as 10% or 0.1")
    return value


def query(settings: Settings, dims: tuple[str, ...] = ()) -> Query:
    """What is asked, by these settings.

    Raises:
        UsageError: an option is wrong.
    """
    from pullstats import window
    from pullstats.engines import Query, merged

    names = ("since", "until", "during", "every", "hours", "tz", "now")
    by = settings["by"]
    span = settings["min_span"]
    return Query(
        window.window(**{name: settings[name] for name in names}),
        by=by if by and window.granularity(by) else None,
        of=settings["of"],
        identity=settings["identity"],
        rule=known_rule(settings["rule"]),
        dims=dims,
        where=merged(_conditions(settings)),
        without_top=_not_negative(settings, "without_top") or 0,
        min_origins=_not_negative(settings, "min_origins") or 0,
        limit=_not_negative(settings, "limit"),
        min_contacts=_not_negative(settings, "min_contacts"),
        min_span_seconds=_seconds(span) if span else None,
        layer=settings.words("layer"),
    )


def known_rule(name: str) -> str:
    """The name of a counting rule.

    Raises:
        UsageError: there is no such rule.
    """
    from pullstats.counting.rules import rules
    from pullstats.errors import did_you_mean

    if name not in rules():
        near = did_you_mean(name, list(rules()))
        raise UsageError(f"no rule {name!r}", near or f"rules: {', '.join(rules())}")
    return name


def _seconds(text: str) -> int:
    """`15min`, `3h`, `2d` as seconds."""
    from pullstats.window import granularity

    asked = granularity(text, option="--min-span")
    lengths = {"min": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
    if asked.unit not in lengths:
        raise UsageError(f"--min-span {text!r}", "write minutes, hours, days or weeks: 15min, 3h, 2d")
    return asked.count * lengths[asked.unit]


def _not_negative(settings: Settings, name: str) -> int | None:
    value = settings[name]
    if value is not None and value < 0:
        raise UsageError(f"--{name.replace('_', '-')} {value}", "write a whole number from 0 on")
    return value


def _conditions(settings: Settings) -> Iterator[Condition]:
    from pullstats.engines import Condition, condition

    where = settings["where"] or []
    yield from (condition(text) for text in ([where] if isinstance(where, str) else where))
    if artifacts := settings.words("artifact"):
        yield Condition("artifact", artifacts, keep=True)
    for name, keep in (("only", True), ("without", False)):
        for word in settings.words(name):
            if "=" in word:
                asked = condition(word)
                yield asked._replace(keep=asked.keep == keep)
            else:
                yield Condition("kind", (_kind(word, name),), keep)


KINDS = (
    "runtime", "builder", "package_client", "updater", "mirror", "scanner", "signer", "automation", "script",
    "crawler", "monitor", "browser", "unknown",
)  # fmt: skip


def _kind(word: str, option: str) -> str:
    from pullstats.errors import did_you_mean

    if word not in KINDS:
        near, known = did_you_mean(word, KINDS), ", ".join(KINDS)
        raise UsageError(f"--{option} '{word}': {near or 'is no kind of client'} ({known}; or DIMENSION=VALUE)")
    return word


@contextmanager
def opened(settings: Settings, logs: Sequence[str]) -> Iterator[tuple[Tables, list[Outcome]]]:
    """The tables that a question reads: of these logs, or of the store.

    Raises:
        PullstatsError: nothing could be read.
    """
    with ExitStack() as temporary:
        if logs:
            yield _read(settings, logs, temporary)
        else:
            yield _stored(settings, temporary), []


def _stored(settings: Settings, temporary: ExitStack) -> Tables:
    from pathlib import Path

    from pullstats.counting.rules import rule
    from pullstats.store import open as stores
    from pullstats.store import overlaps
    from pullstats.store.rollup import refresh

    path = Path(settings["store"]) if settings["store"] else stores.default_place()
    if not stores.exists(path):
        if settings["store"]:
            raise PullstatsError(f"{path}: no store here", "fill one first: pullstats ingest access.log")
        raise UsageError(
            "nothing to read",
            "give a log (pullstats summary access.log) or fill a store first (pullstats ingest access.log)",
        )
    store = stores.open_store(path)
    if not _current(store):  # else nothing is written: the store may be another user's
        with stores.locked(store):
            refresh(store, rule("pullstats-1"))
            overlaps.refresh(store)
    return _layered(settings, store, temporary)


def _layered(settings: Settings, store: Store, temporary: ExitStack) -> Store:
    """The store with only the layers that the settings choose."""
    import tempfile
    from pathlib import Path

    from pullstats.counting.rules import rule
    from pullstats.store.layers import only

    words = settings.words("layer")
    if not words:
        return store
    spare = temporary.enter_context(tempfile.TemporaryDirectory(prefix="pullstats-"))
    return only(store, words, rule("pullstats-1"), Path(spare))


def _current(store: Store) -> bool:
    """Whether the derived tables are built from the requests as they are."""
    return store.table("activities").transaction_version("requests") == store.table("requests").version()


def _read(settings: Settings, logs: Sequence[str], temporary: ExitStack) -> tuple[Tables, list[Outcome]]:
    from pullstats.counting.rules import rule
    from pullstats.lazy import import_beside
    from pullstats.pipeline.ingest import Ingest
    from pullstats.sources.files import find
    from pullstats.store.layers import only_in
    from pullstats.store.memory import Memory
    from pullstats.store.rollup import derive_all

    options = reading(settings, lenient=True)
    sources, wrong = find(logs)
    for error in wrong:
        complain(error)
    spare(settings, sources)
    with progress(settings) as told:
        if _size(sources) <= IN_MEMORY_BYTES:
            tables = Memory()
            import_beside("pullstats.counting.activities", "pullstats.counting.behavior", "narwhals.stable.v2")
            outcomes = Ingest(tables, options, {}, told).take(sources)
            words = settings.words("layer")
            tables = only_in(tables, words) if words else tables
            derive_all(tables, rule("pullstats-1"))
        else:
            store, outcomes = _through_disk(sources, options, told, temporary)
            tables = _layered(settings, store, temporary)
    report(outcomes, alone=len(outcomes) + len(wrong) == 1, quiet=settings["quiet"])
    if settings["verbose"]:
        for outcome in outcomes:
            say(fate(outcome, whole=True))
    if not any(outcome.status == "ingested" for outcome in outcomes):
        raise QuietFailure
    return tables, [*outcomes, *map(unread, wrong)]


def spare(settings: Settings, sources: Sequence[Source]) -> None:
    """Refuse to write onto a log that is read.

    Raises:
        UsageError: -o or --rejects names one of the logs.
    """
    from pathlib import Path

    for option, flag in (("output", "-o"), ("rejects", "--rejects")):
        path = Path(settings[option] or "")
        if settings[option] and any(path.exists() and path.samefile(source.path) for source in sources):
            raise UsageError(f"{flag} '{path}' is one of the logs", "name another file")


class QuietFailure(PullstatsError):  # noqa: N818 - nothing more to say
    """A failure whose lines were printed already."""

    def __init__(self) -> None:
        super().__init__("")


def unread(error: NoLog) -> Outcome:
    """The outcome of a word that names no log."""
    from pathlib import Path

    from pullstats.pipeline.parse import Outcome
    from pullstats.sources.files import Source

    return Outcome(Source(error.word, Path(error.word)), status="failed", error=error)


def _size(sources: Sequence[Source]) -> int:
    from pullstats.sources.compression import kind_of

    total = 0
    for source in sources:
        try:
            with source.path.open("rb") as file:
                packed = kind_of(file.read(8)) is not None
            total += source.path.stat().st_size * (GZIP_FACTOR if packed else 1)
        except OSError:
            continue  # reading it says what is wrong
    return total


def _through_disk(
    sources: Sequence[Source], options: Reading, told: Any, temporary: ExitStack
) -> tuple[Store, list[Outcome]]:
    import tempfile
    from pathlib import Path

    from pullstats.counting.rules import rule
    from pullstats.pipeline.ingest import Ingest
    from pullstats.store.commit import StoreWriter
    from pullstats.store.open import open_or_create
    from pullstats.store.rollup import refresh

    folder = temporary.enter_context(tempfile.TemporaryDirectory(prefix="pullstats-"))
    store = open_or_create(Path(folder) / "store", options.key.id)
    outcomes = Ingest(StoreWriter(store), options, {}, told).take(sources)
    refresh(store, rule("pullstats-1"))
    return store, outcomes


def report(outcomes: Sequence[Outcome], *, alone: bool, quiet: bool) -> None:
    """Say what is wrong with sources; an empty one among others is only worth a note."""
    for outcome in outcomes:
        if outcome.error is not None and (outcome.status != "empty" or alone):
            complain(outcome.error)
        elif outcome.error is not None and not quiet:
            say(str(outcome.error))
        elif outcome.status == "already" and not outcome.lines and not quiet:
            say(f"{outcome.source.name}: the same content was read already; it counts once")


REASONS = 4  # told without --verbose


def fate(outcome: Outcome, *, whole: bool) -> str:
    """What became of a log's lines, in one line; `whole` tells how sure its format is, and every reason."""
    name = outcome.source.name
    if outcome.status == "already":
        return f"{name}   already ingested (same content); 0 new lines"
    if not outcome.format:
        return f"{name}   {outcome.status}"
    sure = f" ({outcome.certainty:.0%} of a sample)" if whole and outcome.certainty is not None else ""
    sums = ", ".join(f"{outcome.counts[each]:,} {each}" for each in ("parsed", "ignored", "rejected"))
    lines = f"{outcome.lines:,} {'new ' if outcome.past else ''}{'line' if outcome.lines == 1 else 'lines'}"
    return f"{name}   {outcome.format}{sure}   {lines}   {sums}{_why(outcome, whole=whole)}"


def _why(outcome: Outcome, *, whole: bool) -> str:
    """Why lines were not parsed: ` (1.0%: 339 truncated ...; first: line 412); --rejects FILE keeps them`."""
    shown = ("ignored", "rejected") if whole else ("rejected",)
    reasons = [f"{n:,} {why}" for (each, why), n in outcome.reasons.most_common() if each in shown]
    told = ", ".join(reasons if whole else reasons[:REASONS])
    if outcome.rejected_first is None:
        return f" ({told})" if told else ""
    first = f"first: line {outcome.rejected_first[0]:,}"
    return f" ({outcome.share('rejected'):.1%}: {told}; {first}); --rejects FILE keeps them"


def failed(outcomes: Sequence[Outcome]) -> bool:
    """Whether some source was not read whole."""
    whole = ("empty", "already")
    return any(outcome.error is not None and outcome.status not in whole for outcome in outcomes)


@contextmanager
def progress(settings: Settings) -> Iterator[Any]:
    """A line on stderr that tells how far reading is: at a terminal, for long work only."""
    began, shown = time.monotonic(), [0.0]
    quiet = settings["quiet"] or not sys.stderr.isatty()

    def tell(name: str, lines: int) -> None:
        now = time.monotonic()
        if not quiet and now - began > PROGRESS_SECONDS and now - shown[0] > PROGRESS_SECONDS / 4:
            shown[0] = now
            base = os.path.basename(name)  # noqa: PTH119 - a name, which need not be a path
            sys.stderr.write(f"\r\x1b[K{printable(base, 60)}  {lines:,} lines")
            sys.stderr.flush()

    try:
        yield tell
    finally:
        if shown[0]:
            sys.stderr.write("\r\x1b[K")


def outlet(settings: Settings) -> str:
    """The format that an answer is written in; what cannot be written is refused before anything is read.

    Raises:
        UsageError: no format has this name or suffix; Parquet to a terminal.
        PullstatsError: the file's folder is not there.
    """
    from pathlib import Path

    from pullstats import outputs

    name = "json" if settings["json"] else settings["format"]
    if settings["output"]:
        path = Path(settings["output"])
        if not path.parent.is_dir():
            raise PullstatsError(f"cannot write {path}: no folder {path.parent}", "make it first")
        return outputs.known(name) if name else outputs.by_suffix(path)
    name = outputs.known(name or ("table" if sys.stdout.isatty() or settings["plot"] else "csv"))
    if name == "parquet" and sys.stdout.isatty():
        raise UsageError("parquet is binary", "add -o FILE")
    return name


def show(answer: Answer, settings: Settings) -> None:
    """Print an answer as the settings say; notes go to stderr."""
    from pathlib import Path

    from pullstats import outputs

    name, limit = outlet(settings), settings["limit"]
    safe, plot = bool(settings["spreadsheet_safe"]), bool(settings["plot"])
    if settings["output"]:
        outputs.save(answer, Path(settings["output"]), name, limit=limit, plot=plot, spreadsheet_safe=safe)
    else:
        color = settings["color"]
        outputs.render(
            answer, name, stream=sys.stdout, color=color, limit=limit, plot=plot, spreadsheet_safe=safe
        )  # fmt: skip
    if not settings["quiet"]:
        for note in answer.notes:
            say(note)


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """1 if some source was not read whole, else 0."""
    return FAILURE if failed(outcomes) else 0
