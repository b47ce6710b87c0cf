"""Where a setting comes from: command line > PULLSTATS_* > pullstats.toml > the user's file > default."""

import os
from pathlib import Path

import pytest

from tests.cli.support import request
from tests.program import pullstats

TOML = "pullstats.toml"


def shown(name: str, *words: str) -> tuple[str, str]:
    """The value of a setting, and where it comes from."""
    rows = pullstats("config", "show", "-f", "csv", *words).rows
    return next((row["value"], row["from"]) for row in rows if row["setting"] == name)


def zone(*words: str) -> str:
    """The zone that a question is answered in."""
    done = pullstats("uniques", "access.log", "-f", "json", *words)
    assert done.code == 0, done.err
    return done.document["meta"]["tz"]


def test_the_nearest_place_counts(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user = Path(os.environ["XDG_CONFIG_HOME"]) / "pullstats" / "config.toml"
    assert (zone(), shown("tz")) == ("UTC", ("UTC", "default"))
    user.parent.mkdir(parents=True, exist_ok=True)
    user.write_text('tz = "Asia/Tokyo"\nlimit = 3\n')
    assert (zone(), shown("tz")) == ("Asia/Tokyo", ("Asia/Tokyo", str(user)))
    (here / TOML).write_text('tz = "Europe/Berlin"\n')
    assert (zone(), shown("tz")) == ("Europe/Berlin", ("Europe/Berlin", str(here / TOML)))
    assert shown("limit") == ("3", str(user))
    monkeypatch.setenv("PULLSTATS_TZ", "+02:00")
    assert (zone(), shown("tz")) == ("+02:00", ("+02:00", "PULLSTATS_TZ"))
    assert zone("--tz", "-05:00") == "-05:00"


def test_a_file_in_a_folder_above_counts(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / TOML).write_text('tz = "Europe/Berlin"\n')
    (here / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(here / "a" / "b")
    assert shown("tz") == ("Europe/Berlin", str(here / TOML))
    (here / "a" / TOML).write_text('of = "downloads"\n')
    assert shown("tz") == ("UTC", "default"), "the nearest file counts, alone"


def test_a_named_file_counts_alone(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / TOML).write_text('tz = "Europe/Berlin"\n')
    (here / "mine.toml").write_text("plot = true\nquiet = false\n")
    monkeypatch.setenv("PULLSTATS_CONFIG", "mine.toml")
    assert shown("tz") == ("UTC", "default")
    assert shown("plot") == ("true", "mine.toml")


def test_values_of_every_type_are_read(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / TOML).write_text(
        'limit = 2\nquiet = true\nwithout = ["mirror", "scanner"]\nmax_rejected = 0.2\nonly = "runtime"\n'
    )
    assert [shown(name)[0] for name in ("limit", "quiet", "without", "max_rejected", "only")] == [
        "2", "true", "mirror, scanner", "0.2", "runtime",
    ]  # fmt: skip
    monkeypatch.setenv("PULLSTATS_LIMIT", "5")
    monkeypatch.setenv("PULLSTATS_QUIET", "no")
    monkeypatch.setenv("PULLSTATS_WITHOUT", "ci,mirror")
    assert [shown(name)[0] for name in ("limit", "quiet", "without")] == ["5", "false", "ci,mirror"]


def test_no_option_is_taken_for_not_given(here: Path) -> None:
    (here / TOML).write_text("limit = 2\n")
    assert len(pullstats("uniques", "access.log", "--by", "hour", "-f", "csv", "--limit", "0").rows) == 0
    assert len(pullstats("uniques", "access.log", "--by", "hour", "-f", "csv", "--limit", "1").rows) == 1
    assert len(pullstats("uniques", "access.log", "--by", "hour", "-f", "csv").rows) == 2


# A file, and what is said of it.
BAD = {
    "no equals sign": ('tz = "UTC"\nlimit 3\n', "pullstats.toml:2:7: expected '=' after a key in a key/value pair"),
    "an open text": ('tz = "UTC\n', "pullstats.toml:1:10: illegal character '\\n'"),
    "an open list": ("without = [", "pullstats.toml at its end: invalid value"),
    "twice": ('tz = "UTC"\ntz = "UTC"\n', "pullstats.toml:2:11: cannot overwrite a value"),
    "unknown key": ('timezone = "UTC"\n', "pullstats.toml: unknown key 'timezone'"),
    "misspelled key": ('max_rejectd = "1%"\n', "pullstats.toml: unknown key 'max_rejectd'; did you mean max_rejected?"),
    "no number": ('limit = "many"\n', "pullstats.toml: limit 'many' is not a whole number"),
    "no flag": ('quiet = "maybe"\n', "pullstats.toml: quiet 'maybe'; write true or false"),
    "no choice": (
        'identity = "orign"\n',
        "pullstats.toml: identity 'orign': did you mean origin? (principal, strict, origin, endpoint, site, asn, company)",
    ),
    "a list for one": ('tz = ["UTC"]\n', "pullstats.toml: tz takes one value; write tz = ..."),
    "a table for one": ("[tz]\n", "pullstats.toml: tz takes one value; write tz = ..."),
    "labels no table": (
        "labels = 3\n",
        "pullstats.toml: [labels] is a table; write [labels] and below it: our-ci = ['10.0.0.0/8']",
    ),
    "labels no list": (
        "[labels]\nci = '10.0.0.0/8'\n",
        "pullstats.toml: [labels] ci is no list of address ranges; write ci = ['10.0.0.0/8']",
    ),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD)
def test_a_wrong_file_is_said_with_its_place(here: Path, text: str, said: str) -> None:
    (here / TOML).write_text(text)
    done = pullstats("uniques", "access.log")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"pullstats: {said}")
    assert done.err.count("\n") == 1
    for word in ("--help", "--version"):
        assert pullstats(word).code == 0, "help is there whatever the file says"


def test_a_file_that_is_not_utf8(here: Path) -> None:
    (here / TOML).write_bytes(b'tz = "\xff"\n')
    done = pullstats("uniques", "access.log")
    assert (done.code, done.err) == (2, "pullstats: pullstats.toml: is not UTF-8 (byte 6)\n")


def test_a_named_file_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULLSTATS_CONFIG", "nowhere.toml")
    done = pullstats("uniques", "access.log")
    assert (done.code, done.err) == (2, "pullstats: nowhere.toml: no such file; PULLSTATS_CONFIG names it\n")


def test_an_error_of_a_value_says_where_it_stands(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / TOML).write_text('tz = "Mars"\nformat = "xlsx"\n')
    done = pullstats("uniques", "access.log", "-f", "csv")
    assert done.err.startswith(f"pullstats: {here / TOML}: --tz 'Mars' is not a time zone")
    assert pullstats("uniques", "access.log", "--tz", "UTC").err.startswith(
        f"pullstats: {here / TOML}: -f 'xlsx': choose"
    )
    monkeypatch.setenv("PULLSTATS_TZ", "Venus")
    done = pullstats("uniques", "access.log", "-f", "csv")
    assert done.err.startswith("pullstats: PULLSTATS_TZ: --tz 'Venus' is not a time zone")
    monkeypatch.setenv("PULLSTATS_LIMIT", "all")
    done = pullstats("uniques", "access.log", "-f", "csv", "--tz", "UTC")
    assert (done.code, done.err) == (2, "pullstats: PULLSTATS_LIMIT 'all' is not a whole number\n")


def test_labels_of_the_file_can_be_left_out_and_split_by(here: Path) -> None:
    (here / TOML).write_text('[labels]\nour-ci = ["81.2.69.0/30"]\nlab = ["81.2.69.8/32", "2001:db8::/32"]\n')
    lines = [request(number, address=f"81.2.69.{number % 9}") for number in range(90)]
    (here / "own.log").write_text("\n".join(lines) + "\n")
    assert pullstats("ingest", "own.log").code == 0
    (here / TOML).unlink()

    def rows(*words: str) -> int:
        (row,) = pullstats("breakdown", "method", "--of", "requests", "-f", "csv", *words).rows
        return int(row["requests"])

    assert rows() == 90
    assert rows("--without", "label=our-ci") == 50
    assert rows("--only", "label=our-ci") == 40
    assert rows("--without", "label=our-ci,label=lab") == 40
    labels = pullstats("breakdown", "label", "--of", "requests", "-f", "csv").rows
    assert {row["label"]: int(row["requests"]) for row in labels} == {"": 40, "our-ci": 40, "lab": 10}


def test_a_wrong_label_range_is_refused(here: Path) -> None:
    (here / TOML).write_text('[labels]\nour-ci = ["81.2.69.0/33"]\n')
    done = pullstats("ingest", "access.log")
    assert (done.code, done.out) == (2, "")
    assert "81.2.69.0/33" in done.err


def test_config_init_writes_a_file_once(here: Path) -> None:
    done = pullstats("config", "init")
    assert (done.code, done.out, done.err) == (0, "", "pullstats.toml: written; every line in it is commented out\n")
    before = (here / TOML).read_text()
    assert pullstats("uniques", "access.log").code == 0
    again = pullstats("config", "init")
    said = "pullstats: pullstats.toml: is there already; it was not changed; write another with -o FILE\n"
    assert (again.code, again.err) == (1, said)
    assert (here / TOML).read_text() == before
    assert pullstats("config", "init", "-q", "-o", "other.toml").err == ""
    assert (here / "other.toml").read_text() == before
    assert pullstats("config", "init", "-o", "no/x.toml").code == 1


def test_every_setting_of_config_init_can_be_filled_in(here: Path) -> None:
    """With the comment signs taken away, every key is known and of its type."""
    pullstats("config", "init")
    text, _, _ = (here / TOML).read_text().partition("# [labels]")
    settings = [line.removeprefix("# ") for line in text.splitlines() if " = " in line]
    assert len(settings) > 25
    (here / TOML).write_text("\n".join(settings))
    done = pullstats("config", "show", "-f", "csv", "--color", "never")
    assert done.code == 0, done.err
    assert {row["from"] for row in done.rows} == {
        str(here / TOML),
        "command line",
        "PULLSTATS_STORE",
        "PULLSTATS_KEY_FILE",
    }
