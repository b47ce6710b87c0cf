"""Every console block of README, docs and cases is run, and shows what the program prints.

`UPDATE=1 pytest tests/test_documents.py` writes the outputs anew; read the diff like code.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*)$", re.MULTILINE)
WAYS_TO_INSTALL = ("pip install", "make ", "git clone", "python3 -m venv")


@dataclass
class Step:
    command: str
    shown: str


def steps(block: str) -> list[Step]:
    """The commands of a block, each with the output that the document shows."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    split = [part.split("\n", 1) for part in parts]
    return [Step(command, rest[0] if rest else "") for command, *rest in split]


def documents() -> list[Path]:
    found = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("tests/cases/*.md"))]
    return [path for path in found if BLOCK.search(path.read_text("utf-8"))]


def run(command: str, folder: Path) -> str:
    """What a command prints, standard error included, as a shell with the program on its path shows it."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "COLUMNS": "100", "LC_ALL": "C.UTF-8", "POLARS_MAX_THREADS": "2"}
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=env, capture_output=True, text=True, check=False)
    code = f"(exit {done.returncode})\n" if done.returncode else ""
    return (
        "\n".join(line.rstrip() for line in (done.stdout + done.stderr).splitlines())
        + "\n" * bool(done.stdout + done.stderr)
        + code
    )


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_shows_what_the_program_prints(path: Path, tmp_path: Path) -> None:
    text = path.read_text("utf-8")
    shutil.copytree(ROOT / "sample_logs", tmp_path / "sample_logs")
    shutil.copytree(ROOT / "tests" / "cases", tmp_path / "cases")

    def renewed(block: re.Match[str]) -> str:
        told = "".join(
            f"$ {step.command}\n{step.shown if step.command.startswith(WAYS_TO_INSTALL) else run(step.command, tmp_path)}"
            for step in steps(block.group(1))
        )
        return f"```console\n{told}```"

    told = BLOCK.sub(renewed, text)
    if os.environ.get("UPDATE"):
        path.write_text(told, "utf-8")
    else:
        assert told == text
