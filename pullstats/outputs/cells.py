"""What stands in the cells: exact values for programs, readable texts for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from pullstats.errors import _HOSTILE, printable
from pullstats.lazy import pl
from pullstats.window.zones import iso, local

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from pullstats.answer import Answer
    from pullstats.words import Column

HOSTILE = _HOSTILE.pattern
UNKNOWN, NONE = "(unknown)", "-"
LONGEST = 200  # of a text for people, in characters
SECOND = 1_000_000

_HEADINGS = {
    "origins_strict": "strict",
    "checks": "version checks",
    "cumulative_share": "cumulative",
    "interval_seconds": "interval",
}
# Numbers that name a thing: nothing is counted, so they have no thousands separators.
_LABELS = ("line", "line_number", "port", "rank")
_RATIOS = ("share", "certainty")


@dataclass(frozen=True)
class Cells:
    """One column as people see it.

    Attributes:
        name: of the answer's column.
        heading: its name for people.
        numeric: aligned to the right.
        texts: one a row.
        folds: long texts may go on in the next line; numbers, times and periods never do.
    """

    name: str
    heading: str
    numeric: bool
    texts: list[str]
    folds: bool = False


def clean(text: str) -> str:
    """The text with U+FFFD for every character that a terminal would act on."""
    return _HOSTILE.sub("\ufffd", text)


def zone_of(answer: Answer) -> tzinfo:
    """The zone that the answer's times are shown in."""
    return answer.query.window.zone if answer.query else UTC


def heading(name: str) -> str:
    """A column's name for people."""
    return _HEADINGS.get(name, name.replace("_", " "))


def is_time(column: Column, dtype: pl.DataType) -> bool:
    """Whether a column holds moments in microseconds (listings have some as text already)."""
    return column.type == "time" and dtype.is_integer()


def exact(answer: Answer, limit: int | None = None) -> pl.DataFrame:
    """The rows for programs: times as ISO text with the offset of the query's zone, nulls for what is no number."""
    table = answer.table if limit is None else answer.table.head(limit)
    zone = zone_of(answer)
    times = [_iso(each.name, zone) for each in answer.columns if is_time(each, table.schema[each.name])]
    return table.with_columns(*times, pl.col(pl.Float64, pl.Float32).fill_nan(None))


def _iso(name: str, zone: tzinfo) -> pl.Expr:
    at, ahead = pl.from_epoch(name, time_unit="us"), zone.utcoffset(None)
    if ahead is None:  # a zone that changes its clocks
        at, offset = at.dt.replace_time_zone("UTC").dt.convert_time_zone(str(zone)), "%:z"
    else:
        at, offset = at + ahead, iso(0, zone).removeprefix(local(0, zone).strftime("%Y-%m-%dT%H:%M:%S"))
    whole, fine = (at.dt.strftime(f"%Y-%m-%dT%H:%M:%S{part}{offset}") for part in ("", "%.6f"))
    return pl.when(pl.col(name) % SECOND == 0).then(whole).otherwise(fine).alias(name)


def readable(answer: Answer, rows: pl.DataFrame) -> list[Cells]:
    """The answer's columns of some of its rows, for people."""
    if answer.name == "summary":
        return _figures(rows)
    return [_cells(answer, each, rows[each.name]) for each in answer.columns]


def _figures(rows: pl.DataFrame) -> list[Cells]:
    """The summary's figures, which are text in its table, as numbers."""
    names, values = rows["metric"].to_list(), rows["value"].to_list()
    texts = [_figure(name, value) for name, value in zip(names, values, strict=True)]
    return [
        Cells("metric", "metric", numeric=False, texts=[name.replace("_", " ") for name in names]),
        Cells("value", "value", numeric=True, texts=texts),
    ]


def _figure(name: str, value: str | None) -> str:
    if value is None:
        return NONE
    if name.endswith(_RATIOS):
        return percent(float(value))
    return f"{int(value):,}" if value.isdecimal() else printable(value)


def _cells(answer: Answer, column: Column, values: pl.Series) -> Cells:
    numeric = _is_number(column, values.dtype)
    folds = not numeric and not is_time(column, values.dtype)
    return Cells(column.name, heading(column.name), numeric, _texts(answer, column, values), folds)


def _texts(answer: Answer, column: Column, values: pl.Series) -> list[str]:
    reader = reader_of(answer, column, values.dtype)
    missing = UNKNOWN if answer.query and column.dimension else NONE
    return [missing if value is None or value != value else reader(value) for value in values]  # noqa: PLR0124 - NaN


def reader_of(answer: Answer, column: Column, dtype: pl.DataType) -> Callable[[Any], str]:
    """What makes a value of a column readable."""
    if is_time(column, dtype):
        zone = zone_of(answer)
        return lambda us: f"{local(us, zone):%Y-%m-%d %H:%M:%S}"
    if dtype == pl.Boolean:
        return lambda value: "yes" if value else "no"
    if _is_number(column, dtype):
        return _number(column, dtype)
    return lambda value: printable(str(value), LONGEST)


def _is_number(column: Column, dtype: pl.DataType) -> bool:
    return dtype.is_numeric() and not column.dimension and not is_time(column, dtype)


def _number(column: Column, dtype: pl.DataType) -> Callable[[Any], str]:
    if column.name.endswith(_RATIOS):
        return percent
    if column.name == "interval_seconds":
        return interval
    if column.name in _LABELS:
        return str
    return "{:,}".format if dtype.is_integer() else "{:,.2f}".format


def percent(share: float) -> str:
    """A share as `16.4 %`; what is not nothing is never shown as `0.0 %`."""
    return "< 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"  # noqa: PLR2004 - half of what is shown


def interval(seconds: float) -> str:
    """Seconds in the largest unit that shows them whole: `60 s`, `5 min`, `24 h`."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds and seconds % size == 0 and seconds > size:
            return f"{seconds // size:,} {unit}"
    return f"{seconds:,} s"
