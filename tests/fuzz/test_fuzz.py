"""A seeded minute of fuzzing; `make fuzz` goes on for longer."""

import subprocess
import sys

import pytest

from tests.fuzz.__main__ import CORPUS, corpus, plain
from tests.fuzz.targets import TARGETS

SECONDS = 2  # for each target; starting it and replaying its corpus take three more


@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes_in_and_every_line_is_accounted_for(name: str) -> None:
    command = [sys.executable, "-m", "tests.fuzz", name, "--seconds", str(SECONDS), "--seed", "1"]
    done = subprocess.run(command, cwd=CORPUS.parents[2], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]


def test_without_atheris_the_corpus_is_damaged_by_chance() -> None:
    inputs = corpus("regex")
    assert plain("regex", seconds=60, runs=len(inputs) + 5, seed=1) == len(inputs) + 5


def test_the_same_seed_gives_the_same_damage() -> None:
    for name, target in TARGETS.items():
        assert all(target.mutate(data, 500, 7) == target.mutate(data, 500, 7) for data in corpus(name)[:5])
