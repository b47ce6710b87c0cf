"""Help is complete, quick and there in every way that people ask for it; so is completion."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pullstats import __version__
from pullstats.commands import Command, commands
from pullstats.helptext import TOPICS
from pullstats.words import DIMENSIONS, OPTIONS
from tests.cli.support import ROOT, process, shell
from tests.program import pullstats

HEAVY = {
    "polars",
    "narwhals",
    "rich",
    "typer",
    "plotext",
    "deltalake",
    "dateutil",
    "maxminddb",
    "user_agents",
    "jinja2",
}
ALL = {each.name: each for each in commands()}


def imported(*words: str) -> set[str]:
    """The heavy modules that a command line imports."""
    code = f"import sys; from pullstats.cli import run; run({list(words)!r}); print(*sys.modules, file=sys.stderr)"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
    return HEAVY & set(done.stderr.split())


@pytest.mark.parametrize(
    "line",
    ["", "--help", "-h", "--version", "help dimensions", "help time", "uniques --help", "ingest -h", "store --help"],
)
def test_help_imports_nothing_heavy(line: str) -> None:
    assert imported(*line.split()) == set()


@pytest.mark.parametrize(
    "line", ["uniqes", "uniques --sinse x", "breakdown contry", "uniques -f x a", "--show-completion bash"]
)
def test_usage_errors_and_completion_do_without_polars(line: str) -> None:
    assert not {"polars", "rich", "plotext", "deltalake"} & imported(*line.split())


@pytest.mark.parametrize("line", ["", "--help", "-h", "help"])
def test_the_overview_lists_every_command_and_topic(line: str) -> None:
    done = pullstats(*line.split())
    assert (done.code, done.err) == (0, "")
    shown = {match[1] for match in re.finditer(r"^  ([a-z-]+(?: [a-z]+)?)  +[A-Z]", done.out, re.MULTILINE)}
    assert set(ALL) <= shown
    assert all(topic in done.out for topic in ("dimensions", *TOPICS))


@pytest.mark.parametrize("command", ALL.values(), ids=ALL)
def test_every_command_explains_its_words_and_options(command: Command) -> None:
    words = command.name.split()
    pages = [pullstats(*words, flag) for flag in ("--help", "-h")] + [pullstats("help", *words)]
    assert {(page.code, page.err) for page in pages} == {(0, "")}
    assert len({page.out for page in pages}) == 1
    (shown,) = {page.out for page in pages}
    assert shown.startswith(f"Usage: pullstats {command.name} [OPTIONS]")
    for name in command.options:
        assert re.search(rf"{OPTIONS[name].flags[0]}\b.* \S", shown), name
    for argument in command.arguments:
        assert re.search(rf"^  {argument.name} +\S", shown, re.MULTILINE)
    assert "-h, --help" in shown or not {"format", "quiet"} & set(command.options)
    assert max(map(len, shown.splitlines())) <= 110
    assert command.about.splitlines()[0].endswith((".", ")"))


@pytest.mark.parametrize("topic", ["dimensions", *TOPICS])
def test_topics(topic: str) -> None:
    done = pullstats("help", topic)
    assert (done.code, done.err) == (0, "")
    assert len(done.out.splitlines()) > 4
    assert max(map(len, done.out.splitlines())) <= 125


def test_every_dimension_is_listed() -> None:
    shown = pullstats("help", "dimensions").out
    assert not [name for name in DIMENSIONS if not re.search(rf"^  {name} +\S", shown, re.MULTILINE)]


def test_help_stands_anywhere(here: Path) -> None:
    summary = pullstats("summary", "--help").out
    for line in (
        "summary access.log --help",
        "summary -n 3 -h",
        "summary --help nope.log",
        "access.log --help",
        "./x.log -h",
    ):
        assert pullstats(*line.split()).out == summary, line
    (here / "store").mkdir()
    assert pullstats("store", "--help").out.startswith("Usage: pullstats store COMMAND"), "not the folder"
    (here / "time").mkdir()
    assert pullstats("help", "time").out.startswith("Time,")
    assert pullstats("summary", "--", "--help").code == 1, "behind -- it is a file"


def test_version() -> None:
    done = process("--version")
    assert (done.code, done.out, done.err) == (0, f"pullstats {__version__}\n", "")


# What is typed, and what TAB offers.
TABS = {
    "pullstats st": ["store"],
    "pullstats inspect a": ["activities", "addresses", "agents"],
    "pullstats uniques --si": ["--since"],
    "pullstats uniques --of ch": ["checks"],
    "pullstats uniques --by q": ["quarter"],
    "pullstats uniques --every tu": ["tuesday"],
    "pullstats uniques --since last_m": ["last_month"],
    "pullstats uniques -f nd": ["ndjson"],
    "pullstats uniques --only runt": ["runtime"],
    "pullstats uniques --only mirror,runt": ["mirror,runtime"],
    "pullstats uniques --where client_v": ["client_version="],
    "pullstats uniques --rule pull": ["pullstats-1"],
    "pullstats breakdown countr": ["country"],
    "pullstats breakdown country,ecos": ["country,ecosystem"],
    "pullstats summary acc": [],  # the shell's own file names
}


@pytest.mark.parametrize(("typed", "offered"), TABS.items(), ids=TABS)
def test_tab_offers_words(typed: str, offered: list[str]) -> None:
    env = {"_PULLSTATS_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    done = process(env=env)
    assert (done.code, done.err) == (0, "")
    assert done.out.split() == offered


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_completion_scripts_are_shown(name: str) -> None:
    done = process("--show-completion", name)
    assert (done.code, done.err) == (0, "")
    assert "_PULLSTATS_COMPLETE" in done.out
    assert process("--show-completion", env={"SHELL": f"/usr/bin/{name}"}).out == done.out


def test_bash_takes_its_script(here: Path) -> None:
    done = shell('eval "$(pullstats --show-completion bash)" && complete -p pullstats', here)
    assert done.code == 0
    assert "-F _pullstats_completion pullstats" in done.out


def test_completion_offers_nothing_heavy() -> None:
    code = "import sys; from pullstats.cli import run; run([]); print(*sys.modules, file=sys.stderr)"
    words = {"_PULLSTATS_COMPLETE": "complete_bash", "COMP_WORDS": "pullstats breakdown c", "COMP_CWORD": "2"}
    env = {**os.environ, "PYTHONPATH": str(ROOT), **words}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
    assert "country" in done.stdout
    assert not {"polars", "rich", "deltalake"} & set(done.stderr.split())
