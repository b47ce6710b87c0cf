"""Every question as a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.commands import _COMMANDS, DIM, FILTER, LOGS, READING, SHOWING, WINDOW, Command
from pullstats.question import PERIODS, Question, questions

if TYPE_CHECKING:
    from pullstats.settings import Settings


def _asked(question: Question) -> Command:
    def run(settings: Settings, words: list[str]) -> int:
        import shlex
        from dataclasses import replace

        from pullstats.answer import ask
        from pullstats.commands.common import exit_code, failed, opened, outlet, query, show
        from pullstats.engines import dimensions

        dims = dimensions(words[0]) if question.takes_dims else ()
        logs = words[1:] if question.takes_dims else words
        outlet(settings)
        asked = query(settings, dims)
        with opened(settings, logs) as (tables, outcomes):
            answer = ask(question, tables, asked)
            following = [" ".join([each, shlex.join(logs)]).rstrip() for each in answer.facts.get("next", ())]
            facts = answer.facts | ({"next": following} if following else {})
            show(replace(answer, partial=failed(outcomes), facts=facts), settings)
            return exit_code(outcomes)

    by = ("by",) if PERIODS in question.columns else ()
    return Command(
        question.name,
        run,
        (DIM, LOGS) if question.takes_dims else (LOGS,),
        (*WINDOW[:5], *by, *WINDOW[5:], *FILTER, *READING, *SHOWING),
        question.about,
        "Questions",
        question.place,
    )


_COMMANDS.update({question.name: _asked(question) for question in questions()})
