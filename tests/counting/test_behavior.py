"""How origins behave: pollers and their interval, CI, mirrors, scanners, people."""

import itertools
import random
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pullstats.counting.behavior import CLASSES, behavior, origin_behavior, parameters, reasons
from pullstats.tables import ACTIVITIES, schema

START = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp())
MINUTE, HOUR, DAY = 60, 3_600, 86_400


def activity(at: int, action: str = "version_check", **more: Any) -> dict[str, Any]:
    known = {"caller_id": 1, "origin_id": 1, "artifact_id": 1, "reference": "latest", "times": 1, "platforms": 1}
    return known | {"ts": (START + at) * 1_000_000, "action": action} | more


def judged(rows: list[dict[str, Any]], caller: dict[str, Any] | None = None, **limits: int) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=schema(ACTIVITIES)).lazy()
    known = {"caller_id": 1, "kind": "runtime", "ci": None, "cloud": None} | (caller or {})
    types = {"caller_id": pl.Int64(), "kind": pl.String(), "ci": pl.Boolean(), "cloud": pl.String()}
    return behavior(frame, pl.DataFrame([known], schema=types), parameters(**limits))


def one(rows: list[dict[str, Any]], caller: dict[str, Any] | None = None, **limits: int) -> dict[str, Any]:
    found = judged(rows, caller, **limits)
    assert len(found) == 1
    return found.row(0, named=True)


def every(seconds: int, hours: int, action: str = "version_check", **more: Any) -> list[dict[str, Any]]:
    return [activity(at, action, **more) for at in range(0, hours * HOUR, seconds)]


def test_the_first_table_of_the_talk_is_a_poller_of_five_minutes() -> None:
    rows = [activity(0, "refresh"), *[activity(at * 5 * MINUTE) for at in (1, 2, 3, 4)]]
    found = one(rows, min_contacts=4, min_span_seconds=15 * MINUTE)
    assert (found["behavior"], found["interval_seconds"]) == ("poller", 300)
    assert (found["contacts"], found["pulls"], found["downloads"], found["checks"]) == (5, 1, 0, 4)


def test_the_same_is_too_little_as_long_as_nobody_asks_for_less() -> None:
    rows = [activity(0, "refresh"), *[activity(at * 5 * MINUTE) for at in (1, 2, 3, 4)]]
    assert one(rows)["behavior"] == "too_little"


def test_a_head_every_20_seconds_is_a_poller() -> None:
    assert one(every(30, 24)) | {"behavior": "poller", "interval_seconds": 30, "contacts": 2_880} == one(every(30, 24))


def test_several_references_at_odd_times_of_the_day_look_like_development() -> None:
    gaps = [0, 7, 19, 50, 58, 121, 133, 190]
    rows = [
        activity(day * DAY + 9 * HOUR + at * MINUTE * 2, "refresh", reference=f"1.{at % 3}")
        for day in (0, 1)
        for at in gaps
    ]
    assert one(rows)["behavior"] == "dev"


def test_the_same_at_all_hours_is_irregular() -> None:
    dice = random.Random(5)
    rows = [activity(at, reference=f"1.{at % 3}") for at in sorted(dice.sample(range(20 * DAY), 60))]
    assert one(rows)["behavior"] == "irregular"


def test_a_poller_that_misses_some_is_a_poller() -> None:
    dice = random.Random(3)
    rows = [activity(at + dice.randint(-9, 9)) for at in range(0, 2 * DAY, 300) if dice.random() > 0.2]
    found = one(rows)
    assert found["behavior"] == "poller"
    assert abs(found["interval_seconds"] - 300) <= 20


def test_one_version_downloaded_again_and_again_is_ci() -> None:
    dice = random.Random(4)
    rows = [activity(at, "download", digest="sha256:a") for at in sorted(dice.sample(range(3 * DAY), 12))]
    assert one(rows)["behavior"] == "ci"


def test_bursts_from_a_cloud_are_ci_and_from_elsewhere_not() -> None:
    rows = [
        activity(day * DAY * 2 + burst * 7_777 * day + at * 40, "download", digest=f"sha256:{day}{burst}{at}")
        for day in (1, 2)
        for burst in (0, 1)
        for at in range(4)
    ]
    assert one(rows, {"cloud": "aws"})["behavior"] == "ci"
    assert one(rows)["behavior"] != "ci"


@pytest.mark.parametrize(
    ("caller", "expected"), [({"ci": True}, "ci"), ({"kind": "mirror"}, "mirror"), ({"kind": "scanner"}, "scanner")]
)
def test_what_a_client_says_of_itself_comes_first(caller: dict[str, Any], expected: str) -> None:
    assert one(every(300, 24), caller)["behavior"] == expected


def test_who_takes_all_platforms_mirrors() -> None:
    rows = [activity(at * 5 * HOUR, "download", digest=f"sha256:{at}", platforms=3) for at in range(8)]
    assert one(rows)["behavior"] == "mirror"


def test_who_takes_nearly_all_versions_mirrors() -> None:
    dice = random.Random(1)
    own = [activity(at, "download", version=f"1.{n}") for n, at in enumerate(sorted(dice.sample(range(9 * DAY), 9)))]
    other = [activity(at, "refresh", version="1.9", origin_id=2, caller_id=2) for at in (5, 9)]
    found = judged([*own, *other]).filter(pl.col("origin_id") == 1)
    assert found["behavior"].to_list() == ["mirror"]


def test_a_poller_of_an_artifact_with_one_tag_is_no_mirror() -> None:
    assert one(every(300, 24, "refresh"))["behavior"] == "poller"


def test_who_looks_at_many_repositories_without_taking_content_scans() -> None:
    rows = [
        activity(at * HOUR * 7 + artifact, artifact_id=artifact) for artifact in range(21) for at in (0, 1, 3, 4, 8, 11)
    ]
    assert set(judged(rows)["behavior"]) == {"scanner"}
    assert set(judged([row for row in rows if row["artifact_id"] != 20])["behavior"]) != {"scanner"}


def test_times_weigh_and_other_actions_do_not() -> None:
    rows = [activity(at * HOUR, "download", times=2) for at in range(4)] + [
        activity(9 * HOUR, "failed"),
        activity(0, "aux"),
    ]
    assert one(rows)["contacts"] == 8


def test_an_origin_behaves_as_on_what_it_asks_for_most() -> None:
    rows = [*every(300, 24), *[activity(at, "download", artifact_id=2, digest="d") for at in range(0, 8 * HOUR, 2_111)]]
    assert judged(rows)["behavior"].to_list() == ["poller", "ci"]
    assert origin_behavior(judged(rows)).rows() == [(1, "poller", 300)]


def test_every_constant_has_a_reason() -> None:
    assert all(about.endswith(".") for _, about in reasons().values())
    assert parameters(min_contacts=4)["min_contacts"] == 4


@given(
    st.lists(
        st.tuples(
            st.integers(0, 10 * DAY),
            st.sampled_from(["download", "refresh", "version_check", "failed"]),
            st.integers(1, 3),
        ),
        max_size=60,
    ),
    st.randoms(use_true_random=False),
)
@settings(max_examples=60, deadline=None)
def test_the_order_of_rows_says_nothing(rows: list[tuple[int, str, int]], dice: random.Random) -> None:
    made = [activity(at, action, origin_id=origin, caller_id=1, reference=f"{at % 4}") for at, action, origin in rows]
    mixed = dice.sample(made, len(made))
    found = judged(made)
    assert found.equals(judged(mixed))
    assert set(found["behavior"]) <= set(CLASSES)
    assert found["contacts"].to_list() == (found["pulls"] + found["checks"]).to_list()
    assert found.filter(pl.col("behavior") == "poller")["interval_seconds"].null_count() == 0


def modal_gap(times: list[int]) -> tuple[int, int]:
    """The commonest gap and how many are near it, its double or triple; slow and plain."""
    gaps = [after - before for before, after in itertools.pairwise(times) if after > before]
    near = {gap: sum(abs(other - gap) <= max(gap * 10 // 100, 5) for other in gaps) for gap in gaps}
    mode = min(gap for gap in gaps if near[gap] == max(near.values()))
    like = [any(abs(gap - mode * n) <= max(mode * n * 10 // 100, 5) for n in (1, 2, 3)) for gap in gaps]
    return mode, sum(like)


@given(st.lists(st.integers(1, 2_000), min_size=8, max_size=40))
@settings(max_examples=60, deadline=None)
def test_regularity_is_that_of_the_plain_reading(gaps: list[int]) -> None:
    times = [sum(gaps[:n]) for n in range(len(gaps) + 1)]
    mode, like = modal_gap(times)
    evidence = one([activity(at) for at in times], min_contacts=2, min_span_seconds=1)["evidence"]
    assert evidence.startswith(f"{like} of {len(gaps)} gaps near {mode} s")
