"""A user agent without what could name a person, a machine or a secret."""

from __future__ import annotations

import json
import re

from pullstats.enrich.clients.tokens import LONGEST

CUT = "*"
_SUSPECT = re.compile(
    r"[^\x20-\x7e]|[@\\<>=%{]|[0-9A-Fa-f]{16}|\d{8}|[A-Za-z0-9]{16}|[A-Za-z0-9_-]{24}|://|\S/[^\s/]*/|(?:^|[\s(;,])[/~.]|:\S*:|(?:^|\s)[a-z]/[\w-]{6}"
    r"|(?<![\w./])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])"
)
_WORDS = re.compile(r"[^\s()\[\]{};,\"'<>|]+")
_ORDINARY = re.compile(r"[+?]?[\w.+~:#!?-]{1,64}(?:/[\w.+~:#?-]{1,64})?", re.ASCII)
_URL = re.compile(r"(\+?https?://(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24})(?:[/:?#].*)?")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ANONYMOUS = re.compile(r"[a-z]/[\w-]{6,}", re.ASCII)  # Anaconda's c/, s/ and e/ name an installation and a session
_RUN = re.compile(r"[0-9a-fA-F]{16,}|\d{8,}|[A-Za-z0-9_-]{16,}")
_ADDRESS = re.compile(r"(?<![\w./])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])")
_PROGRAM = re.compile(r"(?:[A-Za-z]:|\\\\|~|\.{0,2}(?=/)).*[/\\]([A-Za-z][\w.-]{0,31})", re.ASCII)
_UPSTREAM_BRACKET = re.compile(r"\\(?:x5[cC])?(?=[()])")


def mask(agent: str) -> str:
    """The agent with e-mails, paths, addresses, long hexadecimal, base64 and digit runs cut to `*`."""
    text = agent[:LONGEST]
    if not _SUSPECT.search(text):
        return text
    text = _UPSTREAM_BRACKET.sub("", text)
    start = text.find("{")
    if start > 0:
        return _words(text[:start]) + _json(text[start:])
    return _words(text)


def _words(text: str) -> str:
    first = _WORDS.search(text)
    program = first and _PROGRAM.fullmatch(first[0])
    if first and program:
        text = text[: first.start()] + program[1] + text[first.end() :]
    return _WORDS.sub(_word, "".join(letter if " " <= letter <= "~" else " " for letter in text))


def _word(match: re.Match[str]) -> str:
    word = match[0]
    url = _URL.fullmatch(word)
    if url:
        return url[1] + ("" if url[1] == word else f"/{CUT}")
    if not _ORDINARY.fullmatch(word) or _ADDRESS.search(word) or word.count(":") > 1:
        return CUT
    if _ANONYMOUS.fullmatch(word):
        return word[:2] + CUT
    return _RUN.sub(_run, _UUID.sub(CUT, word))


def _run(match: re.Match[str]) -> str:
    """A run that looks random is cut; a long name in words (`WindowsPackageManager`) stays."""
    run = match[0]
    digits = sum(map(str.isdecimal, run))
    upper = sum(map(str.isupper, run))
    lower = sum(map(str.islower, run))
    if re.search(r"[0-9a-fA-F]{16}|\d{8}", run) or (min(digits, upper, lower) > 2):  # noqa: PLR2004
        return CUT
    if "-" in run or "_" in run or not digits:
        return CUT if min(upper, lower) * 3 > len(run) else run
    return run if digits <= 4 and run[-digits:].isdecimal() else CUT  # noqa: PLR2004 -- windowsserver2022


def _json(text: str) -> str:
    """The JSON of pip and uv without `user_data`, which is whatever a user wrote."""
    try:
        data, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return _WORDS.sub(_word, re.sub(r'"user_data"\s*:\s*"[^"]*"?', '"user_data":null', text))
    if isinstance(data, dict):
        data.pop("user_data", None)
    return re.sub(
        r'"[^"]*"',
        lambda quoted: '"' + _WORDS.sub(_word, quoted[0][1:-1]) + '"',
        json.dumps(data, separators=(",", ":")),
    )
