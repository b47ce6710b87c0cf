"""The program, run in this process as a shell would run it."""

import contextlib
import csv
import io
import json
import sys
from dataclasses import dataclass
from typing import Any

from pullstats.cli import run


@dataclass
class Done:
    """What one command line printed."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, str]]:
        """The CSV on stdout."""
        return list(csv.DictReader(io.StringIO(self.out)))

    @property
    def document(self) -> dict[str, Any]:
        """The JSON on stdout."""
        return json.loads(self.out)


class _Bytes(io.TextIOWrapper):
    """Standard output that text and bytes can be written to."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", newline="", write_through=True)

    def text(self) -> str:
        self.flush()
        return self.buffer.getvalue().decode()  # pyright: ignore[reportAttributeAccessIssue]


def pullstats(*words: object, stdin: bytes = b"") -> Done:
    """Run `pullstats WORDS`; what it printed and its exit code."""
    out, err = _Bytes(), _Bytes()
    given = io.TextIOWrapper(io.BytesIO(stdin))
    before, sys.stdin = sys.stdin, given
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run([str(word) for word in words])
    finally:
        sys.stdin = before
    return Done(code, out.text(), err.text())
