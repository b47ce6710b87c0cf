"""A column of texts means what each of its texts means; what a text means, in tables."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pullstats.errors import UsageError
from pullstats.formats import columns, times, unescape, values
from tests.formats.support import micros

TRICKY = [
    "", "-", " ", "--", "0", "-1", "+5", "00", "7", "000", "099", "100", "200", "999", "1000", "-200", "200.0", "2e2",
    "123456789012345", "1234567890123456", "123456789012345678", "1234567890123456789", "99999999999999999999", "1.5",
    ".5", "1.", "0.001", "1e-05", "1e3", "0.1, 0.2", "0.000 0.001 0.002", "-1 -1 -1", "1 2", "5ms", "1.5s", "2h3m4.5s",
    "941.512µs", "1μs", "1us", "12ns", "5m", "5 ms", "ms", "1.5.5s", "GET / HTTP/1.1", "GET /a?b=c HTTP/2", "GET /",
    "GET", "GET  /", "get / HTTP/1.1", "G / HTTP/1.1", "GET //a//b?c HTTP/1.1", "GET /a b HTTP/1.1", "GET /a?b?c HTTP/1.1",
    "GET /? HTTP/1.1", "GET http://h:8080/p?q=1 HTTP/1.1", "GET http://h HTTP/1.1", "PRI * HTTP/2.0", "OPTIONS * HTTP/1.1",
    "CONNECT h:443 HTTP/1.1", "M-SEARCH * HTTP/1.1", "GET foo HTTP/1.1", "GET /foo http", "GET /x HTTP/1.1 ", "\x16\x03\x01",
    "GET /\\x22a\\x5C HTTP/1.1", "GET /caf\\xC3\\xA9 HTTP/1.1", "/", "/a", "/a?b", "/a?", "//a?b", "*", "http://h/p", "ftp://h",
    "https://u:p@h:1/p?q#f", "a/b", "?x=1", "x=1", "h", "h:80", "[::1]:80", "[::1]", "_", "u@h:1", "::1", "::ffff:1.2.3.4",
    "1.2.3.4", "1.2.3.4:5678", "1.2.3.4, 5.6.7.8", "2001:db8::1", "2001:DB8::1", "2001:db8:0:0:0:0:0:1", "::1:47828",
    "2600:1:2:3:4:5:6:7", "2600:01:2:3:4:5:6:7", "fe80::1%eth0", "unix:", "unix:/run/x", "localhost", "host.example",
    "[filtered]", "xx.xx.xxx.xxx", "1.2.3.xxx", "unknown", "1.2", "2.75", "a:b", "a:b:c", "TLSv1.3", "TLS 1.2", "1.3", "771",
    "TLSV1.2", "none", "SSLv3", "US", "us", "XX", "USA", "Germany", "alice", "al ice", "Host: a\r\nAuthorization: b",
    "If-None-Match: x", "X-If-None-Match: x", "authorization:x", "a|b|c", "h.example|curl/8|1.2.3.4|https://r/", "a\\", "\\\\",
    '\\"', "\\n", "\\q", "\\u00e9", "\\ud83d", "#22", "#2", "%20", "%2520", "%zz", "+", "é", "\ufffd", "\x00", "a\nb", "\\/",
    "2026-11-23T18:45:19Z", "2026-11-23T18:45:19.1234567+01:00", "2026-11-23 18:45:19", "2026-02-29T00:00:00Z",
    "2026-11-23T24:00:00Z", "2026-11-23T18:45:60Z", "2026-11-23T18:45:19.Z", "2026-11-23T18:45Z", "1969-12-31T23:59:59Z",
    "2100-12-31T23:59:59Z", "2101-01-01T00:00:00Z", "23/Nov/2026:18:45:19 +0000", "23/Nov/2026:18:45:19 -0930",
    "23/Nov/2026:18:45:19.898", " 3/Nov/2026:18:45:19 +0000", "23/nov/2026:18:45:19 +0000", "31/Jun/2026:18:45:19 +0000",
    "[23/Nov/2026:18:45:19 +0000]", "1795459519.909", "1795459519909", "1795459519", "1712790000100000000", "1712790000123456",
    "1.7954e9", "20170113185444", "20170113185460", "2018/12/07 - 09:11:42", "2018/12/07 09:11:42", "Nov 23 18:45:19",
]  # fmt: skip
FILL = [f"filler {i}" for i in range(100)]  # so many that whole-column expressions are used


def _one(type_: str, escape: str, text: str, tz: str) -> tuple[Any, ...] | None:
    try:
        return values.read(type_, escape, text, tz)
    except values.Unreadable:
        return None


def _agree(type_: str, escape: str, texts: list[str], tz: str = "UTC") -> None:
    found, readable = columns.column(type_, escape, pl.Series(texts, dtype=pl.String), tz)
    for row, text in enumerate(texts):
        expected = _one(type_, escape, text, tz)
        ok = readable is None or readable[row]
        assert ok == (expected is not None), (type_, escape, text)
        if expected is not None:
            assert tuple(series[row] for series in found) == expected, (type_, escape, text)


@pytest.mark.parametrize("escape", unescape.DIALECTS)
@pytest.mark.parametrize("type_", values.TYPES)
def test_a_column_means_what_its_texts_mean(type_: str, escape: str) -> None:
    _agree(type_, escape, [*TRICKY, *FILL])
    _agree(type_, escape, TRICKY[:20])


@pytest.mark.parametrize("type_", values.TYPES)
@settings(max_examples=4, deadline=None)
@given(
    texts=st.lists(st.text(max_size=20) | st.sampled_from(TRICKY).map(lambda text: text[1:]), min_size=80, max_size=100)
)
def test_a_column_of_any_texts_means_what_they_mean(type_: str, texts: list[str]) -> None:
    _agree(type_, "backslash", texts)


@pytest.mark.parametrize("clock", ["clf", "clf_local", "iso", "time", "gin", "digits"])
def test_a_column_of_times_without_a_zone_is_read_in_the_assumed_one(clock: str) -> None:
    hours = [f"{day:02}T{hour:02}:30:00" for day in (29, 30, 31) for hour in range(24)]
    texts = [f"2024-03-{hour}" for hour in hours] + [f"2024-10-{hour.replace('29', '27')}" for hour in hours]
    _agree(clock, "none", [*texts, *TRICKY], "Europe/Berlin")


def test_many_different_fractions_are_read_like_few() -> None:
    texts = [f"2026-11-23T18:{i % 60:02}:{i % 61:02}.{i * 7919 % 1_000_003:06}Z" for i in range(2_000)]
    mixed = [
        *texts,
        "2026-11-23T18:45:19.1.5Z",
        "2026-11-23T18:45:19.1234567891Z",
        "2026-11-23T18:45:19",
        "2026-11-23T18:45:19+02:00",
        "bad",
        *TRICKY,
    ]
    _agree("iso", "none", mixed)
    _agree("iso", "none", mixed, "America/St_Johns")


@pytest.mark.parametrize("clock", ["digits", "iso"])
def test_many_different_ends_that_are_no_times_are_told_from_those_that_are(clock: str) -> None:
    good = "20170113185444" if clock == "digits" else "2017-01-13T18:54:44Z"
    texts = [good, *(f"{good[: times.CLOCKS[clock].width]}:44{'.5' * (number + 400)}" for number in range(1_200))]
    read = times.column(clock, pl.Series(texts), "UTC")
    assert read.to_list() == [times.read(clock, text, "UTC") for text in texts]
    assert read[0] is not None


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(UsageError, match="no such time zone"):
        times.zone("Mars/Olympus")


READ = [
    ("iso", "2026-11-23T18:48:52.377473905Z", (micros("2026-11-23T18:48:52.377473+00:00"),)),
    ("iso", "2024-03-31T02:30:00", (micros("2024-03-31T02:30:00+00:00"),)),
    ("clf", "29/Feb/2024:10:00:00 -0330", (micros("2024-02-29T13:30:00+00:00"),)),
    ("epoch", "1693840791.7564995", (1693840791756499,)),
    ("epoch", "1712790000100000000", (1712790000100000,)),
    ("epoch", "1712790000100", (1712790000100000,)),
    ("go", "2743h29m0s", (9876540.0,)),
    ("go", "1.466707ms", (0.001466707,)),
    ("ns", "357313", (0.000357313,)),
    ("sum", "0.086 0.048 0.037", (0.171,)),
    ("sum", "-1 -1 -1", (None,)),
    ("status", "000", (None,)),
    ("size", "-1", (None,)),
    ("peer", "::1:47828", ("::1",)),
    ("peer", "[::1]:51862", ("::1",)),
    ("peer", "127.0.0.2:41907", ("127.0.0.2",)),
    ("address", "0:0:0:0:0:0:0:1", ("::1",)),
    ("address", "unix:", (None,)),
    ("address", "[filtered]", (None,)),
    ("xff", "2.75", (None,)),
    ("xff", "203.0.113.9, unknown", ("203.0.113.9, unknown",)),
    ("host", "[::1]:5000", ("::1",)),
    ("host", "_", (None,)),
    ("tls", "772", ("TLSv1.3",)),
    ("tls", "TLS 1.2", ("TLSv1.2",)),
    ("country", "united states", (None,)),
    ("request", "GET http://registry.example:5000?n=1 HTTP/1.1", ("GET", "/", "n=1", "registry.example")),
    ("request", "GET /v2/a b?c d HTTP/1.1", ("GET", "/v2/a b", "c d", None)),
    ("rootless", "v2/a?b", ("/v2/a",)),
    ("captures", "reg.example|pip/24 #7B#7D|203.0.113.9|", ("reg.example", "pip/24 {}", "203.0.113.9", None)),
]


@pytest.mark.parametrize(("type_", "text", "expected"), READ)
def test_a_text_means(type_: str, text: str, expected: tuple[Any, ...]) -> None:
    assert values.read(type_, "none", text, "UTC") == pytest.approx(expected)


ESCAPED = [
    ("backslash", r"docker/24.0.7 \x5C(linux\x5C)", r"docker/24.0.7 \(linux\)"),
    ("backslash", r"\x5Cx22", r"\x22"),
    ("backslash", r"caf\xC3\xA9 \q \"", 'caf\u00e9 \\q "'),
    ("backslash", r"\xff", "\ufffd"),
    ("hash", "#7B#22ci#22#7D #", '{"ci"} #'),
    ("url", "Mozilla/5.0%2520(X11)", "Mozilla/5.0 (X11)"),
    ("url", "a%20b%25", "a b%"),
    ("plus", "curl/8.5.0+(x86_64)", "curl/8.5.0 (x86_64)"),
    ("json", r"a\"b\u00e9\\", 'a"b\u00e9\\'),
    ("json", r"µ \x22 \xC3\xA9", 'µ " é'),
    ("none", r"a\x22", r"a\x22"),
]


@pytest.mark.parametrize(("dialect", "logged", "sent"), ESCAPED)
def test_escaping_is_undone_once(dialect: str, logged: str, sent: str) -> None:
    assert unescape.DIALECTS[dialect][1](logged) == sent
