"""Markdown: a pipe table that reads well raw and rendered, with the caption in small print."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pullstats.outputs.caption import caption
from pullstats.outputs.rows import page

if TYPE_CHECKING:
    from pullstats.answer import Answer
    from pullstats.outputs.streams import Options

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;"}  # @name would call somebody
# An underscore inside a word is one; a link needs its two slashes or its www.
_ACTIVE = re.compile(r"[&<>@\\`*\[\]|~$#]|(?<![^\W_])_|_(?![^\W_])|(?<=:)/(?=/)|(?<=www)\.", re.IGNORECASE)


def md(answer: Answer, options: Options) -> bytes:
    """The rows that people see, as a table of GitHub's dialect."""
    shown = page(answer, options.limit)
    lines = [
        _row([each.heading for each in shown.columns]),
        _row(["---:" if each.numeric else "---" for each in shown.columns]),
        *(_row([escaped(text) for text in row]) for row in zip(*(each.texts for each in shown.columns), strict=True)),
    ]
    below = [] if shown.placed or not shown.left_out else [f"and {shown.left_out:,} more rows"]
    below += [escaped(line) for line in caption(answer)]
    small = ["", f"<sub>{'<br>'.join(below)}</sub>"] if below else []
    return "".join(f"{line}\n" for line in [*lines, *small]).encode()


def escaped(text: str) -> str:
    """Text that Markdown and HTML show as it is, with links and mentions left inert."""
    return _ACTIVE.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), text)


def _row(texts: list[str]) -> str:
    return f"| {' | '.join(texts)} |"
