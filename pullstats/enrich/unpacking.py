"""The file inside of what publishers give: bare, gzip-compressed, or the MMDB of an archive."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from itertools import islice
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING

from pullstats.enrich.published import STAYS
from pullstats.errors import PullstatsError

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 2 << 30  # bytes, unpacked
MOST_MEMBERS = 1_000  # of an archive; publishers' have five
_BLOCK = 1 << 20
_GZIP, _TAR, _TAR_AT = b"\x1f\x8b", b"ustar", 257
_AGAIN = f"download it again; {STAYS}"


def unpacked(path: Path, to: Path, name: str) -> Path:
    """The file itself, or what was packed into it, written into the folder `to`.

    Nothing but the bytes of one member leaves an archive: names and links in it are never followed.

    Args:
        path: the file.
        to: a folder that nobody else writes to.
        name: how to call the file in a message.

    Raises:
        PullstatsError: it is damaged, too large, or an archive without exactly one MMDB in plain folders.
    """
    try:
        plain = _without_gzip(path, to, name) if _begins(path, _GZIP) else path
        return _without_tar(plain, to, name) if _begins(plain, _TAR, _TAR_AT) else plain
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise PullstatsError(f"{name}: cannot be unpacked, it is damaged or cut off", _AGAIN) from error
    except OSError as error:
        raise PullstatsError(f"{name}: cannot be read ({error.strerror})", STAYS) from error


def _begins(path: Path, mark: bytes, at: int = 0) -> bool:
    with path.open("rb") as file:
        file.seek(at)
        return file.read(len(mark)) == mark


def _without_gzip(path: Path, to: Path, name: str) -> Path:
    target = to / f"{path.name}.plain"
    with gzip.open(path) as packed, target.open("xb") as file:
        _pour(packed, file, name)
    return target


def _without_tar(path: Path, to: Path, name: str) -> Path:
    with tarfile.open(path, "r:") as archive:
        members = list(islice(archive, MOST_MEMBERS))
        if any(_leaves(member.name) for member in members):
            raise PullstatsError(f"{name}: has a member that would leave its folder", f"it is not used; {STAYS}")
        found = [member for member in members if member.isreg() and member.name.endswith(".mmdb")]
        inner = archive.extractfile(found[0]) if len(found) == 1 else None
        if inner is None:
            raise PullstatsError(f"{name}: holds {len(found) or 'no'} MMDB files, not one", "unpack the one to use")
        target = to / f"{path.name}.mmdb"
        with target.open("xb") as file:
            _pour(inner, file, name)
    return target


def _leaves(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts


def _pour(inside: gzip.GzipFile | IO[bytes], to: IO[bytes], name: str) -> None:
    size = 0
    while block := inside.read(_BLOCK):
        size += len(block)
        if size > LARGEST:
            raise PullstatsError(f"{name}: is larger than {LARGEST >> 20:,} MiB when unpacked", f"not used; {STAYS}")
        to.write(block)
