"""What happens to agents on their way into a log, and what must not be guessed."""

from __future__ import annotations

import csv
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pullstats.enrich.clients import COLUMNS, classify, clients
from pullstats.enrich.clients.entries import KINDS, load

DOCKER = (
    r"docker/24.0.7 go/go1.20.10 git-commit/311b9ff kernel/6.6.87.2-microsoft-standard-WSL2 os/linux arch/amd64 "
    r"UpstreamClient(Docker-Client/24.0.7 \(windows\))"
)
PIP = 'pip/23.3.1 {"ci":true,"cpu":"x86_64","distro":{"name":"Ubuntu","version":"22.04"},"python":"3.10.12"'


def read(agent: str | None) -> dict[str, Any]:
    return classify(pl.Series([agent], dtype=pl.String)).row(0, named=True)


@pytest.mark.parametrize(
    "agent",
    [
        f'"{DOCKER}"',
        f"  {DOCKER}\r\n",
        f"User-Agent: {DOCKER}",
        DOCKER.replace("\\", "\\\\\\"),
        DOCKER.replace("\\", "\\x5C"),
        DOCKER.replace("\\", ""),
        DOCKER.replace(" ", "%20").replace("\\", "%5C"),
        DOCKER.replace(" ", "%2520").replace("\\", "%255C"),
        DOCKER.replace(" ", "\x00 \x1b"),
        DOCKER.upper().replace("UPSTREAMCLIENT", "UpstreamClient").replace("LINUX ARCH/AMD64", "linux arch/amd64"),
        DOCKER + DOCKER,
    ],
)
def test_what_logs_and_proxies_do_to_an_agent_changes_nothing(agent: str) -> None:
    row = read(agent)
    assert (row["client"], row["client_version"], row["kind"]) == ("docker", "24.0.7", "runtime")
    assert (row["os"], row["arch"], row["client_os"]) == ("linux", "amd64", "windows")
    assert {"desktop=wsl2", "laptop"} <= set(row["hints"].split(",")) or agent.isupper() or "WSL2".upper() in agent


@pytest.mark.parametrize(
    ("agent", "client", "version"),
    [
        ("curl/8.5.0, Watchtower/1.7.1", "curl", "8.5.0"),
        ("cargo%2F1.74.0", "cargo", "1.74.0"),
        ("NuGet+Command+Line/4.3.0+(Microsoft+Windows+NT+6.2.9200.0)", "nuget", "4.3.0"),
        ("NuGet+Command+Line/4.3.0", "nuget", "4.3.0"),
        ("docker/20.10.24+dfsg1+go/go1.19.8+os/linux", "docker", "20.10.24+dfsg1"),
        ("npm/10.2.5+node/v20.10.0+linux+arm64+workspaces/false", "npm", "10.2.5"),
        ("Apache Maven/3.9.6", "maven", "3.9.6"),
        ("Apache Maven 3.9.6", "maven", "3.9.6"),
        ("Microsoft NuGet/6.0", "nuget", "6.0"),
        (r"C:\Program Files\tools\grype.exe go-containerregistry/v0.17.0", "grype", None),
        ("/home/ana/bin/syft", "syft", None),
        ("./crane go-containerregistry/v0.19.0", "crane", None),
        ("kaniko/v1.9.1,gitlab-ci/1.0", "kaniko", "1.9.1"),
        ("Renovate/v37.140.7", "renovate", "37.140.7"),
        ("docker/library-import", "docker", None),
        ("trivy/dev", "trivy", "dev"),
    ],
)
def test_the_program_is_found(agent: str, client: str, version: str | None) -> None:
    row = read(agent)
    assert (row["client"], row["client_version"]) == (client, version)


@pytest.mark.parametrize(
    "agent",
    [
        "Helmsman/3.17.0", "curlew/1.0", "mydockerclient/1.0", "pipeline-runner/2.0", "dockerd-fake", "notdocker/24",
        "docker-pull-script", "docker pull script", "node is great", "Ruby on Rails", "acme/1.0 docker/24.0.7",
        "acme/1.0 go-containerregistry/v0.19.0", "<b>docker/24.0.7</b>", "[red]curl/8.5.0[/red]",
        "<script>alert(1)</script>", "http://docker/24", "Mozilla/5.0", "my-npm/1.0 npm/? node/v18.0.0 linux x64",
        "Helm Dashboard/1.3.3", "docker compose/2.23", "Nexus IQ/1.170", "Jenkins Docker Plugin/1.5", ".NET HttpClient",
        "Java Application/1.0", "Gradle Enterprise/2023.4", "() { :; }; /bin/curl", "'; DROP TABLE callers; --", "\U0001f433/1.0", "café-client/1.0 (日本語)",
    ],
)  # fmt: skip
def test_a_program_that_the_table_lacks_is_unknown(agent: str) -> None:
    row = read(agent)
    assert (row["client"], row["kind"], row["client_version"]) == ("unknown", "unknown", None)


def test_recorded_agents_of_programs_that_no_registry_meets_stay_unknown() -> None:
    agents = (Path(__file__).parent / "unknown_agents.txt").read_text("utf-8").splitlines()
    rows = classify(pl.Series(agents, dtype=pl.String))
    named = rows.filter(~pl.col("client").eq("unknown") | ~pl.col("kind").eq("unknown"))
    assert named.rows() == []
    assert rows.height > 70


@pytest.mark.parametrize("agent", [None, "", " ", "-", "(null)", '""', '"-"'])
def test_no_agent_is_none_and_not_unknown(agent: str | None) -> None:
    row = read(agent)
    assert (row["client"], row["kind"], row["user_agent"]) == ("none", "unknown", None)


@pytest.mark.parametrize(
    ("agent", "platform"),
    [
        ("acme/1.0 (linux; amd64)", ("linux", "amd64", None)),
        ("acme/1.0 (linux/arm64) go/go1.22.1", ("linux", "arm64", "go1.22.1")),
        ("acme/1.0 os/linux arch/s390x go/1.22.1", ("linux", "s390x", "go1.22.1")),
        ("acme/1.0 (x86_64-unknown-linux-musl)", ("linux", "amd64", None)),
        ("acme/1.0 (aarch64-apple-darwin23.2.0; Python 3.12.1)", ("darwin", "arm64", "Python 3.12.1")),
        ("acme/1.0 (Windows NT 10.0; Win64; x64)", ("windows", "amd64", None)),
        ("acme/1.0 (Linux 6.1.0-18-amd64; Java 17.0.1)", ("linux", None, "Java 17.0.1")),
        ("acme/1.0 node/v20.11.0 linux x64", ("linux", "amd64", "Node 20.11.0")),
        ("acme/1.0 CPython/3.11.7 Linux/6.1.0-37-amd64", ("linux", None, "Python 3.11.7")),
        ("acme/1.0 (Linux-5.15.0-91-generic-x86_64-with-glibc2.35)", ("linux", "amd64", None)),
        ("acme/1.0 linux-x64 node-v18.17.0", ("linux", "amd64", "Node 18.17.0")),
        ("acme/1.0 go1.21.4 python3", (None, None, "go1.21.4")),
        ("acme/1.0 (Linux/5.15.0/amd64) Java/17.0.9/Vendor", ("linux", "amd64", "Java 17.0.9")),
        ("acme/1.0 client-os/MACOSX client-pltf-arch/arm", ("darwin", "arm64", None)),
        ("acme/1.0+node/v20.10.0+linux+arm64", ("linux", "arm64", "Node 20.10.0")),
        ("acme/1.0 openSUSE-Leap-15.5-x86_64", ("linux", "amd64", None)),
        ("acme/1.0 my-tool-15.5-x86_64", (None, None, None)),
        ("acme/1.0 (OS: FreeBSD, ARCH: riscv64)", ("freebsd", "riscv64", None)),
        ("acme/1.0 (for Linux users; arms; darwinism; +https://acme.test/linux/amd64)", (None, None, None)),
        ("acme windows linux amd64", (None, None, None)),
        ("acme-linux-amd64/1.0", (None, None, None)),
        ("acme/1.0 (Windows users love it)", (None, None, None)),
    ],
)
def test_an_unknown_client_tells_its_platform_but_prose_does_not(agent: str, platform: tuple[str | None, ...]) -> None:
    row = read(agent)
    assert (row["client"], row["os"], row["arch"], row["runtime"]) == ("unknown", *platform)


def test_what_a_version_says_of_where_it_runs() -> None:
    assert read("containerd/1.6.26-gke.0")["hints"] == "kubernetes,cloud=gcp"
    assert read("containerd/v1.7.11+rke2")["hints"] == "kubernetes,k8s=rke2"
    assert read("Open Policy Agent/0.60.0 (linux, amd64)")["hints"] is None, "no agent of artificial intelligence"


def test_a_distribution_stands_beside_the_version() -> None:
    row = read("ZYpp 17.31.27 (curl 8.0.1) openSUSE-Tumbleweed-x86_64")
    assert (row["client_version"], row["distro"], row["arch"]) == ("17.31.27", "opensuse-tumbleweed", "amd64")


def test_a_bot_is_a_crawler_whatever_it_names() -> None:
    for agent in (
        "docker/24.0.7 (compatible; FooBot/1.0; +http://foo.test)",
        "docker/24.0.7 go/go1.20.10 FooBot/1.0",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 (FooBot/1.0; +http://foo.test)",
        "FooBot/1.0 (+http://foo.test)",
    ):
        assert (read(agent)["client"], read(agent)["kind"]) == ("foobot", "crawler")
    assert read("snyk-bot")["kind"] == read("Slackbot-LinkExpanding 1.0 (+https://x.test)")["kind"] == "crawler"
    assert read("robot-framework/6.1")["kind"] == read("my-robot-tests/1.0")["kind"] == "unknown"
    assert read("dependabot-core/0.230.0 excon/0.100.0 ruby/3.1.4")["kind"] == "updater"
    assert (
        read("Mozilla/5.0 (Linux; Android 9; CUBOT) AppleWebKit/537.36 Chrome/99.0 Mobile Safari/537.36")["kind"]
        == "browser"
    )


def test_a_tool_behind_a_browsers_agent_is_the_tool_on_its_own_platform() -> None:
    row = read("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 containerd/1.7.2")
    assert (row["client"], row["client_version"], row["os"]) == ("containerd", "1.7.2", None)
    assert row["hints"] == "spoof=browser"


@pytest.mark.parametrize("cut", range(len(PIP)))
def test_a_cut_off_json_loses_only_what_is_cut(cut: int) -> None:
    row = read(PIP[: cut + 1])
    whole = {"client": "pip", "client_version": "23.3.1", "arch": "amd64", "runtime": "Python 3.10.12", "ci": True}
    if cut > len('pip/23.3.1 {"'):
        assert (row["client"], row["client_version"]) == ("pip", "23.3.1")
    for column in ("arch", "runtime", "ci"):
        assert row[column] in {None, whole[column]}
    assert row["distro"] in {None, "ubuntu 22.04", "ubuntu"}


def test_ci_is_false_only_if_said() -> None:
    assert read('pip/24.0 {"ci":null}')["ci"] is None
    assert read("npm/10.2.4 node/v20.11.0 linux x64 workspaces/false")["ci"] is None
    assert read("transformers.js/2.17.2; is_ci/false;")["ci"] is False
    assert read("npm/10.2.4 node/v20.11.0 linux x64 ci/gitlab-ci")["ci"] is True
    assert read("acme/1.0 (CI)")["ci"] is None


PIECES = r"""docker/24.0.7 curl/8.5.0 Mozilla/5.0 (compatible; ) ( ; , / // \ \( \x5C( %20 %2F + {" ":{ } pip/23
os/linux arch/amd64 Linux Windows NT 10.0 UpstreamClient( Docker-Client/1 bot FooBot/1 http:// @ node@v1+x64 md/arch#
x86_64-pc-linux-gnu Intel Mac OS X 10_15 é 日 a/b/c C:\ deadbeefdeadbeef 1.2.3.4 .exe"""
WORDS = st.sampled_from([*PIECES.split(), "\x00", "\x1b[31m", "\u202e"])
AGENTS = st.one_of(
    st.text(max_size=200), st.lists(WORDS, max_size=30).map(" ".join), st.lists(WORDS, max_size=30).map("".join)
)


@settings(max_examples=400, deadline=None)
@given(st.lists(AGENTS, min_size=1, max_size=20))
def test_any_text_gives_one_row_with_a_client_and_a_kind(agents: list[str]) -> None:
    rows = classify(pl.Series(agents, dtype=pl.String))
    assert rows.columns == list(COLUMNS)
    assert rows.height == len(agents)
    assert rows["client"].null_count() == rows["kind"].null_count() == rows["evidence"].null_count() == 0
    assert set(rows["kind"]) <= set(KINDS)
    assert set(rows["os"].drop_nulls()) <= {"linux", "darwin", "windows", "freebsd", "android", "ios"}


def test_a_family_that_the_table_lacks_is_seldom_taken_for_another() -> None:
    with (Path(__file__).parent / "user_agents_dev.tsv").open(encoding="utf-8", newline="") as file:
        corpus = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    whole = load()
    tools = [row for row in corpus if row["kind"] not in {"browser", "unknown"}]
    wrong, platforms = [], []
    for row in tools:
        less = replace(
            whole,
            tokens={token: entry for token, entry in whole.tokens.items() if entry.client != row["family"]},
            phrases={k: [pair for pair in v if pair[1].client != row["family"]] for k, v in whole.phrases.items()},
        )
        agent = clients.clean(row["user_agent"])
        got = dict(zip(COLUMNS, clients._row(agent, False, less), strict=True))  # noqa: SLF001 -- less than the table
        wrong += [(agent, got["client"])] if got["client"] not in {"unknown", row["family"]} else []
        platforms += [agent for column in ("os", "arch") if got[column] and got[column] != row[column]]
    assert len(wrong) <= 0.05 * len(tools), wrong
    assert len(platforms) <= 0.01 * len(tools), platforms


def test_a_registrys_log_does_not_pay_for_the_browser_library() -> None:
    program = (
        "import sys, polars as pl; from pullstats.enrich.clients import classify; "
        "classify(pl.Series(['docker/24.0.7', 'Mozilla/5.0 (X11; Linux x86_64) Chrome/99.0', 'Mozilla/5.0'])); "
        "sys.exit('user_agents' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
