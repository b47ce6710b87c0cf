"""Two records of one request: recognised by its id, else told with what overlaps, how much, and what to do."""

import json
import os
import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest

from tests.program import Done, pullstats

START = datetime(2026, 10, 5, tzinfo=UTC)
WRITTEN = (START + timedelta(days=20)).timestamp()
AGENTS = ("containerd/1.7.2", "docker/24.0.7 go/go1.20.10 os/linux arch/amd64", "curl/8.5.0", "skopeo/1.14.2")
DIGEST = "sha256:" + "ab" * 32
HOW = "(see docs/how-to/count-one-layer.md)"


class Request(NamedTuple):
    """One request, whoever logs it."""

    at: datetime
    address: str
    agent: str
    method: str
    path: str
    status: int = 200


def traffic(number: int, seed: int = 1, hours: int = 30) -> list[Request]:
    """Requests of many clients for a few tags."""
    rnd = random.Random(seed)
    places = sorted(rnd.random() * hours * 3600 for _ in range(number))
    return [
        Request(
            START + timedelta(seconds=second),
            f"81.2.{rnd.randrange(9)}.{rnd.randrange(250)}",
            rnd.choice(AGENTS),
            rnd.choice(("GET", "HEAD")),
            f"/v2/acme/app/manifests/{rnd.choice(('latest', '1.0', '1.1'))}",
        )
        for second in places
    ]


def nginx(requests: Iterable[Request]) -> str:
    return "".join(
        f'{r.address} - - [{r.at:%d/%b/%Y:%H:%M:%S} +0000] "{r.method} {r.path} HTTP/1.1" {r.status} 700 "-" "{r.agent}"\n'
        for r in requests
    )


def forwarded(requests: Iterable[Request]) -> str:
    """As an nginx behind CloudFront logs it: the peer is an edge, the client stands in X-Forwarded-For."""
    return "".join(
        f'130.176.0.{n % 200} - - [{r.at:%d/%b/%Y:%H:%M:%S} +0000] "{r.method} {r.path} HTTP/1.1" {r.status} 700 "-" '
        f'"{r.agent}" "{r.address}"\n'
        for n, r in enumerate(requests)
    )


def anonymous(requests: Iterable[Request]) -> str:
    """As a server logs it that is told neither the client's address nor its agent."""
    edges = (r._replace(address=f"203.0.113.{n % 9}", agent="Amazon CloudFront") for n, r in enumerate(requests))
    return nginx(edges)


def cloudfront(requests: Iterable[Request]) -> str:
    names = (
        "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) "
        "cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken"
    )
    rows = (
        f"{r.at:%Y-%m-%d}\t{r.at:%H:%M:%S}\tFRA2\t900\t{r.address}\t{r.method}\td.cloudfront.net\t{r.path}\t{r.status}\t-\t"
        f"{quote(r.agent, safe='/')}\t-\t-\tMiss\tid{n:08}{r.at:%H%M%S}==\tpull.acme.example\thttps\t100\t0.01\n"
        for n, r in enumerate(requests)
    )
    return f"#Version: 1.0\n#Fields: {names}\n{''.join(rows)}"


def harbor(requests: Iterable[Request]) -> str:
    """The log of Harbor's proxy, as its syslog writes it."""
    return "".join(
        f'{r.at:%b %d %H:%M:%S} 172.18.0.1 proxy[1234]: {r.address} - "{r.method} {r.path} HTTP/1.1" {r.status} 700 "-" '
        f'"{r.agent}" 0.004 0.003 .\n'
        for r in requests
    )


def registry(requests: Iterable[Request]) -> str:
    """The application log of CNCF distribution: three lines for a request, of which one counts."""
    lines = []
    for n, r in enumerate(requests):
        about = {
            "go.version": "go1.20", "http.request.host": "pull.acme.example", "http.request.id": f"{n:08x}",
            "http.request.method": r.method, "http.request.remoteaddr": r.address, "http.request.uri": r.path,
            "http.request.useragent": r.agent, "level": "info", "time": f"{r.at:%Y-%m-%dT%H:%M:%S.%f}Z",
        }  # fmt: skip
        answer = {"http.response.duration": "1.5ms", "http.response.status": r.status, "http.response.written": 700}
        lines += [about | {"msg": "authorized request"}, about | answer | {"msg": "response completed"}]
    return "".join(json.dumps(line) + "\n" for line in lines)


def combined(requests: Iterable[Request]) -> str:
    """The access log of the same program, on its other stream."""
    return "".join(
        f'{r.address} - - [{r.at:%d/%b/%Y:%H:%M:%S} +0000] "{r.method} {r.path} HTTP/1.1" {r.status} 700 "" "{r.agent}"\n'
        for r in requests
    )


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(**logs: str) -> None:
    """Write logs that were last written to when their time ended: Harbor's state no year."""
    for name, text in logs.items():
        path = Path(f"{name}.log")
        path.write_text(text)
        os.utime(path, (WRITTEN, WRITTEN))


def warnings(done: Done) -> list[str]:
    return [line for line in done.err.splitlines() if HOW in line]


def later(requests: Iterable[Request], seconds: float) -> list[Request]:
    return [r._replace(at=r.at + timedelta(seconds=seconds)) for r in requests]


ALL = traffic(600)
MISSES = ALL[::3]  # what a cache does not know
PAIRS: dict[str, tuple[str, str]] = {
    "a CDN and the server behind it": (cloudfront(ALL), forwarded(later(MISSES, 0.4))),
    "a CDN that hides its clients": (cloudfront(ALL), anonymous(later(MISSES, 0.4))),
    "two servers one after the other": (nginx(ALL), nginx(MISSES)),
    "Harbor's proxy and its registry": (harbor(ALL), registry(ALL)),
    "both streams of a registry": (registry(ALL), combined(ALL)),
    "the same lines in another file": (nginx(ALL[:400]), nginx(ALL[200:])),
    "a dozen lines": (cloudfront(ALL[:12]), forwarded(ALL[:12])),
}


@pytest.mark.parametrize("what", PAIRS)
def test_two_records_of_one_traffic_are_told_with_what_to_do(what: str) -> None:
    one, other = PAIRS[what]
    write(front=one, back=other)
    (told,) = warnings(pullstats("pulls", "front.log", "back.log"))
    assert "record the same requests: " in told
    assert "all count; count one with --layer " in told
    assert "front.log" in told
    assert "back.log" in told


def balanced() -> tuple[str, str]:
    """Two servers that share the traffic; clients first ask without a token, and for several things at once."""
    rnd = random.Random(2)
    files: tuple[list[Request], list[Request]] = ([], [])
    for r in traffic(400):
        for step, (path, status) in enumerate(
            [
                (r.path, 401),
                (r.path, 200),
                (f"/v2/acme/app/manifests/{DIGEST}", 200),
                (f"/v2/acme/app/blobs/{DIGEST}", 200),
            ]
        ):
            again = r._replace(at=r.at + timedelta(seconds=step * 0.2), method="GET", path=path, status=status)
            files[rnd.randrange(2)].append(again)
    return nginx(files[0]), nginx(files[1])


def busy() -> tuple[str, str]:
    """Two servers where some client asks for each thing in nearly every second."""
    requests = traffic(9_000, hours=1)
    return nginx(requests[::2]), nginx(requests[1::2])


def redirecting() -> tuple[str, str]:
    """A gateway that redirects, and the registry where its clients then go: two requests."""
    return nginx(r._replace(status=307) for r in ALL), nginx(later(ALL, 0.3))


def rotated() -> tuple[str, str]:
    return nginx(ALL[:300]), nginx(ALL[298:300] + ALL[300:])


APART: dict[str, Callable[[], tuple[str, str]]] = {
    "balanced servers": balanced,
    "busy servers": busy,
    "a redirect and its target": redirecting,
    "rotated files": rotated,
    "different clients": lambda: (nginx(traffic(500, 1)), nginx(traffic(500, 2))),
    "other days": lambda: (nginx(ALL), nginx(later(ALL, 86_400 * 9))),
}


@pytest.mark.parametrize("what", APART)
def test_logs_that_belong_together_are_added_without_a_word(what: str) -> None:
    one, other = APART[what]()
    write(one=one, other=other)
    assert warnings(pullstats("pulls", "one.log", "other.log")) == []
    assert warnings(pullstats("ingest", "one.log", "other.log")) == []


def test_the_same_request_ids_count_once_and_need_no_warning() -> None:
    write(whole=cloudfront(ALL), part=cloudfront(ALL[:300]))
    done = pullstats("pulls", "whole.log", "part.log", "-f", "json")
    assert warnings(done) == []
    assert done.document["meta"]["coverage"]["duplicates"] == 300
    assert done.document["rows"] == pullstats("pulls", "whole.log", "-f", "json").document["rows"]


def counts(*words: str) -> tuple[str, ...]:
    (row,) = pullstats("pulls", *words, "-f", "csv").rows
    return row["requests"], row["pulls"], row["checks"], row["bytes"]


def test_the_warning_stands_at_ingest_and_with_every_answer() -> None:
    write(cdn=cloudfront(ALL), origin=forwarded(MISSES))
    assert warnings(pullstats("ingest", "cdn.log")) == []
    (told,) = warnings(pullstats("ingest", "origin.log"))
    assert told == (
        "origin.log (nginx-main) and cdn.log (cloudfront) record the same requests: 100% of the requests and 100% of the "
        f"minutes of the first are in both, and all count; count one with --layer cloudfront or --layer nginx-main {HOW}"
    )
    for words in (("summary",), ("uniques",), ("breakdown", "client"), ("store", "status"), ("store", "files")):
        assert warnings(pullstats(*words)) == [told], words
    assert told in pullstats("pulls", "--json").document["meta"]["notes"]
    assert pullstats("ingest", "cdn.log", "--json").document["notes"] == []


@pytest.mark.parametrize("order", [("cdn", "origin"), ("origin", "cdn")])
def test_a_layer_that_was_named_at_ingest_is_counted_alone(order: tuple[str, str]) -> None:
    write(cdn=cloudfront(ALL), origin=forwarded(MISSES))
    alone = {name: counts(f"{name}.log") for name in order}
    for name in order:
        assert warnings(pullstats("ingest", f"{name}.log", "--layer", name)) == []
    for name in order:
        done = pullstats("pulls", "--layer", name, "-f", "json")
        assert counts("--layer", name) == alone[name]
        assert (warnings(done), done.document["meta"]["layer"]) == ([], [name])
        assert done.document["meta"]["coverage"]["parsed"] == (len(ALL) if name == "cdn" else len(MISSES))
    (told,) = warnings(pullstats("pulls"))
    assert told.endswith(f"count one with --layer cdn or --layer origin {HOW}")


def test_logs_that_are_in_the_store_can_be_named_later() -> None:
    write(cdn=cloudfront(ALL), origin=forwarded(MISSES))
    pullstats("ingest", "cdn.log", "origin.log")
    before = counts("--layer", "cloudfront")
    done = pullstats("ingest", "cdn.log", "--layer", "edge")
    assert "logs that were read before are layer edge now" in done.err
    assert "now" not in pullstats("ingest", "cdn.log", "--layer", "edge").err
    pullstats("ingest", "cdn.log", "--layer", "cdn")
    assert counts("--layer", "cdn") == counts("--layer", "cloudfront") == before
    assert {row["source"]: row["layer"] for row in pullstats("store", "files", "-f", "csv").rows} == {
        "cdn.log": "cdn",
        "origin.log": "",
    }
    assert pullstats("pulls", "--layer", "edge").code == 2


def test_a_chosen_layer_is_kept_up_to_date() -> None:
    write(cdn=cloudfront(ALL), origin=forwarded(MISSES), more=cloudfront(traffic(90, 5, 50)))
    pullstats("ingest", "cdn.log", "--layer", "cdn")
    pullstats("ingest", "origin.log", "--layer", "origin")
    origin, first = counts("--layer", "origin"), counts("--layer", "cdn")
    pullstats("ingest", "more.log", "--layer", "cdn")
    assert counts("--layer", "origin") == origin
    assert int(counts("--layer", "cdn")[0]) == int(first[0]) + 90
    assert counts("--layer", "cdn") == counts("cdn.log", "more.log")
    pullstats("store", "rebuild")
    assert counts("--layer", "cdn") == counts("cdn.log", "more.log")


@pytest.mark.parametrize("words", [("--layer", "cdn.log"), ("--layer", "c*.log"), ("--layer", "cloudfront")])
def test_logs_of_one_command_are_chosen_by_name_or_format(words: tuple[str, str]) -> None:
    write(cdn=cloudfront(ALL), origin=forwarded(MISSES))
    done = pullstats("pulls", "cdn.log", "origin.log", *words, "-f", "table")
    assert warnings(done) == []
    assert f"only layer {words[1]}" in done.out
    assert counts("cdn.log", "origin.log", *words) == counts("cdn.log")


def test_layers_without_a_common_sign_are_not_added_silently_either() -> None:
    write(cdn=cloudfront(traffic(300, 1)), origin=nginx(traffic(300, 2)))
    pullstats("ingest", "cdn.log", "--layer", "cdn")
    pullstats("ingest", "origin.log", "--layer", "origin")
    told = (
        "the layers cdn and origin cover the same time, and all of them count; count one with --layer cdn or --layer "
        f"origin {HOW}"
    )
    assert warnings(pullstats("pulls")) == [told]
    assert warnings(pullstats("pulls", "--layer", "cdn")) == []
    assert warnings(pullstats("pulls", "--layer", "cdn,origin")) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--layer", "cnd"), "pullstats: --layer 'cnd': no layer, log or format has that name; did you mean cdn?\n"),
        (
            ("--layer", "x"),
            "pullstats: --layer 'x': no layer, log or format has that name; layers: cdn; formats: cloudfront\n",
        ),
    ],
)
def test_a_layer_that_is_none_is_answered_with_those_that_are(words: tuple[str, str], told: str) -> None:
    write(cdn=cloudfront(ALL))
    pullstats("ingest", "cdn.log", "--layer", "cdn")
    done = pullstats("pulls", *words)
    assert (done.code, done.out, done.err) == (2, "", told)


def test_logs_have_one_layer() -> None:
    write(cdn=cloudfront(ALL))
    for words in ("cdn,origin", "c*"):
        done = pullstats("ingest", "cdn.log", "--layer", words)
        assert done.code == 2
        assert done.err == f"pullstats: --layer '{words}'; give these logs one name, such as cdn or origin\n"


def test_a_setting_chooses_for_questions_and_names_nothing_at_ingest(here: Path) -> None:
    write(cdn=cloudfront(ALL), origin=forwarded(MISSES))
    (here / "pullstats.toml").write_text('layer = "cloudfront"\n')
    pullstats("ingest", "cdn.log", "origin.log")
    assert {row["layer"] for row in pullstats("store", "files", "-f", "csv").rows} == {""}
    assert counts() == counts("cdn.log")


def test_growing_logs_are_looked_through_as_they_grow() -> None:
    for end in (100, 300, 600):
        write(cdn=cloudfront(ALL[:end]), origin=forwarded(MISSES[: end // 3]))
        done = pullstats("ingest", "cdn.log", "origin.log")
        assert len(warnings(done)) == 1, end
    assert len(warnings(pullstats("pulls"))) == 1


def test_no_address_or_agent_is_in_a_warning_or_beside_the_store(here: Path, home: Path) -> None:
    write(cdn=cloudfront(ALL), origin=forwarded(MISSES))
    done = pullstats("ingest", "cdn.log", "origin.log", "--layer", "cdn")
    pullstats("pulls", "--layer", "cdn")
    assert "81.2." not in done.err
    files = [
        path
        for name in ("layers", "overlaps", "chosen")
        for path in (home / "store" / name).rglob("*")
        if path.is_file()
    ]
    assert files
    assert not [path for path in files if b"81.2." in path.read_bytes()]
