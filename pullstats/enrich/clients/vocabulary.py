"""What a word of a user agent says of a platform, whoever sends it: `linux`, `x86_64-pc-linux-gnu`, `Java 17.0.1`."""

from __future__ import annotations

import functools
import re
import tomllib
from pathlib import Path

Facts = tuple[tuple[str, str], ...]  # (column, value); `kernel`, `libc` and `hint` end up among the hints

_WORDS = tomllib.loads((Path(__file__).parent / "vocabulary.toml").read_text("utf-8"))
OS: dict[str, str] = _WORDS["os"]
ARCH: dict[str, str] = _WORDS["arch"]
FIELDS: dict[str, str] = _WORDS["fields"]
RUNTIMES: dict[str, str] = _WORDS["runtimes"]
PHRASES: dict[str, tuple[str, str]] = {phrase: tuple(row) for phrase, row in _WORDS["phrases"].items()}
DISTROS: dict[str, str] = _WORDS["distros"]
KERNELS: dict[str, str] = _WORDS["kernels"]
VERSIONS: dict[str, list[str]] = _WORDS["versions"]
_FILLER = frozenset(_WORDS["filler"]["words"])
_WINDOWS: dict[str, str] = _WORDS["windows"]
_IN_TRIPLES = {"win": "windows", "mac": "darwin"}  # too short to mean anything on their own
_LONGEST_PHRASE = 5

_NUMBER = re.compile(r"\d[\w.+~-]*")
_NT = re.compile(r"\d+\.\d+")
_RELEASE = re.compile(r"\d+[._]\d[\w.+~-]*")
_SEPARATOR = re.compile(r"[-_/.]")
_RUNTIME_NAMES = "|".join(sorted(map(re.escape, RUNTIMES), key=len, reverse=True))
_RUNTIME = re.compile(rf"({_RUNTIME_NAMES})[ /:#-]?(?:v|go)?(\d[\w.+-]*)", re.IGNORECASE)
_DISTRIBUTION = re.compile(r"([a-z][a-z-]*)(?:-(\d[\d.]*))?-([a-z]\w+)")
_BARE_RUNTIME = re.compile(r"[a-z]+-?v?\d+\.[\w.]+|[a-z]+-v\d+", re.IGNORECASE)
_LABEL = re.compile(r"(?:os|os_type|arch|cpu|platform)\s?[:=] ?", re.IGNORECASE)  # `(OS: Linux, ARCH: x86_64)`
_WINDOWS_NUMBER = re.compile(r"(?:10\.0|6\.[0-4]|5\.[0-2])(?:\.|$)")
_MACOS_NUMBER = re.compile(r"(?:10[._]\d+|1[1-9]|2\d)(?:[._]|$)")
_LINUX_FOR_UNIX = 8  # .NET says `Unix 5.4.0` for Linux; greater numbers are kernels or releases of other systems


@functools.lru_cache(maxsize=8192)
def platform(word: str) -> Facts:
    """The operating system and architecture that a word or triple names; nothing if any part of it is strange."""
    low = word.lower()
    if low in OS:
        return (("os", OS[low]),)
    if low in ARCH:
        return (("arch", ARCH[low]),)
    if len(low) > 64 or not low[:1].isalpha():  # noqa: PLR2004 -- no triple is that long
        return ()
    facts = [_piece(piece) for piece in _SEPARATOR.split(low.replace("x86_64", "amd64").replace("x86-64", "amd64"))]
    if None in facts:
        return _distributed(low)
    if len(facts) == 1 and not _ends_in_number(low):
        return ()
    return tuple(fact for fact in facts if fact)


def _distributed(low: str) -> Facts:
    """`opensuse-leap-15.5-x86_64`: a distribution, its version and the architecture."""
    match = _DISTRIBUTION.fullmatch(low)
    if match is None or match[1] not in DISTROS or match[3] not in ARCH:
        return ()
    return (("os", "linux"), ("distro", f"{DISTROS[match[1]]} {match[2] or ''}".rstrip()), ("arch", ARCH[match[3]]))


def _piece(piece: str) -> tuple[str, str] | tuple[()] | None:
    """What one piece of a triple says: a fact, nothing, or None for a strange word."""
    if piece in ARCH:
        return ("arch", ARCH[piece])
    name = piece.rstrip("0123456789") if piece not in OS else piece
    if name in OS or name in _IN_TRIPLES:
        return ("os", OS.get(name) or _IN_TRIPLES[name])
    return () if name in _FILLER or name == "universal" or piece.isdecimal() else None


def _ends_in_number(word: str) -> bool:
    return word[-1:].isdecimal() and word.rstrip("0123456789") in OS


@functools.lru_cache(maxsize=8192)
def runtime(text: str) -> Facts:
    """The language runtime that the whole text names: `Java 17.0.15`, `go1.21`, `python:3.11.7`."""
    match = _RUNTIME.fullmatch(text)
    if match is None:
        return ()
    name, version = RUNTIMES[match[1].lower()], match[2].removesuffix("-final0")
    if name == "go":
        return (("runtime", f"go{version}"),)
    if match[1].lower() == "py" and "." not in version and len(version) > 1:
        return ()  # py27 is a tag, not a version
    return (("runtime", f"{name} {version}"),)


def bare_runtime(word: str) -> Facts:
    """The runtime that a word of its own names: `node-v18.17.0`, `go1.21.4`; not `python3` or `java8`."""
    return runtime(word) if _BARE_RUNTIME.fullmatch(word) else ()


@functools.lru_cache(maxsize=8192)
def phrase(text: str) -> Facts:
    """What a part of a comment says of the platform: `Intel Mac OS X 10_15_7`, `Debian GNU/Linux 12`."""
    words = _LABEL.sub("", text).split()
    if not words or len(words) > 12 or "://" in text:  # noqa: PLR2004 -- prose
        return ()
    if len(words) > 1 and words[0][0].isdecimal():  # R (4.3.1 x86_64-pc-linux-gnu x86_64 linux-gnu)
        words = words[1:]
    if len(words) <= 3 and (facts := _all_platform(words)):  # noqa: PLR2004 -- `linux amd64`, `arm64 darwin`
        return facts
    return _dashed(words[0]) or _named(words) or (_named(text.replace("/", " ", 1).split()) if "/" in text else ())


def _dashed(word: str) -> Facts:
    """Python's `platform.platform()`: `Linux-5.15.0-1041-azure-x86_64-with-glibc2.35`, `macOS-14.4-arm64-arm-64bit`."""
    name, _, rest = word.partition("-")
    if name.lower() not in {"linux", "macos", "darwin", "windows"} or not rest[:1].isdecimal():
        return ()
    pieces = rest.split("-")
    at = next((at for at, piece in enumerate(pieces) if piece.lower() in ARCH), None)
    arch: Facts = () if at is None else (("arch", ARCH[pieces[at].lower()]),)
    number = "-".join(pieces[:at]) if name.lower() == "linux" else pieces[0]
    return (*_system(*PHRASES[name.lower()], number), *arch)


def _all_platform(words: list[str]) -> Facts:
    facts = [platform(word) for word in words]
    return tuple(fact for found in facts for fact in found) if all(facts) else ()


def _named(words: list[str]) -> Facts:
    """The facts of words that begin with the name of a system or distribution."""
    before: Facts = ()
    if not words:
        return ()
    if words[0].lower() in ARCH or words[0] == "Intel":
        before = (("arch", ARCH.get(words[0].lower(), "amd64")),)
        words = words[1:]
    low = [word.lower() for word in words[:_LONGEST_PHRASE]]
    for length in range(len(low), 0, -1):
        key = " ".join(low[:length])
        if key in PHRASES or key in DISTROS:
            facts = _with_number(key, words[length:])
            return (*before, *facts) if facts else ()
    head, dash, number = words[0].partition("-") if words else ("", "", "")
    if dash and head.lower() in PHRASES and number[:1].isdecimal():  # CYGWIN_NT-10.0
        return _with_number(head.lower(), [number, *words[1:]])
    return ()


def _with_number(key: str, rest: list[str]) -> Facts:
    at = 1 if len(rest) > 1 and rest[0].lower() in ARCH else 0  # `Linux x86_64 6.5.0`
    number = rest[at].strip(",:") if rest and _NUMBER.match(rest[at]) else ""
    if rest and not number and not platform(rest[0]) and rest[0].lower() not in {"lts", "like", "stream"}:
        return ()  # "Windows users", "Linux Foundation": prose, not a platform
    arch: Facts = next(((fact,) for word in rest[:4] for fact in platform(word) if fact[0] == "arch"), ())
    if number in ARCH:
        number = ""
    if key in DISTROS:
        return (("os", "linux"), ("distro", f"{DISTROS[key]} {number}".rstrip()), *arch)
    system, mode = PHRASES[key]
    return (*_system(system, mode, number), *arch)


def _system(system: str, mode: str, number: str) -> Facts:
    if mode == "unix":
        major = number.partition(".")[0]
        return (("os", "linux"), ("kernel", number)) if major.isdecimal() and int(major) < _LINUX_FOR_UNIX else ()
    if not system:
        return ()
    if not number or mode == "none" or (system == "darwin" and mode == "version" and not _MACOS_NUMBER.match(number)):
        return (("os", system),)
    if mode == "kernel":
        return (("os", system), ("kernel", number))
    if mode == "server":
        number = f"Server {number}"
    elif mode == "nt" and _NT.fullmatch(number):
        number = _WINDOWS.get(number, number)
    return (("os", system), ("os_version", number.replace("_", ".")))


def number_after(system: str | None, mac_by_name: bool, text: str) -> Facts:
    """What a part that is only a number says after one that named the system: `(Mac OS X; 14.4; ...)`."""
    if not _RELEASE.fullmatch(text):
        return ()
    if system == "linux" or (system == "darwin" and not mac_by_name):
        return (("kernel", text),)
    if system == "windows" and _WINDOWS_NUMBER.match(text):  # `(Windows NT; 10.0; PHP 8.2.1)`
        return (("os_version", _WINDOWS.get(text, text)),)
    if system == "darwin" and _MACOS_NUMBER.match(text):
        return (("os_version", text.replace("_", ".")),)
    return ()
