"""Where output goes: how wide and colourful a stream is, and files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pullstats.errors import PullstatsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_WIDTH, FILE_WIDTH, LEAST_WIDTH = 80, 160, 20
COLORS = ("auto", "always", "never")


@dataclass(frozen=True)
class Screen:
    """What a table or chart may use.

    Attributes:
        width: in columns.
        color: whether ANSI colours may be written.
        encoding: of the stream; what it lacks becomes `?`.
    """

    width: int = DEFAULT_WIDTH
    color: bool = False
    encoding: str = "utf-8"

    @property
    def ascii(self) -> bool:
        """Whether boxes, bars and charts must do without Unicode."""
        return not self.encoding.lower().replace("_", "-").startswith(("utf-", "utf8"))


@dataclass(frozen=True)
class Options:
    """How an answer is written."""

    limit: int | None = None
    plot: bool = False
    spreadsheet_safe: bool = False
    screen: Screen = field(default_factory=Screen)


def screen(stream: Any, color: str, width: int | None) -> Screen:
    """The screen that a stream is.

    Raises:
        UsageError: color is none of COLORS.
    """
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return Screen(max(width or _width(stream), LEAST_WIDTH), colored(color, os.environ, stream.isatty()), encoding)


def colored(color: str, environ: Mapping[str, str], terminal: bool) -> bool:
    """Whether to write colours: --color, NO_COLOR, CLICOLOR_FORCE and FORCE_COLOR, CLICOLOR, TERM, the terminal.

    Raises:
        UsageError: color is none of COLORS.
    """
    if color not in COLORS:
        raise UsageError(f"--color '{color}': choose auto, always or never")
    if color != "auto":
        return color == "always"
    if environ.get("NO_COLOR"):
        return False
    if any(environ.get(name, "0") not in ("", "0") for name in ("CLICOLOR_FORCE", "FORCE_COLOR")):
        return True
    return terminal and environ.get("CLICOLOR") != "0" and environ.get("TERM") != "dumb"


def _width(stream: Any) -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdigit() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(stream.fileno()).columns or DEFAULT_WIDTH
    except (AttributeError, OSError, ValueError):  # no file, a pipe, a closed file
        return DEFAULT_WIDTH


def send(data: bytes, stream: Any) -> None:
    """Write bytes to a stream of bytes or text; text streams get them unchanged, if they are made of bytes."""
    stream.flush()
    raw = getattr(stream, "buffer", None)
    if raw is not None:
        raw.write(data)
        raw.flush()
    elif hasattr(stream, "encoding"):  # io.StringIO
        stream.write(data.decode())
    else:
        stream.write(data)
        stream.flush()


def replaced(path: Path, data: bytes) -> None:
    """Write a file under a temporary name beside it, then rename; a device or pipe is written as it is.

    A link stays a link, and an existing file keeps its mode.

    Raises:
        PullstatsError: the file cannot be written; nothing was changed.
    """
    packed = _packed(data) if path.suffix.lower() == ".gz" else data
    try:
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file():
            target.write_bytes(packed)  # also says that a folder is none
        else:
            _replace(target, packed)
    except OSError as error:
        raise PullstatsError(f"cannot write {path}: {_reason(error)}", "nothing was changed") from error


def _replace(target: Path, data: bytes) -> None:
    part = target.with_name(f".{target.name[:200]}.{os.getpid()}.part")
    try:
        with part.open("xb") as file:
            file.write(data)
        if target.exists():
            part.chmod(target.stat().st_mode)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _packed(data: bytes) -> bytes:
    import gzip

    return gzip.compress(data, mtime=0)  # the same answer is the same file


def _reason(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "no space left"
    text = error.strerror or type(error).__name__
    return text[:1].lower() + text[1:]
