"""Log text is hostile: nothing of it makes a terminal, a page or a spreadsheet do what its sender wants."""

import json
import re
from pathlib import Path

import polars as pl
import pytest

from tests.cli.support import request, terminal
from tests.program import Done, pullstats

TEXTS = (
    "\x1b[31mred", "\x1b]0;title\x07", "a\rb\x08c", "\x9b31mC1", "\x00nul", "a\u202etxt.exe", "\u2066iso", "\u2028line",
    "\ufeffbom", "[red]x[/red]", "x[/bad]z", "x[red]y[/red]z", "[link=http://x]", "=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)", "<script>x</script>",
    "`tick`|pipe", "%s%n", "{braces}", "a,b;c", "&amp;", "é\u0301\U0001f600",
)  # fmt: skip
# What must reach no output: C0 and C1 controls but the line end and tab, and what turns the direction of text.
ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
DIMENSIONS = "artifact,reference,client,client_version"


def quoted(text: str) -> str:
    return text.replace('"', "\\x22").replace(" ", "%20")


@pytest.fixture
def hostile(here: Path) -> list[str]:
    """Two logs that carry each text in path, agent and referer; JSON in host and user, too; and in a file's name."""
    lines, documents = [], []
    for number, text in enumerate(TEXTS * 9):
        path = f"/v2/acme/{quoted(text)}/manifests/{quoted(text)}"
        lines += [
            request(3 * number, path=path, agent="docker/24.0.7"),
            request(3 * number + 1, agent=quoted(text) + "/" + quoted(text), referer=quoted(text)),
            request(3 * number + 2, path=f"/simple/{quoted(text)}/x-1.0.tar.gz", agent=f"pip/{quoted(text)}"),
        ]
        documents.append(
            {
                "time": f"2024-03-02T00:{number // 60:02}:{number % 60:02}Z", "remote_addr": "81.2.69.3", "status": 200,
                "request": f"GET {path} HTTP/1.1", "body_bytes_sent": 7, "http_user_agent": text, "http_referer": text,
                "host": text, "remote_user": text,
            }
        )  # fmt: skip
    name = "\x1b[31m[red]=1+1\u202e.log"
    (here / "lines.log").write_bytes(("\n".join(lines) + "\n").encode())
    (here / name).write_text("".join(json.dumps(each) + "\n" for each in documents))
    return ["lines.log", name]


def check(done: Done, *words: object) -> None:
    assert done.code == 0, (words, done.err)
    assert not ACTS.search(done.out), (words, ACTS.search(done.out))
    assert not ACTS.search(done.err), (words, ACTS.search(done.err))


QUESTIONS = (
    "summary", "uniques --by day", "pulls", f"breakdown {DIMENSIONS}", "breakdown artifact --by day", "breakdown host --of requests",
    "breakdown status,method --of requests", "top-origins", "top-artifacts", "top-artifacts -n 3", "inspect activities",
)  # fmt: skip


@pytest.mark.parametrize("format", ["table", "csv", "json", "md"])
def test_no_answer_holds_what_a_terminal_acts_on(hostile: list[str], format: str) -> None:  # noqa: A002
    assert pullstats("ingest", *hostile, "-q").code == 0
    for question in QUESTIONS if format == "table" else QUESTIONS[3:8]:
        logs = hostile[:1] if question.startswith("inspect") else []
        check(pullstats(*question.split(), *logs, "-f", format), question)
    for words in (
        ["store", "files"],
        ["store", "status"],
        ["inspect", "lines", hostile[0]],
        ["inspect", "lines", hostile[1]],
        ["detect", *hostile],
    ):
        check(pullstats(*words, "-f", format), *words)


def test_no_cell_of_a_parquet_file_does_either(hostile: list[str], here: Path) -> None:
    assert pullstats("breakdown", DIMENSIONS, *hostile, "-o", "x.parquet").code == 0
    texts = pl.read_parquet(here / "x.parquet").select(pl.col(pl.String))
    assert not [cell for column in texts for cell in column.drop_nulls() if ACTS.search(cell)]


def test_ingest_tells_of_hostile_names_safely(hostile: list[str]) -> None:
    check(pullstats("ingest", *hostile), "ingest")
    check(pullstats("ingest", *hostile, "-f", "json"), "ingest")
    check(pullstats("ingest", *hostile, "-v"), "ingest")


def test_a_table_at_a_terminal_has_only_colours_of_ours(hostile: list[str], here: Path) -> None:
    for question in ("summary", "breakdown artifact,client", "breakdown host --of requests --plot"):
        code, shown = terminal(*question.split(), *hostile, "-q", cwd=here)
        assert code == 0
        ours = re.sub(r"\x1b\[[\d;]*m", "", shown)
        assert not ACTS.search(ours.replace("\r", "")), question
        assert "\x1b[31mred" not in shown


def test_markup_is_shown_as_it_is(hostile: list[str]) -> None:
    shown = pullstats("breakdown", "host", "--of", "requests", *hostile, "-f", "table", "-n", "200").out
    assert "x[/bad]z" in shown
    assert "x[red]y[/red]z" in shown


def test_markdown_cells_neither_end_nor_run(hostile: list[str]) -> None:
    shown = pullstats("breakdown", "host", "--of", "requests", *hostile, "-f", "md").out
    assert "<script>" not in shown
    rows = [line for line in shown.splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1


def test_spreadsheets_get_no_formulas_when_asked(hostile: list[str]) -> None:
    words = ("breakdown", "host", "--of", "requests", *hostile, "-f", "csv")
    plain, safe = ([row["host"] for row in pullstats(*words, *more).rows] for more in ([], ["--spreadsheet-safe"]))
    assert [host for host in plain if host.startswith(("=", "+", "-", "@"))]
    assert not [host for host in safe if host.startswith(("=", "+", "-", "@"))]
    assert "'+1" in safe


def test_agents_addresses_and_paths_are_shown_safely(here: Path) -> None:
    (here / "texts").write_bytes("\n".join(f"{text}/1.0" for text in TEXTS).encode())
    for command in ("inspect agents", "inspect addresses", "inspect paths"):
        for format in ("table", "csv", "json", "md"):  # noqa: A001
            check(pullstats(*command.split(), "texts", "-f", format), command, format)


def test_hostile_options_come_back_safely() -> None:
    for option in ("--where", "--since", "--tz", "--only", "--log-format", "-o", "--rule"):
        for text in TEXTS[:6]:
            if "\x00" not in text:
                done = pullstats("uniques", "access.log", option, f"x={text}")
                assert not ACTS.search(done.out + done.err), (option, text)
