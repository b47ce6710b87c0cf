"""The command line of the fuzzer: `python -m tests.fuzz --help`."""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import tests.fuzz

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.fuzz.mutate import Lines

CORPUS = Path(__file__).parent / "corpus"
GUIDED = importlib.util.find_spec("atheris") is not None
KEPT_BYTES = 2_000  # longer inputs are not kept
SLOW = 20  # seconds: an input that takes so long is a bug


def corpus(name: str) -> Lines:
    """The kept inputs of a target."""
    return [path.read_bytes() for path in sorted((CORPUS / name).glob("*"))]


def guided(name: str, folder: Path, options: list[str]) -> int:
    """Let atheris search in a process of its own, since it never comes back; the exit code."""
    command = [sys.executable, "-m", "tests.fuzz.guided", name, str(folder), *options, f"-timeout={SLOW}"]
    return subprocess.run(command, cwd=CORPUS.parents[2], check=False).returncode


def plain(name: str, seconds: float, runs: int, seed: int) -> int:
    """Replay the corpus, then damage it by chance; how many inputs were tried."""
    from tests.fuzz.targets import LIMIT, TARGETS

    target, dice, kept = TARGETS[name], random.Random(seed), corpus(name)
    inputs = kept or list(target.seeds())
    for data in inputs:
        _checked(name, data)
    end, tried = time.monotonic() + seconds, len(inputs)
    while tried < runs and time.monotonic() < end:
        data = target.mutate(dice.choice(inputs), LIMIT, dice.getrandbits(32))
        begin = time.process_time()
        _checked(name, data)
        assert time.process_time() - begin < SLOW, f"slow: {kept_as(data)}"
        tried += 1
    return tried


def _checked(name: str, data: bytes) -> None:
    from tests.fuzz.targets import TARGETS

    try:
        TARGETS[name].check(data)
    except BaseException:
        told(f"{name}: this input shows a bug: {kept_as(data)}")
        raise


def told(text: str) -> None:
    """Say something to whoever runs this."""
    sys.stderr.write(f"{text}\n")


def kept_as(data: bytes) -> Path:
    """Write an input where a person can look at it."""
    path = Path(tempfile.gettempdir()) / f"pullstats-fuzz-{hashlib.sha1(data, usedforsecurity=False).hexdigest()[:16]}"
    path.write_bytes(data)
    return path


def write(folder: Path, inputs: Iterable[bytes]) -> None:
    """Write inputs as files, named by their content."""
    for data in inputs:
        (folder / hashlib.sha1(data, usedforsecurity=False).hexdigest()).write_bytes(data)


def keep(name: str, found: Path) -> None:
    """Make the target's corpus few and short inputs that reach all code that the corpus, the seeds and a run reach."""
    new, old = found.parent / "merged", CORPUS / name
    new.mkdir()
    old.mkdir(parents=True, exist_ok=True)
    for path in found.iterdir():
        if path.stat().st_size > KEPT_BYTES:
            path.unlink()
    if guided(name, new, [str(old), str(found), "-set_cover_merge=1", "-use_counters=0"]):
        sys.exit(f"{name}: the corpus could not be merged")
    shutil.rmtree(old)
    shutil.copytree(new, old)


def main() -> None:
    """Fuzz the targets one after the other."""
    from tests.fuzz.targets import LIMIT, TARGETS

    parser = argparse.ArgumentParser("tests.fuzz", description=tests.fuzz.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("targets", nargs="*", help=f"of {', '.join(TARGETS)}; all, if none is named")
    parser.add_argument("--seconds", type=float, default=60, help="for each target")
    parser.add_argument("--runs", type=int, default=10**9, help="inputs for each target, at most")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the same one gives the same inputs")
    parser.add_argument("--plain", action="store_true", help="do without atheris")
    parser.add_argument("--keep", action="store_true", help="add what was found to the corpus")
    asked = parser.parse_args()
    if unknown := set(asked.targets) - set(TARGETS):
        parser.error(f"{', '.join(sorted(unknown))}: no such target")
    if asked.keep and not GUIDED:
        parser.error("--keep needs atheris (pip install -e '.[dev]' on Linux, x86-64)")
    for name in asked.targets or TARGETS:
        if asked.plain or not GUIDED:
            tried = plain(name, asked.seconds, asked.runs, asked.seed)
            told(f"{name}: {tried:,} inputs, by chance" + ("" if GUIDED else ": atheris is not installed"))
            continue
        with tempfile.TemporaryDirectory() as temporary:
            found = Path(temporary) / "found"
            found.mkdir()
            write(found, TARGETS[name].seeds() if asked.keep or not corpus(name) else [])
            options = [str(CORPUS / name)] if corpus(name) else []
            options += [
                f"-max_total_time={asked.seconds:.0f}",
                f"-runs={asked.runs}",
                f"-seed={asked.seed}",
                f"-max_len={LIMIT}",
            ]
            options += ["-print_final_stats=1", f"-artifact_prefix={tempfile.gettempdir()}/pullstats-fuzz-{name}-"]
            if code := guided(name, found, options):
                sys.exit(code)
            if asked.keep:
                keep(name, found)


if __name__ == "__main__":
    main()
