"""The window in words, for captions."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from pullstats.window.every import hours_text, rule_text
from pullstats.window.zones import local

if TYPE_CHECKING:
    from pullstats.window.asked import Window

_PERIOD = re.compile(r"\d{4}(-?(Q\d|W\d\d(-?\d)?|\d\d(-?\d\d)?))?", re.ASCII | re.IGNORECASE)
_SELF_EVIDENT = re.compile(r"\d{4}[\dTQWZ:.+ -]*", re.ASCII | re.IGNORECASE)


def describe(window: Window) -> str:
    """The window for people: `every Tuesday in 2024-03, UTC`.

    What depends on the day of asking is said with its dates: `last_month (2026-10-01 .. 2026-10-31), UTC`.
    """
    kept = " ".join(_kept(window))
    when = _when(window)
    if not kept:
        return f"{when}, {window.tz}"
    joint = " " if when.startswith(("since", "until")) else " on " if _is_day(when) else " in "
    return f"{kept}{joint}{when}, {window.tz}"


def _kept(window: Window) -> list[str]:
    days = [rule_text(window.every)] if window.every else []
    hours = [hours_text(window.hours)] if window.hours else []
    return days + hours


def _is_day(text: str) -> bool:
    return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", text))


def _when(window: Window) -> str:
    if window.during_text is not None:
        return _during(window, window.during_text)
    since, until = _since(window), _until(window)
    return f"{since} {until}".strip() or "all data"


def _during(window: Window, text: str) -> str:
    ends = [part.strip() for part in re.split(r"\.\.|/", text)]
    if all(not part or _SELF_EVIDENT.fullmatch(part) for part in ends):
        return text.strip()
    return f"{text.strip()} ({date_range(window)})"


def _since(window: Window) -> str:
    if window.since is None or window.since_text is None:
        return ""
    text = window.since_text.strip()
    return f"since {text if _SELF_EVIDENT.fullmatch(text) else f'{_short(window, window.since)} ({text})'}"


def _until(window: Window) -> str:
    if window.until is None or window.until_text is None:
        return ""
    text = window.until_text.strip()
    if _PERIOD.fullmatch(text):
        return f"until the end of {text}"
    return f"until {text if _SELF_EVIDENT.fullmatch(text) else f'{_short(window, window.until)} ({text})'}"


def date_range(window: Window) -> str:
    """The window's dates, both included: `2026-10-01 .. 2026-10-31`.

    With times, and a half-open end, where it does not begin and end at midnight.
    """
    since, until = window.since, window.until
    if since is None or until is None:
        return f"{'' if since is None else _short(window, since)} .. {'' if until is None else _short(window, until)}"
    start, end = local(since, window.zone), local(until, window.zone)
    if start.time() != end.time() or start.hour or start.minute:
        return f"{_short(window, since)} .. {_short(window, until)}"
    last = end.date() - timedelta(days=1)
    return f"{start.date()}" if last <= start.date() else f"{start.date()} .. {last}"


def _short(window: Window, us: int) -> str:
    moment = local(us, window.zone)
    midnight = not (moment.hour or moment.minute or moment.second or moment.microsecond)
    return f"{moment.date()}" if midnight else moment.strftime("%Y-%m-%dT%H:%M")
