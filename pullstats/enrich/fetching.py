"""One file from an address: bounded in size and time, checked, its key in no message."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import http.client
import re
import time
import urllib.request
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit

from pullstats import __version__
from pullstats.enrich.downloads import KEY, MONTH, checksum_address, sends_openly, shown
from pullstats.enrich.published import STAYS
from pullstats.errors import PullstatsError

if TYPE_CHECKING:
    from pullstats.enrich.downloads import Download

LARGEST = 1 << 30  # bytes of one download; the largest databases have half of it
SILENT_SECONDS = 30  # without a byte
LONGEST_SECONDS = 30 * 60  # of one file
_BLOCK, _SUM_BYTES = 1 << 16, 4096
_SUM = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{64}(?![0-9a-fA-F])")
_STRANGE = re.compile(r"[^A-Za-z0-9._-]+")
_REFUSED, _ABSENT, _TOO_MANY = (401, 403), (404, 410), 429


class _AbsentError(PullstatsError):
    """There is no such file."""


def fetch(download: Download, to: Path) -> Path:
    """The file behind an address, in the folder `to`, under the name that the address gives it.

    Raises:
        PullstatsError: it cannot be had whole, or its checksum is not the publisher's.
    """
    if sends_openly(download):
        raise PullstatsError(f"{download.shown}: would send your key unencrypted", "give an https address")
    months = _months() if MONTH in download.url else [""]
    for month in months[:-1]:
        try:
            return _fetched(download, download.url.replace(MONTH, month), to)
        except _AbsentError:
            continue  # published in the course of the month
    return _fetched(download, download.url.replace(MONTH, months[-1]), to)


def _months() -> list[str]:
    today = dt.datetime.now(dt.UTC).date()
    return [f"{day:%Y-%m}" for day in (today, today.replace(day=1) - dt.timedelta(days=1))]


def _fetched(download: Download, url: str, to: Path) -> Path:
    wanted = _checksum(download, url)
    path = to / (_STRANGE.sub("-", unquote(Path(urlsplit(url).path).name.replace(KEY, ""))).lstrip(".") or "download")
    with path.open("wb") as file:
        found = _copied(download, url, file, LARGEST)
    if wanted and wanted != found:
        raise PullstatsError(f"{shown(url)}: its SHA-256 is not {wanted[:12]}..., as published", f"try again; {STAYS}")
    return path


def _checksum(download: Download, url: str) -> str | None:
    """The SHA-256 that the publisher gives, in lower case."""
    address = checksum_address(download, url)
    if address is None:
        return download.sha256 and download.sha256.lower()
    from io import BytesIO

    text = BytesIO()
    _copied(download, address, text, _SUM_BYTES)
    found = _SUM.search(text.getvalue().decode("ascii", "replace"))
    if found is None:
        raise PullstatsError(f"{shown(address)}: holds no SHA-256", f"check its address; {STAYS}")
    return found[0].lower()


def _copied(download: Download, url: str, to: IO[bytes], most: int) -> str:
    """Copy what an address holds; its SHA-256."""
    began = time.monotonic()
    try:
        with _opened(download, url) as response:
            return _poured(response, to, shown(url), most, began + LONGEST_SECONDS)
    except HTTPError as error:
        error.close()
        raise _refused(download, url, error.code) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        # Their texts can hold the address with its key.
        raise PullstatsError(f"{shown(url)}: {_reason(error)}", f"try again; {STAYS}") from None


def _opened(download: Download, url: str) -> Any:
    parts = urlsplit(url)
    if parts.scheme == "file":
        return Path(urllib.request.url2pathname(parts.path)).open("rb")
    agent = {"User-Agent": f"pullstats/{__version__}"}
    request = urllib.request.Request(url.replace(KEY, download.key or ""), headers=agent)  # noqa: S310 - http or https
    if download.key and KEY not in url and _same_host(download, url):
        request.add_unredirected_header("Authorization", _authorization(download.account, download.key))
    return urllib.request.build_opener(_Redirects).open(request, timeout=SILENT_SECONDS)


def _same_host(download: Download, url: str) -> bool:
    return urlsplit(download.url).netloc == urlsplit(url).netloc


def _authorization(account: str | None, key: str) -> str:
    if account is None:
        return f"Bearer {key}"
    return f"Basic {base64.b64encode(f'{account}:{key}'.encode()).decode()}"


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to https; to http only from http. A key is not sent on."""

    def redirect_request(  # noqa: PLR0913, PLR0917 - as urllib calls it
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        to = urlsplit(newurl).scheme
        if to not in ("https", req.type):
            raise PullstatsError(f"{shown(req.full_url)}: redirects from {req.type} to {to}", f"not followed; {STAYS}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _poured(response: Any, to: IO[bytes], name: str, most: int, deadline: float) -> str:
    """Copy a response whole.

    Raises:
        PullstatsError: it is too large, too slow, or shorter than it says.
    """
    headers = getattr(response, "headers", None)
    stated = (headers or {}).get("Content-Length")
    digest, size = hashlib.sha256(), 0
    while True:
        if size > most or (stated and stated.isdecimal() and int(stated) > most):
            raise PullstatsError(f"{name}: is larger than {_bytes(most)}", f"it cannot be network data; {STAYS}")
        if time.monotonic() > deadline:
            raise PullstatsError(f"{name}: takes longer than {LONGEST_SECONDS:,} s", f"try again; {STAYS}")
        block = response.read1(_BLOCK)
        if not block:
            break
        size += len(block)
        digest.update(block)
        to.write(block)
    if stated and stated.isdecimal() and size < int(stated):
        raise PullstatsError(f"{name}: ended after {size:,} of {int(stated):,} bytes", f"try again; {STAYS}")
    return digest.hexdigest()


def _bytes(count: int) -> str:
    return f"{count >> 20:,} MiB" if count >> 20 else f"{count:,} bytes"


def _refused(download: Download, url: str, code: int) -> PullstatsError:
    name = shown(url)
    if code in _REFUSED:
        what = "the key is wrong, or not for this file" if download.key else "it needs a key"
        return PullstatsError(f"{name}: answers {code}, {what}", download.needs)
    if code in _ABSENT:
        return _AbsentError(f"{name}: answers {code}, there is no such file", f"check the address; {STAYS}")
    if code < _REFUSED[0]:
        return PullstatsError(
            f"{name}: answers {code}, a redirect that cannot be followed", f"check the address; {STAYS}"
        )
    why = ", too many downloads" if code == _TOO_MANY else ""
    return PullstatsError(f"{name}: answers {code}{why}", f"try again later; {STAYS}")


def _reason(error: Exception) -> str:
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return f"was silent for {SILENT_SECONDS} s"
    if isinstance(cause, http.client.IncompleteRead | http.client.RemoteDisconnected | ConnectionError):
        return "the connection broke off" if not isinstance(cause, ConnectionRefusedError) else "refuses connections"
    if isinstance(cause, OSError) and cause.strerror:
        return f"cannot be read ({getattr(cause, 'verify_message', None) or cause.strerror})"
    return "does not answer as a web server does"
