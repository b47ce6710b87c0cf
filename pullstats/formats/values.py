"""What the text of a field means: one strict reading per type. `columns.py` says the same of whole columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pullstats.formats import times
from pullstats.formats.unescape import DIALECTS

if TYPE_CHECKING:
    from collections.abc import Callable

ABSENT = ("", "-")
NOTHING = (None, None, None, None)  # what a request that is not HTTP gives
_METHOD = r"[A-Z][A-Z_-]{0,31}"
_PROTOCOL = re.compile(r"HTTP(?:/[0-9](?:\.[0-9])?)?", re.IGNORECASE)
_ABSOLUTE = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//([^/?#]*)(.*)", re.DOTALL)
_AUTHORITY = re.compile(r"(?:.*@)?(\[[0-9A-Fa-f:.]+\]|[^:]*)(?::[0-9]*)?", re.DOTALL)
_ADDRESS_PORT = re.compile(
    r"([0-9]{1,3}(?:\.[0-9]{1,3}){3}):[0-9]{1,5}|\[([0-9A-Fa-f:.]+(?:%[^\]]*)?)\](?::[0-9]{1,5})?"
)
HAS_ADDRESS = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:"
_NAME = re.compile(r"(?![xX*]+(?:\.[xX*]+){3}$)[0-9A-Za-z:.%_*-]+")
_UNCOMPRESSED = re.compile(r"(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}")
_DECIMAL = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,2})?")
_GO = re.compile(r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)")
_GO_UNITS = {"ns": 1e-9, "us": 1e-6, "\u00b5s": 1e-6, "\u03bcs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_MAX_DIGITS = 18  # what always fits Int64
_TLS = {"769": "TLSv1", "770": "TLSv1.1", "771": "TLSv1.2", "772": "TLSv1.3"}


class Unreadable(ValueError):  # noqa: N818 - a property of a text, not a fault of the program
    """A text that is no value of its field's type; the message is the reason for people."""


def text(raw: str) -> str | None:
    """The text; absent is None."""
    return None if raw in ABSENT else raw


def request(raw: str) -> tuple[str | None, str | None, str | None, str | None]:
    """(method, path, query, host) of a request line such as `GET /v2/ HTTP/1.1`; nothing of what is not HTTP."""
    verb, _, rest = raw.partition(" ")
    if not re.fullmatch(_METHOD, verb):
        return NOTHING
    head, space, last = rest.rstrip(" ").rpartition(" ")
    split = _target(head.strip(" ") if space and _PROTOCOL.fullmatch(last) else rest.strip(" "), verb)
    return (verb, *split) if split else NOTHING


def _target(raw: str, method: str) -> tuple[str | None, str | None, str | None] | None:
    """(path, query, host) of a request target; None if it is none."""
    if raw.startswith("/") and not raw.startswith("//"):
        path, _, query = raw.partition("?")
        return path, query or None, None
    if method == "CONNECT":
        return None, None, host(raw)
    if raw == "*":
        return None if method == "PRI" else ("*", None, None)
    if raw.startswith("//"):  # not a network-path reference but a path with two slashes: clients do send it
        path, _, query = raw.partition("?")
        return path, query or None, None
    absolute = _ABSOLUTE.fullmatch(raw)
    if not absolute:
        return None
    path, _, query = absolute[2].partition("?")
    return path or "/", query or None, host(absolute[1])


def target(raw: str) -> tuple[str | None, str | None, str | None]:
    """(path, query, host) of a target without its method."""
    return _target(raw, "GET") or (None, None, None)


def path(raw: str) -> str | None:
    """The path, without a query that some servers leave in it."""
    return text(raw.partition("?")[0])


def rootless(raw: str) -> str | None:
    """A path that is logged without its first slash."""
    clean = path(raw)
    return clean if clean is None or clean.startswith("/") else f"/{clean}"


def query(raw: str) -> str | None:
    """The query, without its `?`."""
    return text(raw.removeprefix("?"))


def method(raw: str) -> str | None:
    """The method; None where the text is no method."""
    return raw if re.fullmatch(_METHOD, raw) else None


def host(raw: str) -> str | None:
    """The host without its port; the catch-all name `_` is none."""
    match = _AUTHORITY.fullmatch(raw)
    name = match[1].strip("[]") if match else ""
    return None if name in {"", "-", "_"} else name


def address(raw: str) -> str | None:
    """The address without its port and brackets; None for a socket of the same machine."""
    match = _ADDRESS_PORT.fullmatch(raw)
    bare = (match[1] or match[2]) if match else raw
    if not _NAME.fullmatch(bare) or bare in ABSENT or bare.startswith("unix:"):
        return None  # a socket, a list, `[filtered]`, an address of nothing but x
    if _UNCOMPRESSED.fullmatch(bare):
        from ipaddress import IPv6Address

        return str(IPv6Address(bare))
    return bare


def peer(raw: str) -> str | None:
    """The address of `address:port` where IPv6 may stand without brackets: the last colon separates."""
    head, colon, port = raw.rpartition(":")
    return address(head) if colon and port.isdecimal() and head else address(raw)


def via(raw: str) -> tuple[str | None, str | None]:
    """(address, xff) of `FORWARDED via ADDRESS`, or of an address alone."""
    forwarded, said, direct = raw.rpartition(" via ")
    known = None if direct == "undefined" else address(direct)  # Node.js: the client has gone
    return known, xff(forwarded) if said else None


def xff(raw: str) -> str | None:
    """A list of addresses; None where the text holds none (some logs have another field in this place)."""
    return raw if re.search(HAS_ADDRESS, raw) else None


def several(raw: str) -> str | None:
    """A list of addresses in a place that is one address by right."""
    return raw if "," in raw else None


def captures(raw: str) -> tuple[str | None, str | None, str | None, str | None]:
    """(host, user agent, xff, referer) of headers that HAProxy captured, told by their looks: the log names none."""
    found: dict[str, str] = {}
    for part in raw.split("|"):
        value = DIALECTS["hash"][1](part)
        if value not in ABSENT:
            found.setdefault(_looks_like(value), value)
    return found.get("host"), found.get("agent"), found.get("xff"), found.get("referer")


def _looks_like(value: str) -> str:
    if re.match(r"https?://", value):
        return "referer"
    if re.fullmatch(r"[0-9A-Fa-f:.]+(?:, ?[0-9A-Fa-f:.]+)*", value) and xff(value):
        return "xff"
    host_name = re.fullmatch(r"(?:[A-Za-z0-9-]+\.)+[A-Za-z][A-Za-z0-9-]*(?::[0-9]+)?|localhost(?::[0-9]+)?", value)
    return "host" if host_name else "agent"


def status(raw: str) -> int | None:
    """The status; None for 000, -1 and absent: the client left before the answer."""
    if raw in ABSENT:
        return None
    if not re.fullmatch(r"-?[0-9]{1,3}", raw):
        raise Unreadable("bad status")
    return int(raw) if int(raw) >= 100 else None  # noqa: PLR2004 - the first status of HTTP


def size(raw: str) -> int | None:
    """A count of bytes; -1 and absent are None."""
    digits = raw.removeprefix("+")
    if digits in ABSENT or digits == "-1":
        return None
    if not re.fullmatch(r"[0-9]+(?:\.0+)?", digits):
        raise Unreadable("bad size")
    whole = digits.partition(".")[0]
    if len(whole) > _MAX_DIGITS:
        raise Unreadable("bad size")
    return int(whole)


def _seconds(unit: float) -> Callable[[str], float | None]:
    def seconds(raw: str) -> float | None:
        digits = raw.removeprefix("+")
        if digits in ABSENT or digits.startswith("-"):
            return None
        if not _DECIMAL.fullmatch(digits):
            raise Unreadable("bad duration")
        return float(digits) if unit == 1 else float(digits) / unit

    return seconds


def total(raw: str) -> float | None:
    """The sum of durations in seconds; absent if one of them is -1."""
    parts = [_seconds(1)(part) for part in raw.split(" ")]
    return None if None in parts else round(sum(part or 0.0 for part in parts), 9)


def go_duration(raw: str) -> float | None:
    """Seconds of a Go duration such as `1m2.5s` or `941.512µs`."""
    if raw in ABSENT:
        return None
    total, end = 0.0, 0
    for match in _GO.finditer(raw):
        if match.start() != end:
            break
        value, unit = float(match[1]), match[2]
        scale = _GO_UNITS[unit]
        total += value * scale if scale >= 1 else value / round(1 / scale)
        end = match.end()
    if end != len(raw) or not raw:
        return _seconds(1)(raw)
    return total


def tls(raw: str) -> str | None:
    """The TLS version, spelled TLSv1.3 whatever the log says (`TLS 1.3`, `1.3`, 772)."""
    if raw in ABSENT or raw.lower() == "none":
        return None
    if raw in _TLS:
        return _TLS[raw]
    match = re.fullmatch(r"(?:TLS ?v?|TLSV)?(1(?:\.[0-3])?)", raw, re.IGNORECASE)
    return f"TLSv{match[1]}" if match else raw


def user(raw: str) -> tuple[str | None, bool | None]:
    """(user, auth): a logged user shows that credentials were sent."""
    return (None, None) if raw in ABSENT else (raw, True)


def present(raw: str) -> bool | None:
    """True where the log shows the header at all."""
    return None if raw in ABSENT else True


def _header(name: str) -> Callable[[str], bool | None]:
    """True where a block of raw request headers has the header; nothing else of it is kept."""
    found = re.compile(rf"(?:^|\n){name}:", re.IGNORECASE)
    return lambda raw: True if found.search(raw) else None


def country(raw: str) -> str | None:
    """A two-letter country code in upper case; None for names, `XX` and the like."""
    return raw.upper() if re.fullmatch(r"[A-Za-z]{2}", raw) and raw.upper() not in {"XX", "ZZ"} else None


@dataclass(frozen=True)
class Type:
    """How texts of a field are read.

    Attributes:
        read: the reader of one text; a tuple where `gives` names several columns.
        gives: the record columns that it fills; empty: the field's own target.
        pattern: what the text looks like inside a line (a regular expression), where that is more than "no delimiter".
        escaped: log escaping is undone before it is read.
    """

    read: Callable[[str], Any]
    gives: tuple[str, ...] = ()
    pattern: str = ""
    escaped: bool = True


_NUMBER, _TIMING = r"[0-9]+|-", r"-?[0-9]+(?:\.[0-9]+)?|-"
_ADDRESS = r"[0-9A-Za-z:.%_-]+|\[[0-9A-Fa-f:.]+\](?::[0-9]+)?|unix:[^ ]*"
TYPES: dict[str, Type] = {
    "text": Type(text),
    "word": Type(text),  # a text without spaces
    "request": Type(request, ("method", "path", "query", "host")),
    "target": Type(target, ("path", "query", "host")),
    "path": Type(path),
    "rootless": Type(rootless),
    "query": Type(query),
    "method": Type(method, pattern=r"[A-Za-z_-]+"),
    "host": Type(host),
    "address": Type(address, pattern=_ADDRESS, escaped=False),
    "peer": Type(peer, pattern=_ADDRESS, escaped=False),
    "via": Type(via, ("client_ip", "xff")),
    "xff": Type(xff),
    "list": Type(several),
    "captures": Type(captures, ("host", "user_agent", "xff", "referer"), escaped=False),
    "status": Type(status, pattern="[0-9]{3}|-", escaped=False),
    "size": Type(size, pattern=_NUMBER, escaped=False),
    "s": Type(_seconds(1), pattern=_TIMING, escaped=False),
    "ms": Type(_seconds(1e3), pattern=_TIMING, escaped=False),
    "us": Type(_seconds(1e6), pattern=_TIMING, escaped=False),
    "ns": Type(_seconds(1e9), pattern=_TIMING, escaped=False),
    "go": Type(go_duration, escaped=False),
    "sum": Type(total, escaped=False),
    "tls": Type(tls),
    "user": Type(user, ("user", "auth")),
    "present": Type(present),
    "authorization": Type(_header("authorization")),
    "if_none_match": Type(_header("if-none-match")),
    "country": Type(country),
    **{name: Type(text, ("ts",), clock.pattern, escaped=False) for name, clock in times.CLOCKS.items()},
    "time": Type(text, ("ts",), escaped=False),  # a number, ISO or CLF: by its look
    "epoch": Type(text, ("ts",), r"[0-9]{9,19}(?:\.[0-9]{1,12})?", escaped=False),
}
CLOCKS = (*times.CLOCKS, "epoch", "time")
# Types that read any text: their lines can't be rejected by them.
TOTAL = frozenset(TYPES) - {"status", "size", "s", "ms", "us", "ns", "go", "sum", *CLOCKS}


def read(type_: str, escape: str, raw: str, tz: str) -> tuple[Any, ...]:
    """The values of one text, one for each column that its type gives.

    Raises:
        Unreadable: the text is no value of the type.
    """
    if type_ in CLOCKS:
        ts = times.read(type_, raw, tz)
        if ts is None:
            raise Unreadable("bad time")
        return (ts,)
    kind = TYPES[type_]
    value = kind.read(DIALECTS[escape][1](raw) if kind.escaped else raw)
    return value if isinstance(value, tuple) else (value,)
