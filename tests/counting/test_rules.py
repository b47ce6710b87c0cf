"""Counting rules are tables: every constant has a name, a type and a reason, and a wrong table says what is wrong."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import pytest

from pullstats.counting.activities import activities
from pullstats.counting.ids import artifact_id, text_id, version_id
from pullstats.counting.rules import FOLDER, read_rule, rule, rules
from pullstats.errors import PullstatsError, UsageError
from tests.counting.requests import frame, request, resource
from tests.counting.streams import stream

if TYPE_CHECKING:
    from pathlib import Path

import polars as pl

TEXT = (FOLDER / "pullstats-1.toml").read_text(encoding="utf-8")
WRONG = {
    "an unknown key": (TEXT.replace("[repeat_seconds]", "[repeat_second]"), "repeat_second;", "repeat_seconds?"),
    "a missing key": (TEXT.replace("[orphan_seconds]\nvalue = 21600\nabout", "[x]\nvalue = 1\nabout"), "x", ""),
    "a text for a number": (TEXT.replace("value = 600\n", 'value = "600"\n'), "blob_join_seconds", "'600' is no int"),
    "a number for a truth": (TEXT.replace("sessions = true", "sessions = 1"), "ecosystem.oci.sessions", "1 is no bool"),
    "an unknown key of an ecosystem": (TEXT.replace("sessions = true", "session = true"), "ecosystem.oci", "sessions?"),
    "an unknown unit": (TEXT.replace('"version"', '"virsion"'), "ecosystem.maven.one_per", "'virsion'"),
    "a bucket that does not end with the day": (TEXT.replace('value = 86400\nabout = "Buckets', 'value = 70000\nabout = "Buckets'), "repeat_restart_seconds", "day"),
    "no reason": (TEXT.replace('about = "Parts (206) of one', 'abut = "Parts (206) of one'), "parts_seconds", "about"),
    "no table": (TEXT + "[[[", "is not TOML", ""),
}  # fmt: skip


def test_the_rule_is_there() -> None:
    assert "pullstats-1" in rules()
    assert rule("pullstats-1").repeat_seconds == 30


def test_every_parameter_is_shown_with_its_value_and_its_reason() -> None:
    shown = {name: (value, reason) for name, value, reason in rule("pullstats-1").parameters()}
    constants = {one.name for one in fields(rule("pullstats-1"))} - {"name", "about", "ecosystems", "reasons"}
    assert constants <= shown.keys()
    assert shown["redirect_statuses"][0] == "301 302 303 307 308"
    assert "check_seconds 30" in shown["ecosystem.pypi"][0]
    assert all(len(reason) > 20 for _, reason in shown.values())


def test_an_ecosystem_without_a_row_is_counted_as_the_default() -> None:
    some = rule("pullstats-1")
    assert some.ecosystem("unheard-of") == some.ecosystem(None) == some.ecosystem("default")


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_table_names_the_file_and_the_key(wrong: str, tmp_path: Path) -> None:
    text, key, hint = WRONG[wrong]
    assert text != TEXT
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PullstatsError) as error:
        read_rule(path)
    assert "mine.toml" in str(error.value)
    assert key in str(error.value)
    assert hint in str(error.value)


def test_a_rule_that_is_not_there_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="did you mean pullstats-1"):
        rule("pullstat-1")


def test_a_rule_cannot_be_changed_by_its_name() -> None:
    """A name may not leave the folder."""
    with pytest.raises(UsageError):
        rule("../rules/pullstats-1")


def test_a_parameter_changes_what_is_counted() -> None:
    tag = resource("oci", "acme/app", "manifest", "latest")
    polls = frame([request(at, "HEAD", tag) for at in (0, 40, 80)])
    usual = rule("pullstats-1")
    assert len(activities(polls, None, usual)) == 3
    assert len(activities(polls, None, replace(usual, repeat_seconds=60))) == 2


def test_sizes_that_are_known_from_elsewhere_make_a_download_incomplete() -> None:
    from pullstats.counting.rows import sizes

    file = resource("file", "acme", "content", "acme-1.0.zip", version="1.0")
    cut = frame([request(0, "GET", file, bytes=500_000)])
    whole = sizes(frame([request(50_000, "GET", file, bytes=900_000)]), rule("pullstats-1"))
    assert activities(cut, None, rule("pullstats-1"))["action"].to_list() == ["download"]
    assert activities(cut, whole, rule("pullstats-1"))["action"].to_list() == ["failed"]


def test_ids_are_of_texts_and_tell_null_from_empty() -> None:
    texts = {text_id("a", "b"), text_id("ab", ""), text_id("ab", None), text_id("", "ab"), text_id("a", "b", None)}
    assert len(texts) == 5
    assert all(0 <= one < 1 << 63 for one in texts)
    assert text_id("oci", "acme/app") == 3758202892047328455  # ids in stores must not change


def test_an_artifact_has_the_id_of_its_ecosystem_and_name_everywhere() -> None:
    made = activities(frame(stream(7, 60)), None, rule("pullstats-1"))
    named = artifact_id(made.drop("artifact_id"))
    assert made["artifact_id"].equals(named["artifact_id"])
    downloads = made.filter(pl.col("action") == "download")
    assert downloads["version_id"].equals(version_id(downloads.drop("version_id"))["version_id"])
    assert made.filter(pl.col("action") != "download")["version_id"].null_count() == len(made) - len(downloads)
