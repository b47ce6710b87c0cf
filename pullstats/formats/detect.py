"""Which format a log has, and how sure that is: from its first lines alone, never from its name."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from pullstats.formats.entry import entries
from pullstats.formats.envelopes import Unwrapper, envelopes, found, unfold
from pullstats.formats.kinds import compiled
from pullstats.formats.kinds.csv import CsvParser, header
from pullstats.formats.kinds.json import JsonParser
from pullstats.formats.kinds.text import TextParser
from pullstats.formats.parse import open_reader
from pullstats.lazy import pl
from pullstats.tables import IGNORED, PARSED, REJECTED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pullstats.formats.entry import Entry
    from pullstats.formats.kinds.parser import Parser

LINES = 1_000  # how many lines are looked at
_SAMPLE = 120  # lines that every format is tried on
_CERTAIN = 0.9  # share of lines that must fit
_CLOSE = 0.01  # two formats nearer than this are not told apart
_FINALISTS = 4


@dataclass(frozen=True)
class Misfit:
    """A line that the format does not fit.

    Attributes:
        line_number: from 1, among the lines that were given.
        column: from 0, where it stops fitting.
        line: the line itself.
        reason: why.
    """

    line_number: int
    column: int
    line: str
    reason: str


@dataclass(frozen=True)
class Guess:
    """What a log seems to be.

    Attributes:
        entry: its format; None if no known one fits well enough.
        certainty: the share of the lines that `best` accounts for, 0 to 1.
        best: the format that fits best, also where that is too little; None if none fits a single line.
        runner_up: the next best one, if any; none where `best` reads every line and the others stand behind it.
        runner_up_certainty: its share.
        envelopes: what the lines are wrapped in, the outermost first.
        fields: the record columns that were found in it.
        misfits: the first three lines that `best` does not fit.
        lines: how many lines were looked at.
    """

    entry: Entry | None
    certainty: float
    best: Entry | None = None
    runner_up: Entry | None = None
    runner_up_certainty: float = 0.0
    envelopes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    misfits: tuple[Misfit, ...] = ()
    lines: int = 0


@dataclass(frozen=True)
class _Trial:
    """How a format does on the lines."""

    entry: Entry
    parsed: int
    share: float
    records: pl.DataFrame

    def tie(self, other: _Trial) -> bool:
        """Whether nothing decides between two formats."""
        return self.share - other.share < _CLOSE and self.entry.priority == other.entry.priority

    @property
    def rank(self) -> tuple[int, bool, int, int, int]:
        """What decides between formats: lines that fit (in twentieths), lines read, priority, columns found.

        A fallback (priority below 0) wins only where it fits clearly more lines.
        """
        fit = round(self.share * 20)
        return fit, self.entry.priority >= 0, self.parsed, self.entry.priority, len(_found(self.records))


def guess(lines: Sequence[str], own: Sequence[Entry] = ()) -> Guess:
    """What the lines seem to be; the first 1,000 that are not empty are looked at.

    Args:
        lines: the log's first lines.
        own: the user's own formats, beside the known ones.
    """
    numbered = [(i, line) for i, line in enumerate(lines, 1) if line.strip()][:LINES]
    if not numbered:
        return Guess(None, 0.0)
    texts = pl.Series("line", [line for _, line in numbered], dtype=pl.String)
    wrapped = found(texts)
    guessed = _guess(texts, numbered, wrapped, own)
    if wrapped and guessed.entry is None:  # what looked like an envelope may be the format itself
        plain = _guess(texts, numbered, (), own)
        return plain if plain.entry or not guessed.best else guessed
    return guessed


def _guess(texts: pl.Series, numbered: list[tuple[int, str]], wrapped: tuple[str, ...], own: Sequence[Entry]) -> Guess:
    """What the lines seem to be inside these envelopes."""
    lists = [envelopes()[name] for name in wrapped if envelopes()[name].kind == "list"]
    if lists:
        texts, rows = unfold(lists[0], texts)
        numbered = [(numbered[row][0], line) for row, line in zip(rows, texts, strict=True)][:LINES]
        texts = texts.head(LINES)
    inside = Unwrapper(wrapped).unwrap(texts)
    lines = inside.lines.filter(~inside.parts)
    looks = _Looks(lines, texts, wrapped)
    known = [*entries(), *own]
    trials = looks.at([entry for entry in known if entry.priority >= 0])
    if not trials or trials[0].parsed < len(texts):  # else no fallback could win
        trials = looks.at([entry for entry in known if entry.priority < 0])
    if not trials:
        return Guess(None, 0.0, envelopes=wrapped, lines=len(texts))
    best, second = trials[0], trials[1] if len(trials) > 1 else None
    return Guess(
        best.entry if best.share >= _CERTAIN and not (second and best.tie(second)) else None,
        best.share,
        best.entry,
        second.entry if second else None,
        second.share if second else 0.0,
        wrapped,
        _found(best.records),
        _misfits(best, numbered, inside.lines),
        len(texts),
    )


class _Looks:
    """Looks at a log's first lines; each format is scored and tried once.

    Args:
        lines: the lines, without what is around them.
        texts: the lines as they stand in the log.
        wrapped: what is around them.
    """

    def __init__(self, lines: pl.Series, texts: pl.Series, wrapped: tuple[str, ...]) -> None:
        self._lines, self._texts, self._wrapped = lines, texts, wrapped
        self._scores: dict[Entry, int] = {}
        self._done: dict[Entry, _Trial] = {}

    def at(self, known: Sequence[Entry]) -> list[_Trial]:
        """How the formats do that fit some of the lines, these and those looked at before; the best first."""
        self._scores |= _scores(known, self._lines.head(_SAMPLE))
        trials = self._trials(candidates(self._lines, self._scores))
        return sorted((trial for trial in trials if trial.parsed), key=lambda trial: trial.rank, reverse=True)

    def _trials(self, near: Sequence[Entry]) -> Iterator[_Trial]:
        """How each format does; where one reads every line, those that stand behind it are not tried."""
        least = min((entry.priority for entry in near), default=0)
        for entry in near:
            if entry.priority >= least:
                trial = self._tried(entry)
                least = max(least, entry.priority) if trial.parsed == len(self._texts) else least
                yield trial

    def _tried(self, entry: Entry) -> _Trial:
        if entry not in self._done:
            self._done[entry] = _try(replace(entry, envelopes=self._wrapped), self._texts)
        return self._done[entry]


def only_headers(lines: Sequence[str], own: Sequence[Entry] = ()) -> bool:
    """Whether the lines name columns and hold nothing else."""
    exports = [each for each in (*entries(), *own) if each.kind == "csv"]
    return all(line.startswith("#") or any(header(each, line) for each in exports) for line in lines)


def candidates(texts: pl.Series, scores: Mapping[Entry, int]) -> list[Entry]:
    """The formats that fit some of the first lines; of look-alikes only the one that the lines' content names."""
    scored = {e: score for e, score in scores.items() if score}
    best = max(scored.values(), default=0)
    near = _without_look_alikes([e for e, score in scored.items() if score * 2 >= best], texts)
    return sorted(near, key=lambda e: (scored[e], e.priority), reverse=True)[:_FINALISTS]


def _scores(known: Sequence[Entry], sample: pl.Series) -> dict[Entry, int]:
    """How many lines of the sample look like each format."""
    return {e: _score(e, sample) for e in known} | _text_scores(known, sample)


def _score(entry: Entry, sample: pl.Series) -> int:
    """How many lines of the sample look like the format; 0 for those that one pattern describes."""
    if entry.kind == "w3c":
        return _w3c_score(entry, sample)
    if entry.kind == "csv":
        return _csv_score(entry, sample)
    return _json_score(entry, sample)


def _text_scores(known: Sequence[Entry], sample: pl.Series) -> dict[Entry, int]:
    """How many lines of the sample fit each format that one pattern describes: all patterns in one go."""
    patterns = {e: parser.pattern for e in known if isinstance(parser := _parser(e), TextParser)}
    line = pl.col(sample.name)
    fits = sample.to_frame().select(line.str.contains(p).sum().alias(str(i)) for i, p in enumerate(patterns.values()))
    return dict(zip(patterns, fits.row(0) if patterns else (), strict=True))


@cache
def _parser(entry: Entry) -> Parser:
    """The parser that an entry is judged by: logs come in many files of the same few formats."""
    return compiled(entry)


def _w3c_score(entry: Entry, sample: pl.Series) -> int:
    header = sample.head(10).filter(sample.head(10).str.starts_with("#Fields:"))
    if len(header) and all((name in header[0]) for name in entry.signature):
        return int((sample.str.starts_with("#") | sample.str.contains(entry.separator, literal=True)).sum())
    return int(sample.str.contains(entry.tell).sum()) if entry.tell else 0


def _csv_score(entry: Entry, sample: pl.Series) -> int:
    """Lines below a header all count: whether they fit it is found out by reading them."""
    if any(header(entry, line) for line in sample.head(10)):
        return len(sample)
    return int(sample.str.contains(entry.tell).sum()) if entry.tell else 0


def _json_score(entry: Entry, sample: pl.Series) -> int:
    parser = _parser(entry)
    if not isinstance(parser, JsonParser):
        return 0
    records = [record for line in sample if (record := parser.record(line)) is not None]
    if not entry.signature:
        return sum(parser.fits(record) for record in records)
    return sum(all(any(key in record for key in keys.split("|")) for keys in entry.signature) for record in records)


def _try(entry: Entry, texts: pl.Series) -> _Trial:
    records = open_reader(entry).read(texts)
    counts = dict(records["outcome"].value_counts().iter_rows())
    fit = counts.get(PARSED, 0) + counts.get(IGNORED, 0)
    return _Trial(entry, counts.get(PARSED, 0), fit / len(texts), records)


def _without_look_alikes(found: list[Entry], texts: pl.Series) -> list[Entry]:
    """The formats, with of each group of look-alikes only the one that the lines' content names."""
    group = [e for e in found if e.tell and e.like]
    told = sorted((e for e in group if _told(e, texts)), key=lambda e: e.priority, reverse=True)
    gone = {e.name for e in group if e not in told}
    for entry in told:
        if entry.name not in gone:
            gone.update(entry.like)
            gone.update(e.name for e in group if set(e.like) & set(entry.like) and e is not entry)
    return [e for e in found if e.name not in gone]


def _told(entry: Entry, texts: pl.Series) -> bool:
    """Whether the lines have what only this one of its look-alikes has."""
    number = int(texts.str.contains(entry.tell).sum())
    return number > 0 and number >= entry.tell_share * len(texts)


def _found(records: pl.DataFrame) -> tuple[str, ...]:
    skip = {"outcome", "reason", "auth", "malformed", "conditional"}
    return tuple(c for c in records.columns if c not in skip and records[c].null_count() < len(records))


def _misfits(trial: _Trial, numbered: list[tuple[int, str]], lines: pl.Series) -> tuple[Misfit, ...]:
    rows = (trial.records["outcome"] == REJECTED).arg_true().head(3)
    return tuple(_misfit(trial, numbered[row], lines[row], row) for row in rows)


def _misfit(trial: _Trial, numbered: tuple[int, str], inner: str, row: int) -> Misfit:
    number, line = numbered
    before = max(line.find(inner[:40]), 0) if inner != line else 0
    return Misfit(number, before + where(trial.entry, inner), line, str(trial.records["reason"][row]))


def where(entry: Entry, line: str) -> int:
    """The column (from 0) where a line stops fitting a format."""
    if entry.kind in {"json", "logfmt", "ltsv"}:
        try:
            json.loads(line)
        except json.JSONDecodeError as error:
            return error.pos
        return 0
    if entry.kind == "w3c":
        return len(line) if line.count(entry.separator) else 0
    parser = compiled(entry)
    return parser.reach(line) if isinstance(parser, TextParser | CsvParser) else 0
