"""One log read to Parquet by the program's own reader: its lines as records, each checked and accounted for.

python benchmarks/read.py LOG ENTRY FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

from pullstats.lazy import large_pages

large_pages()

from pullstats.identity import Key  # noqa: E402 - as in the program: before Polars is imported
from pullstats.pipeline.options import Reading  # noqa: E402
from pullstats.pipeline.parse import chunks, plan  # noqa: E402
from pullstats.sources.files import Source  # noqa: E402
from pullstats.threads import ahead  # noqa: E402


def main() -> None:
    log, name, folder = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    folder.mkdir()
    planned = plan(Source(log.name, log), Reading(Key(bytes(32)), log_format=name), {})
    for number, chunk in enumerate(ahead(chunks(planned), 2)):
        chunk.records.write_parquet(folder / f"{number}.parquet", compression="zstd", compression_level=1)
    outcome = planned.outcome
    assert outcome.error is None, outcome.error
    assert outcome.lines == outcome.counts["parsed"] + outcome.counts["ignored"] + outcome.counts["rejected"]


if __name__ == "__main__":
    main()
