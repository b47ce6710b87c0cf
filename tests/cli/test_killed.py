"""An ingest that is killed leaves all or nothing of each log, and the next run finishes the work; runs at once agree."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from tests.cli.support import PROGRAM, ROOT, log
from tests.program import pullstats

PARTS = {"a.log": (0, 400), "b.log": (300, 900), "c.log": (900, 2_900), "d.log": (2_900, 3_000)}
TRUTH: list[str] = []  # made once
QUESTIONS = ("uniques --of requests --by day", "pulls --by day", "breakdown client,reference")


@pytest.fixture
def logs(here: Path) -> list[str]:
    for name, part in PARTS.items():
        (here / name).write_text(log(*part))
    return list(PARTS)


@pytest.fixture
def truth(logs: list[str]) -> list[str]:
    """What a store answers that was filled in peace."""
    if not TRUTH:
        assert pullstats("ingest", "-q", *logs, "--store", "truth").code == 0
        TRUTH.extend(answers("truth"))
    return TRUTH


def answers(store: str) -> list[str]:
    return [pullstats(*question.split(), "-f", "csv", "--store", store).out for question in QUESTIONS]


def check_whole(store: str) -> int:
    """Each log is in the store whole or not at all, in the ledger as in the requests; how many are."""
    if not Path(store, "pullstats.json").exists():
        return 0
    ledger = pullstats("store", "files", "-f", "csv", "--store", store).rows
    for row in ledger:
        start, end = PARTS[row["source"]]
        assert int(row["lines"]) == end - start
    counted = pl.scan_delta(Path(store) / "requests").select(pl.len()).collect().item()
    assert counted == sum(int(row["lines"]) for row in ledger)
    assert len({row["sha256"] for row in ledger}) == len(ledger)
    return len(ledger)


def started(*words: str) -> subprocess.Popen[bytes]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen([*PROGRAM, *words], stdout=pipe, stderr=pipe, env=env, start_new_session=True)


def kill_and_finish(logs: list[str], delay: float, truth: list[str], store: str) -> int:
    """Kill an ingest after a time, look, and let another one finish; how many logs the first one had stored."""
    run = started("ingest", *logs, "--store", store)
    time.sleep(delay)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    left = check_whole(store)
    if left:
        assert pullstats("summary", "--store", store).code == 0, "what is left can be asked"
    done = pullstats("ingest", *logs, "--store", store, "-f", "json")
    assert done.code == 0, done.err
    fates = [each["status"] for each in done.document["sources"]]
    assert fates.count("already") == left
    assert check_whole(store) == len(PARTS)
    assert answers(store) == truth
    return left


def lasting(logs: list[str]) -> float:
    """How long an ingest takes here and now."""
    began = time.monotonic()
    assert started("ingest", *logs, "--store", "timed").wait() == 0
    return time.monotonic() - began


def test_kills_at_some_points(logs: list[str], truth: list[str]) -> None:
    whole = lasting(logs)
    for number, share in enumerate((0.7, 0.9)):
        kill_and_finish(logs, whole * share, truth, f"s{number}")


@pytest.mark.full
@pytest.mark.skipif(not os.environ.get("PULLSTATS_FULL"), reason="`make full` runs it")
def test_kills_at_many_points(logs: list[str], truth: list[str]) -> None:
    whole, dice = lasting(logs), random.Random()
    left = [kill_and_finish(logs, whole * dice.uniform(0.3, 1.05), truth, f"s{number}") for number in range(20)]
    assert set(left) <= {0, len(PARTS)}


class Killed(BaseException):
    """The end of the process, as far as a test can have it."""


COMMITS = ("callers", "resources", "sources", "requests", "activities")


@pytest.mark.parametrize(
    ("table", "after"),
    [("callers", False), ("resources", True), ("sources", True), ("requests", True), ("activities", False)],
)
def test_death_at_every_commit(
    logs: list[str], truth: list[str], monkeypatch: pytest.MonkeyPatch, table: str, *, after: bool
) -> None:
    real = DeltaTable.create_write_transaction

    def dying(self: DeltaTable, *words: object, **more: object) -> None:
        hit = Path(str(self.table_uri).removeprefix("file://")).name == table
        if hit and not after:
            raise Killed
        real(self, *words, **more)  # pyright: ignore[reportArgumentType]
        if hit:
            raise Killed

    with monkeypatch.context() as dies, pytest.raises(Killed):
        dies.setattr(DeltaTable, "create_write_transaction", dying)
        dies.setenv("PULLSTATS_DEBUG", "1")
        pullstats("ingest", *logs, "--store", "st")
    committed = COMMITS.index(table) > COMMITS.index("requests") or (table == "requests" and after)
    assert check_whole("st") == (len(PARTS) if committed else 0)
    done = pullstats("ingest", *logs, "--store", "st", "-f", "json")
    assert {each["status"] for each in done.document["sources"]} == {"already" if committed else "ingested"}
    assert answers("st") == truth


def test_two_runs_at_once_over_the_same_logs(logs: list[str], truth: list[str]) -> None:
    runs = [started("ingest", *logs, "--store", "st", "-f", "json") for _ in range(3)]
    ends = [(run.communicate(), run.returncode) for run in runs]
    assert [code for _, code in ends] == [0, 0, 0], ends
    assert check_whole("st") == len(PARTS)
    assert answers("st") == truth


def test_two_runs_at_once_over_different_logs(logs: list[str], truth: list[str]) -> None:
    runs = [started("ingest", name, "--store", "st", "-q") for name in logs]
    ends = [(run.communicate(), run.returncode) for run in runs]
    assert [code for _, code in ends] == [0] * len(logs), ends
    assert check_whole("st") == len(PARTS)
    assert answers("st") == truth


def test_an_interrupt_ends_quietly(here: Path) -> None:
    (here / "long.log").write_text(log(0, 40_000))
    run = started("ingest", "long.log", "--store", "st")
    while not (here / "st" / "pullstats.json").exists():
        time.sleep(0.005)
    run.send_signal(signal.SIGINT)
    assert run.communicate(timeout=60) == (b"", b"")
    assert run.returncode in (130, -signal.SIGINT), "a shell has 130 for both; Polars ends itself where it computes"
    assert pullstats("ingest", "long.log", "--store", "st").code == 0
