"""An answer to text and files: one module per format, each a function from Answer to bytes."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, BinaryIO, TextIO

from pullstats.errors import UsageError
from pullstats.outputs.streams import FILE_WIDTH, Options, Screen, replaced, screen, send

if TYPE_CHECKING:
    from pathlib import Path

    from pullstats.answer import Answer

# The module of each format; its function has the format's name.
_MODULES = {
    "table": "table",
    "csv": "csv",
    "tsv": "csv",
    "json": "json",
    "ndjson": "json",
    "md": "markdown",
    "parquet": "parquet",
}
FORMATS: tuple[str, ...] = tuple(_MODULES)
_SUFFIXES = {f".{name}": name for name in FORMATS if name != "table"} | {".txt": "table", ".jsonl": "ndjson"}


def render(  # noqa: PLR0913 - one argument for each option
    answer: Answer,
    format: str,  # noqa: A002 - the option's name
    *,
    stream: TextIO | BinaryIO,
    color: str = "auto",
    width: int | None = None,
    limit: int | None = None,
    plot: bool = False,
    spreadsheet_safe: bool = False,
) -> None:
    """Write an answer to a stream such as sys.stdout; the notes are left to the caller.

    Args:
        answer: what to write.
        format: one of FORMATS; all but `table` are UTF-8, whatever the stream's encoding is.
        stream: text (with its buffer, if it has one) or bytes.
        color: auto, always or never; of tables and charts only.
        width: columns of the screen; None: the terminal's, or COLUMNS, or 80.
        limit: at most so many rows; None: all, of a table the answer's `top`.
        plot: draw the answer's chart below a table.
        spreadsheet_safe: put a quote before cells that a spreadsheet would take as formulas.

    Raises:
        UsageError: unknown format; Parquet to a terminal.
        BrokenPipeError: the reader has gone.
    """
    name = known(format)
    if name == "parquet" and stream.isatty():
        raise UsageError("parquet is binary", "add -o FILE")
    options = Options(_counted(limit), plot, spreadsheet_safe, screen(stream, color, width))
    send(_written(answer, name, options), stream)


def save(  # noqa: PLR0913 - one argument for each option
    answer: Answer,
    path: Path,
    format: str | None = None,  # noqa: A002 - the option's name
    *,
    limit: int | None = None,
    plot: bool = False,
    spreadsheet_safe: bool = False,
) -> None:
    """Write an answer to a file: whole, or not at all.

    The suffix chooses the format where none is given (.csv .tsv .json .ndjson .md .parquet .txt); `.gz` on top
    compresses.

    Raises:
        UsageError: unknown format or suffix.
        PullstatsError: the file cannot be written.
    """
    name = by_suffix(path) if format is None else known(format)
    options = Options(_counted(limit), plot, spreadsheet_safe, Screen(FILE_WIDTH))
    replaced(path, _written(answer, name, options))


def _written(answer: Answer, name: str, options: Options) -> bytes:
    module = importlib.import_module(f"pullstats.outputs.{_MODULES[name]}")
    return getattr(module, name)(answer, options)


def known(name: str) -> str:
    """The name of a format.

    Raises:
        UsageError: there is none of this name.
    """
    if name not in FORMATS:
        raise UsageError(f"-f '{name}': choose {', '.join(FORMATS[:-1])} or {FORMATS[-1]}")
    return name


def by_suffix(path: Path) -> str:
    """The format that a file's name chooses.

    Raises:
        UsageError: it chooses none.
    """
    suffix = path.with_suffix("").suffix if path.suffix.lower() == ".gz" else path.suffix
    if suffix.lower() not in _SUFFIXES:
        raise UsageError(f"-o '{path}': its suffix names no format", f"use {' '.join(_SUFFIXES)}, or add -f FORMAT")
    return _SUFFIXES[suffix.lower()]


def _counted(limit: int | None) -> int | None:
    if limit is not None and limit < 0:
        raise UsageError(f"--limit {limit}", "write a whole number from 0 on")
    return limit
