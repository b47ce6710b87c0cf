# ruff: noqa: PLR0913, PLR0917  (a request has this many sides)
"""What clients do: each builder gives one session, the requests of it and the action that they are.

The sequences are those of ../shared/sequences.md: what real clients were seen to ask for.
"""

from __future__ import annotations

from typing import NamedTuple

from samplelib.agents import NOBODY, Agent
from samplelib.world import SDK, TOKEN, Download, Image, hexes, wheel

MANIFEST_BYTES, INDEX_BYTES = 1051, 1609
TLS_HELLO = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"


class Caller(NamedTuple):
    """An address with a user agent, and what else a log can say of who asked."""

    address: str
    agent: Agent
    user: str = ""
    claimed: str = ""  # what the client itself wrote into X-Forwarded-For
    direct: bool = False  # not through the proxy that stands before the gateway


class Request(NamedTuple):
    """One line of a log."""

    at: int
    caller: Caller
    method: str  # empty where the request was not HTTP
    path: str
    status: int
    size: int = 0
    query: str = ""
    referer: str = ""


class Session(NamedTuple):
    """The requests of one thing that a client set out to do, and what it is by the rules."""

    at: int  # of the first request that counts: not of the ping or the token before it
    caller: Caller
    action: str  # download, refresh, version_check, failed, push, listing, aux; empty: no activity
    requests: tuple[Request, ...]
    ecosystem: str = ""
    artifact: str = ""
    version: str = ""  # coalesce(digest, version, reference), of downloads
    close: bool = False  # may be nearer than 20 minutes to its neighbour: another tag or a poll


class Registry:
    """How one gateway answers registry clients."""

    def __init__(self, host: str, *, redirects: bool = False) -> None:
        self.host, self.redirects = host, redirects

    def _ok(self, caller: Caller, *, blob: bool = False) -> int:
        """A redirecting gateway proxies manifests for containers/image, and redirects all the rest."""
        proxied = caller.agent.client == "containers-image" and not blob
        return 307 if self.redirects and not proxied else 200

    def _manifest(self, at: int, caller: Caller, image: Image, reference: str, method: str = "GET") -> Request:
        size = INDEX_BYTES if ":" not in reference else MANIFEST_BYTES
        return Request(at, caller, method, f"/v2/{image.repository}/manifests/{reference}", self._ok(caller), size)

    def _blob(self, at: int, caller: Caller, image: Image, blob: tuple[str, int]) -> Request:
        return Request(
            at, caller, "GET", f"/v2/{image.repository}/blobs/{blob[0]}", self._ok(caller, blob=True), blob[1]
        )

    def ping(self, at: int, caller: Caller, image: Image, *, token: bool = False) -> list[Request]:
        """The requests before a pull that never count: the ping and, on a challenge, the token."""
        nobody = caller._replace(user="")
        if not token:
            return [Request(at, caller, "GET", "/v2/", 200, 2)]
        scope = f"repository%3A{image.repository.replace('/', '%2F')}%3Apull"
        query = f"account=sample&refresh={TOKEN}&scope={scope}&service={self.host}"
        return [
            Request(at - 500, nobody, "GET", "/v2/", 401, 87),
            Request(at - 250, nobody, "GET", "/token", 200, 1204, query),
        ]

    def pull(
        self, at: int, caller: Caller, image: Image, tag: str, version: str, arch: str,
        *, before: list[Request] | None = None, changed: int = 3, platforms: tuple[str, ...] = (), close: bool = False,
    ) -> Session:  # fmt: skip
        """Docker, containerd, BuildKit, Harbor: HEAD the tag, GET index and manifest, then config and layers.

        `changed` says how many layers are missing: 3 all, 2 all but the base, 0 none (a refresh); `platforms` are the
        architectures that a mirror copies instead of one.
        """
        index = image.digest("index", version)
        requests = [
            self._manifest(at, caller, image, tag, "HEAD"),
            self._manifest(at + 180, caller, image, index)._replace(size=INDEX_BYTES),
        ]
        clock = at + 360
        for one in platforms or (arch,):
            requests.append(self._manifest(clock, caller, image, image.digest("manifest", version, one)))
            blobs = [image.config(version, one), *image.layers(version, one)[3 - changed :]] if changed else []
            for number, blob in enumerate(blobs):
                requests.append(self._blob(clock + 300 + 1500 * number, caller, image, blob))
            clock += 9000
        return Session(
            at, caller, "download" if changed else "refresh", (*(before or []), *requests),
            "oci", image.repository, index, close,
        )  # fmt: skip

    def podman(
        self, at: int, caller: Caller, image: Image, tag: str, version: str, arch: str,
        *, before: list[Request] | None = None, changed: int = 3,
    ) -> Session:  # fmt: skip
        """Podman, skopeo: GET the tag and the manifest, read the config every time, then what is missing."""
        manifest = image.digest("manifest", version, arch)
        requests = [
            self._manifest(at, caller, image, tag),
            self._manifest(at + 160, caller, image, manifest),
            self._blob(at + 320, caller, image, image.config(version, arch)),
        ]
        layers = image.layers(version, arch)[3 - changed :] if changed else []
        requests += [self._blob(at + 900 + 1500 * n, caller, image, blob) for n, blob in enumerate(layers)]
        action = "download" if changed else "refresh"
        return Session(at, caller, action, (*(before or []), *requests), "oci", image.repository, manifest)

    def check(
        self,
        at: int,
        caller: Caller,
        image: Image,
        tag: str,
        *,
        before: list[Request] | None = None,
        close: bool = False,
    ) -> Session:
        """HEAD of a tag, which turned out to be known."""
        requests = (*(before or []), self._manifest(at, caller, image, tag, "HEAD"))
        return Session(at, caller, "version_check", requests, "oci", image.repository, close=close)

    def reread(self, at: int, caller: Caller, image: Image, tag: str, *, close: bool = False) -> Session:
        """GET of a tag's manifest and nothing else: a pull, though nothing is new."""
        return Session(
            at, caller, "refresh", (self._manifest(at, caller, image, tag),), "oci", image.repository, close=close
        )

    def missing(self, at: int, caller: Caller, image: Image, tag: str) -> Session:
        """A tag that does not exist: Docker asks by GET once more after its HEAD failed.

        Behind a redirect the 404 of the storage is invisible; the second question betrays it.
        """
        status, size = (307, 0) if self.redirects else (404, 95)
        pair = [self._manifest(at + n * 200, caller, image, tag, m) for n, m in enumerate(("HEAD", "GET"))]
        requests = tuple(request._replace(status=status, size=size) for request in pair)
        return Session(at, caller, "failed", requests, "oci", image.repository)

    def tags(self, at: int, caller: Caller, image: Image) -> Session:
        """The list of tags: a listing, no contact."""
        request = Request(at, caller, "GET", f"/v2/{image.repository}/tags/list", 200, 214, "n=100")
        return Session(at, caller, "listing", (request,))

    def push(self, at: int, caller: Caller, image: Image, version: str) -> Session:
        """A release: blobs probed, uploaded and named."""
        base, requests = f"/v2/{image.repository}", []
        blobs = [image.config(version, "amd64")[0], image.digest("assets", version)]
        for n, blob in enumerate(blobs):
            upload = f"{base}/blobs/uploads/{hexes(f'upload {version} {n}', 32)}"
            steps = [
                ("HEAD", f"{base}/blobs/{blob}", 404, ""),
                ("POST", f"{base}/blobs/uploads/", 202, ""),
                ("PATCH", upload, 202, f"_state={TOKEN}"),
                ("PUT", upload, 201, f"_state={TOKEN}&digest={blob.replace(':', '%3A')}"),
            ]
            requests += [
                Request(at + 3000 * n + 400 * k, caller, method, path, status, 0, query)
                for k, (method, path, status, query) in enumerate(steps)
            ]
        for n, reference in enumerate((version, "latest")):
            requests.append(Request(at + 7000 + 300 * n, caller, "PUT", f"{base}/manifests/{reference}", 201))
        return Session(at, caller, "push", tuple(requests), "oci", image.repository)


def failed(session: Session, status: int = 502, size: int = 157) -> Session:
    """The same in an outage: the first request fails, and nothing follows it."""
    if not session.requests[0].method:
        return session
    opener = next(r for r in session.requests if r.at >= session.at)
    request = opener._replace(status=status, size=size)
    return session._replace(action=session.action and "failed", requests=(request,), version="")


def pypi_download(at: int, caller: Caller, version: str, *, index: bool = True) -> Session:
    """pip, uv: the index, the wheel's metadata (aux), the wheel; one contact."""
    path = wheel(version)
    requests = [
        Request(at, caller, "GET", f"/simple/{SDK}/", 200, 4812),
        Request(at + 150, caller, "GET", f"{path}.metadata", 200, 3120),
        Request(at + 400, caller, "GET", path, 200, 400_000 + 7 * len(path) + int(version.replace(".", "")) * 11),
    ]
    return Session(at, caller, "download", tuple(requests if index else requests[2:]), "pypi", SDK, version)


def pypi_check(at: int, caller: Caller, *, known: bool, close: bool = False) -> Session:
    """The index alone; 304 where the client kept it."""
    request = Request(at, caller, "GET", f"/simple/{SDK}/", 304 if known else 200, 0 if known else 4812)
    return Session(at, caller, "version_check", (request,), "pypi", SDK, close=close)


def file_download(
    at: int, caller: Caller, files: Download, version: str, place: tuple[str, str], **more: object
) -> Session:
    """GET of a whole archive.

    `place` is system and architecture; `more` the `status`, `referer`, `query` of the request, and `checksum` for
    the file beside it (aux).
    """
    checksum = more.pop("checksum", False)
    path = files.path(version, *place)
    requests = [Request(at, caller, "GET", path, **{"status": 200, "size": files.size(path), **more})]
    if checksum:
        requests.append(Request(at + 1200, caller, "GET", f"{path}.sha256", 200, 102))
    return Session(at, caller, "download", tuple(requests), "file", files.product, version)


def file_check(
    at: int, caller: Caller, files: Download, version: str, place: tuple[str, str],
    method: str = "HEAD", status: int = 200, *, close: bool = False,
) -> Session:  # fmt: skip
    """HEAD of an archive, or a GET that is answered by 304."""
    request = Request(at, caller, method, files.path(version, *place), status)
    return Session(at, caller, "version_check", (request,), "file", files.product, close=close)


def file_failed(
    at: int, caller: Caller, files: Download, version: str, place: tuple[str, str], status: int, **more: object
) -> Session:
    """A file that was not sent."""
    request = Request(at, caller, "GET", files.path(version, *place), status, **more)
    return Session(at, caller, "failed", (request,), "file", files.product)


def page(at: int, caller: Caller, path: str, status: int = 200, size: int = 5120, referer: str = "") -> Session:
    """A request of no artifact: a page, a probe, a robots.txt."""
    return Session(at, caller, "", (Request(at, caller, "GET", path, status, size, "", referer),))


def tls_hello(at: int, address: str, size: int = 157) -> Session:
    """TLS bytes on a plain port: a parsed request of nothing."""
    caller = Caller(address, NOBODY)
    return Session(at, caller, "", (Request(at, caller, "", TLS_HELLO, 400, size),))
