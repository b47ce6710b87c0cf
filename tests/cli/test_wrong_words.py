"""A wrong command, option, date or name is one line that says what to write; nothing is read for it."""

import os
import re
from pathlib import Path

import pytest

from pullstats.commands import Command, commands
from pullstats.words import OPTIONS
from tests.cli.support import process, request, terminal
from tests.program import pullstats

KINDS = (
    "runtime, builder, package_client, updater, mirror, scanner, signer, automation, script, crawler, monitor, "
    "browser, unknown; or DIMENSION=VALUE"
)
LISTED = "all options: pullstats"
# A command line, and what is said of it.
WRONG = {
    # commands
    "uniqes": "no command 'uniqes'; did you mean uniques?",
    "frobnicate": "no command 'frobnicate'; all commands: pullstats --help",
    "help frobnicate": "no command 'frobnicate'; all commands: pullstats --help",
    "help exit-code": "no command 'exit-code'; did you mean exit-codes?",
    "uniqes --help": "no command 'uniqes'; did you mean uniques?",
    "store": "store needs a command; one of store files, store rebuild, store status",
    "store sttus": "no command 'store sttus'; did you mean store status?",
    "store x": "no command 'store x'; commands: store files, store rebuild, store status",
    "breakdown": "breakdown needs DIM; for example: pullstats breakdown country",
    "ingest": "ingest needs LOG; for example: pullstats ingest access.log",
    "inspect lines": "inspect lines needs FILE; for example: pullstats inspect lines access.log",
    "geo lookup": "geo lookup needs ADDRESS; for example: pullstats geo lookup 192.0.2.1",
    "formats a b": "one word too many: 'b'; formats takes one NAME",
    "store status x": "one word too many: 'x'; store status takes options only",
    "formats nginx-combned": "nginx-combned: no such log format; did you mean nginx-combined?",
    "geo lookup 1.2.3.4 foo": "'foo' is no address; write addresses such as 192.0.2.1 or 2001:db8::1",
    "rules --show pullstat-1": "no rule 'pullstat-1'; did you mean pullstats-1?",
    "--show-completion tcsh": "no completion for tcsh; name one: bash, zsh, fish, powershell, pwsh",
    # options
    "uniques --sinse x": "no option --sinse; did you mean --since?",
    "uniques -since x": "no option -since; did you mean --since?",
    "uniques --sinse=x access.log": "no option --sinse; did you mean --since?",
    "uniques -x": "no option -x; all options: pullstats uniques --help",
    "uniques --frobnicate": "no option --frobnicate; all options: pullstats uniques --help",
    "summary --by day": "summary has no option --by; all options: pullstats summary --help",
    "summary --hepl": "no option --hepl; did you mean --help?",
    "--sinse x": "no option --sinse; did you mean --since?",
    "--versoin": "no option --versoin; did you mean --version?",
    "-f csv access.log": "--format stands before its command; write pullstats summary --format ...",
    "--json summary": "--json stands before its command; write pullstats summary --json",
    "--tz=UTC summary": "--tz stands before its command; write pullstats summary --tz ...",
    "-x": "no option -x; pullstats COMMAND --help lists the options",
    "uniques --hours": "--hours needs a value; only these hours of each day: 09:00-17:00",
    "uniques access.log -f": "--format needs a value; table, csv, tsv, json, ndjson, md or parquet",
    "uniques --quiet=yes": "--quiet takes no value; write --quiet alone",
    # values
    "uniques --limit x": "--limit 'x' is not a whole number",
    "uniques --limit 1.5": "--limit '1.5' is not a whole number",
    "uniques -n -3": "--limit -3; write a whole number from 0 on",
    "uniques --without-top -1": "--without-top -1; write a whole number from 0 on",
    "uniques --min-origins -1": "--min-origins -1; write a whole number from 0 on",
    "uniques --min-contacts -1": "--min-contacts -1; write a whole number from 0 on",
    "uniques --color blue": "--color 'blue': choose one of auto, always, never",
    "uniques --of pull": "--of 'pull': did you mean pulls? (requests, contacts, pulls, downloads, checks)",
    "uniques --identity orign": (
        "--identity 'orign': did you mean origin? (principal, strict, origin, endpoint, site, asn, company)"
    ),
    "uniques --mode serv": "--mode 'serv': did you mean serve? (auto, serve, redirect)",
    "uniques --rule pullstat-1": "no rule 'pullstat-1'; did you mean pullstats-1?",
    "uniques --rule x": "no rule 'x'; rules: pullstats-1",
    "uniques --only runtme": f"--only 'runtme': did you mean runtime? ({KINDS})",
    "uniques --without x": f"--without 'x': is no kind of client ({KINDS})",
    "uniques --without lable=x": "no dimension 'lable'; did you mean label? all: pullstats help dimensions",
    "uniques --where contry=DE": "no dimension 'contry'; did you mean country? all: pullstats help dimensions",
    "uniques --where country": "--where 'country': write country=VALUE or country!=VALUE",
    "breakdown contry": "no dimension 'contry'; did you mean country? all: pullstats help dimensions",
    "breakdown x,country": "no dimension 'x'; all: pullstats help dimensions",
    "breakdown ,": "breakdown needs a dimension; for example: pullstats breakdown country",
    "uniques --max-rejected abc": "--max-rejected 'abc'; write a share such as 10% or 0.1",
    "uniques --max-rejected 200%": "--max-rejected '200%'; write a share such as 10% or 0.1",
    "uniques --log-format nginx-combned": "nginx-combned: no such log format; did you mean nginx-combined?",
    "uniques --assume-tz Europe/Berln": "--assume-tz 'Europe/Berln' is not a time zone; did you mean Europe/Berlin?",
    "uniques --trust clodflare": "--trust: 'clodflare' is no set of proxies; did you mean cloudflare?",
    "uniques --min-span 3mo": "--min-span '3mo'; write minutes, hours, days or weeks: 15min, 3h, 2d",
    # output
    "uniques -f xlsx": "-f 'xlsx': choose table, csv, tsv, json, ndjson, md or parquet",
    "uniques -o x.xlsx": (
        "-o 'x.xlsx': its suffix names no format; "
        "use .csv .tsv .json .ndjson .md .parquet .txt .jsonl, or add -f FORMAT"
    ),
    "ingest -f csv": "-f 'csv': ingest prints json only",
    # time
    "uniques --since 03/04/2021": (
        "--since '03/04/2021' is ambiguous (3 April or 4 March); write 2021-04-03 or 2021-03-04"
    ),
    "uniques --since 2021-13-01": "--since '2021-13-01': there is no month 13; dates are YYYY-MM-DD",
    "uniques --since 2024-02-30": "--since '2024-02-30': February 2024 has 29 days",
    "uniques --since tuesday": "--since 'tuesday': write last_tuesday, or --every tuesday to keep all Tuesdays",
    "uniques --since 5m": "--since '5m': write 5mo (months) or 5min (minutes)",
    "uniques --since 1700000000": (
        "--since '1700000000': write @1700000000 for seconds since 1970, or a date such as 2021-06-01"
    ),
    "uniques --since yesterdy": "--since 'yesterdy': did you mean yesterday?",
    "uniques --since=-5d": "--since '-5d' is not a date; write 2021, 2021-06, 2021-06-01, last_month or 30d",
    "uniques --since 2024-04-01 --until 2024-03-01": "--since 2024-04-01 is not before --until 2024-03-01",
    "uniques --tz Europe/Berln": "--tz 'Europe/Berln' is not a time zone; did you mean Europe/Berlin?",
    "uniques --tz EST": "--tz 'EST' has no summer time; write America/New_York, or -05:00",
    "uniques --tz +25:00": "--tz '+25:00' is not an offset; they go from -14:00 to +14:00",
    "uniques --every tuseday": (
        "--every 'tuseday': did you mean tuesday? (days, weekday, weekend, or an RFC 5545 rule such as "
        "FREQ=WEEKLY;BYDAY=TU)"
    ),
    "uniques --hours 9-17": "--hours '9-17': write 09:00-17:00",
    "uniques --hours 9-25": "--hours '9-25': write two times such as 09:00-17:00",
    "uniques --hours 09:00-25:00": "--hours '09:00-25:00': times go from 00:00 to 24:00",
    "uniques --by fortnight": (
        "--by 'fortnight': choose hour, day, week, month, quarter, year, weekday, hour_of_day, "
        "or a multiple such as 6h or 2w"
    ),
}
NEEDS_LOG = re.compile(r"(uniques|breakdown \S+|ingest) -")


@pytest.mark.parametrize(("line", "said"), WRONG.items(), ids=WRONG)
def test_a_wrong_word_is_said_in_one_line(line: str, said: str) -> None:
    words = line.split()
    if NEEDS_LOG.match(line) and not said.startswith("no option") and "needs a value" not in said:
        words.append("access.log")
    done = pullstats(*words)
    assert (done.code, done.out, done.err) == (2, "", f"pullstats: {said}\n")


def test_wrong_words_are_found_before_a_log_is_read() -> None:
    """A log of hours must not be read for an answer that cannot be written."""
    for words in ("-f xlsx", "-n -1", "--by x", "--where x=1", "--only x", "--log-format x", "--trust x", "-o x.x"):
        assert pullstats("uniques", "no-such.log", *words.split()).code == 2, words


def test_the_program_itself_says_the_same(here: Path) -> None:
    done = process("uniqes", cwd=here)
    assert (done.code, done.out, done.err) == (2, "", "pullstats: no command 'uniqes'; did you mean uniques?\n")


@pytest.mark.parametrize("words", [["--tz", "-05:00"], ["--tz=-05:00"], ["--tz", "+05:30"]])
def test_offsets_need_no_equals_sign(words: list[str]) -> None:
    (row,) = pullstats("uniques", "access.log", *words, "-f", "csv").rows
    assert row["period_start"].endswith(words[-1][-6:])


def test_a_window_without_data_is_an_answer() -> None:
    for question in ("uniques --by day", "breakdown country", "top-origins"):
        done = pullstats(*question.split(), "access.log", "--during", "2021", "-f", "csv")
        assert done.code == 0
        assert done.out.count("\n") == 1
        assert done.err == (
            "no requests in the window (2021, UTC); the data covers 2024-03-01 .. 2024-03-01\n"
        )  # fmt: skip


def test_a_window_with_requests_but_no_pulls_says_so(here: Path) -> None:
    (here / "pings.log").write_text("".join(request(number, path="/healthz") + "\n" for number in range(9)))
    done = pullstats("top-origins", "pings.log", "-f", "csv")
    assert (done.code, done.out.count("\n")) == (0, 1)
    assert done.err.startswith("no pulls in the window (all data, UTC); the data covers 2024-03-01")


def test_no_log_and_no_store() -> None:
    said = (
        "nothing to read; give a log (pullstats summary access.log) or fill a store first (pullstats ingest access.log)"
    )
    saved = os.environ.pop("PULLSTATS_STORE")
    try:
        done = pullstats("summary")
    finally:
        os.environ["PULLSTATS_STORE"] = saved
    assert (done.code, done.out, done.err) == (2, "", f"pullstats: {said}\n")


def test_a_named_store_that_is_not_there() -> None:
    done = pullstats("summary", "--store", "nowhere")
    said = "pullstats: nowhere: no store here; fill one first: pullstats ingest access.log\n"
    assert (done.code, done.out, done.err) == (1, "", said)


def test_parquet_is_not_written_to_a_terminal(here: Path) -> None:
    code, shown = terminal("uniques", "access.log", "-q", "-f", "parquet", cwd=here)
    assert (code, shown) == (2, "pullstats: parquet is binary; add -o FILE\n")


def test_the_output_folder_must_be_there() -> None:
    done = pullstats("uniques", "access.log", "-o", "nowhere/x.csv")
    said = "pullstats: cannot write nowhere/x.csv: no folder nowhere; make it first\n"
    assert (done.code, done.out, done.err) == (1, "", said)


def test_every_way_to_name_a_log_first(here: Path) -> None:
    """`pullstats access.log` is `pullstats summary access.log`, with options and several logs too."""
    wanted = pullstats("summary", "access.log", "-f", "csv").out
    for words in (
        ["access.log", "-f", "csv"], ["./access.log", "-f", "csv"], ["*.log", "-f", "csv"],
        ["--", "access.log"], ["access.log", "--", "access.log"], [here / "access.log"], [here],
    ):  # fmt: skip
        assert pullstats(*words).out == wanted, words
    assert pullstats("-", "-f", "csv", stdin=(here / "access.log").read_bytes()).out == wanted
    missing = pullstats("acces.log")
    assert (missing.code, missing.err) == (1, "pullstats: acces.log: no such file (did you mean access.log?)\n")


HOSTILE = {"number": "7", "text": "\x1b[31m[/bad]", "words": "=1,,é", "path": "\udcff/x"}
# Each option, with the first command that takes it; one goes on and on, the others change the machine.
OPTIONED = {
    name: command
    for command in reversed(commands())
    for name in command.options
    if name != "follow" and command.name not in ("geo update", "config init", "store rebuild")
}


@pytest.mark.parametrize(("name", "command"), OPTIONED.items(), ids=OPTIONED)
def test_a_strange_value_is_an_answer_or_one_line(name: str, command: Command) -> None:
    option = OPTIONS[name]
    value = [] if option.type == "flag" else [HOSTILE[option.type]]
    words = [each.example for each in command.arguments if each.needed] or ["access.log"] * bool(command.arguments)
    done = pullstats(*command.name.split(), *words, option.flags[0], *value)
    assert done.code in (0, 1, 2)
    assert not re.search("internal error|Traceback|\x1b", done.err), done.err
