"""The house rules that can be checked."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pullstats.commands import commands
from pullstats.question import DIMS, PERIODS, questions
from pullstats.words import ANSWERS, COLUMNS, OPTIONS

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "pullstats"


def test_imports_go_down_only() -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([tool], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_questions_use_the_vocabulary() -> None:
    names = {name for each in questions() for name in each.columns} - {DIMS, PERIODS}
    assert names <= COLUMNS.keys() | ANSWERS.keys()


def test_commands_use_declared_options() -> None:
    assert {name for each in commands() for name in each.options} <= OPTIONS.keys()


def test_every_word_says_what_it_means() -> None:
    for each in [*COLUMNS.values(), *ANSWERS.values(), *OPTIONS.values()]:
        assert re.fullmatch(r".*[.)]", each.about), each.name
    assert all(each.about for each in commands())


@pytest.mark.parametrize("word", ["map_elements", "iter_rows", ".apply(", "dt.", ".std(", ".mean(", ".hash("])
def test_questions_count_in_integers_on_any_engine(word: str) -> None:
    assert not [path.name for path in (PACKAGE / "questions").glob("*.py") if word in path.read_text("utf-8")]


def test_no_stage_loops_over_elements() -> None:
    assert not [str(path) for path in PACKAGE.rglob("*.py") if "map_elements" in path.read_text("utf-8")]


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from pullstats.cli import run; run(['--help']); run(['uniques', '--help']);"
        "print(sorted({'polars', 'narwhals', 'rich', 'typer', 'plotext', 'deltalake', 'dateutil'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_the_reference_is_current(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "tools" / "build_reference.py", tmp_path], check=True)
    made = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    kept = {path.name: path.read_text("utf-8") for path in (ROOT / "docs" / "reference").iterdir()}
    assert made == kept, "run python tools/build_reference.py"


def test_documents_name_only_what_exists() -> None:
    text = "\n".join(path.read_text("utf-8") for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
    known = {f"--{name.replace('_', '-')}" for name in OPTIONS} | {
        "--help",
        "--version",
        "--show",
        "--install-completion",
        "--show-completion",
    }
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) <= known
    first = {each.name.split()[0] for each in commands()} | {"help", "access.log"}
    assert set(re.findall(r"`pullstats ([a-z.-]+)", text)) <= first
