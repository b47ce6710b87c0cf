"""What the machine refuses: no space, another key, a newer store, a bug. One line, and nothing is half done."""

import json
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pullstats.commands import common
from tests.cli.support import log, process, request, shell
from tests.program import pullstats


def stored() -> list[str]:
    return [row["source"] for row in pullstats("store", "files", "-f", "csv").rows]


def varied() -> str:
    """A log whose paths take much space."""
    dice = random.Random(3)
    paths = (f"/v2/acme/app/blobs/sha256:{dice.randbytes(32).hex()}" for _ in range(20_000))
    return "".join(request(1_440 + number, path=path) + "\n" for number, path in enumerate(paths))


def parquet(store: Path) -> set[Path]:
    return set(store.rglob("*.parquet"))


# Stores and keys


def test_a_store_of_a_newer_version(home: Path) -> None:
    assert pullstats("ingest", "access.log").code == 0
    mark = home / "store" / "pullstats.json"
    mark.write_text(json.dumps({**json.loads(mark.read_text()), "schema": 99}))
    for command in ("summary", "ingest access.log", "store status"):
        done = pullstats(*command.split())
        said = "this store was written by schema 99, this pullstats knows 1; upgrade pullstats, or name another --store"
        assert (done.code, done.out, done.err) == (1, "", f"pullstats: {home / 'store'}: {said}\n")


def test_a_store_with_a_broken_mark(home: Path) -> None:
    assert pullstats("ingest", "access.log").code == 0
    (home / "store" / "pullstats.json").write_text("{")
    done = pullstats("summary")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"pullstats: {home / 'store'}: this store cannot be read (")
    assert done.err.count("\n") == 1


def test_a_folder_with_other_things_is_no_store(here: Path) -> None:
    done = pullstats("ingest", "access.log", "--store", here)
    said = f"pullstats: {here}: this folder holds something else; name an empty folder with --store\n"
    assert (done.code, done.err) == (1, said)
    assert sorted(path.name for path in here.iterdir()) == ["access.log"]


def test_a_store_in_the_place_of_a_file() -> None:
    done = pullstats("ingest", "access.log", "--store", "access.log/store")
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "Traceback" not in done.err


def test_another_key(here: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pullstats("ingest", "access.log").code == 0
    (here / "more.log").write_text(log(120, 130))
    (here / "key").write_bytes(b"other key" * 3 + b"other")
    monkeypatch.setenv("PULLSTATS_KEY_FILE", str(here / "key"))
    done = pullstats("ingest", "more.log")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"pullstats: {home / 'store'}: the ids of this store were made with key ")
    assert done.err.endswith("; name the store's key file with PULLSTATS_KEY_FILE, or another --store\n")
    assert pullstats("summary").code == 0, "questions need no key"
    assert stored() == ["access.log"]


def test_a_missing_key_is_not_made_anew_for_a_store_that_is_there(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = here / "keys" / "key"
    monkeypatch.setenv("PULLSTATS_KEY_FILE", str(key))
    assert pullstats("ingest", "access.log").code == 0
    assert key.stat().st_mode & 0o777 == 0o600
    key.unlink()
    done = pullstats("ingest", "access.log")
    said = f"pullstats: {key}: the key of this store is missing; restore it, or name it with PULLSTATS_KEY_FILE\n"
    assert (done.code, done.err) == (1, said)
    assert not key.exists()


def test_a_key_that_is_none(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "key").write_bytes(b"short")
    monkeypatch.setenv("PULLSTATS_KEY_FILE", "key")
    done = pullstats("summary", "access.log")
    assert (done.code, done.err) == (1, "pullstats: key: holds 5 bytes, a key has 32; restore it from a backup\n")


@pytest.mark.parametrize("name", ["Application Support", "Jürgen's #1?"])
def test_a_store_can_have_any_name(name: str) -> None:
    """As below `~/Library/Application Support`, where macOS has it."""
    assert pullstats("ingest", "access.log", "--store", f"{name}/store").code == 0
    asked = pullstats("uniques", "--store", f"{name}/store", "-f", "csv")
    assert (asked.code, asked.out) == (0, pullstats("uniques", "access.log", "-f", "csv").out)
    assert pullstats("store", "rebuild", "--store", f"{name}/store").code == 0


def test_but_no_percent_sign() -> None:
    done = pullstats("ingest", "access.log", "--store", "x%41")
    said = "pullstats: x%41: a store's folder can have no % in its name; name another one with --store\n"
    assert (done.code, done.err) == (1, said)


def test_a_store_that_cannot_be_written_can_be_asked(here: Path, home: Path) -> None:
    """Nothing is written for a question while the derived tables are current."""
    assert pullstats("ingest", "access.log").code == 0
    before = {path: path.stat().st_mtime_ns for path in (home / "store").rglob("*")}
    assert pullstats("summary").code == 0
    assert {path: path.stat().st_mtime_ns for path in (home / "store").rglob("*")} == before


# No space


@pytest.mark.parametrize(
    "command",
    ["--help", "--version", "summary access.log", "uniques access.log -f json", "inspect lines access.log",
     "uniques access.log -f table", "ingest access.log -f json", "formats", "config show"],
)  # fmt: skip
def test_standard_output_is_full(here: Path, command: str) -> None:
    done = shell(f"pullstats {command} > /dev/full", here)
    assert done.code == 1
    assert done.err.splitlines()[-1] == "pullstats: cannot write the output: no space left"
    assert "Traceback" not in done.err
    assert "Exception ignored" not in done.err


@pytest.mark.parametrize("words", ["uniques access.log -f csv", "ingest access.log"])
def test_a_full_device_as_output_file(words: str) -> None:
    done = pullstats(*words.split(), "-o", "/dev/full")
    assert (done.code, done.out) == (1, "")
    assert done.err.splitlines()[-1] == "pullstats: cannot write /dev/full: no space left; nothing was changed"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 400 KiB; made by root only."""
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", disk], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("mounting a small disk needs root")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_an_ingest_onto_a_full_disk_stores_nothing_and_leaves_nothing(here: Path, small: Path) -> None:
    store = small / "store"
    assert process("ingest", "access.log", "--store", store, cwd=here).code == 0
    before, kept = parquet(store), process("uniques", "--store", store, cwd=here).out
    (here / "large.log").write_text(varied())
    done = process("ingest", "large.log", "--store", store, cwd=here)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("pullstats: cannot write ")
    assert done.err.endswith(": no space left; nothing was stored\n")
    assert parquet(store) == before
    assert process("uniques", "--store", store, cwd=here).out == kept
    (here / "more.log").write_text(log(120, 130))
    assert process("ingest", "more.log", "--store", store, cwd=here).code == 0, "there is space for a small log"


def test_files_on_a_full_disk_are_whole_or_not_there(here: Path, small: Path) -> None:
    (small / "fill").write_bytes(b"x" * 400 * 1_024)
    (here / "dirty.log").write_text("no line of a log\n" * 9_000 + log(0, 10))
    said = {
        f"uniques access.log -o {small}/x.csv": "x.csv: no space left; nothing was changed",
        f"ingest access.log -o {small}/x.json": "x.json: no space left; nothing was changed",
        f"config init -o {small}/x.toml": "x.toml: no space left; nothing was changed",
        f"ingest dirty.log --log-format nginx-combined --rejects {small}/x.log": "x.log: no space left",
    }
    for command, end in said.items():
        done = process(*command.split(), cwd=here)
        assert (done.code, done.out) == (1, "")
        assert done.err.splitlines()[-1] == f"pullstats: cannot write {small}/{end}"
    assert {path.name for path in small.iterdir()} <= {"fill", "x.log"}


def test_a_file_that_is_written_anew_stays_as_it_was_when_there_is_no_space(here: Path) -> None:
    (here / "x.json").write_text("old")
    done = shell("ulimit -f 1; pullstats breakdown artifact,reference,client --by hour access.log -o x.json", here)
    assert done.code == 1
    assert done.err.startswith("pullstats: cannot write x.json: ")
    assert done.err.endswith("; nothing was changed\n")
    assert (here / "x.json").read_text() == "old"
    assert sorted(path.name for path in here.iterdir()) == ["access.log", "x.json"]


def test_a_file_size_limit_stops_an_ingest_cleanly(here: Path, home: Path) -> None:
    (here / "large.log").write_text(varied())
    assert pullstats("ingest", "access.log").code == 0
    before = parquet(home / "store")
    done = shell("ulimit -f 100; pullstats ingest large.log", here)
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert done.err.startswith("pullstats: cannot write ")
    assert parquet(home / "store") == before
    assert stored() == ["access.log"]
    assert pullstats("ingest", "large.log").code == 0


# Bugs


def _break(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(common, "outlet", broken)


@pytest.mark.parametrize(
    "error", [ValueError("x\ny"), AssertionError(), KeyError("k"), RecursionError("deep"), MemoryError()]
)
def test_a_bug_is_one_line(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    _break(monkeypatch, error)
    done = pullstats("uniques", "access.log")
    text = (str(error).splitlines() or [""])[0]
    said = f"internal error: {type(error).__name__}: {text}; run again with PULLSTATS_DEBUG=1 and report it"
    assert (done.code, done.out, done.err) == (1, "", f"pullstats: {said}\n")


def test_a_bug_shows_its_traceback_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULLSTATS_DEBUG", "1")
    _break(monkeypatch, ValueError("why"))
    with pytest.raises(ValueError, match="why"):
        pullstats("uniques", "access.log")


def test_an_interrupt_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    _break(monkeypatch, KeyboardInterrupt())
    done = pullstats("uniques", "access.log")
    assert (done.code, done.out, done.err) == (130, "", "")


def test_a_message_holds_no_text_of_a_log_that_a_terminal_acts_on(here: Path) -> None:
    name = "\x1b]0;title\x07\x1b[31mred\r\n.log"
    (here / name).write_bytes(b"\x1b[31m no log \x07\n" * 20)
    for words in (
        ["summary", name],
        ["ingest", name],
        ["detect", name],
        [f"\x1b[1m{name}x"],
        ["uniques", "--by", name],
    ):
        done = process(*words, cwd=here)
        assert done.code in (1, 2)
        assert not {*map(chr, [*range(10), *range(11, 32), *range(127, 160)])} & set(done.err + done.out), words
        assert done.err.count("\n") == 1
