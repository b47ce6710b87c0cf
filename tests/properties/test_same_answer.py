"""The same log gives the same numbers: in one file or many, in any order, plain or compressed, once or twice."""

import gzip
import itertools
import lzma
import os
import random
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pullstats.sources.compression import kind_of
from tests.program import pullstats

FULL = bool(os.environ.get("PULLSTATS_FULL"))
DAY = 86_400
CLIENTS = (
    "docker/24.0.7 go/go1.20.10 git-commit/311b9ff kernel/6.1.0-18-amd64 os/linux arch/amd64 UpstreamClient(Docker-Client/24.0.7 \\x5C(linux\\x5C))",
    "containerd/1.6.20",
    "containerd/1.7.2",
    "pip/23.2.1 {\\x22ci\\x22:true,\\x22cpu\\x22:\\x22x86_64\\x22}",
    "curl/8.5.0",
)
PACK = (lambda data: data, gzip.compress, zstandard.compress, lzma.compress)


def traffic(seed: int, number: int) -> list[str]:
    """Requests of few origins on few artifacts over three days, many of them close together."""
    dice = random.Random(seed)
    digests = ["sha256:" + f"{each:x}" * 64 for each in range(8)]
    targets = [f"/v2/acme/app/manifests/{tag}" for tag in ("latest", "1.0", "2.0", *digests[:3])]
    targets += [f"/v2/acme/app/blobs/{digest}" for digest in digests[3:]]
    targets += ["/v2/", "/simple/acme/", "/packages/acme-1.0-py3-none-any.whl", "/dl/tool-1.2.tar.gz", "/.env"]
    at, made = DAY - 2_000, []
    for _ in range(number):
        at += dice.choice((0, 0, 1, 2, 7, 29, 31, 130, 700, 3_000, 20_000))
        day, rest = divmod(at, DAY)
        stamp = f"{1 + day:02}/Mar/2024:{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02} +0000"
        target, client = dice.choice(targets), dice.choice(CLIENTS)
        method = dice.choice(("GET", "GET", "HEAD"))
        status = dice.choice((200, 200, 200, 206, 304, 307, 404))
        size = 0 if method == "HEAD" else dice.choice((500, 70_000, 2_000_000))
        made.append(
            f'192.0.2.{dice.randint(1, 4)} - - [{stamp}] "{method} {target} HTTP/1.1" {status} {size} "-" "{client}"\n'
        )
    return made


def answers(store: Path) -> list[str]:
    asked = (
        "summary",
        "uniques --by day",
        "pulls --by 6h",
        "breakdown client,artifact",
        "breakdown action,reference",
        "top-origins",
        "breakdown status --of requests",
    )
    return [pullstats(*question.split(), "--store", store, "-f", "csv").out for question in asked]


def shards(lines: list[str], cuts: list[int], folder: Path, packed: list[int], order: random.Random) -> list[Path]:
    """The lines as files, cut at these places, each packed in its way, in any order."""
    edges = [0, *sorted(cut % (len(lines) + 1) for cut in cuts), len(lines)]
    paths = []
    for number, (start, end) in enumerate(itertools.pairwise(edges)):
        if start < end:
            path = folder / f"{number}.log"
            path.write_bytes(PACK[packed[number % len(packed)]]("".join(lines[start:end]).encode()))
            paths.append(path)
    order.shuffle(paths)
    return paths


@given(
    seed=st.integers(0, 10**6),
    cuts=st.lists(st.integers(0, 10**6), max_size=4),
    packed=st.lists(st.integers(0, len(PACK) - 1), min_size=1, max_size=4),
    runs=st.integers(1, 3),
)
@settings(max_examples=100 if FULL else 7, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_cut_order_compression_and_repetition_gives_the_same_answers(
    tmp_path_factory: pytest.TempPathFactory, seed: int, cuts: list[int], packed: list[int], runs: int
) -> None:
    folder = tmp_path_factory.mktemp("same")
    lines = traffic(seed, 120)
    whole = folder / "whole.log"
    whole.write_text("".join(lines))
    assert pullstats("ingest", "-q", whole, "--store", folder / "one").code == 0
    paths = shards(lines, cuts, folder, packed, random.Random(seed))
    size = -(-len(paths) // runs)
    for at in range(0, len(paths), size):
        assert pullstats("ingest", "-q", *paths[at : at + size], "--store", folder / "many").code == 0
    again = folder / "again.log.gz"
    data = paths[0].read_bytes()
    again.write_bytes(data if kind_of(data) else gzip.compress(data))
    assert pullstats("ingest", "-q", again, paths[-1], "--store", folder / "many").code == 0
    assert answers(folder / "many") == answers(folder / "one")


@given(seed=st.integers(0, 10**6))
@settings(max_examples=100 if FULL else 7, deadline=None)
def test_counts_are_ordered_in_every_slice(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    log = tmp_path_factory.mktemp("slice") / "a.log"
    log.write_text("".join(traffic(seed, 150)))
    for question in (
        "uniques --by day",
        "uniques --by hour",
        "uniques --of contacts --where client=containerd --by day",
    ):
        for row in pullstats(*question.split(), log, "-f", "csv").rows:
            if row["origins"]:
                assert int(row["endpoints"]) <= int(row["origins"]) <= int(row["origins_strict"]), question
    for row in pullstats("pulls", "--by", "3h", log, "-f", "csv").rows:
        if row["pulls"]:
            assert int(row["contacts"]) >= int(row["pulls"]) >= int(row["downloads"])
            assert int(row["contacts"]) == int(row["pulls"]) + int(row["checks"])
            assert int(row["polls"]) <= int(row["contacts"])
