"""Write docs/reference from the declarations; the pages are never edited.

python tools/build_reference.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pullstats.commands import commands
from pullstats.counting.rules import rule, rules
from pullstats.formats.entry import entries
from pullstats.helptext import TOPICS, page
from pullstats.question import DIMS, PERIODS, questions
from pullstats.tables import TABLES
from pullstats.words import COLUMNS, DIMENSIONS, OPTIONS, PERIOD, Column, column

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parent.parent
MADE = "<!-- made by tools/build_reference.py; do not edit -->\n\n"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines
    )


def commands_page() -> str:
    parts = ["# Commands\n", "```\n" + page([], commands()) + "\n```\n"]
    for each in commands():
        parts += [f"## pullstats {each.name}\n", f"```\n{page(each.name.split(), commands())}\n```\n"]
    parts += [f"```\n{text}\n```\n" for text in TOPICS.values()]
    return "\n".join(parts)


def questions_page() -> str:
    parts = ["# Questions and their columns\n", "New columns come at the end only.\n"]
    for each in questions():
        parts += [
            f"## {each.name}\n",
            f"{each.asks}\n",
            each.about + "\n",
            table(("column", "type", "meaning"), shown(each.columns)),
            "",
        ]
    return "\n".join(parts)


def shown(names: tuple[str, ...]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for name in names:
        if name == DIMS:
            rows.append(("*the dimensions*", "", "In the order in which they were asked for."))
        else:
            rows += [described(column(each)) for each in (PERIOD if name == PERIODS else (name,))]
    return rows


def described(each: Column) -> tuple[str, ...]:
    return f"`{each.name}`", each.type, each.about + (" A keyed hash." if each.personal else "")


def tables_page() -> str:
    parts = ["# Tables of the store\n", "Delta tables that Polars, DuckDB and Spark can read.\n"]
    for name, columns in TABLES.items():
        parts += [
            f"## {name}\n",
            table(("column", "type", "meaning"), (described(COLUMNS[each]) for each in columns)),
            "",
        ]
    return "\n".join(parts)


def dimensions_page() -> str:
    rows = ((f"`{name}`", each.of, each.about) for name, each in DIMENSIONS.items())
    return "# Dimensions\n\nFor `breakdown` and `--where`.\n\n" + table(("dimension", "of a", "meaning"), rows) + "\n"


def options_page() -> str:
    rows = (
        (f"`--{each.name.replace('_', '-')}`", each.about, ", ".join(each.choices) or "", str(each.default or ""))
        for each in OPTIONS.values()
    )
    return (
        "# Options\n\nThe same name means the same in every command.\n\n"
        + table(("option", "meaning", "one of", "default"), rows)
        + "\n"
    )


def formats_page() -> str:
    rows = ((f"`{each.name}`", each.kind, each.about, ", ".join(each.cannot_tell)) for each in entries())
    parts = ["# Log formats\n", table(("name", "kind", "what", "cannot tell"), rows), ""]
    for each in entries():
        lines = [str(example["line"]) for example in each.examples[:1]]
        parts += [
            f"## {each.name}\n",
            f"{each.about}. Source: {each.source}.\n",
            *(f"```\n{line}\n```\n" for line in lines),
        ]
    return "\n".join(parts)


def rules_page() -> str:
    parts = ["# Counting rules\n"]
    for name in rules():
        rows = ((f"`{key}`", str(value), about) for key, value, about in rule(name).parameters())
        parts += [f"## {name}\n", table(("parameter", "value", "meaning"), rows), ""]
    return "\n".join(parts)


PAGES = {
    "commands.md": commands_page,
    "questions.md": questions_page,
    "tables.md": tables_page,
    "dimensions.md": dimensions_page,
    "options.md": options_page,
    "formats.md": formats_page,
    "rules.md": rules_page,
}


def write(folder: Path) -> None:
    """Write all pages into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, made in PAGES.items():
        (folder / name).write_text(MADE + made().rstrip() + "\n", "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "reference")
