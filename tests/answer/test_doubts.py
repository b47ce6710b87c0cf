"""What the summary says where its figures are doubtful, and only there."""

from pathlib import Path

import pytest

from tests.program import pullstats

LAYER = "/v2/acme/app/manifests/1.0"


def log(folder: Path, *clients: tuple[str, str, str, int]) -> Path:
    """Requests of (address, path, agent), so many of each, a minute apart."""
    lines, at = [], 0
    for address, path, agent, number in clients:
        for _ in range(number):
            at += 60
            day, rest = 1 + at // 86_400, at % 86_400
            stamp = f"{day:02}/Mar/2024:{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02} +0000"
            lines.append(f'{address} - - [{stamp}] "GET {path} HTTP/1.1" 200 701 "-" "{agent}"')
    path = folder / "a.log"
    path.write_text("\n".join(lines) + "\n")
    return path


CROWD = [(f"8.8.{n}.8", LAYER, "containerd/1.7.2", 2) for n in range(30)]


@pytest.mark.parametrize(
    ("clients", "says"),
    [
        (CROWD, None),
        ([*CROWD, ("8.8.4.4", LAYER, "containerd/1.7.2", 30)], "33% of the requests come from one address"),
        ([*CROWD, ("10.0.0.7", LAYER, "containerd/1.7.2", 30)], "33% of the requests come from private or reserved addresses"),
        ([(a, "/status", "curl/8.1", n) for a, _, _, n in CROWD], "no path of these requests names an image, package or file"),
        ([(a, p, "docker/19.03.4 os/linux arch/amd64", n) for a, p, _, n in CROWD], "refreshes by versions of docker that fetch the manifest"),
    ],
)  # fmt: skip
def test_a_doubt_is_said_where_there_is_one(
    tmp_path: Path, clients: list[tuple[str, str, str, int]], says: str | None
) -> None:
    done = pullstats("summary", log(tmp_path, *clients), "-f", "csv")
    assert done.code == 0
    assert (says in done.err) if says else done.err == ""


def test_the_age_of_a_client_is_in_years(tmp_path: Path) -> None:
    path = log(tmp_path, ("8.8.8.8", LAYER, "docker/19.03.4 os/linux arch/amd64", 3), ("8.8.8.9", LAYER, "x/1", 2))
    ages = {row["client_age"]: row["pulls"] for row in pullstats("breakdown", "client_age", path, "-f", "csv").rows}
    assert ages == {"5": "3", "": "2"}


def test_an_address_with_many_programs_is_a_shared_egress(tmp_path: Path) -> None:
    one = [("8.8.8.8", LAYER, f"{name}/1.0", 1) for name in ("containerd", "curl", "Wget", "skopeo", "crane")]
    eight = [("8.8.9.9", LAYER, f"containerd/1.7.{n}", 1) for n in range(8)]
    path = log(tmp_path, *one, *eight, ("8.8.7.7", LAYER, "containerd/1.7.2", 1), ("8.8.7.7", LAYER, "curl/8.1", 1))
    rows = pullstats("breakdown", "egress", path, "--of", "requests", "-f", "csv").rows
    assert {row["egress"]: (row["origins"], row["requests"]) for row in rows} == {
        "shared": ("6", "13"),
        "single": ("2", "2"),
    }
    assert "87% of the requests come from 2 addresses that several machines share" in pullstats("summary", path).err


def test_the_users_route_names_what_is_pulled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pullstats.toml").write_text("[routes.get]\npattern = '^/get/(?P<artifact>[a-z]+)$'\n")
    path = log(tmp_path, ("8.8.8.8", "/get/tool", "curl/8.1", 2))
    rows = pullstats("top-artifacts", path, "-f", "csv").rows
    assert [(row["artifact"], row["downloads"]) for row in rows] == [("tool", "2")]
