"""One folder of network data for another, at once."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pullstats.enrich.geodata import DATABASES, POINTER, GeoData
from pullstats.enrich.mmdb import Database
from pullstats.enrich.parts import file_name
from pullstats.errors import PullstatsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

STAGING = "fetching-"
FORGOTTEN_SECONDS = 24 * 3600  # a staging folder that old is of a run that was killed
_LOCK = "lock"
_OURS = re.compile(rf"[0-9a-f]{{32}}|{STAGING}\w+|{POINTER}(?:\.[0-9a-f]{{32}})?|{_LOCK}")


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Wait until no other run swaps data there, and let none do so meanwhile.

    Raises:
        PullstatsError: the place cannot be written.
    """
    try:
        lock = (root / _LOCK).open("w")
    except OSError as error:
        raise unwritable(root, error) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def copied(databases: Sequence[Database], before: Iterable[Path], to: Path) -> None:
    """The new MMDB files, then the old ones of other types: of two that know a field, the first counts."""
    files = {file_name(database): database.path for database in reversed(databases)}
    files = dict(reversed(files.items())) | {path.name: path for path in before if path.name not in files}
    for name, path in files.items():
        shutil.copyfile(path, to / name)
        Database.open(to / name)
    (to / DATABASES).write_text("".join(f"{name}\n" for name in files), encoding="utf-8")


def swapped(fill: Callable[[Path], None], root: Path, used: Iterable[Path]) -> GeoData:
    """Fill a folder of its own, read it, then name that folder the current one: one rename swaps all.

    Args:
        fill: writes the tables and files.
        root: where the folder is made.
        used: folders in use; they stay until the next time: another run may be reading them.

    Raises:
        PullstatsError: the place cannot be written, or what was written cannot be read; nothing was swapped.
    """
    folder = root / uuid.uuid4().hex
    pointer = root / f"{POINTER}.{folder.name}"
    try:
        folder.mkdir(parents=True)
        fill(folder)
        built = GeoData(folder)
        for name in ("info", "country", "asn", "cloud", "organisations"):
            getattr(built, name)
        pointer.write_text(folder.name, encoding="utf-8")
        for path in (*folder.iterdir(), folder, pointer):
            _to_disk(path)
        pointer.replace(root / POINTER)
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        pointer.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise unwritable(root, error) from error
        raise
    _tidy(root, {folder.name, *(path.name for path in used)})
    return built


def _to_disk(path: Path) -> None:
    """Wait until a file or folder would survive a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _tidy(root: Path, kept: set[str]) -> None:
    """Remove folders of earlier updates, and of runs that were killed; those of runs at work stay."""
    for other in ours(root):
        forgotten = not other.name.startswith(STAGING) or _age(other) > FORGOTTEN_SECONDS
        if other.is_dir() and other.name not in kept and forgotten:
            shutil.rmtree(other, ignore_errors=True)


def ours(root: Path) -> list[Path]:
    """What updates have put into a place; other files there are none of theirs."""
    return [path for path in root.iterdir() if _OURS.fullmatch(path.name)]


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:  # gone meanwhile
        return 0.0


def unwritable(root: Path, error: OSError) -> PullstatsError:
    """The error of a place that cannot be written."""
    return PullstatsError(f"{root}: cannot be written ({error.strerror})", "name a place with PULLSTATS_GEO_DIR")
