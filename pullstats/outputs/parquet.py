"""Parquet: typed columns, times as timestamps, and the envelope in the file's metadata."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING

from pullstats.lazy import pl
from pullstats.outputs.cells import is_time
from pullstats.outputs.json import envelope

if TYPE_CHECKING:
    from pullstats.answer import Answer
    from pullstats.outputs.streams import Options


def parquet(answer: Answer, options: Options) -> bytes:
    """The rows as a Parquet file; its metadata key `pullstats` holds the JSON envelope without rows."""
    table = answer.table if options.limit is None else answer.table.head(options.limit)
    times = [
        pl.from_epoch(each.name, time_unit="us").dt.replace_time_zone("UTC")
        for each in answer.columns
        if is_time(each, table.schema[each.name])
    ]
    out = BytesIO()
    about = json.dumps(envelope(answer), ensure_ascii=False)
    table.with_columns(*times, pl.col(pl.Float64).fill_nan(None)).write_parquet(out, metadata={"pullstats": about})
    return out.getvalue()
