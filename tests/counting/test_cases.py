"""The request sequences of cases/*.md give the activities written beside them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pullstats.counting.activities import activities
from pullstats.counting.rules import rule
from tests.counting.requests import START, frame, request, resource

CASES = Path(__file__).with_name("cases")
BLOCK = re.compile(r"^## (.+?)\n```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SIZES = {"config": 3000}
SIGNATURE = "sha256-" + "a" * 64 + ".sig"
TOTALS = ("times", "requests", "folded", "platforms")


def cases() -> list[Any]:
    texts = [
        (path.stem, path.read_text(encoding="utf-8")) for path in sorted(CASES.glob("*.md")) if path.stem != "README"
    ]
    return [pytest.param(body, id=f"{stem}: {name}") for stem, text in texts for name, body in BLOCK.findall(text)]


def seconds(clock: str, day: int = 0) -> int:
    hours, minutes, rest = map(int, clock.split(":"))
    return ((day * 24 + hours) * 60 + minutes) * 60 + rest


class Case:
    """Reads a block."""

    def __init__(self, body: str) -> None:
        self.requests: list[dict[str, Any]] = []
        self.expected: list[list[str]] = []
        self.settings = {"client": "docker", "kind": "runtime", "mode": "auto", "ecosystem": "oci"}
        for line in body.splitlines():
            self.read(line.split())

    def read(self, words: list[str]) -> None:
        if words[0] == "=>":
            self.expected.append(words[1:])
        elif words[0] == "client":
            self.settings.update(client=words[1], kind=words[2])
        elif words[0] in self.settings:
            self.settings[words[0]] = words[1]
        else:
            self.request(words)

    def request(self, words: list[str]) -> None:
        day = int(words.pop(0)) if words[0].startswith("+") else 0
        at, method, name = seconds(words[0], day), words[1], words[2]
        named = {key: value for key, _, value in (word.partition("=") for word in words[3:]) if value}
        times, step = next(
            ((int(w[1:]), float(words[i + 1][:-1])) for i, w in enumerate(words) if re.fullmatch(r"x\d+", w)), (1, 0.0)
        )
        numbers = [int(word) for word in words[3:5] if word.isdigit()]
        status = numbers[0] if numbers else 200
        sent = status in (200, 206)
        size = (
            numbers[1]
            if len(numbers) > 1
            else SIZES.get(name.rpartition("/")[2], 3_000_000 if name[:2] in ("b/", "f/") else 1000) * sent
        )
        what = self.resource(name, named)
        for i in range(times):
            more = {
                "line": len(self.requests),
                "status": status,
                "bytes": None if method == "HEAD" else size,
                "caller": int(named.get("by", 1)),
                "principal_id": int(named["user"]) if "user" in named else None,
                "duration_ms": int(named["took"]) * 1000 if "took" in named else None,
                "conditional": "conditional" in words or None,
                "client": self.settings["client"],
                "kind": self.settings["kind"],
                "mode": self.settings["mode"],
            }
            self.requests.append(request(at + i * step, method, what, **more))

    def resource(self, name: str, named: dict[str, str]) -> dict[str, Any]:
        ecosystem, (kind, _, reference) = self.settings["ecosystem"], name.partition("/")
        host = named.get("host")
        if ecosystem == "oci":
            digest = reference.replace("@", "sha256:") if kind == "m" else f"sha256:{reference}"
            role, text = {
                "m": ("manifest", digest),
                "b": ("content", digest),
                "sig": ("signature", SIGNATURE),
                "tags": ("listing", None),
                "upload": ("push", None),
            }[kind]
            return resource("oci", "acme/app", role, text, host=host)
        role = {"f": "content", "meta": "metadata", "sig": "signature", "upload": "push"}.get(kind, kind)
        version = named.get("version") or next(iter(re.findall(r"-([\d.]+)", reference)), None)
        path = f"/{ecosystem}/{role}/{reference}"
        return resource(
            ecosystem, "a", role, named.get("reference") or reference or None, version=version, path=path, host=host
        )


def shown(activity: dict[str, Any], words: list[str]) -> list[str]:
    """The activity in the words of the case: what the line does not name is left out."""
    second = activity["ts"] // 10**6 - int(START.timestamp())
    day, second = divmod(second, 86_400)
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    plain = [word for word in words if "=" not in word]
    text = [*([f"+{day}"] if day else []), clock, activity["action"]]
    if len(plain) > len(text):
        text.append((activity["reference"] or "").replace("sha256:", "@"))
    values = {
        **activity,
        "by": activity["caller_id"],
        "user": activity["principal_id"],
        "digest": (activity["digest"] or "").replace("sha256:", "@"),
        "flags": activity["flags"] or "",
    }
    return text + [f"{key}={values[key]}" for key in (word.partition("=")[0] for word in words if "=" in word)]


@pytest.mark.parametrize("body", cases())
def test_a_sequence_is_what_stands_beside_it(body: str) -> None:
    case = Case(body)
    made = activities(frame(case.requests), None, rule("pullstats-1"))
    if case.expected and case.expected[0][0] == "longest":
        assert made["seconds"].max() <= int(case.expected[0][1])
        assert made["requests"].sum() == len(case.requests)
        return
    if case.expected and case.expected[0][0] == "total":
        _, action, number, requests = case.expected[0]
        assert made["action"].unique().to_list() == [action]
        assert [len(made), f"requests={made['requests'].sum()}"] == [int(number), requests]
        return
    rows = made.to_dicts()
    assert len(rows) == len(case.expected), made.select("ts", "action", "reference", "requests", "flags")
    rest = sorted(case.expected)
    for activity in rows:
        match = next((words for words in rest if shown(activity, words) == words), None)
        assert match is not None, (activity, rest)
        rest.remove(match)


def test_every_case_of_the_documents_is_run() -> None:
    headings = sum(path.read_text(encoding="utf-8").count("\n## ") for path in CASES.glob("*.md"))
    assert len(cases()) == headings > 90


def test_a_source_may_be_cut_into_files_anywhere() -> None:
    """Two files of one log count as the log, whichever is read first."""
    body = next(
        one.values[0] for one in cases() if one.id == "images: Five nodes behind one address, four seconds apart"
    )
    whole = Case(body).requests
    whole.sort(key=lambda one: (one["ts"], one["line"]))
    for i, one in enumerate(whole):
        one["line"] = i
    cut = [{**one, "source_id": 2 - i // 10, "source_first": i // 10, "line": i % 10} for i, one in enumerate(whole)]
    one, other = (activities(frame(rows), None, rule("pullstats-1")) for rows in (whole, cut[::-1]))
    assert one.equals(other)
    assert one.filter(pl.col("action") == "download").height == 5
