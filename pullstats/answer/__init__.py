"""Question and facts to an answer; outputs see nothing else, so no number can be printed without its rule."""

from pullstats.answer.ask import ask, hexed
from pullstats.answer.types import Answer, Coverage, listing

__all__ = ["Answer", "Coverage", "ask", "hexed", "listing"]
