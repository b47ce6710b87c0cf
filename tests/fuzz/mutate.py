"""Damage as disks, people and attackers do it to logs: by the line, the field, the quote and the byte."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

Lines = list[bytes]

SEPARATORS = (b" ", b'"', b"\t", b",", b"|", b":", b'","', b'":', b"[", b"]", b"{", b"}", b"\\", b"/", b"?", b"-", b"=")
# What stands at the edges of what parsers know: escapes, absent values, odd numbers and times, other people's syntax.
TOKENS = (
    b'"', b'\\"', b"\\\\", b"\\x22", b"\\x", b"\\u00e9", b"\\ud83d", b"\\udc00", b"\\u0000", b"\\u", b"#22", b"%22", b"%", b"%25",
    b"'", b"-", b" ", b"  ", b"\t", b"|", b",", b":", b"[", b"]", b"{", b"}", b"[]", b"{}", b"null", b"true", b"false", b"NaN",
    b"0", b"-0", b"-1", b"+1", b"00", b"1e3", b"1E400", b"0.1", b"1.", b".5", b"1e-7", b"99999999999999999999", b"0x10", b"1_000",
    b"9223372036854775807", b"18446744073709551616", b"2147483648", b"\xd9\xa3", b"\xc2\xb5s", b"1h2m3.5s", b"000", b"099", b"600",
    b"29/Feb/2023:10:00:00 +0000", b"01/Jan/1970:00:00:00 +1400", b"31/Dec/9999:23:59:60 -0000", b"2016-12-31T23:59:60Z",
    b"2024-03-31T02:30:00", b"0000-00-00 00:00:00", b"2024-02-30", b"24:00:00", b"1706781600.123", b"1706781600000000000",
    b"::1", b"2001:db8::1", b"[::1]:80", b"1.2.3.4:5", b"1.2.3.4, 5.6.7.8", b"fe80::1%eth0", b"unix:", b"999.1.1.1", b"x.x.x.x",
    b"GET / HTTP/1.1", b"CONNECT a:443 HTTP/1.1", b"PRI * HTTP/2.0", b"GET  HTTP/1.1", b"G\xc3\x89T /", b"GET //a?b?c#d HTTP/9",
    b"http://u:p@[::1]:1/?", b"/\\x22", b"/%2e%2e/", b"\x16\x03\x01", b"\x00", b"\x01", b"\x0b", b"\x0c", b"\r", b"\x1b[2J", b"\x7f",
    b"\x85", b"\xc2\x85", b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"\xef\xbf\xbd", b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
    b'{"a":1}', b'{"log":"x\\n"}', b'["a"]', b'"a":"b",', b'{"records":[]}', b"# ", b"#Fields: date time", b"#Fields:", b"...", b"()$",
)  # fmt: skip
WRAPS = (
    b'{"log":"%s\\n","stream":"stdout","time":"2026-11-23T18:45:19.1Z"}',
    b"2026-11-23T18:45:19.987654321Z stdout F %s",
    b"2026-11-23T18:45:19.987654321Z stdout P %s",
    b"<190>Nov 23 18:45:19 vm nginx[17]: %s",
    b'<134>1 2026-11-23T18:45:19.904714+00:00 lb01 nginx 1843 - [a@1 b="x\\]y"] %s',
    b"nginx-1  | %s",
    b'{"__REALTIME_TIMESTAMP":"1795459519904714","SYSLOG_IDENTIFIER":"nginx","MESSAGE":"%s"}',
    b'{"records":[%s]}',
    b"[%s,",
)
_NUMBER, _QUOTED = re.compile(rb"[0-9]+"), re.compile(rb'"[^"]*"')
_MEMBER = re.compile(rb'":\s*("(?:[^"\\]|\\.)*"|[0-9.]+|true|false|null)')
MEMBERS = (
    b"null", b"true", b"0", b"-0", b"7", b"1.50", b"1e3", b"12345678.123456789", b'""', b'"-"', b'"a\\"b"', b'"\\x22"',
    b'"\\u00e9"', b'"[::1]:80"', b'"{"', b"[]", b'["a"]', b'["a","b"]', b"[null]", b"{}", b'{"a":"b"}', b"'a'", b"",
)  # fmt: skip
LONG = 3_000  # bytes of a run of one thing


def _cut(line: bytes, dice: random.Random) -> tuple[bytes, bytes]:
    at = dice.randint(0, len(line))
    return line[:at], line[at:]


def splice(line: bytes, other: bytes, dice: random.Random) -> bytes:
    """The begin of one line with the end of another: two writers, or a line cut by a full disk."""
    return _cut(line, dice)[0] + _cut(other, dice)[1]


def fields(line: bytes, other: bytes, dice: random.Random) -> bytes:
    """A field moved, doubled, dropped, or from another line."""
    separator = dice.choice([each for each in SEPARATORS if each in line] or [b" "])
    parts = line.split(separator)
    one, two = dice.randrange(len(parts)), dice.randrange(len(parts))
    act = dice.randrange(4)
    if act == 0:
        parts[one], parts[two] = parts[two], parts[one]
    elif act == 1:
        parts.insert(two, parts[one])
    elif act == 2:
        del parts[one]
    else:
        parts[one] = dice.choice(other.split(separator))
    return separator.join(parts)


def delimiters(line: bytes, other: bytes, dice: random.Random) -> bytes:
    """A quote, bracket or separator that is missing, doubled, escaped or another one."""
    places = [i for i, byte in enumerate(line) if byte in b'"\\[]{}, \t|:=#%']
    if not places:
        return line + dice.choice(TOKENS)
    at = dice.choice(places)
    new = dice.choice((b"", line[at : at + 1] * 2, b"\\" + line[at : at + 1], dice.choice(SEPARATORS)))
    return line[:at] + new + line[at + 1 :]


def tokens(line: bytes, other: bytes, dice: random.Random) -> bytes:
    """Something odd in between, or in the place of a few bytes."""
    head, tail = _cut(line, dice)
    return head + dice.choice(TOKENS) + tail[dice.choice((0, 0, 1, 4)) :]


def values(line: bytes, other: bytes, dice: random.Random) -> bytes:
    """Something odd in the place of a number or of a quoted text."""
    quoted = dice.random() < 0.5
    found = list((_QUOTED if quoted else _NUMBER).finditer(line))
    if not found:
        return tokens(line, other, dice)
    match, token = dice.choice(found), dice.choice(TOKENS)
    return line[: match.start()] + (b'"' + token + b'"' if quoted else token) + line[match.end() :]


def members(line: bytes, other: bytes, dice: random.Random) -> bytes:
    """Another value in the place of one of a JSON object's."""
    found = list(_MEMBER.finditer(line))
    if not found:
        return values(line, other, dice)
    match = dice.choice(found)
    return line[: match.start(1)] + dice.choice(MEMBERS) + line[match.end(1) :]


def noise(line: bytes, other: bytes, dice: random.Random) -> bytes:
    """A few bytes that are others."""
    changed = bytearray(line or b" ")
    for _ in range(dice.randint(1, 4)):
        changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def runs(line: bytes, other: bytes, dice: random.Random) -> bytes:
    """One thing very often."""
    head, tail = _cut(line, dice)
    token = dice.choice((*TOKENS, head[-1:] or b"a"))
    return head + token * dice.randint(2, LONG // len(token)) + tail


def wraps(line: bytes, other: bytes, dice: random.Random) -> bytes:
    """A line in an envelope."""
    return dice.choice(WRAPS).replace(b"%s", line)


LINE: tuple[Callable[[bytes, bytes, random.Random], bytes], ...] = (
    splice, fields, fields, delimiters, delimiters, tokens, tokens, values, values, members, members, noise, runs, wraps,
)  # fmt: skip


def _lines(lines: Lines, dice: random.Random) -> Lines:
    """Lines lost, doubled, moved, joined or cut in two."""
    at, act = dice.randrange(len(lines)), dice.randrange(6)
    if act == 0 and len(lines) > 1:
        return lines[:at] + lines[at + 1 :]
    if act == 1:
        return [*lines, lines[at]]
    if act == 2:
        return lines[at:] + lines[:at]
    if act == 3 and at:
        ends = (b"\r", b"\x00", b"\x0b", b"\x0c", b"\x01", b"\xc2\x85", b"\xe2\x80\xa8", b"")
        return [*lines[: at - 1], lines[at - 1] + dice.choice(ends) + lines[at], *lines[at + 1 :]]
    if act == 4:
        return [*lines[:at], *_cut(lines[at], dice), *lines[at + 1 :]]
    return [line + b"\r" for line in lines]


def mutated(data: bytes, limit: int, dice: random.Random, spare: Lines, heads: Lines) -> bytes:
    """The input, damaged here and there.

    Args:
        data: the input.
        limit: how many bytes it may have at most.
        dice: what decides.
        spare: lines of other logs, to splice with.
        heads: other first lines.
    """
    head, *lines = data.split(b"\n")
    lines = lines or [b""]
    if dice.random() < 0.1:
        head = dice.choice(heads)
    for _ in range(dice.choice((1, 1, 2, 3, 5))):
        if dice.random() < 0.15:
            lines = _lines(lines, dice)
            continue
        at = dice.randrange(len(lines))
        other = dice.choice(spare if dice.random() < 0.3 else lines)
        lines[at] = dice.choice(LINE)(lines[at], other, dice)
    return b"\n".join([head, *lines])[:limit]
