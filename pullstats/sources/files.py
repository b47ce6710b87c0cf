"""Which logs a command line names: files, folders, globs and standard input."""

from __future__ import annotations

import glob
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pullstats.errors import PullstatsError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STDIN = "-"
PATTERN = "*.log*"


@dataclass(frozen=True)
class Source:
    """One log.

    Attributes:
        name: how messages call it; its base name is all that the store keeps.
        path: where its bytes are; standard input is copied to a temporary file first.
        temporary: the folder of that file, removed when the source is.
    """

    name: str
    path: Path
    temporary: tempfile.TemporaryDirectory[str] | None = field(default=None, compare=False, repr=False)

    @property
    def base(self) -> str:
        """The name without its folders, which can hold a user's name."""
        return os.path.basename(self.name) or self.name


def find(logs: Sequence[str]) -> tuple[list[Source], list[PullstatsError]]:
    """The logs that these words name, each once, and what is wrong with the other words."""
    found: dict[Path, Source] = {}
    wrong: list[PullstatsError] = []
    for word in logs:
        try:
            for source in _named(word):
                found.setdefault(source.path.resolve(), source)
        except PullstatsError as error:
            wrong.append(error)
    return list(found.values()), wrong


def _named(word: str) -> Iterator[Source]:
    path = Path(word)
    if word == STDIN:
        yield _standard_input()
    elif path.is_dir():
        yield from _folder(word, path)
    elif path.exists():
        yield Source(word, path)
    else:
        yield from _globbed(word, path)


def _folder(word: str, folder: Path) -> Iterator[Source]:
    """Logs below a folder, in the order of their names; hidden files and folders are left out."""
    try:
        files = [
            path
            for path in sorted(folder.rglob(PATTERN))
            if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        ]
    except OSError as error:
        raise unreadable(word, error) from error
    if not files:
        raise PullstatsError(f"{word}: no {PATTERN} file inside", "name the files")
    for path in files:
        yield Source(str(path), path)


def _globbed(word: str, path: Path) -> Iterator[Source]:
    matches = sorted(glob.glob(word, recursive=True)) if glob.has_magic(word) else []
    files = [Source(match, Path(match)) for match in matches if Path(match).is_file()]
    if not files:
        raise PullstatsError(_missing(word, path))
    yield from files


def _missing(word: str, path: Path) -> str:
    folder = path.parent if path.parent.is_dir() else None
    near = did_you_mean(path.name, [entry.name for entry in folder.iterdir()]) if folder and path.name else ""
    return f"{word}: no such file" + (f" ({near})" if near else "")


def _standard_input() -> Source:
    """Standard input as a file: its fingerprint must be known before its first line is read."""
    temporary = tempfile.TemporaryDirectory(prefix="pullstats-")
    path = Path(temporary.name) / "stdin"
    with path.open("wb") as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy, 1 << 20)
    return Source(STDIN, path, temporary)


def unreadable(name: str, error: OSError) -> PullstatsError:
    """The one line that says why a file cannot be read."""
    if isinstance(error, PermissionError):
        return PullstatsError(f"{name}: permission denied", "try sudo, or add yourself to the group that owns it")
    if isinstance(error, FileNotFoundError):
        return PullstatsError(f"{name}: no such file")
    return PullstatsError(f"{name}: cannot be read ({error.strerror or type(error).__name__})")
