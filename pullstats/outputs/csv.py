"""CSV and TSV: UTF-8, RFC 4180 with LF, a header always; safe to look at in a terminal."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from pullstats.lazy import pl
from pullstats.outputs.cells import HOSTILE, exact

if TYPE_CHECKING:
    from pullstats.answer import Answer
    from pullstats.outputs.streams import Options

FORMULA = "^[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]"  # also as full-width characters, which spreadsheets take for the same


def csv(answer: Answer, options: Options, separator: str = ",") -> bytes:
    """The rows, comma-separated: shares as fractions, empty for null, `true` and `false`."""
    rows = exact(answer, options.limit)
    out = BytesIO()
    rows.with_columns(
        _cell(name, safe=options.spreadsheet_safe) for name in rows.select(pl.col(pl.String)).columns
    ).write_csv(out, separator=separator)
    return out.getvalue()


def tsv(answer: Answer, options: Options) -> bytes:
    """The rows, tab-separated; no cell holds a tab or a newline."""
    return csv(answer, options, "\t")


def _cell(name: str, *, safe: bool) -> pl.Expr:
    text = pl.col(name)
    shown = text.str.replace_all(HOSTILE, "\ufffd")
    return pl.when(text.str.contains(FORMULA)).then("'" + shown).otherwise(shown).alias(name) if safe else shown
