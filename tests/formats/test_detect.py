"""Which format a log has, how sure that is, and where its lines stop fitting."""

from __future__ import annotations

import polars as pl
import pytest

from pullstats.formats.detect import guess
from pullstats.formats.entry import entries, entry, own
from pullstats.formats.parse import open_reader
from pullstats.tables import PARSED
from tests.formats.support import SAMPLES, sample

COMBINED, _ = sample("nginx-combined-registry")
ERROR = '2024/03/02 08:15:01 [error] 31#31: *8841 open() "/" failed, client: ::1, server: _, request: "GET / HTTP/1.1"'


def test_an_unknown_format_names_the_best_one_and_its_share() -> None:
    found = guess([*COMBINED[:3], *["what a line"] * 97])
    assert found.entry is None
    assert found.best is not None
    assert found.best.name == "nginx-combined"
    assert found.certainty == pytest.approx(0.03)
    assert [(m.line_number, m.column) for m in found.misfits] == [(4, 4), (5, 4), (6, 4)]


def test_text_without_requests_has_no_format_at_all() -> None:
    found = guess(["hello", "world"] * 50)
    assert (found.entry, found.best, found.certainty) == (None, None, 0.0)


def test_nothing_has_no_format() -> None:
    assert guess([]).entry is None
    assert guess(["", "  "]).lines == 0


def test_blank_lines_do_not_count() -> None:
    found = guess([line for pair in zip(COMBINED, [""] * len(COMBINED), strict=True) for line in pair])
    assert (found.certainty, found.lines) == (1.0, len(COMBINED))


def test_the_place_where_a_line_stops_fitting_is_shown() -> None:
    broken = '127.0.0.1 - - [23/Nov/2026:18:45:19 +0000] "GET / HTTP/1.1" 2x0 5 "-" "-"'
    (misfit,) = guess([*COMBINED * 3, broken]).misfits
    assert misfit.line_number == 3 * len(COMBINED) + 1
    assert broken[: misfit.column] == '127.0.0.1 - - [23/Nov/2026:18:45:19 +0000] "GET / HTTP/1.1" '
    assert misfit.reason == "not an access line"


def test_the_place_is_that_in_the_whole_line_of_an_envelope() -> None:
    broken = '127.0.0.1 - - [23/Nov/2026:18:45:19 +0000] "GET / HTTP/1.1" 2x0 5 "-" "-"'
    prefix = "2026-11-23T18:45:19Z stdout F "
    (misfit,) = guess([prefix + line for line in [*COMBINED * 3, broken]]).misfits
    assert (prefix + broken)[misfit.column :].startswith("2x0 5")


def test_the_place_in_json_is_where_the_json_ends() -> None:
    lines, _ = sample("nginx-json")
    (misfit,) = guess([*lines * 3, lines[0][:50]]).misfits
    assert misfit.column == len('{"time":"2026-11-23T18:45:19+00:00","msec":')


def test_the_fields_that_a_log_has_are_named() -> None:
    assert {"ts", "client_ip", "method", "path", "status", "bytes", "user_agent"} <= set(guess(COMBINED).fields)
    assert "xff" not in guess(COMBINED).fields


def test_error_log_lines_between_the_requests_do_not_lower_the_certainty() -> None:
    found = guess([line for request in COMBINED for line in (request, ERROR)])
    assert found.certainty == 1.0
    assert found.entry is not None
    assert found.entry.name == "nginx-combined"


@pytest.mark.parametrize("name", SAMPLES)
def test_two_lines_are_enough_where_they_say_enough(name: str) -> None:
    """A format is the same from few lines, but for those that only their content tells apart."""
    lines, _ = sample(name)
    whole = guess(lines).entry
    assert whole is not None
    good = [i for i, outcome in enumerate(open_reader(whole).read(pl.Series(lines))["outcome"]) if outcome == PARSED]
    few = guess([lines[i] for i in good[:2]])
    assert few.best is not None
    alike = {whole.name, *whole.like, *few.best.like, *(e.name for e in entries() if whole.name in e.like)}
    assert few.best.name in alike


LOOK_ALIKES = {
    "nginx-combined": '::1 - - [23/Nov/2026:18:45:19 +0000] "HEAD / HTTP/1.1" 200 0 "-" "a \\x5C b"',
    "apache-combined": '::1 - - [23/Nov/2026:18:45:19 +0000] "HEAD / HTTP/1.1" 200 - "-" "a"',
    "distribution-clf": '::1 - - [23/Nov/2026:18:45:19 +0000] "HEAD / HTTP/1.1" 200 5 "" "a"',
    "varnish": '::1 - - [23/Nov/2026:18:45:19 +0000] "HEAD http://h/ HTTP/1.1" 200 5 "-" "a"',
    "lighttpd": '::1 h.example - [23/Nov/2026:18:45:19 +0000] "HEAD / HTTP/1.1" 200 5 "-" "a"',
    "nginx-xff-first": '203.0.113.9, ::1 - - [23/Nov/2026:18:45:19 +0000] "HEAD / HTTP/1.1" 200 5 "-" "a"',
    "apache-combined-timing": '::1 - - [23/Nov/2026:18:45:19 +0000] "HEAD / HTTP/1.1" 200 5 "-" "a" 1503',
    "nginx-combined-timing": '::1 - - [23/Nov/2026:18:45:19 +0000] "HEAD / HTTP/1.1" 200 5 "-" "a" 0.003',
    "combined-and-more": '::1 - - [23/Nov/2026:18:45:19 +0000] "HEAD / HTTP/1.1" 200 5 "-" "a" "-" cache=HIT 17',
}


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_look_alikes_are_told_apart_by_their_content(name: str) -> None:
    found = guess([LOOK_ALIKES[name]] * 5)
    assert found.entry is not None
    assert found.entry.name == name


def test_a_fallback_does_not_win_over_a_few_odd_lines() -> None:
    odd = '::1 - - [23/Nov/2026:18:45:19 +0000] "GET / HTTP/1.1" 200 5 "-" "a" and more'
    found = guess([*COMBINED * 6, odd])
    assert found.entry is not None
    assert found.entry.name == "nginx-combined"
    assert 0.98 < found.certainty < 1


def test_a_format_of_the_users_own_is_recognised_too() -> None:
    (mine,) = own({"mine": {"kind": "fields", "separator": "|", "spec": "iso client_ip method target status"}})
    lines = [f"2026-11-23T18:45:19Z|192.0.2.3|GET|/{i}|200" for i in range(5)]
    assert guess(lines).entry is None
    found = guess(lines, [mine])
    assert found.entry is not None
    assert found.entry.name == "mine"


def test_an_envelope_is_part_of_what_is_returned() -> None:
    found = guess(["2026-11-23T18:45:19Z stdout F " + line for line in COMBINED])
    assert found.entry is not None
    assert (found.envelopes, found.entry.envelopes) == (("cri",), ("cri",))
    assert found.entry.name == entry("nginx-combined").name
