"""A user agent without what could name a person, a machine or a secret."""

from __future__ import annotations

import json
import re

from pullstats.enrich.clients.tokens import program

CUT = "*"
# What `mask` may have to cut, for a quick look at all agents at once; it may be wrong in that direction only.
SUSPECT = (
    r"[^\x20-\x7e]|[@\\<>=%]|user_data|[0-9A-Fa-f]{16}|\d{8}|[A-Za-z0-9]{16}|[A-Za-z0-9_-]{24}|[A-Za-z0-9_.+~-]{48}"
    r"|://|\S/[^\s/]*/|(?:^|[\s(;,])[/~.]|:[0-9A-Fa-f]{0,4}:|(?:^|\s)[a-z]/[A-Za-z0-9_-]{6}"
    r"|(?:^|[^A-Za-z0-9_./])\d{1,3}(?:\.\d{1,3}){3}(?:[^A-Za-z0-9_.]|$)"
)
_WORDS = re.compile(r"[^\s()\[\]{};,\"'<>|]+")
_ORDINARY = re.compile(r"[+?]?(?!~)[\w.+~:#!?*-]{1,64}(?:/[\w.+~:#?*-]{1,64})?", re.ASCII)
_VERSIONED = re.compile(r"[\w.+-]{1,64}/v?\d[\w.+~-]{0,63}(?=/)", re.ASCII)
_PLATFORM = re.compile(
    r"[A-Za-z]{1,12}/\d[\w.+~-]{0,47}/(?:amd64|x86_64|x86|i386|arm64|aarch64|arm|ppc64le|s390x|riscv64)", re.ASCII
)  # JBang: Linux/5.15.0/amd64
_NAME = re.compile(r"([A-Za-z][A-Za-z._-]{0,23})/[^/@\\]+$")
_NODE = re.compile(r"[A-Za-z][A-Za-z._-]{0,39}[@/]\d[\w.-]{0,23}/node@v\d[\w.]{0,15}\+\w{1,8}", re.ASCII)
_URL = re.compile(r"(\+?https?://(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24})(?:[/:?#].*)?")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ANONYMOUS = re.compile(r"[a-z]/[\w-]{6,}", re.ASCII)  # Anaconda's c/, s/ and e/ name an installation and a session
_RUN = re.compile(r"[0-9a-fA-F]{16,}|\d{8,}|[A-Za-z0-9_-]{16,}")
_COLONS = re.compile(r"(?<![A-Za-z0-9])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:")  # IPv6, MAC; not LWP::Simple
_ADDRESS = re.compile(r"(?<![\w./])(?<!rv:)[1-9]\d{0,2}(?:\.\d{1,3}){3}(?![\w.])")


def mask(text: str) -> str:
    """The agent with e-mails, paths, addresses, long hexadecimal, base64 and digit runs cut to `*`.

    What is left is read as the whole agent was, so that a better table can be applied to it later.

    Args:
        text: the agent as `clean` leaves it.
    """
    start = text.find("{")
    if start > 0:
        return _words(text[:start]) + _json(text[start:])
    return _words(text)


def _words(text: str) -> str:
    return _WORDS.sub(_word, _plain(program(text)))


def _plain(text: str) -> str:
    return "".join(letter if " " <= letter <= "~" else " " for letter in text)


def _word(match: re.Match[str]) -> str:
    word = match[0]
    url = _URL.fullmatch(word)
    if url:
        return url[1] + ("" if url[1] == word else f"/{CUT}")
    if _NODE.fullmatch(word):  # lerna/4.0.0/node@v14.15.4+x64
        return word
    platform = _PLATFORM.fullmatch(word)
    if word.count("/") > 1 and not platform and (versioned := _VERSIONED.match(word)):
        word = versioned[0]
    if _ANONYMOUS.fullmatch(word):
        return word[:2] + CUT
    word = _RUN.sub(_run, _UUID.sub(CUT, word))
    if _COLONS.search(word):
        return CUT
    if not (platform or _ORDINARY.fullmatch(word)):
        return f"{named[1]}/{CUT}" if (named := _NAME.match(word)) else CUT
    return _ADDRESS.sub(_first_number, word)


def _first_number(match: re.Match[str]) -> str:
    """`4.*` for an address: .NET writes Linux kernels the same way, and 4 says that it is one."""
    return f"{match[0].partition('.')[0]}.{CUT}"


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
        return _WORDS.sub(_word, _plain(re.sub(r'"user_data"\s*:\s*"[^"]*"?', '"user_data":null', text)))
    if isinstance(data, dict):
        data.pop("user_data", None)
    return re.sub(
        r'"[^"]*"',
        lambda quoted: '"' + _WORDS.sub(_word, quoted[0][1:-1]) + '"',
        json.dumps(data, separators=(",", ":")),
    )
