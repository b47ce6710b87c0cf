"""Random streams of requests: a few origins and artifacts, times close to every limit of the rule."""

from __future__ import annotations

import random
from typing import Any

from tests.counting.requests import request, resource

GAPS = (0, 0, 0, 0.4, 1, 1, 2, 4, 5, 6, 10, 11, 20, 29, 30, 31, 60, 119, 120, 121, 300, 599, 600, 601, 1900, 3600, 5 * 3600, 21600, 21601, 43200)  # fmt: skip
SHORT = GAPS[:14]
READ, PARTIAL = (200, 200, 200, 200, 307, 304, 404, 401, 499, 301, 206, 416, 0), (200, 206, 206, 499, 206)


def image(name: str) -> dict[str, list[dict[str, Any]]]:
    """What can be asked of an image."""
    return {
        "tag": [resource("oci", name, "manifest", tag) for tag in ("1.0", "latest", "1.0.1")],
        "digest": [resource("oci", name, "manifest", f"sha256:m{i}") for i in range(4)],
        "blob": [resource("oci", name, "content", f"sha256:b{i}") for i in range(5)],
        "aux": [resource("oci", name, "signature", "sha256-m1.sig")],
        "listing": [resource("oci", name, "listing")],
        "upload": [resource("oci", name, "push", path=f"/v2/{name}/uploads/")],
    }


def package(ecosystem: str, name: str) -> dict[str, list[dict[str, Any]]]:
    """What can be asked of a package."""
    versions = ("1.0", "1.1")
    files = [resource(ecosystem, name, "content", f"{name}-{v}-{i}.whl", version=v) for v in versions for i in range(2)]
    if ecosystem == "hf":
        files = [resource("hf", name, "content", v, path=f"/{name}/{v}/{i}") for v in ("main", None) for i in range(3)]
    return {
        "file": files,
        "index": [resource(ecosystem, name, "index")],
        "metadata": [resource(ecosystem, name, "metadata", f"{name}-1.0.pom")],
        "signature": [resource(ecosystem, name, "signature", f"{name}-1.0.asc")],
        "listing": [resource(ecosystem, name, "listing")],
        "upload": [resource(ecosystem, name, "push", path=f"/{ecosystem}/{name}/upload")],
    }


IMAGES = [image("acme/app"), image("acme/web")]
PACKAGES = [package(ecosystem, "pkg") for ecosystem in ("pypi", "file", "maven", "hf", "unheard-of", "deb")]
CALLERS = (
    {"caller": 1, "origin_id": 1},
    {"caller": 2, "origin_id": 1},
    {"caller": 3, "origin_id": 3, "client": "skopeo", "kind": "package_client"},
    {"caller": 4, "origin_id": 4, "client": "oras", "kind": "package_client"},
)


class Stream:
    """Writes requests down as time goes on."""

    def __init__(self, seed: int, *, durations: bool, start: float) -> None:
        self.random = random.Random(seed)
        self.durations = durations
        self.at = start
        self.requests: list[dict[str, Any]] = []
        self.mode = self.random.choice(("auto", "auto", "redirect", "serve"))

    def ask(self, method: str, what: dict[str, Any], caller: dict[str, Any], **more: Any) -> None:
        pick = self.random
        size = {"b0": 900, "b1": 70_000, "b2": 500_000}.get((what["reference"] or "")[-2:], 4000)
        more.setdefault("status", 200)
        more.setdefault("bytes", size if method != "HEAD" else None)
        if self.durations:
            more["duration_ms"] = pick.choice(
                (None, 0, 10, 900, 40_000, 700_000, 90_000_000 if pick.random() < 0.05 else 5)
            )
        usual = {"mode": self.mode, "line": len(self.requests), **caller}
        source = pick.choice((1, 1, 2))
        usual.update(source_id=source, source_first=source, principal_id=pick.choice((None, None, 7, 8)))
        usual["conditional"] = pick.choice((None, None, False, True))
        self.requests.append(
            request(self.at, method, {**what, "host": pick.choice((None, "a", "b"))}, **{**usual, **more})
        )

    def wait(self, gaps: tuple[float, ...] = GAPS) -> None:
        self.at += self.random.choice(gaps)

    def odd(self, thing: dict[str, list[dict[str, Any]]], caller: dict[str, Any]) -> None:
        """Any one request."""
        pick = self.random
        kind = pick.choice(
            [name for name in thing for _ in range(3 if name in ("tag", "digest", "blob", "file") else 1)]
        )
        method = pick.choice(("GET", "GET", "GET", "HEAD", "POST" if pick.random() < 0.2 else "GET"))
        if kind == "upload":
            method = pick.choice(("POST", "PATCH", "PUT"))
        elif kind in ("tag", "digest") and pick.random() < 0.07:
            method = "PUT"
        status = pick.choice(READ if kind not in ("blob", "file") or pick.random() < 0.6 else PARTIAL)
        bytes_ = pick.choice((None, 2, 300, 4000, 60_000, 70_000, 480_000, 500_000))
        more = {} if pick.random() < 0.8 else {"bytes": None if method == "HEAD" else bytes_}
        self.ask(method, pick.choice(thing[kind]), caller, status=status, **more)

    def pull(self, image: dict[str, list[dict[str, Any]]], caller: dict[str, Any]) -> None:
        """A pull in one of the orders that clients have, sometimes with a piece missing."""
        pick = self.random
        tag, (index, *rest), blobs = pick.choice(image["tag"]), pick.sample(image["digest"], 3), image["blob"]
        kind = pick.choice(("containerd", "podman", "digest", "mirror", "check", "again", "layers", "missing"))
        steps: list[tuple[str, dict[str, Any]]] = {
            "containerd": [("HEAD", tag), ("GET", index), ("GET", rest[0]), ("GET", blobs[0]), ("GET", blobs[2])],
            "podman": [("GET", tag), ("GET", blobs[0]), ("GET", blobs[1])],
            "digest": [("HEAD", index), ("GET", index), ("GET", blobs[0]), ("GET", blobs[2])],
            "mirror": [("GET", tag), ("GET", rest[0]), *(("GET", one) for one in blobs[:2]), ("GET", rest[1]), *(("GET", one) for one in blobs[2:])],
            "check": [("HEAD", tag)],
            "missing": [("HEAD", tag), ("GET", tag)],
            "again": [("HEAD", tag), ("GET", index), ("GET", rest[0])],
            "layers": [("GET", index), ("GET", blobs[0])],
        }[kind]  # fmt: skip
        nodes = pick.choice((1, 1, 1, 1, 2, 3, 5))
        if nodes > 1:
            steps = [step for step in steps for _ in range(nodes)] if pick.random() < 0.5 else steps * nodes
        elsewhere = pick.random() < 0.3
        for method, what in steps:
            if pick.random() < 0.92:
                broken = what in blobs and pick.random() < 0.1
                more = {"status": 307, "bytes": 0} if elsewhere else {"status": 200, "bytes": 100} if broken else {}
                self.ask(method, what, caller, **more)
                self.wait((0, 0, 0.4, 1, 4) if nodes > 1 else SHORT if pick.random() < 0.9 else GAPS)

    def push(self, image: dict[str, list[dict[str, Any]]], caller: dict[str, Any]) -> None:
        pick = self.random
        steps = [("HEAD", image["blob"][0]), ("POST", image["upload"][0]), ("HEAD", image["tag"][0]), ("PUT", image["tag"][0]), ("HEAD", image["tag"][0])]  # fmt: skip
        for method, what in steps:
            if pick.random() < 0.85:
                self.ask(method, what, caller, status=pick.choice((200, 201, 202, 404)))
            self.wait(SHORT)


def stream(seed: int, length: int = 30) -> list[dict[str, Any]]:
    """A random stream, the same for the same seed."""
    pick = random.Random(seed)
    made = Stream(seed, durations=pick.random() < 0.3, start=86_400 * 3 - pick.choice((30, 700, 7200, 40_000)))
    things = [pick.choice(IMAGES), pick.choice(IMAGES if pick.random() < 0.6 else PACKAGES)]
    if pick.random() < 0.3:
        things = [pick.choice(PACKAGES)]
    callers = pick.sample(CALLERS, 2)
    calm = pick.random()
    while len(made.requests) < length:
        thing, caller = pick.choice(things), pick.choice(callers)
        if "blob" in thing and pick.random() < 0.5:
            made.pull(thing, caller)
        elif "blob" in thing and pick.random() < 0.15:
            made.push(thing, caller)
        else:
            made.odd(thing, caller)
        made.wait(SHORT if pick.random() < calm else GAPS)
    return made.requests
