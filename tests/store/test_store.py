import threading
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pullstats.errors import PullstatsError
from pullstats.store.commit import HELD_ROWS, StoreWriter, TakenError, empty
from pullstats.store.memory import Memory
from pullstats.store.open import MARK, open_or_create, open_store
from pullstats.tables import CALLERS, REQUESTS, SOURCES, schema

DAY = 86_400_000_000


def requests(days: list[int], source: int = 1) -> pl.DataFrame:
    """One request a given day since 1970."""
    rows = [
        {"ts": day * DAY + at, "caller_id": at, "resource_id": 7, "source_id": source, "line": at}
        for at, day in enumerate(days)
    ]
    frame = pl.DataFrame(rows, schema=schema(REQUESTS))
    return frame.with_columns((pl.col("ts") // DAY).cast(pl.Int32).cast(pl.Date).alias("date"))


def ledger(sha: str, commit: str = "c") -> pl.DataFrame:
    row = {"source_id": 1, "sha256": sha, "commit_id": commit, "lines": 3, "parsed": 3, "source": "a.log"}
    return pl.DataFrame([row], schema=schema(SOURCES))


def callers(ids: list[int], country: str = "DE", as_of: int = 1) -> pl.DataFrame:
    rows = [{"caller_id": each, "country": country, "as_of": as_of} for each in ids]
    return pl.DataFrame(rows, schema=schema(CALLERS))


def commit(
    store, frame: pl.DataFrame, sha: str, commit_id: str, dimensions: dict[str, list[pl.DataFrame]] | None = None
) -> None:
    writer = StoreWriter(store)
    parts = writer.parts()
    parts.add(frame)
    for name, frames in (dimensions or {}).items():
        for rows in frames:
            writer.hold(name, rows)
    writer.commit(parts, ledger(sha, commit_id))


def test_what_is_committed_is_read_back_by_day(tmp_path: Path) -> None:
    store = open_or_create(tmp_path / "s", "k")
    commit(store, requests([3, 3, 5]), "sha", "c")
    assert store.days() == [date(1970, 1, 4), date(1970, 1, 6)]
    assert store.scan("requests").collect().sort("line").equals(requests([3, 3, 5]).select(REQUESTS))
    assert store.scan("sources").collect()["lines"].to_list() == [3]


def test_the_same_source_is_not_committed_twice(tmp_path: Path) -> None:
    store = open_or_create(tmp_path / "s", "k")
    commit(store, requests([3]), "sha", "c1")
    with pytest.raises(TakenError):
        commit(store, requests([3]), "sha", "c2")
    assert len(store.scan("requests").collect()) == 1
    assert len(store.scan("sources").collect()) == 1, "the ledger row of the second try does not count"


def test_of_two_runs_at_once_one_commits(tmp_path: Path) -> None:
    store = open_or_create(tmp_path / "s", "k")
    taken = []

    def run(name: str) -> None:
        try:
            commit(store, requests([3]), "sha", name)
        except TakenError:
            taken.append(name)

    threads = [threading.Thread(target=run, args=(f"c{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 3
    assert len(store.scan("requests").collect()) == 1


def test_the_newest_row_of_a_caller_counts(tmp_path: Path) -> None:
    store = open_or_create(tmp_path / "s", "k")
    commit(store, requests([3]), "a", "c1", {"callers": [callers([1, 2], "DE", 1)]})
    commit(store, requests([4]), "b", "c2", {"callers": [callers([2], "FR", 2)]})
    found = store.scan("callers").select("caller_id", "country").collect().sort("caller_id")
    assert found.rows() == [(1, "DE"), (2, "FR")]
    assert sorted(StoreWriter(store).known("callers")) == [1, 2]


def test_a_commit_that_died_before_its_requests_does_not_count(tmp_path: Path) -> None:
    from pullstats.store.commit import append

    store = open_or_create(tmp_path / "s", "k")
    append(store, "callers", [callers([1])])
    append(store, "sources", [ledger("sha", "dead")])
    assert not len(store.scan("sources").collect())
    commit(store, requests([3]), "sha", "alive")
    assert store.scan("sources").collect()["commit_id"].to_list() == ["alive"]


def test_many_rows_are_written_day_by_day_and_none_is_lost(tmp_path: Path) -> None:
    store = open_or_create(tmp_path / "s", "k")
    parts = StoreWriter(store).parts()
    big = requests([1]).select(pl.all().repeat_by(HELD_ROWS // 2 + 1).explode())
    for day in (1, 2, 3):
        stamped = big.with_columns(pl.lit(day * DAY).alias("ts"), pl.lit(date(1970, 1, 1 + day)).alias("date"))
        parts.add(stamped)
    assert parts.rows < 2 * HELD_ROWS
    StoreWriter(store).commit(parts, ledger("sha"))
    counts = store.scan("requests").group_by("date").len().collect().sort("date")
    assert counts["len"].to_list() == [HELD_ROWS // 2 + 1] * 3


def test_a_refused_source_leaves_no_file(tmp_path: Path) -> None:
    store = open_or_create(tmp_path / "s", "k")
    parts = StoreWriter(store).parts()
    parts.add(requests([3, 4]))
    parts.finish()
    assert list((store.path / "requests").glob("date=*/*.parquet"))
    parts.discard()
    assert not list((store.path / "requests").glob("date=*/*.parquet"))


def test_memory_holds_the_same_tables(tmp_path: Path) -> None:
    store, memory = open_or_create(tmp_path / "s", "k"), Memory()
    for writer in (StoreWriter(store), memory):
        parts = writer.parts()
        parts.add(requests([3, 3, 5]))
        writer.hold("callers", callers([1, 2]))
        writer.commit(parts, ledger("sha"))
    for name in ("requests", "callers", "sources"):
        assert store.scan(name).collect().equals(memory.scan(name).collect())
    assert store.days() == memory.days()


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = open_or_create(tmp_path / "s", "k").path
    (path / MARK).write_text('{"schema": 2, "key_id": "k"}')
    with pytest.raises(PullstatsError, match="written by schema 2, this pullstats knows 1; upgrade pullstats"):
        open_store(path)


def test_another_key_is_refused_with_the_cure(tmp_path: Path) -> None:
    open_or_create(tmp_path / "s", "k")
    with pytest.raises(PullstatsError, match="made with key k, yours is other; .*PULLSTATS_KEY_FILE"):
        open_or_create(tmp_path / "s", "other")


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_text("x")
    with pytest.raises(PullstatsError, match="holds something else"):
        open_or_create(tmp_path, "k")
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]


def test_no_rows_have_the_right_columns() -> None:
    assert empty("requests").schema == schema(REQUESTS)
