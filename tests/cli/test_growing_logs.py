"""A log that grows, is rotated, packed or copied: each line is stored once, whenever ingest runs."""

import gzip
from pathlib import Path
from typing import Any

import polars as pl

from tests.cli.support import log
from tests.program import pullstats

FIELDS = (
    "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) "
    "cs-uri-query"
)
W3C = f"#Version: 1.0\n#Fields: {FIELDS}\n"
QUESTIONS = ("uniques --of requests --by hour", "pulls --by day")


def ingest(*words: str) -> list[dict[str, Any]]:
    done = pullstats("ingest", *words, "-f", "json")
    assert done.code == 0, done.err
    return done.document["sources"]


def fates(*words: str) -> list[tuple[str, int]]:
    """Status and new lines of each log."""
    return [(each["status"], each["lines"]) for each in ingest(*words)]


def numbers(store: Path) -> list[int]:
    """The line numbers of all requests in the store."""
    return sorted(pl.scan_delta(store / "requests").select("line").collect().to_series())


def counts(*store: str) -> list[str]:
    """What a store answers."""
    return [pullstats(*question.split(), "-f", "csv", *store).out for question in QUESTIONS]


def fresh(here: Path, *parts: str) -> list[str]:
    """What a store answers that was filled in one go."""
    (here / "whole").mkdir(exist_ok=True)
    for number, part in enumerate(parts):
        (here / "whole" / f"{number}.log").write_text(part)
    assert pullstats("ingest", "whole", "--store", "other", "-q").code == 0
    return counts("--store", "other")


def test_only_new_lines_of_a_grown_log_are_read(here: Path, home: Path) -> None:
    path = here / "access.log"
    assert fates("access.log") == [("ingested", 120)]
    assert fates("access.log") == [("already", 0)]
    path.write_text(log(0, 200))
    assert fates("access.log") == [("ingested", 80)]
    path.write_text(log(0, 201))
    assert fates("access.log") == [("ingested", 1)]
    assert numbers(home / "store") == list(range(1, 202))
    assert counts() == fresh(here, log(0, 201))


def test_a_last_line_that_is_being_written_waits(here: Path, home: Path) -> None:
    path, whole = here / "access.log", log(0, 130)
    path.write_text(whole[: len(log(0, 125)) + 40])
    done = pullstats("ingest", "access.log")
    assert done.code == 0
    assert "access.log   its last line is not whole yet; it waits for the next run\n" in done.err
    (again,) = ingest("access.log")
    assert (again["status"], again["lines"], again["pending"]) == ("already", 0, True)
    path.write_text(whole)
    (grown,) = ingest("access.log")
    assert (grown["status"], grown["lines"], grown["pending"]) == ("ingested", 5, False)
    assert numbers(home / "store") == list(range(1, 131))
    assert counts() == fresh(here, whole)


def test_a_byte_order_mark_after_the_last_line_waits(here: Path, home: Path) -> None:
    path = here / "access.log"
    assert fates("access.log") == [("ingested", 120)]
    path.write_bytes(log(0, 120).encode() + b"\xef\xbb\xbf")
    (grown,) = ingest("access.log")
    assert (grown["lines"], grown["pending"]) == (0, True)


def test_a_last_line_without_its_line_end_that_parses_is_taken(here: Path, home: Path) -> None:
    path = here / "access.log"
    path.write_text(log(0, 50)[:-1])
    assert fates("access.log") == [("ingested", 50)]
    path.write_text(log(0, 50))
    assert fates("access.log")[0][1] == 0
    path.write_text(log(0, 60))
    assert fates("access.log") == [("ingested", 10)]
    assert numbers(home / "store") == list(range(1, 61))
    assert counts() == fresh(here, log(0, 60))


def test_the_header_of_a_grown_log_is_remembered(here: Path, home: Path) -> None:
    def rows(start: int, end: int) -> str:
        return "".join(
            f"2024-03-01\t00:{n:02}:00\tFRA2\t512\t81.2.69.{n}\tGET\thost\t/dl/tool-{n}.tar.gz\t200\t-\tcurl/8.5.0\t-\n"
            for n in range(start, end)
        )

    path = here / "cf.log"
    path.write_text(W3C + rows(0, 20))
    (first,) = ingest("cf.log")
    assert (first["parsed"], first["ignored"]) == (20, 2)
    path.write_text(W3C + rows(0, 30))
    (grown,) = ingest("cf.log")
    assert (grown["parsed"], grown["ignored"], grown["rejected"]) == (10, 0, 0)
    assert numbers(home / "store") == list(range(3, 33))
    assert counts() == fresh(here, W3C + rows(0, 30))


def test_a_rotated_log_is_known_by_its_content(here: Path) -> None:
    path = here / "access.log"
    assert fates("access.log") == [("ingested", 120)]
    path.write_text(log(0, 150))
    path.rename(here / "access.log.1")
    path.write_text(log(150, 170))
    assert sorted(fates("access.log", "access.log.1")) == [("ingested", 20), ("ingested", 30)]
    (here / "access.log.2.gz").write_bytes(gzip.compress((here / "access.log.1").read_bytes()))
    (here / "access.log.1").unlink()
    path.write_text(log(150, 180))
    assert fates("access.log", "access.log.2.gz") == [("ingested", 10), ("already", 0)]
    assert fates(".") == [("already", 0), ("already", 0)]
    assert counts() == fresh(here, log(0, 150), log(150, 180))


def test_a_log_that_was_emptied_and_began_anew(here: Path) -> None:
    """logrotate's copytruncate: the same name, other content."""
    assert fates("access.log") == [("ingested", 120)]
    (here / "access.log").write_text(log(120, 130))
    assert fates("access.log") == [("ingested", 10)]
    assert counts() == fresh(here, log(0, 120), log(120, 130))


def test_an_older_copy_beside_the_log_counts_once(here: Path) -> None:
    (here / "copy.log").write_text(log(0, 70))
    assert fates("copy.log", "access.log") == [("ingested", 70), ("ingested", 50)]
    done = pullstats("uniques", "copy.log", "access.log", "--of", "requests", "-f", "json")
    assert done.document["meta"]["coverage"]["parsed"] == 120


def test_growth_by_single_lines_gives_the_same_answers(here: Path, home: Path) -> None:
    for end in (1, 2, 40, 41, 100):
        (here / "access.log").write_text(log(0, end))
        assert ingest("access.log")[0]["status"] == "ingested"
    assert numbers(home / "store") == list(range(1, 101))
    assert counts() == fresh(here, log(0, 100))
