"""The two tables of the talk that began all this: golden cases of the rule."""

from __future__ import annotations

from samplelib.agents import DOCKERS
from samplelib.traffic import Caller, Registry, Session
from samplelib.truth import Log
from samplelib.world import APP, SECOND, moment


def talk_table_1() -> Log:
    """The talk's first table: a pull at noon, then a HEAD every five minutes."""
    r, caller = Registry("registry.acme.example"), Caller("84.112.20.30", DOCKERS["amd64"][0])
    pull = _head_and_get(r, moment(10, 12), caller, "latest")
    checks = [r.check(moment(10, 12, minute), caller, APP, "latest", close=True) for minute in (5, 10, 15, 20)]
    return Log("talk-table-1.log", [pull, *checks])


def talk_table_2() -> Log:
    """The talk's second table: somebody tries two tags on two days; at 13:09 one question is asked twice."""
    r, caller = Registry("registry.acme.example"), Caller("88.64.20.30", DOCKERS["arm64"][0])

    def check(day: int, hour: int, minute: int, tag: str) -> Session:
        return r.check(moment(day, hour, minute, 4), caller, APP, tag)

    twice = check(10, 13, 9, "latest")
    again = twice.requests[0]._replace(at=twice.at + 5 * SECOND)
    return Log("talk-table-2.log", [
        _head_and_get(r, moment(10, 10, 2, 11), caller, "latest"),
        twice._replace(requests=(*twice.requests, again)),
        check(10, 15, 41, "latest"),
        _head_and_get(r, moment(11, 9, 17, 40), caller, "1.0.1"),
        check(11, 11, 26, "1.0.1"),
        check(11, 16, 58, "latest"),
    ])  # fmt: skip


def _head_and_get(r: Registry, at: int, caller: Caller, tag: str) -> Session:
    """HEAD and GET of a tag without content: one pull, no download."""
    pull = r.reread(at + SECOND, caller, APP, tag, close=True)
    return pull._replace(at=at, requests=(*r.check(at, caller, APP, tag).requests, *pull.requests))
