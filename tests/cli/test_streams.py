"""Answers on standard output, everything else on standard error; pipes, terminals and colours as elsewhere."""

from pathlib import Path

import pytest

from tests.cli.support import log, process, shell, terminal
from tests.program import pullstats

ESCAPE = "\x1b["


def test_an_answer_is_alone_on_standard_output(here: Path) -> None:
    done = pullstats("uniques", "access.log", "empty", "--by", "hour", "--during", "2021", "-f", "csv")
    assert done.out.count("\n") == 1
    wrong, note = done.err.splitlines()
    assert (wrong, note[:10]) == ("pullstats: empty: no such file", "no request")
    ingested = pullstats("ingest", "access.log")
    assert (ingested.out, ingested.err.count("\n")) == ("", 2)
    assert pullstats("ingest", "-q", "access.log").err == ""


def test_quiet_silences_notes_but_no_error(here: Path) -> None:
    noted = pullstats("uniques", "access.log", "--during", "2021")
    assert "no requests in the window" in noted.err
    assert pullstats("uniques", "access.log", "--during", "2021", "-q").err == ""
    assert pullstats("uniques", "nope.log", "access.log", "-q").err.startswith("pullstats: nope.log: no such file")


def test_verbose_tells_what_became_of_each_log(here: Path) -> None:
    (here / "dirty.log").write_text(log(120, 219) + "no line of a log\n")
    done = pullstats("uniques", "access.log", "dirty.log", "-v")
    good, dirty = done.err.splitlines()[-2:]
    assert good == "access.log   nginx-combined (100% of a sample)   120 lines   120 parsed, 0 ignored, 0 rejected"
    assert dirty.endswith(
        "99 parsed, 0 ignored, 1 rejected (1.0%: 1 not an access line; first: line 100); --rejects FILE keeps them"
    )


@pytest.mark.parametrize(
    "command",
    [
        "inspect lines many.log", "inspect lines many.log -f json", "breakdown artifact --by hour many.log",
        "--help", "formats", "uniques --by hour many.log -f table",
    ],
)  # fmt: skip
def test_a_reader_that_goes_away_is_no_error(here: Path, command: str) -> None:
    (here / "many.log").write_text(log(0, 3_000))
    done = shell(f"pullstats {command} | head -1 >/dev/null; echo ${{PIPESTATUS[0]}}", here)
    assert done.err == ""
    assert done.out.strip() in ("0", "141")


def test_a_reader_that_is_gone_before_the_first_line_is_no_error(here: Path) -> None:
    done = shell("(sleep 2; pullstats inspect lines access.log) | true; echo ${PIPESTATUS[0]}", here)
    assert (done.err, done.out.strip()) == ("", "141")


def test_a_closed_output_is_silent(here: Path) -> None:
    for script in ("pullstats uniques access.log >&-", "pullstats uniques nope.log 2>&-", "pullstats --help >&- 2>&-"):
        assert shell(script, here).out == ""
        assert "Traceback" not in shell(script, here).err


def test_csv_in_a_pipe_and_a_table_at_a_terminal(here: Path) -> None:
    assert process("uniques", "access.log", cwd=here).out.startswith("period_start,period_end,partial,origins,")
    code, shown = terminal("uniques", "access.log", "-q", cwd=here)
    assert code == 0
    assert "unique origins" in shown
    assert "rule pullstats-1" in shown
    _, shown = terminal("uniques", "access.log", "-q", "-f", "csv", cwd=here)
    assert shown.startswith("period_start,period_end,partial,origins,")
    assert "unique origins" in process("uniques", "access.log", "-f", "table", cwd=here).out


# Words and environment, and whether the table at a terminal has colours.
COLOURS: dict[str, tuple[list[str], dict[str, str], bool]] = {
    "nothing": ([], {}, True),
    "NO_COLOR": ([], {"NO_COLOR": "1"}, False),
    "--color always over NO_COLOR": (["--color", "always"], {"NO_COLOR": "1"}, True),
}


@pytest.mark.parametrize(("words", "env", "coloured"), COLOURS.values(), ids=COLOURS)
def test_colours_at_a_terminal(here: Path, words: list[str], env: dict[str, str], *, coloured: bool) -> None:
    _, shown = terminal("breakdown", "client", "access.log", "-q", *words, cwd=here, env=env)
    assert (ESCAPE in shown) is coloured


def test_no_colours_in_a_pipe_unless_asked(here: Path) -> None:
    words = ("breakdown", "client", "access.log", "-f", "table")
    assert ESCAPE not in process(*words, "--plot", cwd=here).out
    assert ESCAPE in pullstats(*words, "--color", "always").out


def test_errors_have_no_colours_and_no_frames(here: Path) -> None:
    code, shown = terminal("uniqes", cwd=here)
    assert (code, shown) == (2, "pullstats: no command 'uniqes'; did you mean uniques?\n")


def test_an_ascii_terminal_gets_ascii(here: Path) -> None:
    env = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    for words in (
        ("breakdown", "client", "-f", "table"),
        ("uniques", "--by", "hour", "-f", "table", "--plot"),
        ("summary", "-f", "table"),
    ):
        done = process(*words, "access.log", cwd=here, env=env)
        assert done.code == 0, done.err
        assert done.out.isascii()


def test_files_are_written_in_the_format_of_their_name(here: Path) -> None:
    for name, begin in {
        "x.csv": b"period_start,", "x.tsv": b"period_start\t", "x.json": b"{", "x.ndjson": b"{", "x.md": b"|",
        "x.parquet": b"PAR1", "x.txt": b"", "x.csv.gz": b"\x1f\x8b",
    }.items():  # fmt: skip
        done = pullstats("uniques", "access.log", "-o", name)
        assert (done.code, done.out, done.err) == (0, "", "")
        assert (here / name).read_bytes().startswith(begin)
    assert pullstats("uniques", "access.log", "-f", "json", "-o", "odd.name").code == 0
    assert (here / "odd.name").read_text().startswith("{")
    assert not [path for path in here.iterdir() if path.name.endswith(".part")]


def test_a_long_read_tells_how_far_it_is_at_a_terminal_only(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is on standard error, and gone when the answer comes."""
    monkeypatch.setattr("pullstats.commands.common.PROGRESS_SECONDS", -1.0)
    assert "\r" not in pullstats("uniques", "access.log").err
