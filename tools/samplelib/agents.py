"""The programs that ask, with the user agents that they send."""

from __future__ import annotations

import json
from typing import NamedTuple

from samplelib.chance import hexes


class Agent(NamedTuple):
    """A user agent and what it states: client, OS and architecture are what an origin is made of."""

    text: str
    client: str
    os: str = ""
    arch: str = ""
    says: str = ""  # "ci" or "mirror": the client itself says what it is


def docker(version: str, kernel: str, arch: str = "amd64", upstream: str = "linux") -> Agent:
    """The daemon's user agent, which names the machine and the asking program."""
    asker = "Go-http-client/1.1" if upstream == "program" else f"Docker-Client/{version} \\({upstream}\\)"
    commit = hexes(f"docker {version}", 7)
    text = f"docker/{version} go/go1.22.7 git-commit/{commit} kernel/{kernel} os/linux arch/{arch}"
    return Agent(f"{text} UpstreamClient({asker})", "docker", "linux", arch)


def pip(
    version: str, python: str, *, ci: bool = False, arch: str = "x86_64", distro: str = "Debian GNU/Linux"
) -> Agent:
    """Pip's user agent: JSON with 50 quotes in it."""
    facts = {
        "ci": True if ci else None,
        "cpu": arch,
        "distro": {"id": "bookworm", "libc": {"lib": "glibc", "version": "2.36"}, "name": distro, "version": "12"},
        "implementation": {"name": "CPython", "version": python},
        "installer": {"name": "pip", "version": version},
        "python": python,
        "system": {"name": "Linux", "release": "6.1.0-37-amd64"},
    }
    text = f"pip/{version} {json.dumps(facts, separators=(',', ':'))}"
    return Agent(text, "pip", "linux", {"x86_64": "amd64", "aarch64": "arm64"}[arch], "ci" if ci else "")


def uv(version: str) -> Agent:
    """Uv's user agent: pip's JSON in another order."""
    facts = {
        "installer": {"name": "uv", "version": version},
        "python": "3.12.2",
        "implementation": {"name": "CPython", "version": "3.12.2"},
        "distro": {"name": "macOS", "version": "14.4", "id": None, "libc": None},
        "system": {"name": "Darwin", "release": "23.2.0"},
        "cpu": "arm64",
        "ci": None,
    }
    return Agent(f"uv/{version} {json.dumps(facts, separators=(',', ':'))}", "uv", "darwin", "arm64")


CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36"
NOBODY = Agent("", "none")
DOCKERS = {
    "amd64": (
        docker("24.0.7", "6.1.0-18-amd64"),
        docker("26.1.3", "6.8.0-40-generic"),
        docker("27.3.1", "6.8.0-45-generic"),
    ),
    "arm64": (
        docker("24.0.6", "6.4.16-linuxkit", "arm64", "darwin"),
        docker("27.3.1", "6.10.14-linuxkit", "arm64", "darwin"),
        docker("28.4.0", "6.10.14-linuxkit", "arm64", "darwin"),
    ),
}
CI_DOCKER = docker("26.1.3", "6.5.0-1025-azure", upstream="program")
RELEASE_DOCKER = docker("27.0.3", "6.5.0-1025-azure")
PODMANS = tuple(
    Agent(f"containers/{v} (github.com/containers/image)", "containers-image") for v in ("5.29.2", "5.32.2")
)
SKOPEO = Agent("skopeo/1.14.2 (github.com/containers/image)", "skopeo")
CONTAINERDS = tuple(Agent(f"containerd/v{v}", "containerd") for v in ("1.6.28", "1.7.13", "2.0.1"))
CRIO = Agent("cri-o/1.29.1 go/go1.21.1 os/linux arch/arm64", "cri-o", "linux", "arm64")
BUILDKIT = Agent("buildkit/v0.16", "buildkit")
WATCHTOWER = Agent("Watchtower/1.7.1", "watchtower")
OLD_DIUN = Agent("diun/4.7.0 go/1.15 Linux", "diun", "linux")
GO = Agent("Go-http-client/2.0", "go-http-client")
HARBOR = Agent("harbor-registry-client", "harbor", says="mirror")
PIPS = (pip("23.2.1", "3.11.7"), pip("24.0", "3.11.9"), pip("24.2", "3.12.5"))
PIP_ARM = pip("24.0", "3.11.9", arch="aarch64")
PIP_CI = pip("24.2", "3.12.5", ci=True, distro="Ubuntu")
UVS = (uv("0.4.30"), uv("0.8.0"))
POETRY = Agent("poetry/1.8.3 CPython/3.11.7 Linux/6.1.0-37-amd64", "poetry", "linux")
RENOVATE = Agent("Renovate/37.140.7 (https://github.com/renovatebot/renovate)", "renovate")
BANDERSNATCH = Agent(
    "bandersnatch/6.5.0 (cpython 3.11.7-final0, Linux x86_64)", "bandersnatch", "linux", "amd64", "mirror"
)
CURLS = tuple(Agent(f"curl/{version}", "curl") for version in ("7.88.1", "8.5.0"))
WGET = Agent("Wget/1.21.3", "wget")
REQUESTS = Agent("python-requests/2.31.0", "python-requests")
MONITOR = Agent("Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", "uptimerobot")
BROWSERS = {
    "windows": Agent(f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME}", "chrome", "windows", "amd64"),
    "darwin": Agent(f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {CHROME}", "chrome", "darwin"),
    "linux": Agent(
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "firefox", "linux", "amd64"
    ),
}
DESKTOPS = {  # the product's own updater, which no table knows
    system: tuple(Agent(f"acme-desktop/{v} ({system}; {arch})", "unknown", system, arch) for v in ("1.9.2", "2.0.0"))
    for system, arch in {"windows": "amd64", "darwin": "arm64", "linux": "amd64"}.items()
}
GOOGLEBOT = Agent("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "googlebot")
PROBER = Agent("Mozilla/5.0 zgrab/0.x", "zgrab")
