"""One source: what it is, where to go on, and its lines as records, every line accounted for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from pullstats.errors import PullstatsError, printable
from pullstats.formats.detect import Guess, guess, only_headers
from pullstats.formats.distinct import SEED
from pullstats.formats.parse import Reader, open_reader
from pullstats.lazy import pl
from pullstats.pipeline.join import WANTED
from pullstats.sources.lines import BLOCK_BYTES, Block, Fingerprint, blocks, fingerprint, head_lines
from pullstats.tables import IGNORED, PARSED, REJECTED
from pullstats.threads import abreast, ahead

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pullstats.formats.entry import Entry
    from pullstats.pipeline.options import Reading
    from pullstats.sources.files import Source

# A format that fits so many of the first lines reads the log, where no other one is as near: how many lines do not
# fit is then told line by line, and max_rejected decides.
MOST, CLEARLY = 0.50, 0.01
FATES = {PARSED: "parsed", IGNORED: "ignored", REJECTED: "rejected"}


class Past(NamedTuple):
    """What was read of a source before: a beginning of it, of so many bytes, lines and rejected lines."""

    sha256: str
    length: int
    lines: int
    rejected: int = 0


@dataclass
class Outcome:
    """What became of one source.

    Attributes:
        source: how messages call it.
        status: ingested, already (nothing new in it), empty or failed.
        counts: lines of each fate.
        reasons: why lines were ignored or rejected.
        rejected_first: number of the first rejected line, and why: its text may hold an address.
        pending: its last line has no newline yet and does not parse: it waits for the next run.
        error: why it failed, or what is wrong with a source that was read all the same.
    """

    source: Source
    status: str = "ingested"
    format: str = ""
    certainty: float | None = None
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    first: int | None = None
    last: int | None = None
    sha256: str = ""
    source_id: int = 0
    length: int = 0
    past: Past | None = None
    rejected_first: tuple[int, str] | None = None
    pending: bool = False
    error: PullstatsError | None = None

    @property
    def lines(self) -> int:
        """Lines read."""
        return self.counts.total()

    def share(self, fate: str) -> float:
        """Share of the lines that met this fate."""
        return self.counts[fate] / max(self.lines, 1)

    @property
    def whole(self) -> Past:
        """What was read of the source, now and before."""
        before = self.past or Past("", 0, 0)
        rejected = before.rejected + self.counts[FATES[REJECTED]]
        return Past(self.sha256, self.length, before.lines + self.lines, rejected)

    def count(self, parsed: pl.Series, others: pl.DataFrame) -> None:
        """Take the times of a chunk's parsed lines, and the fates of its other ones (columns outcome, reason)."""
        self.counts[FATES[PARSED]] += len(parsed)
        for outcome, reason, number in others.group_by("outcome", "reason").len().iter_rows():
            self.counts[FATES[outcome]] += number
            self.reasons[FATES[outcome], reason] += number
        if len(parsed):
            low, high = parsed.to_frame().select(pl.col("ts").min(), pl.col("ts").max().alias("high")).row(0)
            self.first = low if self.first is None else min(low, self.first)
            self.last = high if self.last is None else max(high, self.last)


class Chunk(NamedTuple):
    """Records of some lines of a source: the parsed ones (columns WANTED, line, source_id, keyed)."""

    records: pl.DataFrame
    rejected: list[tuple[int, str, bytes]]


@dataclass(frozen=True)
class Plan:
    """A source that is about to be read: its fingerprint, the entry that reads it, whether it is being written.

    Attributes:
        rejects: whether somebody wants the bytes of rejected lines.
    """

    outcome: Outcome
    print: Fingerprint
    reader: Reader | None = None
    guess: Guess | None = None
    growing: bool = False
    rejects: bool = False


def plan(source: Source, reading: Reading, past: Mapping[str, Past]) -> Plan:
    """Look at a source; whatever is wrong with it is in the outcome of its plan."""
    outcome = Outcome(source)
    try:
        print_ = fingerprint(source, [beginning.length for beginning in past.values()])
    except PullstatsError as error:
        outcome.status, outcome.error = "failed", error
        return Plan(outcome, Fingerprint("", 0, b""))
    outcome.sha256, outcome.length = print_.sha256, print_.length
    outcome.source_id = int(print_.sha256, 16) >> 193
    if print_.sha256 in past:
        outcome.status, outcome.past = "already", past[print_.sha256]
        return Plan(outcome, print_)
    outcome.past = _beginning(print_, past)
    try:
        return _recognised(outcome, print_, reading)
    except PullstatsError as error:
        outcome.status, outcome.error = "empty" if outcome.status == "empty" else "failed", error
        return Plan(outcome, print_)


def _beginning(print_: Fingerprint, past: Mapping[str, Past]) -> Past | None:
    """The longest beginning of the source that was read before."""
    met = [past[sha] for sha in print_.marks.values() if sha in past]
    return max(met, key=lambda beginning: beginning.length, default=None)


def _recognised(outcome: Outcome, print_: Fingerprint, reading: Reading) -> Plan:
    name = outcome.source.name
    if print_.damage is not None and (not reading.lenient or not print_.length):
        raise _damaged(outcome, print_, "nothing of it was stored" if not reading.lenient else "nothing can be read")
    if not print_.length:
        outcome.status = "empty"
        raise PullstatsError(f"{name}: is empty (0 lines)", "nothing to count")
    lines = head_lines(print_.head)
    if print_.length == len(print_.head) and only_headers(lines, reading.own_formats()):
        outcome.status = "empty"
        raise PullstatsError(f"{name}: holds {'header' if lines else 'blank'} lines only", "nothing to count")
    chosen, found = reading.given_format(), None
    if chosen is None:
        found = guess(lines, reading.own_formats())
        chosen, outcome.certainty = found.entry or _likely(found), found.certainty
        if chosen is None:
            raise _unknown(name, print_, found, lines)
    outcome.format = chosen.name
    reader = open_reader(chosen, assume_tz=reading.assume_tz, newest=_newest(outcome.source))
    return Plan(outcome, print_, reader, found, reading.growing, reading.rejects is not None)


def _likely(found: Guess) -> Entry | None:
    """The best format, where it is not certain but no other one is as near."""
    best, second = found.best, found.runner_up
    if best is None or found.certainty < MOST:
        return None
    apart = found.certainty - found.runner_up_certainty >= CLEARLY
    return best if second is None or apart or best.priority > second.priority else None


def _newest(source: Source) -> int:
    """When the log was last written to, in microseconds: some formats state no year."""
    return source.path.stat().st_mtime_ns // 1000


def _damaged(outcome: Outcome, print_: Fingerprint, left: str) -> PullstatsError:
    lines = print_.head.count(b"\n") if print_.length == len(print_.head) else None
    where = f"after line {lines:,}" if lines is not None else f"after {print_.length:,} bytes"
    return PullstatsError(f"{outcome.source.name}: {print_.damage} {where}", f"copy it again; {left}")


def _unknown(name: str, print_: Fingerprint, found: Guess, lines: list[str]) -> PullstatsError:
    if print_.binary:
        first = print_.head[:8].hex(" ")
        return PullstatsError(
            f"{name}: not a text log (first bytes {first})", "name access logs, plain or as gzip, zstd, bzip2, xz"
        )
    best = f"best: {found.best.name}, {found.certainty:.0%} of lines" if found.best else "none comes near"
    line = f'line 1 has the shape "{shape(lines[0])}"' if lines else "there are blank lines only"
    return PullstatsError(
        f"{name}: no known format fits ({best}); {line}",
        f"try: pullstats detect {name}, or --log-format 'YOUR nginx log_format'",
    )


def shape(line: str, limit: int = 60) -> str:
    """The line with 9 for digits and a, A for letters: an error must not show the addresses and names of a log."""
    kinds = (("9", str.isdigit), ("A", str.isupper), ("a", str.isalpha))
    letters = (next((kind for kind, holds in kinds if holds(letter)), letter) for letter in line[: limit + 1])
    return printable("".join(letters), limit)


def chunks(plan: Plan) -> Iterator[Chunk]:
    """The records of a planned source; its outcome counts every line on the way.

    A last line without a newline that does not parse, or that is still being written, is pending: it is not read.
    """
    outcome, print_, reader = plan.outcome, plan.print, plan.reader
    assert reader is not None  # noqa: S101 - failed plans are not read
    start, first = (_next_line(plan), outcome.past.lines + 1) if outcome.past else (0, 1)
    if start:
        reader.read(
            pl.Series("line", [line for line in head_lines(print_.head, 50) if reader.names_columns(line)], pl.String())
        )
    keyed, once = reader.entry.unique_id, _Once()
    # A small log in two halves, which are parsed at the same time.
    half = max(BLOCK_BYTES // 4, min(BLOCK_BYTES, -(-print_.length // 2)))
    given = blocks(outcome.source, print_, start, first, half)
    given = ahead(_cut(given)) if print_.length > BLOCK_BYTES else given
    for block, records in _parsed(reader, given):
        unfit = plan.growing or records["outcome"].tail(1).to_list() in ([], [REJECTED])  # [] of a byte-order mark
        waits = not block.text.endswith(b"\n") and unfit and print_.damage is None
        if waits:
            _leave(outcome, print_, block.text)
        counted = records.head(-1) if waits else records
        counted = once.told(counted) if keyed else counted
        yield _counted(outcome, counted, block.text if plan.rejects else None, keyed=keyed)


class _Once:
    """Tells the later records of one request id in a source, where the format says that ids are unique.

    A record that was delivered twice has its time, too: what was met at other times is not looked at.
    """

    def __init__(self) -> None:
        self._met: list[tuple[int, int, pl.Series]] = []  # first and last time of some records, and their hashes

    def told(self, records: pl.DataFrame) -> pl.DataFrame:
        """The records, where those that came before are ignored."""
        named = (pl.col("outcome") == PARSED) & pl.col("request_id").is_not_null()
        one = pl.when(named).then(pl.col("request_id").hash(SEED) ^ pl.col("ts").hash(SEED)).alias("one")
        times = pl.col("ts").filter(named)
        hashes = records.select(one).to_series()
        low, high = records.select(times.min(), times.max().alias("high")).row(0)
        if low is None:
            return records
        near = [met for first, last, met in self._met if first <= high and low <= last]
        here = hashes.implode()
        before = pl.concat([hashes.clear(), *(met.filter(met.is_in(here)) for met in near)])
        again = (~hashes.is_first_distinct() | hashes.is_in(before.implode())) & hashes.is_not_null()
        self._met.append((low, high, hashes.filter(~again).drop_nulls()))
        if not again.any():
            return records
        return records.with_columns(records["outcome"].set(again, IGNORED), records["reason"].set(again, "duplicate"))


def _cut(given: Iterator[Block]) -> Iterator[Block]:
    """The blocks, cut into lines already: in a thread of its own that is done while the lines before are parsed."""
    for block in given:
        block.lines()
        yield block


def _parsed(reader: Reader, given: Iterator[Block]) -> Iterator[tuple[Block, pl.DataFrame]]:
    """Each block with its records; two at a time where what one holds changes nothing for the next."""

    def parsed(block: Block) -> tuple[Block, pl.DataFrame]:
        return block, numbered(reader, block, WANTED)

    first = list(islice(given, 1))
    for block in first:
        reader.look(block.lines())
    blocks_ = chain(first, given)
    yield from abreast(parsed, blocks_) if reader.independent else map(parsed, blocks_)


def _next_line(plan: Plan) -> int:
    """Where the next line begins: the end of a line that was read without it may have come since."""
    print_, start = plan.print, plan.outcome.past.length if plan.outcome.past else 0
    if start not in print_.inside:
        return start
    near = replace(print_, length=min(start + 2, print_.length))
    text = b"".join(block.text for block in blocks(plan.outcome.source, near, start))
    return start + (len(text) if text == b"\r\n" else text.startswith(b"\n"))


def numbered(reader: Reader, block: Block, columns: Sequence[str]) -> pl.DataFrame:
    """The records of a block, with the number of their line; some envelopes hold several records a line."""
    lines, rows = reader.unfold(block.lines())
    places = pl.int_range(len(lines), eager=True) if rows is None else rows
    return reader.read(lines, columns).with_columns((places.cast(pl.Int64) + block.first).alias("line"))


def _leave(outcome: Outcome, print_: Fingerprint, text: bytes) -> None:
    """The source ends before its last line, which is still being written."""
    outcome.pending = True
    outcome.length = print_.length - (len(text) - text.rfind(b"\n") - 1)
    outcome.sha256 = print_.whole


def _counted(outcome: Outcome, records: pl.DataFrame, text: bytes | None, *, keyed: bool) -> Chunk:
    fits = records["outcome"] == PARSED
    others = records.select("outcome", "reason", "line").filter(~fits)
    parsed = records.filter(fits) if len(others) else records  # mostly all are: they are not copied
    outcome.count(parsed["ts"], others)
    refused = others.filter(pl.col("outcome") == REJECTED).select("line", "reason")
    rejected = _texts(refused, text, records["line"][0]) if text is not None and len(refused) else []
    if len(refused) and outcome.rejected_first is None:
        outcome.rejected_first = refused.row(0)
    source_id = pl.lit(outcome.source_id, pl.Int64).alias("source_id")
    return Chunk(parsed.select(*WANTED, "line", source_id, pl.lit(keyed).alias("keyed")), rejected)


def _texts(refused: pl.DataFrame, text: bytes, first: int) -> list[tuple[int, str, bytes]]:
    """Number, reason and original bytes of rejected lines."""
    lines = text.split(b"\n")
    return [(line, reason, lines[line - first]) for line, reason in refused.iter_rows()]
