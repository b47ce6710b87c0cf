"""Which days `--every` keeps, and which part of each `--hours`."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from pullstats.errors import UsageError, did_you_mean
from pullstats.window.names import WEEKDAY_NUMBERS, WEEKDAYS

MINUTES_OF_A_DAY = 24 * 60

_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WORKDAYS, _WEEKEND = frozenset(range(5)), frozenset((5, 6))
_GROUPS = {"weekday": _WORKDAYS, "weekend": _WEEKEND, "day": _WORKDAYS | _WEEKEND}
_HINT = "(days, weekday, weekend, or an RFC 5545 rule such as FREQ=WEEKLY;BYDAY=TU)"
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_PARTS = (
    "FREQ", "INTERVAL", "WKST", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS",
)  # fmt: skip
_ONLY_DAYS = re.compile(rf"FREQ=WEEKLY;BYDAY=((?:{'|'.join(_CODES)})(?:,(?:{'|'.join(_CODES)}))*)")
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", re.ASCII)
_BARE_HOURS = re.compile(r"(\d{1,2})\s*-\s*(\d{1,2})", re.ASCII)

# Rules with an INTERVAL count from here, so that the same rule keeps the same days in every window: 1 January
# 1970, weeks from the Monday of ISO week 1 of 1970.
_ANCHOR, _ANCHOR_WEEK = date(1970, 1, 1), date(1969, 12, 29)
# The calendar repeats itself every 28 years inside a century: a rule that keeps no day here keeps none.
_PROBE = datetime(9971, 1, 1)  # noqa: DTZ001 - days of a calendar, not moments


def every_rule(text: str, *, option: str = "--every") -> str:
    """The RFC 5545 text of names of days, `weekday`, `weekend` or RFC 5545 text.

    Raises:
        UsageError: for misspelt days, and for rules that are no rule of days or bring a range of their own.
    """
    if "=" in text:
        return _checked_rule(text, option)
    kept: set[int] = set()
    for word in re.split(r"[\s,]+", text.strip().lower()):
        kept |= _days_of(word, text, option)
    return "FREQ=DAILY" if len(kept) == len(WEEKDAYS) else "FREQ=WEEKLY;BYDAY=" + ",".join(_codes(kept))


def _codes(kept: set[int]) -> list[str]:
    return [_CODES[number] for number in sorted(kept)]


def _days_of(word: str, text: str, option: str) -> frozenset[int]:
    name = word.removesuffix("s")
    for known in (word, name):
        if known in _GROUPS:
            return _GROUPS[known]
        if known in WEEKDAY_NUMBERS:
            return frozenset((WEEKDAY_NUMBERS[known],))
    near = did_you_mean(word, [day.lower() for day in WEEKDAYS] + list(_GROUPS))
    raise UsageError(f"{option} '{text}': {near or f'{word!r} is no day'} {_HINT}")


def _checked_rule(text: str, option: str) -> str:
    rule = text.strip().upper().removeprefix("RRULE:").rstrip(";")
    parts = {name: value for name, _, value in (part.partition("=") for part in rule.split(";"))}
    why = _why_not(parts) or _why_unreadable(rule, parts)
    if why:
        raise UsageError(f"{option} '{text}': {why}")
    return rule


def _why_not(parts: dict[str, str]) -> str:
    interval = parts.get("INTERVAL", "1")
    days = parts.get("BYDAY", "")
    frequency = parts.get("FREQ")
    checks = (
        ("COUNT" in parts or "UNTIL" in parts, "leave out COUNT and UNTIL; --since and --until give the range"),
        (bool({"BYHOUR", "BYMINUTE", "BYSECOND"} & parts.keys()), "--hours keeps hours, such as --hours 09:00-17:00"),
        (frequency not in _FREQUENCIES, "FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY"),
        (bool(parts.keys() - set(_PARTS)), f"a rule has only {', '.join(_PARTS)}"),
        (not (interval.isascii() and interval.isdigit() and int(interval) > 0), "INTERVAL must be 1 or more"),
        (
            frequency != "DAILY" and not any(part.startswith("BY") for part in parts),
            f"say on which days, such as FREQ={frequency};BYDAY={'MO' if frequency == 'WEEKLY' else '1MO'}",
        ),
        (
            frequency in ("DAILY", "WEEKLY") and any(sign.isdigit() for sign in days),
            f"BYDAY={days} counts days of a month or year; write FREQ=MONTHLY",
        ),
    )
    return next((why for wrong, why in checks if wrong), "")


def _why_unreadable(rule: str, parts: dict[str, str]) -> str:
    from dateutil.rrule import rrulestr

    plain = ";".join(f"{name}={value}" for name, value in parts.items() if name != "INTERVAL")
    try:
        rrulestr(rule, dtstart=_PROBE)
        kept = next(iter(rrulestr(plain, dtstart=_PROBE)), None)
    except ValueError as error:
        return f"not a rule of RFC 5545 ({error})"
    return "" if kept else "keeps no day at all"


def rule_days(rule: str, first: date, last: date) -> set[date]:
    """The days from `first` to `last`, both included, that a rule keeps."""
    every_day = (first + timedelta(days=number) for number in range((last - first).days + 1))
    if rule == "FREQ=DAILY":
        return set(every_day)
    if match := _ONLY_DAYS.fullmatch(rule):
        kept = {_CODES.index(code) for code in match[1].split(",")}
        return {day for day in every_day if day.weekday() in kept}
    return _expanded(rule, first, last)


def _expanded(rule: str, first: date, last: date) -> set[date]:
    from dateutil.rrule import rrulestr

    anchor = _ANCHOR_WEEK if "FREQ=WEEKLY" in rule else _ANCHOR
    if "INTERVAL=" not in rule or first < anchor:  # the phase does not matter, or there is none yet
        anchor = date(first.year - 1, 1, 1)
        anchor -= timedelta(days=anchor.weekday() if "FREQ=WEEKLY" in rule else 0)
    start, low, high = (datetime(day.year, day.month, day.day) for day in (anchor, first, last))  # noqa: DTZ001
    return {kept.date() for kept in rrulestr(rule, dtstart=start).between(low, high, inc=True)}


def rule_text(rule: str) -> str:
    """The rule for people: `every Tuesday and Thursday`, `every weekend`, `days of FREQ=...`."""
    match = _ONLY_DAYS.fullmatch(rule)
    if not match:
        return "every day" if rule == "FREQ=DAILY" else f"days of {rule}"
    kept = sorted({_CODES.index(code) for code in match[1].split(",")})
    for name, days in _GROUPS.items():
        if days == set(kept):
            return f"every {name}"
    *others, last = (WEEKDAYS[number] for number in kept)
    return f"every {', '.join(others)} and {last}" if others else f"every {last}"


def day_hours(text: str, *, option: str = "--hours") -> tuple[int, int]:
    """The first minute of the day and the minute after the last one of `09:00-17:00`.

    A span that ends at or before its start goes over midnight and belongs to the day on which it begins.

    Raises:
        UsageError: for anything that is not two different times of the day.
    """
    match = _HOURS.fullmatch(text.strip())
    if not match:
        bare = _BARE_HOURS.fullmatch(text.strip())
        whole = bare and max(int(bare[1]), int(bare[2])) <= 24  # noqa: PLR2004 - hours of a day
        cure = f"{int(bare[1]):02}:00-{int(bare[2]):02}:00" if bare and whole else "two times such as 09:00-17:00"
        raise UsageError(f"{option} '{text}': write {cure}")
    hour, minute, last_hour, last_minute = (int(part) for part in match.groups())
    start, end = 60 * hour + minute, 60 * last_hour + last_minute
    if max(minute, last_minute) > 59 or start >= MINUTES_OF_A_DAY or end > MINUTES_OF_A_DAY:  # noqa: PLR2004
        raise UsageError(f"{option} '{text}': times go from 00:00 to 24:00")
    if start == end:
        raise UsageError(f"{option} '{text}' is empty; leave it out to keep the whole day")
    return start, end or MINUTES_OF_A_DAY


def hours_text(hours: tuple[int, int]) -> str:
    """The hours as `--hours` takes them: `09:00-17:00`."""
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in hours)
