"""What is wrong with a log is said in one line, with what to do; what is good is read all the same."""

import bz2
import gzip
import lzma
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from tests.cli.support import log, request
from tests.program import pullstats

NOISE = bytes([0x8F, 0x1C, 0, 1, 2, 3, 0xFF, 0xFE]) + random.Random(1).randbytes(50_000)
NAME_LOGS = "name access logs, plain or as gzip, zstd, bzip2, xz"
TRY = "try: pullstats detect app.log, or --log-format 'YOUR nginx log_format'"


def broken(data: bytes) -> bytes:
    """Compressed data with some bytes turned over in its second half."""
    at = len(data) * 3 // 4
    return data[:at] + bytes(byte ^ 0x5A for byte in data[at : at + 8]) + data[at + 8 :]


def noisy(lines: int, bad: int) -> bytes:
    return (log(0, lines - bad) + "no line of a log\n" * bad).encode()


def varied(lines: int) -> bytes:
    """Lines that compress badly, so that damage is met on the way."""
    dice = random.Random(2)
    return "".join(request(number, referer=dice.randbytes(120).hex()) + "\n" for number in range(lines)).encode()


# A log alone: its name, its bytes, what is said of it.
ALONE: dict[str, tuple[str, bytes, str]] = {
    "empty": ("empty.log", b"", "empty.log: is empty (0 lines); nothing to count"),
    "blank": ("blank.log", b"\n\r\n \n", "blank.log: holds blank lines only; nothing to count"),
    "headers only": (
        "iis.log",
        b"#Version: 1.0\n#Fields: date time cs-method\n",
        "iis.log: holds header lines only; nothing to count",
    ),
    "binary": (
        "binary.log",
        NOISE,
        f"binary.log: not a text log (first bytes 8f 1c 00 01 02 03 ff fe); {NAME_LOGS}",
    ),
    "UTF-16": (
        "wide.log",
        log(0, 20).encode("utf-16"),
        f"wide.log: not a text log (first bytes ff fe 38 00 31 00 2e 00); {NAME_LOGS}",
    ),
    "unknown": (
        "app.log",
        b"2024-03-01 INFO hello\n" * 50,
        f'app.log: no known format fits (none comes near); line 1 has the shape "9999-99-99 AAAA aaaaa"; {TRY}',
    ),
    "cut to its beginning": (
        "cut.log.gz",
        gzip.compress(log(0, 100).encode(), mtime=0)[:15],
        "cut.log.gz: gzip data ends early after line 0; copy it again; {left}",
    ),
    "damaged bzip2": (
        "x.bz2",
        broken(bz2.compress(log(0, 100).encode())),
        "x.bz2: damaged bzip2 data after line 0; copy it again; {left}",
    ),
}


@pytest.mark.parametrize("command", ["summary", "ingest"])
@pytest.mark.parametrize(("name", "data", "said"), ALONE.values(), ids=ALONE)
def test_a_bad_log_alone_is_one_line_and_exit_code_1(
    here: Path, name: str, data: bytes, said: str, command: str
) -> None:
    (here / name).write_bytes(data)
    left = "nothing of it was stored" if command == "ingest" else "nothing can be read"
    done = pullstats(*command.split(), name)
    assert (done.code, done.out, done.err) == (1, "", f"pullstats: {said.format(left=left)}\n")


MISSING: dict[str, tuple[str, str]] = {
    "close": ("acces.log", "acces.log: no such file (did you mean access.log?)"),
    "far": ("/nowhere/xyz", "/nowhere/xyz: no such file"),
    "in a folder": ("logs/gw.log", "logs/gw.log: no such file (did you mean gw1.log?)"),
    "glob": ("old/*.log", "old/*.log: no such file"),
    "empty word": ("", "'': no such file"),
    "address": (
        "s3://bucket/access.log",
        "s3://bucket/access.log: is not on this machine; fetch it, or pipe it in: ... | pullstats summary -",
    ),
    "below a file": ("access.log/x", "access.log/x: no such file"),
    "link to nothing": ("gone.log", "gone.log: no such file (a link to nowhere.log, which is gone)"),
    "link to itself": ("loop.log", "loop.log: a link that leads back to itself"),
    "empty folder": ("void", "void: no *.log* file inside; name the files"),
    "folder without logs": ("texts/", "texts/: no *.log* file inside; name the files"),
}


@pytest.fixture
def places(here: Path) -> None:
    for name in ("logs", "void", "texts", "loop"):
        (here / name).mkdir()
    (here / "logs" / "gw1.log").write_text(log(0, 5))
    (here / "texts" / "notes.txt").write_text(log(0, 5))
    (here / "gone.log").symlink_to("nowhere.log")
    (here / "loop.log").symlink_to("loop.log")


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize("command", ["summary", "ingest"])
@pytest.mark.parametrize(("word", "said"), MISSING.values(), ids=MISSING)
def test_a_word_that_names_no_log(word: str, said: str, command: str) -> None:
    done = pullstats(*command.split(), word)
    assert (done.code, done.err) == (1, f"pullstats: {said}\n")


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize("word", ["acces.log", "loop.log", "void"])
def test_other_commands_say_the_same(word: str) -> None:
    for command in ("detect", "inspect lines", "inspect activities", "inspect agents"):
        done = pullstats(*command.split(), word)
        assert (done.code, done.err.count("\n")) == (1, 1), command
        assert done.err.startswith(f"pullstats: {word}: ")


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize("command", ["summary", "ingest", "detect"])
def test_bad_logs_do_not_stop_the_good_ones(here: Path, command: str) -> None:
    for name, data, _ in ALONE.values():
        (here / name).write_bytes(data)
    bad = [name for name, _, _ in ALONE.values()]
    done = pullstats(command, *bad[:3], "access.log", *bad[3:], "nope", "loop.log", "-f", "json")
    assert done.code == 1
    said = {line.removeprefix("pullstats: ").partition(": ")[0] for line in done.err.splitlines()}
    assert {*bad, "nope", "loop.log"} <= said
    assert "Traceback" not in done.err
    if command == "summary":
        assert {row["metric"]: row["value"] for row in done.document["rows"]}["lines"] == 120
        assert done.document["meta"]["coverage"]["parsed"] == 120
    if command == "ingest":
        fates = {each["source"]: each["status"] for each in done.document["sources"]}
        assert fates.pop("access.log") == "ingested"
        nothing = {"empty.log", "blank.log", "iis.log"}
        assert {name for name, fate in fates.items() if fate == "already"} == nothing
        assert {name for name, fate in fates.items() if fate == "failed"} == {*bad, "nope", "loop.log"} - nothing
        assert done.document["totals"] == {
            "lines": 120, "parsed": 120, "ignored": 0, "rejected": 0,
            "sources_ingested": 1, "sources_already": 3, "sources_failed": len(bad) - 1,
        }  # fmt: skip


def test_an_empty_log_among_others_is_a_note(here: Path) -> None:
    (here / "empty.log").touch()
    for command in ("summary", "ingest"):
        done = pullstats(command, "empty.log", "access.log")
        assert done.code == 0
        assert "empty.log: is empty (0 lines); nothing to count\n" in done.err
        assert "pullstats:" not in done.err
        assert pullstats(command, "-q", "empty.log", "access.log").err == ""


def test_a_folder_is_read_with_all_logs_below_it(here: Path) -> None:
    (here / "logs" / "deep").mkdir(parents=True)
    (here / "logs" / ".hidden").mkdir()
    for name, part in (("a.log", (0, 10)), ("deep/b.log.1", (10, 30)), (".hidden/c.log", (0, 40))):
        (here / "logs" / name).write_text(log(*part))
    (here / "logs" / "up").symlink_to(here / "logs")
    (here / "logs" / "deep" / "up").symlink_to("..")
    assert lines("logs") == 30


def lines(*words: object, stdin: bytes = b"") -> int:
    """How many lines a question over these logs reads."""
    done = pullstats("summary", *words, "-f", "json", stdin=stdin)
    assert done.code == 0, done.err
    return done.document["meta"]["coverage"]["read"]


def half_good(compress: Callable[[bytes], bytes], data: bytes) -> bytes:
    """Half of the data, well compressed, and behind it all of it, damaged."""
    return compress(data[: len(data) // 2]) + broken(compress(data))


# Compressed data that ends early or breaks on the way: how it is made, and what is said.
CUT: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "gzip ends": ("x.gz", lambda data: gzip.compress(data)[:-20_000], "gzip data ends early"),
    "zstd ends": ("x.zst", lambda data: zstandard.compress(data)[:-20_000], "zstd data ends early"),
    "xz ends": ("x.xz", lambda data: lzma.compress(data)[:-20_000], "xz data ends early"),
    "bzip2 ends": ("x.bz2", lambda data: bz2.compress(data, 1)[:-20_000], "bzip2 data ends early"),
    "gzip breaks": ("x.gz", lambda data: half_good(gzip.compress, data), "damaged gzip data"),
    "zstd breaks": ("x.zst", lambda data: half_good(zstandard.compress, data), "damaged zstd data"),
    "xz breaks": ("x.xz", lambda data: half_good(lzma.compress, data), "damaged xz data"),
    "bzip2 breaks": ("x.bz2", lambda data: half_good(bz2.compress, data), "damaged bzip2 data"),
}


@pytest.mark.parametrize(("name", "pack", "said"), CUT.values(), ids=CUT)
def test_a_question_counts_what_damaged_data_holds(
    here: Path, name: str, pack: Callable[[bytes], bytes], said: str
) -> None:
    (here / name).write_bytes(pack(varied(600)))
    done = pullstats("summary", name, "-f", "json")
    assert done.code == 1
    assert done.err.startswith(f"pullstats: {name}: {said}")
    assert done.err.endswith("; counted until there\n")
    assert done.err.count("\n") == 1
    assert done.document["meta"]["coverage"]["parsed"] >= 100


@pytest.mark.parametrize(("name", "pack", "said"), [CUT["gzip ends"], CUT["zstd ends"], CUT["gzip breaks"]])
def test_ingest_stores_nothing_of_damaged_data(
    here: Path, name: str, pack: Callable[[bytes], bytes], said: str
) -> None:
    (here / name).write_bytes(pack(varied(600)))
    done = pullstats("ingest", name, "access.log", "-f", "json")
    assert done.code == 1
    assert f"pullstats: {name}: {said}" in done.err
    assert "nothing of it was stored" in done.err
    assert [each["status"] for each in done.document["sources"]] == ["failed", "ingested"]
    stored = pullstats("store", "files", "-f", "csv").rows
    assert [(row["source"], row["lines"]) for row in stored] == [("access.log", "120")]
    assert pullstats("pulls", "-f", "csv").rows == pullstats("pulls", "access.log", "-f", "csv").rows


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress, bz2.compress, lzma.compress])
def test_compression_is_known_by_its_first_bytes(here: Path, pack: Callable[[bytes], bytes]) -> None:
    (here / "plain.log").write_bytes(pack(log(0, 50).encode()))
    assert lines("plain.log") == 50


def test_too_many_rejects(here: Path) -> None:
    (here / "dirty.log").write_bytes(noisy(100, 12))
    said = (
        "pullstats: dirty.log: 12 of 100 lines (12.0%) do not fit nginx-combined, more than --max-rejected 10%; "
        "first: line 89: not an access line; name the format with --log-format, or keep the lines with --rejects FILE\n"
    )
    asked = pullstats("summary", "dirty.log", "-f", "json")
    assert (asked.code, asked.err) == (1, said)
    covered = asked.document["meta"]["coverage"]
    assert [covered[name] for name in ("read", "parsed", "ignored", "rejected")] == [100, 88, 0, 12]
    kept = pullstats("ingest", "dirty.log", "--rejects", "rejects.log")
    assert (kept.code, kept.out, kept.err) == (1, "", said)
    assert (here / "rejects.log").read_text() == "no line of a log\n" * 12
    assert pullstats("store", "files", "-f", "csv").rows == []
    assert pullstats("ingest", "dirty.log", "--max-rejected", "12%").code == 0


def test_a_log_of_two_formats(here: Path) -> None:
    """Half nginx, half JSON: what is read is counted, the other half is told by its first line."""
    json = '{"time":"2024-03-02T00:00:00Z","remote_addr":"81.2.69.1","request":"GET / HTTP/1.1","status":200}\n'
    (here / "half.log").write_text(log(0, 100) + json * 100)
    done = pullstats("summary", "half.log", "-f", "json")
    assert done.code == 1
    assert "half.log: 100 of 200 lines (50.0%) do not fit nginx-combined" in done.err
    assert "first: line 101: " in done.err
    assert done.document["meta"]["coverage"]["parsed"] == 100
    assert pullstats("ingest", "half.log", "--max-rejected", "50%").code == 0


def test_few_bad_lines_at_the_end_of_a_grown_log_are_few_of_the_whole(here: Path) -> None:
    assert pullstats("ingest", "access.log").code == 0
    with (here / "access.log").open("a") as file:
        file.write("no line of a log\n" * 3)
    done = pullstats("ingest", "access.log", "-f", "json")
    assert (done.code, done.document["totals"]["rejected"]) == (0, 3)


def test_an_unreadable_log(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.open

    def refused(path: Path, *args: object, **more: object) -> object:
        if path.name == "secret.log":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *args, **more)  # pyright: ignore[reportCallIssue, reportArgumentType]

    (here / "secret.log").write_text(log(0, 10))
    monkeypatch.setattr(Path, "open", refused)
    done = pullstats("summary", "secret.log")
    said = "pullstats: secret.log: permission denied; try sudo, or add yourself to the group that owns it\n"
    assert (done.code, done.out, done.err) == (1, "", said)
    assert pullstats("ingest", "secret.log", "access.log").code == 1
    assert len(pullstats("store", "files", "-f", "csv").rows) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_log_of_someone_else(here: Path) -> None:
    (here / "access.log").chmod(0)
    assert "permission denied" in pullstats("summary", "access.log").err


def test_a_log_is_never_written_over(here: Path) -> None:
    (here / "link.csv").symlink_to("access.log")
    before = (here / "access.log").read_text()
    for words in (
        "uniques access.log -o ./link.csv",
        "ingest access.log --rejects access.log",
        "summary . --rejects link.csv",
    ):
        done = pullstats(*words.split())
        assert (done.code, done.out) == (2, "")
        assert done.err.endswith("is one of the logs; name another file\n"), done.err
    assert (here / "access.log").read_text() == before
