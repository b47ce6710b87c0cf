"""Time zones, and the way between moments (epoch microseconds, UTC) and what a clock on the wall shows."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING

from pullstats.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})?", re.ASCII)
_FURTHEST = timedelta(hours=14)

# What people write for a zone: half of a year's rule (the other half is on another offset) or several places.
_HALVES = {
    "EST": ("winter", "America/New_York", "-05:00"),
    "EDT": ("summer", "America/New_York", "-04:00"),
    "CDT": ("summer", "America/Chicago", "-05:00"),
    "MST": ("winter", "America/Denver", "-07:00"),
    "MDT": ("summer", "America/Denver", "-06:00"),
    "PST": ("winter", "America/Los_Angeles", "-08:00"),
    "PDT": ("summer", "America/Los_Angeles", "-07:00"),
    "AKST": ("winter", "America/Anchorage", "-09:00"),
    "AKDT": ("summer", "America/Anchorage", "-08:00"),
    "HST": ("winter", "Pacific/Honolulu", "-10:00"),
    "WET": ("winter", "Europe/Lisbon", "+00:00"),
    "WEST": ("summer", "Europe/Lisbon", "+01:00"),
    "CET": ("winter", "Europe/Berlin", "+01:00"),
    "MET": ("winter", "Europe/Berlin", "+01:00"),
    "CEST": ("summer", "Europe/Berlin", "+02:00"),
    "EET": ("winter", "Europe/Athens", "+02:00"),
    "EEST": ("summer", "Europe/Athens", "+03:00"),
    "MSK": ("winter", "Europe/Moscow", "+03:00"),
    "JST": ("winter", "Asia/Tokyo", "+09:00"),
    "KST": ("winter", "Asia/Seoul", "+09:00"),
    "AEST": ("winter", "Australia/Sydney", "+10:00"),
    "AEDT": ("summer", "Australia/Sydney", "+11:00"),
    "NZST": ("winter", "Pacific/Auckland", "+12:00"),
    "NZDT": ("summer", "Pacific/Auckland", "+13:00"),
}
_SEVERAL = {
    "IST": "Asia/Kolkata, Europe/Dublin or Asia/Jerusalem",  # codespell:ignore
    "CST": "America/Chicago, Asia/Shanghai or America/Havana",
    "BST": "Europe/London or Asia/Dhaka",
    "SST": "Pacific/Pago_Pago or Asia/Singapore",
    "AST": "America/Halifax or Asia/Riyadh",
    "GST": "Asia/Dubai or Atlantic/South_Georgia",
}
_MACHINE = ("LOCALTIME", "FACTORY")  # files beside the zones that differ from machine to machine


def zone(text: str, *, option: str = "--tz") -> tzinfo:
    """The time zone of an IANA name, `UTC`, `Z` or an offset such as `+02:00`.

    Raises:
        UsageError: for anything else, with the nearest name; abbreviations such as EST are refused, since they
            name one half of the year or several places.
    """
    asked = text.strip()
    if asked.upper() in ("UTC", "Z", "GMT"):
        return UTC
    if offset := _OFFSET.fullmatch(asked):
        return _fixed(offset, text, option)
    if cure := _abbreviation(asked.upper()):
        raise UsageError(f"{option} '{text}' {cure}")
    return _named(asked, text, option)


def _fixed(offset: re.Match[str], text: str, option: str) -> tzinfo:
    sign, hours, minutes = offset.groups()
    size = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if size > _FURTHEST or int(minutes or 0) > 59:  # noqa: PLR2004 - minutes of an hour
        raise UsageError(f"{option} '{text}' is not an offset; they go from -14:00 to +14:00")
    return timezone(-size if sign == "-" else size) if size else UTC


def _abbreviation(asked: str) -> str:
    if asked in _SEVERAL:
        return f"means several places; write {_SEVERAL[asked]}"
    if asked in _HALVES:
        half, name, offset = _HALVES[asked]
        why = "has no summer time" if half == "winter" else "is summer time only"
        return f"{why}; write {name}, or {offset}"
    return ""


def _named(asked: str, text: str, option: str) -> tzinfo:
    from zoneinfo import ZoneInfo

    try:
        if asked.upper() not in _MACHINE:
            return ZoneInfo(asked)
    except (KeyError, ValueError, OSError):  # unknown, no path inside the zone folder, a folder
        pass
    cure = _nearest_zone(asked) or "write a name such as Europe/Berlin, or an offset such as +02:00"
    raise UsageError(f"{option} '{text}' is not a time zone", cure)


def _nearest_zone(asked: str) -> str:
    from zoneinfo import available_timezones

    names = sorted(name for name in available_timezones() if name.upper() not in _MACHINE)
    wanted = asked.lower().replace(" ", "_")
    same = [name for name in names if wanted in (name.lower(), name.lower().rpartition("/")[2])]
    return f"did you mean {same[0]}?" if wanted and same else did_you_mean(asked, names)


def zone_name(tz: tzinfo) -> str:
    """The zone as `--tz` takes it: `UTC`, `Europe/Berlin`, `+02:00`."""
    name = str(tz)
    return name.removeprefix("UTC") or "UTC"


def micros(moment: datetime) -> int:
    """The epoch microseconds of an aware datetime."""
    return (moment.astimezone(UTC) - EPOCH) // MICROSECOND


def local(us: int, tz: tzinfo) -> datetime:
    """The aware datetime of a moment, in the zone."""
    return (EPOCH + timedelta(microseconds=us)).astimezone(tz)


def iso(us: int, tz: tzinfo) -> str:
    """The moment as ISO text with its offset: `2024-03-05T00:00:00+00:00`."""
    return local(us, tz).isoformat()


def offset(us: int, tz: tzinfo) -> int:
    """How far, in microseconds, the zone's clocks are ahead of UTC at a moment."""
    return (local(us, tz).utcoffset() or timedelta()) // MICROSECOND


def instant(wall: datetime, tz: tzinfo) -> int:
    """The first moment at which the zone's clocks show this naive time or, if they skip it, a later one."""
    first = micros(wall.replace(tzinfo=tz, fold=0))
    if local(first, tz).replace(tzinfo=None) == wall:
        return first
    return _change(micros(wall.replace(tzinfo=tz, fold=1)), first, tz)


def happens_twice(wall: datetime, tz: tzinfo) -> bool:
    """Whether the zone's clocks show this naive time twice, because they are put back."""
    first, second = (micros(wall.replace(tzinfo=tz, fold=fold)) for fold in (0, 1))
    return first < second


def midnight(day: date, tz: tzinfo) -> int:
    """The moment at which a local day begins."""
    return instant(datetime(day.year, day.month, day.day), tz)  # noqa: DTZ001 - a wall clock's time


def _change(before: int, after: int, tz: tzinfo) -> int:
    """The moment after `before`, up to `after`, at which the zone's offset changes (on a full second)."""
    low, high = before // SECOND, -(-after // SECOND)
    old = offset(before, tz)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset(middle * SECOND, tz) == old else (low, middle)
    return high * SECOND


def segments(start: int, end: int, tz: tzinfo) -> Iterator[tuple[int, int, int]]:
    """The parts of [start, end) with one offset each: start, end, offset.

    No zone changes its offset twice within a day, so that a look at every day finds each change.
    """
    at, now = start, offset(start, tz)
    for look in range(start, end, DAY):
        until = min(look + DAY, end)
        if offset(until, tz) != now:
            change = _change(look, until, tz)
            if at < change < end:
                yield at, change, now
                at, now = change, offset(change, tz)
    if at < end:
        yield at, end, now


def merged(parts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The parts, sorted, with those that touch or overlap joined and empty ones left out."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(part for part in parts if part[0] < part[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
