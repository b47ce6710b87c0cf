"""The vectorised rule gives what a slow one gives, whatever the requests, their order, and the cuts between days."""

from __future__ import annotations

import os
import random
from collections import Counter
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

import polars as pl
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pullstats.counting.activities import WARM_UP_DAYS, activities, derive
from pullstats.counting.rows import days_of, ids_of
from pullstats.counting.rules import rule
from pullstats.tables import ACTIVITIES, schema
from tests.counting.reference import count
from tests.counting.requests import frame, request, resource
from tests.counting.streams import stream

RULE = rule("pullstats-1")
IDS = ("artifact_id", "version_id", "date")
COMPARED = [name for name in ACTIVITIES if name not in IDS]
SEEDS = st.integers(0, 2**40)
DAY = timedelta(days=1)
MANY = 50 if os.environ.get("PULLSTATS_FULL") else 1
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # a seed cannot be shrunk; `smallest` does it


def streams(seed: int, number: int, length: int) -> list[dict[str, Any]]:
    """Several random streams in one log; each has origins of its own."""
    return [moved(one, 10 * i) for i in range(number) for one in stream(seed + i, length)]


def moved(one: dict[str, Any], step: int) -> dict[str, Any]:
    """The request of another caller."""
    return {**one, "caller_id": one["caller_id"] + step, "origin_id": one["origin_id"] + step}


def counted(requests: list[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    return Counter(activities(frame(requests), None, RULE).select(COMPARED).iter_rows())


def expected(requests: list[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(one[name] for name in COMPARED) for one in count(requests, RULE))


def smallest(requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The requests that are needed for the difference: pieces are left out, larger ones first."""
    size = len(requests) // 2
    while size:
        i = 0
        while i < len(requests):
            fewer = requests[:i] + requests[i + size :]
            requests, i = (fewer, i) if counted(fewer) != expected(fewer) else (requests, i + size)
        size //= 2
    return requests


def check_same(requests: list[dict[str, Any]]) -> None:
    if counted(requests) != expected(requests):
        few = smallest(requests)
        assert sorted(counted(few).elements(), key=str) == sorted(expected(few).elements(), key=str), few


@settings(max_examples=12 * MANY, deadline=None, derandomize=True, phases=PHASES)
@given(SEEDS)
def test_random_streams_count_as_the_slow_rule_counts_them(seed: int) -> None:
    check_same(streams(seed, 20, 30))


@settings(max_examples=4 * MANY, deadline=None, derandomize=True, phases=PHASES)
@given(SEEDS)
def test_long_random_streams_count_as_the_slow_rule_counts_them(seed: int) -> None:
    check_same(streams(seed, 4, 200))


@settings(max_examples=6 * MANY, deadline=None, derandomize=True, phases=PHASES)
@given(SEEDS)
def test_the_order_of_the_rows_does_not_show(seed: int) -> None:
    requests = streams(seed, 12, 30)
    shuffled = requests.copy()
    random.Random(seed).shuffle(shuffled)
    assert activities(frame(requests), None, RULE).equals(activities(frame(shuffled), None, RULE))


@settings(max_examples=6 * MANY, deadline=None, derandomize=True, phases=PHASES)
@given(SEEDS)
def test_days_given_in_any_pieces_count_the_same(seed: int) -> None:
    """The clock is moved, so that midnight cuts each stream somewhere else; what is in no day is read as empty."""
    requests = streams(seed, 12, 40)
    days, ids = days_of(frame(requests)), ids_of(frame(requests), RULE)
    whole = activities(frame(requests), None, RULE)
    first, last = min(days), max(days)
    every = [first + i * DAY for i in range((last - first).days + 1)]
    none = frame([])
    with (
        patch("pullstats.counting.activities.REMEMBERED", seed % 2 * 50_000),  # also where nothing is remembered
        patch("pullstats.counting.activities.TOGETHER", (1, 60, 200_000)[seed % 3]),
    ):
        pieces = list(derive(every, lambda day: days.get(day, none), ids, RULE))
    assert [day for day, _ in pieces] == every
    assert all(part["date"].unique().to_list() in ([], [day]) for day, part in pieces)
    assert pl.concat([part for _, part in pieces]).equals(whole)


@settings(max_examples=8 * MANY, deadline=None, derandomize=True, phases=PHASES)
@given(SEEDS, st.integers(0, 4))
def test_a_day_rebuilt_with_its_warm_up_is_the_day_of_the_whole(seed: int, ahead: int) -> None:
    requests = [{**one, "ts": one["ts"] + (i % 5) * 64_801_000_000} for i, one in enumerate(streams(seed, 15, 40))]
    days, ids = days_of(frame(requests)), ids_of(frame(requests), RULE)
    whole = activities(frame(requests), None, RULE)
    day = sorted(days)[ahead % len(days)]
    near = [one for one in days if abs(one - day) <= WARM_UP_DAYS * DAY]
    with patch("pullstats.counting.activities.TOGETHER", (1, 60, 200_000)[seed % 3]):
        rebuilt = dict(derive(near, days.__getitem__, ids, RULE))[day]
    assert rebuilt.equals(whole.filter(pl.col("date") == day))


@settings(max_examples=4, deadline=None, derandomize=True, phases=PHASES)
@given(SEEDS)
def test_a_request_changes_no_activity_far_from_its_day(seed: int) -> None:
    requests = streams(seed, 10, 40)
    one = random.Random(seed).choice(requests)
    day = date(1970, 1, 1) + timedelta(seconds=one["ts"] // 10**6)
    with_it, without = counted(requests), counted([other for other in requests if other is not one])
    changed = {activity[0] for activity in (with_it - without) + (without - with_it)}
    days = {date(1970, 1, 1) + timedelta(seconds=ts // 10**6) for ts in changed}
    assert all(abs(other - day) <= WARM_UP_DAYS * DAY for other in days)


@settings(max_examples=5, deadline=None, derandomize=True, phases=PHASES)
@given(SEEDS)
def test_every_request_is_in_one_activity_at_most_and_only_the_named_ones_are_in_none(seed: int) -> None:
    requests = streams(seed, 12, 40)
    made = activities(frame(requests), None, RULE)
    ignored = [one for one in requests if (one["status"] or 0) in RULE.ignored_statuses]
    heads = [
        one for one in requests if one["method"] == "HEAD" and one["role"] == "content" and one["ecosystem"] == "oci"
    ]
    most = len(requests) - len(ignored)
    assert most - len(heads) <= made["requests"].sum() <= most
    assert made["folded"].min() >= 0
    assert made["times"].min() >= 1
    assert made.schema == schema(ACTIVITIES)


def test_no_requests_are_no_activities() -> None:
    assert activities(frame([]), None, RULE).shape == (0, len(ACTIVITIES))


def test_a_day_that_names_nothing_comes_before_one_that_does() -> None:
    tag = resource("oci", "acme/app", "manifest", "1.0")
    nothing = {**tag, "path": "/", "artifact": None, "role": None}
    made = activities(frame([request(0, "GET", nothing), request(90_000, "GET", tag)]), None, RULE)
    assert made["action"].to_list() == ["refresh"]
