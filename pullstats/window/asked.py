"""The window: the time that a question is asked about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from pullstats.errors import UsageError
from pullstats.window.every import MINUTES_OF_A_DAY, day_hours, every_rule, rule_days
from pullstats.window.steps import duration
from pullstats.window.when import Ask, absolute, when
from pullstats.window.zones import DAY, MINUTE, iso, local, merged, micros, midnight, segments, zone, zone_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

Span = tuple[int, int]

_RANGE = re.compile(r"(.*?)\.\.(.*)", re.DOTALL)
_INTERVAL = re.compile(r"([^/]+)/([^/]+)")
_UNPADDED = re.compile(r"\d{4}/\d{1,2}(/\d{1,2})?", re.ASCII)
_SLASHED = re.compile(r"\d{1,2}/\d{1,2}/\d{2,4}", re.ASCII)


@dataclass(frozen=True)
class Window:
    """The time asked for, half open, with the texts that it was asked in.

    Attributes:
        since: its first moment, in epoch microseconds; None: from the first request on.
        until: the moment after its last one; None: to the last request.
        tz: the zone that days are counted in, as `--tz` takes it.
        every: which days, as RFC 5545 text; None: all.
        hours: the minutes of each day, [start, end); end < start goes over midnight; None: all.
        since_text, until_text, during_text: as asked, where asked.
    """

    since: int | None = None
    until: int | None = None
    tz: str = "UTC"
    every: str | None = None
    hours: tuple[int, int] | None = None
    since_text: str | None = None
    until_text: str | None = None
    during_text: str | None = None

    @property
    def zone(self) -> tzinfo:
        """The zone itself."""
        return zone(self.tz)

    @property
    def since_iso(self) -> str | None:
        """The first moment as ISO text with its offset."""
        return None if self.since is None else iso(self.since, self.zone)

    @property
    def until_iso(self) -> str | None:
        """The moment after the last one as ISO text with its offset."""
        return None if self.until is None else iso(self.until, self.zone)

    def bounds(self, first: int | None, last: int | None) -> Span | None:
        """The calendar span, without --every and --hours: the window, and the data where it is open.

        None where nothing lies in it.
        """
        start = first if self.since is None else self.since
        end = (None if last is None else last + 1) if self.until is None else self.until
        return (start, end) if start is not None and end is not None and start < end else None

    def spans(self, first: int | None, last: int | None) -> list[Span]:
        """The sorted, disjoint [start, end) in epoch microseconds that the window selects.

        An open end of the window lies at the data's `first` or just after its `last` moment; a given one stays
        where it is, with or without data.
        """
        bounds = self.bounds(first, last)
        if bounds is None:
            return []
        return clip(merged(list(self._kept(*bounds))), *bounds)

    def _kept(self, start: int, end: int) -> Iterator[Span]:
        if self.hours is None and self.every is None:
            yield start, end
        elif self.hours is None:
            for day in self._days(start, end):
                yield midnight(day, self.zone), midnight(day + timedelta(days=1), self.zone)
        else:
            yield from self._kept_hours(start, end)

    def _days(self, start: int, end: int) -> list[date]:
        # A day more on both sides: a night belongs to the day before.
        first, last = (local(us, self.zone).date() for us in (start - DAY, end + DAY))
        return sorted(rule_days(self.every or "FREQ=DAILY", first, last))

    def _kept_hours(self, start: int, end: int) -> Iterator[Span]:
        """Where the clocks show the hours: between two changes of the clocks, wall time runs evenly.

        An hour that the clocks skip gives nothing, one that they show twice is kept twice.
        """
        low, high = self.hours or (0, MINUTES_OF_A_DAY)
        days = [_as_utc(day) for day in self._days(start, end)]
        length = (high - low if high > low else high - low + MINUTES_OF_A_DAY) * MINUTE
        parts = [(day + low * MINUTE, day + low * MINUTE + length) for day in days]
        for begin, stop, offset in segments(start - DAY, end + DAY, self.zone):
            for part in clip(parts, begin + offset, stop + offset):
                yield part[0] - offset, part[1] - offset


def _as_utc(day: date) -> int:
    return micros(datetime(day.year, day.month, day.day, tzinfo=UTC))


def clip(spans: list[Span], start: int, end: int) -> list[Span]:
    """The parts of the spans that lie in [start, end)."""
    return [(max(low, start), min(high, end)) for low, high in spans if low < end and high > start and low < high]


def clock(text: str | None, tz: tzinfo) -> datetime:
    """Now, in the zone; or the moment that `--now` fixes it to.

    Raises:
        UsageError: if the text is no date, instant or `@epoch`.
    """
    return datetime.now(tz) if text is None else local(absolute(text, "--now", tz), tz)


def window(  # noqa: PLR0913 - one argument for each option
    *,
    since: str | None = None,
    until: str | None = None,
    during: str | None = None,
    every: str | None = None,
    hours: str | None = None,
    tz: str = "UTC",
    now: datetime | None = None,
) -> Window:
    """The window that the options of the command line ask for.

    A period as its end is included: `until="2021-06"` includes June.

    Raises:
        UsageError: for ambiguous, impossible or unknown texts, with the name of the option and the cure.
    """
    place = zone(tz)
    moment = now or clock(None, place)
    if during is not None and (since is not None or until is not None):
        other = "--since" if since is not None else "--until"
        raise UsageError(f"--during '{during}' has a beginning and an end", f"leave out {other}")
    if during is None:
        bounds = _since_until(since, until, place, moment)
    else:
        bounds = _during(during, Ask(during, "--during", place, moment.astimezone(place)))
    return Window(
        *bounds,
        tz=zone_name(place),
        every=None if every is None else every_rule(every),
        hours=None if hours is None else day_hours(hours),
        since_text=since,
        until_text=until,
        during_text=during,
    )


def _since_until(since: str | None, until: str | None, tz: tzinfo, now: datetime) -> tuple[int | None, int | None]:
    for option, text in (("--since", since), ("--until", until)):
        if text is not None and _is_range(text):
            raise UsageError(f"{option} '{text}' is a range; write --during {text}")
    start = None if since is None else when(since, "--since", tz, now).start
    end = None if until is None else when(until, "--until", tz, now).until
    if start is not None and end is not None and start >= end:
        raise UsageError(f"--since {since} is not before --until {until}")
    return start, end


def _is_range(text: str) -> bool:
    # 03/04/2021 and 2021/06 are dates that are written wrongly, and a slash in a log's time parts no range
    return ".." in text or bool(_interval(text))


def _interval(text: str) -> re.Match[str] | None:
    wrong = _UNPADDED.fullmatch(text.strip()) or _SLASHED.match(text.strip())
    return None if wrong else _INTERVAL.fullmatch(text.strip())


def _during(text: str, ask: Ask) -> tuple[int | None, int | None]:
    if match := _RANGE.fullmatch(text.strip()):
        start, end = _from_to(match[1], match[2], ask)
    elif match := _interval(text):
        start, end = _iso_interval(match[1], match[2], ask)
    else:
        asked = when(text, ask.option, ask.tz, ask.now)
        if asked.kind == "moment":
            raise UsageError(
                f"--during '{text}' is a moment, not a period; write --since '{text}' or --during '{text}..'"
            )
        return asked.start, asked.end
    if start is not None and end is not None and start >= end:
        raise ask.wrong("its beginning is not before its end")
    return start, end


def _from_to(since: str, until: str, ask: Ask) -> tuple[int | None, int | None]:
    if not since.strip() and not until.strip():
        raise ask.wrong("write a beginning, an end or both, such as 2021-01..2021-06")
    start = when(since, ask.option, ask.tz, ask.now).start if since.strip() else None
    end = when(until, ask.option, ask.tz, ask.now).until if until.strip() else None
    return start, end


def _iso_interval(since: str, until: str, ask: Ask) -> tuple[int, int]:
    if length := duration(until.strip()):
        start = when(since, ask.option, ask.tz, ask.now).start
        return start, ask.shifted(start, length, 1)
    end = when(until, ask.option, ask.tz, ask.now).until
    if length := duration(since.strip()):
        return ask.shifted(end, length, -1), end
    return when(since, ask.option, ask.tz, ask.now).start, end
