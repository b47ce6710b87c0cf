"""Which logs a command line names: files, folders, globs and standard input."""

from __future__ import annotations

import errno
import glob
import os
import re
import shutil
import stat
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pullstats.errors import PullstatsError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

STDIN = "-"
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
PATTERN = "*.log*"
# Names that services give to logs which they put into a bucket: CloudWatch's export tasks, CloudFront, S3, Scarf,
# Google Cloud Storage and Logging, Azure Monitor.
DELIVERED = re.compile(
    r"[0-9]{6}\.gz|[0-9A-Z]{10,20}\.[0-9]{4}(?:-[0-9]{2}){3}\.[0-9a-f]{8}(?:\.gz)?"
    r"|[0-9]{4}(?:-[0-9]{2}){5}-[0-9A-F]{16}(?:\.gz)?|events-scarf-export-.*\.csv(?:\.gz)?"
    r"|.+_usage_[0-9]{4}(?:_[0-9]{2}){5}_[0-9a-f]+_v[0-9]|(?:[0-9]{2}:?){3}_(?:[0-9]{2}:?){3}_[SA][0-9]+\.json|PT1H\.json"
)


@dataclass(frozen=True)
class Source:
    """One log.

    Attributes:
        name: how messages call it; its base name is all that the store keeps.
        path: where its bytes are; standard input and pipes are copied to a temporary file first.
        temporary: the folder of that file, removed when the source is.
    """

    name: str
    path: Path
    temporary: tempfile.TemporaryDirectory[str] | None = field(default=None, compare=False, repr=False)

    @property
    def base(self) -> str:
        """The name without its folders, which can hold a user's name."""
        return os.path.basename(self.name) or self.name  # noqa: PTH119 - a name, which need not be a path


class NoLog(PullstatsError):  # noqa: N818 - it says what the word is
    """A word that names no log, and why."""

    def __init__(self, word: str, error: PullstatsError) -> None:
        super().__init__(error.what, error.fix)
        self.word = word


def find(logs: Sequence[str]) -> tuple[list[Source], list[NoLog]]:
    """The logs that these words name, each once, and what is wrong with the other words."""
    found: dict[Path, Source] = {}
    wrong: list[NoLog] = []
    for word in dict.fromkeys(logs):
        try:
            for source in _named(word):
                found.setdefault(source.path.resolve(), source)
        except PullstatsError as error:
            wrong.append(NoLog(word, error))
    return list(found.values()), wrong


def _named(word: str) -> Iterator[Source]:
    path = Path(word)
    kind = _kind(word, path)
    if word == STDIN:
        yield _copied(STDIN, sys.stdin.buffer)
    elif kind is None:
        yield from _globbed(word, path)
    elif stat.S_ISDIR(kind):
        yield from _folder(word, path)
    elif stat.S_ISREG(kind):
        yield Source(_text(word), path)
    else:  # a pipe, such as <(zcat access.log.gz): it can be read once only
        yield _piped(word, path)


def _kind(word: str, path: Path) -> int | None:
    """The mode of a file; None where there is none."""
    try:
        return path.stat().st_mode if word else None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise unreadable(word, error) from error


def _text(name: str) -> str:
    """A file's name as text, whatever its bytes are."""
    return os.fsencode(name).decode("utf-8", "replace")


def _folder(word: str, folder: Path) -> Iterator[Source]:
    """Logs below a folder, in the order of their names; hidden files and folders are left out."""
    try:
        files = [
            path
            for path in sorted(folder.rglob("*"))
            if (path.match(PATTERN) or DELIVERED.fullmatch(path.name))
            and path.is_file()
            and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        ]
    except OSError as error:
        raise unreadable(word, error) from error
    if not files:
        raise PullstatsError(f"{word}: no {PATTERN} file inside", "name the files")
    for path in files:
        yield Source(_text(str(path)), path)


def _globbed(word: str, path: Path) -> Iterator[Source]:
    # Path.glob takes no absolute patterns.
    matches = sorted(glob.glob(word, recursive=True)) if glob.has_magic(word) else []  # noqa: PTH207
    files = [Source(_text(match), Path(match)) for match in matches if Path(match).is_file()]
    if not files:
        raise _missing(word, path)
    yield from files


def _missing(word: str, path: Path) -> PullstatsError:
    if "://" in word:
        return PullstatsError(f"{word}: is not on this machine", "fetch it, or pipe it in: ... | pullstats summary -")
    if word and path.is_symlink():
        return PullstatsError(f"{word}: no such file (a link to {path.readlink()}, which is gone)")
    folder = path.parent if word and path.parent.is_dir() else None
    near = did_you_mean(path.name, [entry.name for entry in folder.iterdir()]) if folder else ""
    return PullstatsError(f"{word or repr(word)}: no such file" + (f" ({near})" if near else ""))


def _piped(word: str, path: Path) -> Source:
    try:
        with path.open("rb") as stream:
            return _copied(_text(word), stream)
    except OSError as error:
        raise unreadable(word, error) from error


def _copied(name: str, stream: BinaryIO) -> Source:
    """What can be read once as a file: its fingerprint must be known before its first line is read."""
    temporary = tempfile.TemporaryDirectory(prefix="pullstats-")
    path = Path(temporary.name) / "log"
    try:
        with path.open("wb") as copy:
            shutil.copyfileobj(stream, copy, 1 << 20)
    except OSError as error:
        why = "no space left for a copy" if error.errno in NO_SPACE else f"cannot be copied ({error.strerror})"
        raise PullstatsError(f"{name}: {why}", "name another folder with TMPDIR") from error
    return Source(name, path, temporary)


def rotated(source: Source) -> list[Source]:
    """The logs beside a log that rotation makes of it: `access.log.1`, `access.log-20260301.gz`, the oldest first."""
    folder, name = source.path.parent, source.path.name
    try:
        beside = [
            path for path in folder.iterdir() if path.name.startswith((f"{name}.", f"{name}-")) and path.is_file()
        ]
        ordered = sorted(beside, key=lambda path: (path.stat().st_mtime_ns, path.name))
    except OSError:  # rotated at this moment: the next look finds it
        return []
    return [Source(str(path), path) for path in ordered]


def unreadable(name: str, error: OSError) -> PullstatsError:
    """The one line that says why a file cannot be read."""
    if isinstance(error, PermissionError):
        return PullstatsError(f"{name}: permission denied", "try sudo, or add yourself to the group that owns it")
    if isinstance(error, FileNotFoundError):
        return PullstatsError(f"{name}: no such file")
    if error.errno == errno.ELOOP:
        return PullstatsError(f"{name}: a link that leads back to itself")
    return PullstatsError(f"{name}: cannot be read ({error.strerror or type(error).__name__})")
