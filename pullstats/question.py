"""What a question is: declared once; command, help, outputs and reference come from that."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pullstats.lazy import Table

# Columns that stand for others: the periods of --by, and the chosen dimensions.
PERIODS, DIMS = "<periods>", "<dimensions>"
Chart = Literal["lines", "bars", "none"]


@dataclass(frozen=True)
class Question:
    """A question and its declaration.

    Attributes:
        name: of the command; the function's with dashes.
        asks: one line for people.
        columns: names of the vocabulary, or PERIODS and DIMS.
        function: from facts (a narwhals frame) to integers; its docstring is the command's help.
        order: sorts the rows; `-name` descending.
        chart: how --plot draws it.
        finish: from the collected integers to the declared columns, where ratios are needed.
        top: how many rows a terminal shows without --limit.
        place: where the help lists it.
    """

    name: str
    asks: str
    columns: tuple[str, ...]
    function: Callable[..., Any]
    order: tuple[str, ...] = ()
    chart: Chart = "none"
    finish: Callable[[Table], Table] | None = None
    top: int | None = None
    place: int = 50

    @property
    def about(self) -> str:
        """The function's docstring: help and reference page."""
        return inspect.getdoc(self.function) or self.asks

    @property
    def takes_dims(self) -> bool:
        """Whether dimensions are asked for by the caller."""
        return DIMS in self.columns

    @property
    def schema_name(self) -> str:
        """The name of its JSON schema."""
        return f"pullstats.{self.name}"


_QUESTIONS: dict[str, Question] = {}


def question(asks: str, *, columns: Sequence[str], **more: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a function as a question; the arguments are those of Question."""

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        name = function.__name__.replace("_", "-")
        _QUESTIONS[name] = Question(name, asks, tuple(columns), function, **more)
        return function

    return declare


def questions() -> tuple[Question, ...]:
    """All questions, in the order of the help."""
    package = importlib.import_module("pullstats.questions")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"pullstats.questions.{module.name}")
    return tuple(sorted(_QUESTIONS.values(), key=lambda each: (each.place, each.name)))


def named(name: str) -> Question:
    """The question of a name."""
    return next(each for each in questions() if each.name == name)


# What a question finds in its frame, all integers: `period` (number of the bucket), the dimensions, `ts`,
# the measures, and the keys of what is counted once; a key is NOT_COUNTED where --of leaves the row out.
MEASURES = ("contacts", "pulls", "downloads", "checks", "polls", "requests", "bytes")
KEYS = ("origin", "endpoint", "strict", "download")
NOT_COUNTED = -1


def total(name: str) -> Any:
    """The sum of a measure."""
    from pullstats.lazy import nw

    return nw.col(name).sum().cast(nw.Int64)


def distinct(key: str) -> Any:
    """How many different keys there are, rows that are not counted left out."""
    from pullstats.lazy import nw

    return (nw.col(key).n_unique() - (nw.col(key).min() == NOT_COUNTED).cast(nw.Int64)).cast(nw.Int64)
