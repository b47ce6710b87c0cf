"""Small logs, and the program as a process of its own: where pipes, terminals and signals matter."""

import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.program import Done

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "pullstats")
DIGEST = "sha256:" + "ab" * 32
PATHS = ("/v2/acme/app/manifests/1.0", f"/v2/acme/app/manifests/{DIGEST}", f"/v2/acme/app/blobs/{DIGEST}")
AGENTS = ("containerd/1.7.2", "docker/24.0.7 go/go1.20.10 os/linux arch/amd64", "curl/8.5.0", "-")


def request(number: int, *, address: str = "", path: str = "", agent: str = "", referer: str = "-") -> str:
    """A line of an nginx log: one request a minute, by a few addresses with a few clients."""
    at = f"{1 + number // 1440:02}/Mar/2024:{number // 60 % 24:02}:{number % 60:02}:{number % 7:02} +0000"
    address, agent = address or f"81.2.69.{number % 9}", agent or AGENTS[number % len(AGENTS)]
    path = path or PATHS[number % len(PATHS)]
    return f'{address} - - [{at}] "GET {path} HTTP/1.1" 200 {70_000 + number} "{referer}" "{agent}"'


def log(start: int, end: int) -> str:
    """The lines of these numbers."""
    return "".join(request(number) + "\n" for number in range(start, end))


def process(*words: object, cwd: Path | None = None, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Done:
    """Run `pullstats WORDS` as a process."""
    done = subprocess.run(
        [*PROGRAM, *map(str, words)],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
        check=False,
        timeout=120,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def shell(script: str, cwd: Path) -> Done:
    """Run a script of bash in which `pullstats` is the program."""
    line = f'pullstats() {{ "{sys.executable}" -m pullstats "$@"; }}; {script}'
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", line], capture_output=True, cwd=cwd, env=env, check=False, timeout=120)
    return Done(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))


def terminal(*words: object, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Run `pullstats WORDS` at a terminal of 100 columns; its exit code and what the screen gets.

    Add -q: on a busy machine a small log can take so long that the progress is told.
    """
    ours, theirs = pty.openpty()
    whole = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100", **(env or {})}
    child = subprocess.Popen(
        [*PROGRAM, *map(str, words)], stdin=theirs, stdout=theirs, stderr=theirs, cwd=cwd, env=whole
    )
    os.close(theirs)
    shown = bytearray()
    while True:
        try:
            piece = os.read(ours, 65_536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    return child.wait(timeout=60), shown.decode("utf-8", "replace").replace("\r\n", "\n")
