"""Envelopes: what containers, log daemons and clouds put around the lines of a log."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pullstats.formats.detect import guess
from pullstats.formats.entry import entry
from pullstats.formats.envelopes import Unwrapper, envelopes, found, unfold
from pullstats.formats.parse import open_reader
from pullstats.tables import IGNORED, PARSED, REJECTED
from tests.formats.support import micros, sample

COMBINED, _ = sample("nginx-combined-registry")
JSON, _ = sample("nginx-json")


def _docker(line: str, **more: str) -> str:
    return json.dumps({"log": line + "\n", "stream": "stdout", "time": "2026-11-23T18:45:19.1Z", **more})


def _cri(line: str) -> str:
    return f"2026-11-23T18:45:19.987654321Z stdout F {line}"


def _syslog(line: str) -> str:
    return f"<190>Nov 23 18:45:19 vm nginx[17]: {line}"


WRAPS = {
    "cri": _cri,
    "docker": _docker,
    "syslog-3164": _syslog,
    "syslog-5424": lambda line: f'<134>1 2026-11-23T18:45:19.904714+00:00 lb01 nginx 1843 - [a@1 b="x\\]y"] {line}',
    "syslog-iso": lambda line: f"2026-11-23T18:45:19.904714+00:00 lb01 nginx[17]: {line}",
    "cloudwatch-export": lambda line: f"2026-11-23T18:45:19.904Z {line}",
    "compose": lambda line: f"nginx-1  | {line}",
    "quay": lambda line: f"nginx stdout | {line}",
    "heroku": lambda line: f"2026-11-23T18:45:19.904714+00:00 app[web.1]: {line}",
    "kubectl-prefix": lambda line: f"[pod/nginx-7c5ddbdf54-x2z8k/nginx] {line}",
    "shipper": lambda line: json.dumps(
        {"@timestamp": "2026-11-23T18:45:19.904Z", "log": {"file": {"path": "/a"}}, "message": line, "input": {}}
    ),
    "fluent-bit": lambda line: json.dumps({"date": 1795459519.904714, "log": line}),
    "loki": lambda line: json.dumps({"labels": {"a": "b"}, "line": line, "timestamp": "2026-11-23T18:45:19.9Z"}),
    "journald": lambda line: json.dumps(
        {"__REALTIME_TIMESTAMP": "1795459519904714", "SYSLOG_IDENTIFIER": "nginx", "MESSAGE": line}
    ),
}


PIECES = [
    "", " ", "[", "]", "{", "}", "},", "[{", '{"log":', '{"log":"a","stream":"stdout"}', '{"log":"a\\n","stream":"stderr"}',
    '{"records":[]}', '{"records":[1,null]}', '{"Records":{}}', '{"messageType":"DATA_MESSAGE","logEvents":[{}]}',
    '{"MESSAGE":null}', '{"MESSAGE":"\\ud83d"}', "2026-11-23T18:45:19Z stdout P a", "2026-11-23T18:45:19Z stdout F b",
    "Nov 23 18:45:19 h p: x", "Feb 30 99:99:99 h p: x", "<1>1 - h p - - - x", "a | b", "\ufeff", "\x00",
]  # fmt: skip


def _read(lines: list[str], name: str = "nginx-combined", **options: Any) -> pl.DataFrame:
    return open_reader(entry(name), **options).read(pl.Series(lines, dtype=pl.String))


@pytest.mark.parametrize("name", WRAPS)
@pytest.mark.parametrize(
    ("plain", "inside"), [(COMBINED, "nginx-combined"), (JSON, "nginx-json")], ids=["text", "json"]
)
def test_wrapped_lines_are_recognised_and_read_like_bare_ones(name: str, plain: list[str], inside: str) -> None:
    wrapped = [WRAPS[name](line) for line in plain]
    seen = guess(wrapped)
    assert seen.envelopes == (name,)
    assert seen.entry is not None
    assert seen.entry.name == inside
    assert open_reader(seen.entry).read(pl.Series(wrapped)).equals(_read(plain, inside))


@pytest.mark.parametrize(
    ("outer", "inner"),
    [("cri", "syslog-3164"), ("docker", "compose"), ("journald", "quay"), ("cloudwatch-export", "docker")],
)
def test_two_envelopes_are_taken_off(outer: str, inner: str) -> None:
    wrapped = [WRAPS[outer](WRAPS[inner](line)) for line in COMBINED]
    assert found(pl.Series(wrapped)) == (outer, inner)
    assert _read(wrapped).equals(_read(COMBINED))


def test_every_envelope_names_its_source() -> None:
    assert [name for name, envelope in envelopes().items() if not envelope.source or not envelope.about] == []


def test_the_parts_of_a_split_line_are_joined_across_batches_and_streams() -> None:
    head, tail = COMBINED[0][:90], COMBINED[0][90:]
    lines = [
        f"2026-11-23T18:45:19Z stdout P {head[:40]}",
        "2026-11-23T18:45:19Z stderr F 2026/11/23 18:45:19 [notice] 1#1: start worker process 29",
        f"2026-11-23T18:45:19Z stdout P {head[40:]}",
        f"2026-11-23T18:45:19Z stdout F {tail}",
        _cri(COMBINED[1]),
    ]
    reader = open_reader(entry("nginx-combined"))
    records = pl.concat([reader.read(pl.Series(lines[at : at + 1])) for at in range(len(lines))])
    assert records["outcome"].to_list() == [IGNORED, IGNORED, IGNORED, PARSED, PARSED]
    assert records["reason"].to_list()[:3] == [
        "first part of a split line",
        "nginx notice",
        "first part of a split line",
    ]
    assert records[3:].equals(_read(COMBINED[:2]))


def test_docker_splits_lines_too() -> None:
    lines = [
        json.dumps({"log": COMBINED[0][:50], "stream": "stdout", "time": "2026-11-23T18:45:19Z"}),
        json.dumps({"log": COMBINED[0][50:] + "\n", "stream": "stdout", "time": "2026-11-23T18:45:19Z"}),
    ]
    records = _read(lines)
    assert records["outcome"].to_list() == [IGNORED, PARSED]
    assert records[1:].equals(_read(COMBINED[:1]))


def test_a_format_without_a_time_takes_the_envelopes() -> None:
    line = '127.0.0.2 - "GET /v2/ HTTP/1.1" 401 36 "-" "docker/24.0.7" 0.004 0.003 .'
    assert _read([line], "harbor-proxy").row(0)[:2] == (REJECTED, "no time")
    record = _read([f"Dec 31 23:59:58 vm proxy[7]: {line}"], "harbor-proxy", year_hint=2025, assume_tz="Europe/Berlin")
    assert record["ts"][0] == micros("2025-12-31T22:59:58+00:00")


@pytest.mark.parametrize(
    ("newest", "line", "expected"),
    [
        ("2026-01-02T10:00:00+00:00", "Dec 31 23:59:58", "2025-12-31T23:59:58+00:00"),
        ("2026-01-02T10:00:00+00:00", "Jan  2 09:59:58", "2026-01-02T09:59:58+00:00"),
        ("2026-01-02T23:59:00+00:00", "Jan  3 00:00:01", "2026-01-03T00:00:01+00:00"),
        ("2026-03-02T00:00:00+00:00", "Feb 29 12:00:00", "2024-02-29T12:00:00+00:00"),
    ],
)
def test_a_year_that_is_not_stated_is_the_last_one_that_fits(newest: str, line: str, expected: str) -> None:
    text = f'{line} vm proxy: ::1 - "GET / HTTP/1.1" 200 36 "-" "-" 0.004 0.003 .'
    assert _read([text], "harbor-proxy", newest=micros(newest))["ts"][0] == micros(expected)


def test_lines_of_other_programs_in_one_syslog_are_ignored() -> None:
    lines = [
        _syslog(COMBINED[0]),
        "<13>Nov 23 18:45:20 vm cron[9]: (root) CMD (run-parts)",
        _syslog("damage"),
        _syslog(COMBINED[1]),
    ]
    records = _read(lines)
    assert records["outcome"].to_list() == [PARSED, IGNORED, REJECTED, PARSED]
    assert records["reason"][1] == "output of another program"


def test_records_of_one_line_are_unfolded() -> None:
    events = [{"id": "1", "timestamp": 1, "message": line + "\n"} for line in COMBINED[:3]]
    lines = [json.dumps({"messageType": "DATA_MESSAGE", "logGroup": "g", "logEvents": events}) for _ in range(2)]
    seen = guess(lines)
    assert seen.envelopes == ("cloudwatch-subscription",)
    assert seen.entry is not None
    reader = open_reader(seen.entry)
    texts, rows = reader.unfold(pl.Series(lines))
    assert rows is not None
    assert rows.to_list() == [0, 0, 0, 1, 1, 1]
    assert reader.read(texts).equals(_read(COMBINED[:3] * 2))


def test_azure_records_are_unfolded() -> None:
    record = json.loads(str(entry("azure-frontdoor").examples[0]["line"]))
    lines = [json.dumps({"records": [record, record]})]
    seen = guess(lines)
    assert seen.entry is not None
    assert (seen.envelopes, seen.entry.name) == (("azure-records",), "azure-frontdoor")
    reader = open_reader(seen.entry)
    texts, _ = reader.unfold(pl.Series(lines))
    assert reader.read(texts)["outcome"].to_list() == [PARSED, PARSED]


def test_lines_without_lists_are_not_unfolded() -> None:
    lines = pl.Series(COMBINED)
    texts, rows = open_reader(entry("nginx-combined")).unfold(lines)
    assert rows is None
    assert texts.equals(lines)


@pytest.mark.parametrize("indent", [None, 2], ids=["a record a line", "spread over lines"])
def test_a_json_list_is_read_record_by_record(indent: int | None) -> None:
    record = json.loads(str(entry("google-lb").examples[0]["line"]))
    if indent:
        lines = json.dumps([record, record], indent=indent).split("\n")
    else:
        lines = ["[" + json.dumps(record) + ",", json.dumps(record) + "]"]
    seen = guess(lines)
    assert seen.entry is not None
    assert (seen.envelopes, seen.entry.name) == (("json-list",), "google-lb")
    outcomes = open_reader(seen.entry).read(pl.Series(lines))["outcome"].to_list()
    assert outcomes.count(PARSED) == 2
    assert REJECTED not in outcomes


@pytest.mark.parametrize("name", envelopes())
@settings(max_examples=5, deadline=None)
@given(texts=st.lists(st.text(max_size=30) | st.sampled_from(PIECES), max_size=30))
def test_any_text_is_unwrapped_to_one_line(name: str, texts: list[str]) -> None:
    unwrapper = Unwrapper([name])
    for at in (0, 10):
        lines = pl.Series([text.replace("\n", " ") for text in texts[at:]], dtype=pl.String)
        inside = unwrapper.unwrap(lines)
        assert len(inside.lines) == len(inside.parts) == len(lines)
        assert inside.lines.null_count() == 0
        assert len(unfold(envelopes()[name], lines)[0]) >= len(lines)


def test_a_line_without_records_is_still_a_line() -> None:
    lines, rows = unfold(envelopes()["azure-records"], pl.Series(['{"records":[]}', '{"records":[{"a":1},{"a":2}]}']))
    assert (lines.to_list(), rows.to_list()) == (["", '{"a":1}', '{"a":2}'], [0, 1, 1])


def test_journald_writes_bytes_that_are_no_text_as_a_list() -> None:
    line = json.dumps({"__REALTIME_TIMESTAMP": "1795459519904714", "MESSAGE": [104, 195, 169]})
    assert Unwrapper(["journald"]).unwrap(pl.Series([line])).lines.to_list() == ["hé"]


def test_a_line_outside_of_the_envelope_is_read_as_it_is() -> None:
    lines = [_docker(line) for line in COMBINED * 2] + [COMBINED[0], '{"log":', ""]
    outcomes = _read(lines)["outcome"].to_list()
    assert outcomes[-3:] == [PARSED, REJECTED, IGNORED]
    assert outcomes[:-3] == [PARSED] * (2 * len(COMBINED))


def test_a_record_of_a_list_that_never_ends_is_cut() -> None:
    inside = Unwrapper(["json-list"]).unwrap(pl.Series(["[", "{", *["a" * 30_000] * 50]))
    assert inside.lines.str.len_chars().max() < 100_000
    assert len(inside.lines) == 52
