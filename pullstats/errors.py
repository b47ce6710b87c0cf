"""What goes wrong, said in one line with what to do about it."""

import re

FAILURE, USAGE, INTERRUPTED = 1, 2, 130

_HOSTILE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def printable(text: str, limit: int = 200) -> str:
    """The text without a character that a terminal would act on, cut to `limit` characters."""
    clean = _HOSTILE.sub("\ufffd", text).encode("utf-8", "replace").decode()  # file names can be no text
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


class PullstatsError(Exception):
    """A failure that a user can do something about: exit code 1.

    Attributes:
        what: what is wrong, beginning with the name of the thing (`access.log: is empty`).
        fix: what to do about it; joined to `what` with "; ".
    """

    code = FAILURE

    def __init__(self, what: str, fix: str = "") -> None:
        self.what, self.fix = what, fix
        super().__init__(printable(f"{what}; {fix}" if fix else what, 600))


class UsageError(PullstatsError):
    """A wrong option, date or name: exit code 2."""

    code = USAGE


def did_you_mean(word: str, known: "list[str] | tuple[str, ...]") -> str:
    """`did you mean X?` when a known word is close to this one, else the empty string."""
    import difflib

    close = difflib.get_close_matches(word, known, 1, 0.6)
    return f"did you mean {close[0]}?" if close else ""
