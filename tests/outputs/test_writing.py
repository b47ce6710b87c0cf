"""Where output goes: streams, files, pipes, colours, and what is refused."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pullstats.errors import PullstatsError, UsageError
from pullstats.outputs import FORMATS, render, save
from pullstats.outputs.streams import colored
from tests.outputs.hand_made import countries, text_of, top_origins

ROOT = Path(__file__).parents[2]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_formats_are_those_of_the_contract() -> None:
    assert FORMATS == ("table", "csv", "tsv", "json", "ndjson", "md", "parquet")


@pytest.mark.parametrize("form", ["csv", "tsv", "json", "ndjson", "md", "table"])
def test_text_and_byte_streams_get_the_same(form: str) -> None:
    text, wrapped = io.StringIO(), io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\r\n")
    render(countries(), form, stream=text)
    render(countries(), form, stream=wrapped)
    assert text.getvalue() == text_of(countries(), form)
    assert wrapped.buffer.getvalue().decode() == text.getvalue()  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("form", ["csv", "json", "md"])
def test_formats_for_programs_are_utf_8_on_any_stream(form: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    render(countries(), form, stream=stream)
    assert stream.buffer.getvalue().decode() == text_of(countries(), form)  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"format": "xlsx"}, "-f 'xlsx': choose table, csv, tsv, json, ndjson, md or parquet"),
        ({"format": "parquet"}, "parquet is binary; add -o FILE"),
        ({"format": "csv", "limit": -1}, "--limit -1; write a whole number from 0 on"),
        ({"format": "table", "color": "blue"}, "--color 'blue': choose auto, always or never"),
    ],
)
def test_what_cannot_be_written_is_refused_in_one_line(given: dict[str, Any], message: str) -> None:
    stream = Terminal()
    with pytest.raises(UsageError) as caught:
        render(countries(), stream=stream, **given)
    assert str(caught.value) == message
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("color", "environ", "terminal", "expected"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("always", {"NO_COLOR": "1", "TERM": "dumb"}, False, True),
        ("never", {"CLICOLOR_FORCE": "1"}, True, False),
        ("auto", {"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"CLICOLOR_FORCE": "1", "TERM": "dumb"}, False, True),
        ("auto", {"FORCE_COLOR": "1", "CLICOLOR": "0"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "0"}, False, False),
        ("auto", {"CLICOLOR": "0"}, True, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"TERM": "xterm"}, True, True),
    ],
)
def test_who_decides_on_colours(color: str, environ: dict[str, str], terminal: bool, expected: bool) -> None:
    assert colored(color, environ, terminal) is expected


def test_a_terminal_gets_colours_and_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    stream = Terminal()
    render(countries(), "table", stream=stream)
    assert "\x1b[1m" in stream.getvalue()
    assert "█" * 24 in stream.getvalue()


def test_a_dumb_terminal_keeps_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    wide = text_of(top_origins(), color="always", width=200)
    assert "last seen" in wide.split("\n")[0]


# Files


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.csv", "csv"),
        ("a.CSV", "csv"),
        ("a.b.tsv", "tsv"),
        ("a.json", "json"),
        ("a.ndjson", "ndjson"),
        ("a.jsonl", "ndjson"),
        ("a.md", "md"),
    ],
)
def test_the_suffix_chooses_the_format(tmp_path: Path, name: str, form: str) -> None:
    save(countries(), tmp_path / name)
    save(countries(), tmp_path / f"{name}.gz")
    assert (tmp_path / name).read_text("utf-8") == text_of(countries(), form)
    assert gzip.decompress((tmp_path / f"{name}.gz").read_bytes()) == (tmp_path / name).read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [name, f"{name}.gz"]


def test_a_text_file_is_a_wide_table_and_parquet_is_parquet(tmp_path: Path) -> None:
    save(top_origins(), tmp_path / "a.txt", limit=3)
    assert "last seen" in (tmp_path / "a.txt").read_text("utf-8")
    assert "other 27 rows" in (tmp_path / "a.txt").read_text("utf-8")
    save(countries(), tmp_path / "a.parquet", limit=2)
    assert len(pl.read_parquet(tmp_path / "a.parquet")) == 2


def test_a_format_that_is_named_wins(tmp_path: Path) -> None:
    save(countries(), tmp_path / "report", "json")
    save(countries(), tmp_path / "report.csv", "json")
    assert json.loads((tmp_path / "report").read_text())["schema"] == "pullstats.breakdown"
    assert (tmp_path / "report.csv").read_bytes() == (tmp_path / "report").read_bytes()


def test_a_packed_file_is_the_same_each_time(tmp_path: Path) -> None:
    save(countries(), tmp_path / "a.csv.gz")
    save(countries(), tmp_path / "b.csv.gz")
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()


@pytest.mark.parametrize("name", ["report.xlsx", "report", "report.gz"])
def test_an_unknown_suffix_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"its suffix names no format; use \.csv"):
        save(countries(), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_file_is_replaced_with_its_mode_and_a_link_stays_one(tmp_path: Path) -> None:
    target, link = tmp_path / "real.csv", tmp_path / "link.csv"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    save(countries(), link)
    assert link.is_symlink()
    assert target.read_text("utf-8") == text_of(countries(), "csv")
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    save(countries(), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing/a.csv", "no such file or directory"),
        ("folder.csv", "is a directory"),
        ("file/a.csv", "not a directory"),
    ],
)
def test_a_file_that_cannot_be_written_is_named(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(PullstatsError) as caught:
        save(countries(), tmp_path / name)
    assert str(caught.value) == f"cannot write {tmp_path / name}: {reason}; nothing was changed"
    assert caught.value.code == 1


def test_a_full_disk_leaves_the_old_file_and_no_half_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(PullstatsError) as caught:
        save(countries(), tmp_path / "a.csv")
    assert str(caught.value) == f"cannot write {tmp_path / 'a.csv'}: no space left; nothing was changed"
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert (tmp_path / "a.csv").read_text() == "old"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_device_is_written_to_not_replaced() -> None:
    with pytest.raises(PullstatsError, match="cannot write /dev/full: no space left"):
        save(countries(), Path("/dev/full"), "csv")
    assert Path("/dev/full").is_char_device()
    save(countries(), Path("/dev/null"), "json")
    assert Path("/dev/null").is_char_device()


# Pipes and start-up

PROGRAM = """
import sys
from pullstats.outputs import render
from tests.outputs.hand_made import hostile, top_origins
try:
    for _ in range(200):
        render(top_origins(900), sys.argv[1], stream=sys.stdout)
except BrokenPipeError:
    import os
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(141)
"""


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_a_reader_that_goes_away_is_a_broken_pipe_and_nothing_else(form: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, form], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141


def test_csv_needs_no_library_for_screens() -> None:
    program = (
        "import sys; from tests.outputs.hand_made import countries, text_of; text_of(countries(), 'csv');"
        "print([name for name in ('rich', 'plotext') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_outputs_are_imported_without_polars() -> None:
    program = (
        "import sys, pullstats.outputs; print([name for name in ('polars', 'rich', 'plotext') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
