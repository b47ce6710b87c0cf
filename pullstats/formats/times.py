"""When a request was logged: every way to write a time, as epoch microseconds in UTC.

A time is cut at its minute: few distinct minutes and few distinct rests are read, strictly and by the same two
functions for one text and for a whole column. A leap second (`:60`) is the next minute's first.
"""

from __future__ import annotations

import re
from calendar import timegm
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from pullstats.errors import UsageError
from pullstats.formats.distinct import Distinct, constant, mostly_different
from pullstats.lazy import pl

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

SECOND = 1_000_000
_LOOK_AT = 1_000  # texts
LAST = 4_133_980_800 * SECOND  # the first moment of the year 2101
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES, 1)}
_DAYS = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_REST = re.compile(r":([0-5][0-9]|60)(?:[.,]([0-9]{1,9}))?(?: ?([Zz]|UTC)| ?([+-])([0-9]{2})(?::?([0-5][0-9]))?)?")
_CLF_REST = re.compile(r":([0-5][0-9]|60)()() ([+-])([0-9]{2})([0-5][0-9])")
# What stands between hour and minute -> each time of day and its seconds from midnight.
_OF_DAY = {colon: {f"{m // 60:02}{colon}{m % 60:02}": m * 60 for m in range(24 * 60)} for colon in ("", ":")}
_NUMBER = r"^([0-9]{9,19})(?:\.([0-9]{1,12}))?$"
_EPOCH = re.compile(_NUMBER)
_UNITS = ((11, 6), (14, 3), (17, 0))  # (digits at most, power of ten that makes microseconds of it)
_C = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ 0-3][0-9]) ([0-9:]{8}) ([0-9]{4})")
_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?[eE]\+?[0-9]{1,2}")


@dataclass(frozen=True)
class Clock:
    """One way to write a time.

    Attributes:
        width: characters up to its minute.
        day: what its date looks like, with all up to the hour.
        pattern: what the whole looks like in a line.
        fixed: characters of the whole, where that never varies.
        colon: what stands between hour and minute.
        rest: what follows the minute: seconds, fraction, a word for UTC, or sign, hours and minutes of the zone.
    """

    width: int
    day: re.Pattern[str]
    pattern: str
    fixed: int = 0
    colon: str = ":"
    rest: re.Pattern[str] = _REST


_ZONE = r"(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})"
CLOCKS = {
    "clf": Clock(
        17,
        re.compile(r"(?P<d>[0-3][0-9])/(?P<b>[A-Z][a-z]{2})/(?P<y>[0-9]{4}):"),
        r"[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{4}",
        26,
        rest=_CLF_REST,
    ),
    "clf_local": Clock(
        17,
        re.compile(r"(?P<d>[0-3][0-9])/(?P<b>[A-Z][a-z]{2})/(?P<y>[0-9]{4}):"),
        r"[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?: [+-][0-9]{4})?",
    ),
    "clf_spaced": Clock(  # Python's http.server, Werkzeug: 23/Nov/2026 10:00:00
        17,
        re.compile(r"(?P<d>[0-3][0-9])/(?P<b>[A-Z][a-z]{2})/(?P<y>[0-9]{4}) "),
        r"[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}",
        20,
    ),
    "iso": Clock(
        16,
        re.compile(r"(?P<y>[0-9]{4})-(?P<m>[01][0-9])-(?P<d>[0-3][0-9])[Tt \t]"),
        rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[Tt \t][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:[.,][0-9]{{1,9}})?(?: ?{_ZONE})?",
    ),
    "slashed": Clock(  # nginx's error log and gin: 2018/12/07 - 09:11:42
        16,
        re.compile(r"(?P<y>[0-9]{4})/(?P<m>[01][0-9])/(?P<d>[0-3][0-9]) "),
        r"[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?",
    ),
    "gin": Clock(
        18,
        re.compile(r"(?P<y>[0-9]{4})/(?P<m>[01][0-9])/(?P<d>[0-3][0-9]) - "),
        r"[0-9]{4}/[0-9]{2}/[0-9]{2} - [0-9]{2}:[0-9]{2}:[0-9]{2}",
        21,
    ),
    "digits": Clock(
        12,
        re.compile(r"(?P<y>[0-9]{4})(?P<m>[01][0-9])(?P<d>[0-3][0-9])"),
        r"[0-9]{14}",
        14,
        "",
    ),
}


@cache
def zone(name: str) -> ZoneInfo:
    """The zone of a name such as `Europe/Berlin`.

    Raises:
        UsageError: no such zone.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(f"{name}: no such time zone", "give a name such as UTC or Europe/Berlin") from error


def _minute(clock: Clock, text: str) -> int | None:
    """Seconds from the epoch to the minute, as if the time were UTC."""
    cut = clock.width - len(f"00{clock.colon}00")
    day, clock_time = _day(clock, text[:cut]), _OF_DAY[clock.colon].get(text[cut:])
    return None if day is None or clock_time is None else day + clock_time


def _day(clock: Clock, text: str) -> int | None:
    """Seconds from the epoch to the midnight of a date."""
    match = clock.day.fullmatch(text)
    if not match:
        return None
    part = match.groupdict()
    month = _MONTHS.get(part["b"], 0) if "b" in part else int(part["m"])
    year, day = int(part["y"]), int(part["d"])
    if not (1 <= month <= 12 and 1 <= day <= _DAYS[month] and 1970 <= year <= 2101):  # noqa: PLR2004 - a calendar
        return None
    if month == 2 and day == 29 and (year % 4 or (year % 100 == 0 and year % 400)):  # noqa: PLR2004 - a calendar
        return None
    return timegm((year, month, day, 0, 0, 0))


def _minutes(clock: Clock, texts: pl.Series) -> pl.Series:
    """`_minute` of each of many different texts: few dates and few times of day are read."""
    cut = clock.width - len(f"00{clock.colon}00")
    day, of_day = Distinct(texts.str.slice(0, cut)), Distinct(texts.str.slice(cut))
    days = pl.Series([_day(clock, text) for text in day.values], dtype=pl.Int64)
    seconds = pl.Series([_OF_DAY[clock.colon].get(text) for text in of_day.values], dtype=pl.Int64)
    return day.spread(days) + of_day.spread(seconds)


def _rest(clock: str, text: str) -> tuple[int, int | None] | None:
    """(microseconds of the seconds, offset of the zone in seconds or None) of a time's end."""
    match = CLOCKS[clock].rest.fullmatch(f":{text}" if clock == "digits" else text)
    if not match:
        return None
    seconds, fraction, utc, sign, hours, minutes = match.groups()
    micros = int(seconds) * SECOND + (int(fraction[:6].ljust(6, "0")) if fraction else 0)
    if utc:
        return micros, 0
    if not sign:
        return micros, None
    offset = int(hours) * 3600 + int(minutes or 0) * 60
    return micros, -offset if sign == "-" else offset


def _to_utc(seconds: int, tz: str) -> int:
    """Seconds since the epoch of a local minute: of the first one where the clock shows it twice."""
    if tz == "UTC":
        return seconds
    local = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=zone(tz))
    return seconds - int((local.utcoffset() or (local - local)).total_seconds())


def read(clock: str, text: str, tz: str) -> int | None:
    """Epoch microseconds of a time; None if it is none or lies outside 1970 to 2100.

    Args:
        clock: one of CLOCKS, `epoch` (a number), or `time` (whatever it looks like).
        text: the time.
        tz: the zone of a time that states none.
    """
    if clock == "epoch":
        return epoch(text)
    if clock == "time":
        return _auto(text, tz)
    kind = CLOCKS[clock]
    minute, rest = _minute(kind, text[: kind.width]), _rest(clock, text[kind.width :])
    if minute is None or rest is None:
        return None
    micros, offset = rest
    ts = (_to_utc(minute, tz) if offset is None else minute - offset) * SECOND + micros
    return ts if 0 <= ts < LAST else None


def column(clock: str, texts: pl.Series, tz: str, newest: int | None = None) -> pl.Series:
    """`read` of each text of a column, as Int64; `newest` is for clock `syslog`, whose times state no year."""
    if clock == "syslog":
        return _yearless(texts, tz, newest)
    if clock in {"epoch", "time"}:
        looks = _looks_like(texts) if clock == "time" else clock
        ts = _epochs(texts) if looks == "epoch" else column(looks, texts, tz)
        other = (ts.is_null() & texts.is_not_null()).arg_true()
        return ts.scatter(other, _each(clock, texts.gather(other), tz)) if len(other) else ts
    kind = CLOCKS[clock]
    return joined(clock, texts.str.slice(0, kind.width), texts.str.slice(kind.width), tz)


def _looks_like(texts: pl.Series) -> str:
    """The clock of the first text: the others are tried by it, too, before each is looked at."""
    first = next(iter(texts.head(_LOOK_AT).drop_nulls().head(1)), "")
    return "iso" if first[4:5] == "-" else "clf_local" if first[2:3] == "/" else "epoch"


def _epochs(texts: pl.Series) -> pl.Series:
    """`epoch` of the plainly written numbers; null for other texts."""
    whole, fraction = texts.str.extract_groups(_NUMBER).struct.unnest().get_columns()
    digits, number = whole.str.len_bytes(), whole.cast(pl.Int64, strict=False)
    micros = fraction.fill_null("").str.head(6).str.pad_end(6, "0").cast(pl.Int64)
    frame = pl.DataFrame({"digits": digits, "number": number, "micros": micros})
    scaled = pl.coalesce(
        *(
            pl.when(pl.col("digits") <= most).then(pl.col("number") * 10**unit + pl.col("micros") // 10 ** (6 - unit))
            for most, unit in _UNITS
        ),
        pl.col("number") // 1000,
    )
    return in_range(frame.select(ts=scaled)["ts"])


def _each(clock: str, texts: pl.Series, tz: str) -> pl.Series:
    """`read` of each distinct text."""
    distinct = Distinct(texts)
    return distinct.spread(pl.Series([read(clock, text, tz) for text in distinct.values], dtype=pl.Int64))


def _auto(text: str, tz: str) -> int | None:
    """`read` of a number, an ISO, a CLF or a C time (`Mon Nov 23 10:00:00 2026`): whichever it looks like."""
    if text[4:5] == "-":
        return read("iso", text, tz)
    if written := _C.fullmatch(text):
        month, day, clock, year = written.groups()
        return read("clf_spaced", f"{day.replace(' ', '0')}/{month}/{year} {clock}", tz)
    return read("clf_local", text.strip("[]"), tz) if text[2:3] == "/" or text[:1] == "[" else epoch(text)


def _yearless(texts: pl.Series, tz: str, newest: int | None) -> pl.Series:
    """The times of `Nov 23 18:45:19`: each in the last year in which it is not after `newest` (None: now) and a day."""
    last = datetime.now(UTC).timestamp() if newest is None else newest / SECOND
    distinct = Distinct(texts.str.slice(0, len("Nov 23")))
    days = [_last_year(text, last) for text in distinct.values]
    dates = distinct.spread(pl.Series(days, dtype=pl.String))
    return day_and_time(dates, texts.str.slice(len("Nov 23 ")), tz)


def _last_year(day: str, last: float) -> str | None:
    """The ISO date of a month and day in the last year in which it began before a moment and a day."""
    month, number = _MONTHS.get(day[:3], 0), day[3:].strip()
    if not month or not number.isdecimal():
        return None
    latest = datetime.fromtimestamp(last, UTC)
    for year in range(latest.year + 1, latest.year - 9, -1):
        seconds = _minute(CLOCKS["iso"], text := f"{year:04}-{month:02}-{int(number):02}T00:00")
        if seconds is not None and seconds <= last + 86_400:
            return text[:10]
    return None


def day_and_time(days: pl.Series, clocks: pl.Series, tz: str) -> pl.Series:
    """`read` of an ISO date and a time of day in two columns."""
    day, minute = Distinct(days), Distinct(clocks.str.slice(0, 5))
    iso, rest = CLOCKS["iso"], Distinct(clocks.str.slice(5))
    midnights = [_minute(iso, f"{text}T00:00") for text in day.values]
    minutes = [_minute(iso, f"1970-01-01T{text}") for text in minute.values]
    rests = [_rest("iso", text) for text in rest.values]
    shift = [None if n is None else n - _to_utc(n, tz) for n in midnights] if tz != "UTC" else [0] * len(midnights)
    base = [None if n is None else (n - (s or 0)) * SECOND for n, s in zip(midnights, shift, strict=True)]
    ts = (
        day.spread(pl.Series(base, dtype=pl.Int64))
        + minute.spread(pl.Series([None if n is None else n * SECOND for n in minutes], dtype=pl.Int64))
        + rest.spread(pl.Series([r and r[0] - (r[1] or 0) * SECOND for r in rests], dtype=pl.Int64))
    )
    return in_range(ts)


def joined(clock: str, minutes: pl.Series, rests: pl.Series, tz: str) -> pl.Series:
    """`read` of times whose two parts, up to the minute and the rest, are given as columns."""
    minute = Distinct(minutes)
    naive = _minutes(CLOCKS[clock], minute.values)
    micros, zoneless = _rests(clock, rests)
    ts = minute.spread(naive * SECOND).alias("ts") + micros
    if tz != "UTC" and zoneless is not None:
        local = [None if n is None else (_to_utc(n, tz) - n) * SECOND for n in naive]
        ts = ts + minute.spread(pl.Series(local, dtype=pl.Int64)) * zoneless
    return in_range(ts)


def _rests(clock: str, rests: pl.Series) -> tuple[pl.Series, pl.Series | None]:
    """(microseconds less the zone's offset, 1 where no zone is stated or None if all state one) of the times' ends."""
    fractions = not CLOCKS[clock].fixed and mostly_different(rests)
    return _fractions(clock, rests) if fractions else _distinct_rests(clock, rests)


def _distinct_rests(clock: str, rests: pl.Series) -> tuple[pl.Series, pl.Series | None]:
    """`_rests`, each distinct text read once."""
    rest = Distinct(rests)
    parts = [_rest(clock, text) for text in rest.values]
    micros = rest.spread(pl.Series([p and p[0] - (p[1] or 0) * SECOND for p in parts], dtype=pl.Int64))
    bare = [int(p is not None and p[1] is None) for p in parts]
    return micros, rest.spread(pl.Series(bare, dtype=pl.Int64)) if any(bare) else None


def _fractions(clock: str, rests: pl.Series) -> tuple[pl.Series, pl.Series | None]:
    """`_rests` by whole-column expressions on the seconds, and by distinct zones."""
    cut = (
        rests.str.extract_groups(r"^(:(?:[0-5][0-9]|60))[.,]([0-9]{1,6})[0-9]{0,3}((?:[^.,].*)?)$")
        .struct.unnest()
        .get_columns()
    )
    ends, zones = _distinct_rests("iso", cut[0] + cut[2])
    micros = ends + cut[1].str.pad_end(6, "0").cast(pl.Int64)
    other = (cut[0].is_null() & rests.is_not_null()).arg_true()
    if len(other):
        parts = [_rest(clock, text) for text in rests.gather(other)]
        micros = micros.scatter(other, pl.Series([p and p[0] - (p[1] or 0) * SECOND for p in parts], dtype=pl.Int64))
        bare = pl.Series([int(p is not None and p[1] is None) for p in parts], dtype=pl.Int64)
        zones = (constant(0, len(rests), pl.Int64()) if zones is None else zones).scatter(other, bare)
    return micros, zones


def in_range(ts: pl.Series) -> pl.Series:
    """The times from 1970 to 2100; null for the others."""
    return ts.set(~ts.is_between(0, LAST - 1).fill_null(value=True), None)


def epoch(text: str) -> int | None:
    """Epoch microseconds of a number: seconds, milli-, micro- or nanoseconds by its count of digits."""
    match = _EPOCH.fullmatch(text)
    if not match:
        if _PLAIN.fullmatch(text):
            from decimal import Decimal

            return epoch(format(Decimal(text), "f"))
        return None
    whole, fraction = match.groups()
    unit = next((u for digits, u in _UNITS if len(whole) <= digits), -3)
    digits = (whole + (fraction or "").ljust(6, "0")[:unit]) if unit >= 0 else whole[:unit]
    ts = int(digits)
    return ts if 0 <= ts < LAST else None
