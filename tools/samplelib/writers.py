"""The lines of each format, as the program that writes it would."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from samplelib.world import BASIC, DAY, MINUTE, SECOND

if TYPE_CHECKING:
    from samplelib.traffic import Caller, Request

PRINTABLE = frozenset(map(chr, range(32, 127)))
FAILED = 400
LARGE = 1_000_000  # bytes: such a file takes a moment
CLOUDFRONT_COLUMNS = (
    "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent)"
    " cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken"
    " x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status"
    " fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len"
    " sc-range-start sc-range-end"
)
CLOUDFRONT_HEADER = ("#Version: 1.0", f"#Fields: {CLOUDFRONT_COLUMNS}")


@cache
def day(number: int, form: str) -> str:
    """The date of a day since 1970."""
    return datetime.fromtimestamp(number * 86400, UTC).strftime(form)


def clock(at: int) -> str:
    """Hours, minutes and seconds of a time."""
    minutes, seconds = divmod(at % DAY // SECOND, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"


@cache
def spread(text: str, parts: int) -> int:
    """A number from 0 to parts - 1 that belongs to a text: which proxy, which port."""
    return hashlib.sha256(text.encode()).digest()[0] % parts


@cache
def nginx_text(text: str) -> str:
    """nginx, escape=default: quotes, backslashes and bytes outside 32..126 as upper-case hex."""
    return "".join(c if c in PRINTABLE and c not in '"\\' else f"\\x{ord(c):02X}" for c in text) or "-"


@cache
def apache_text(text: str) -> str:
    r"""Apache: a backslash before quotes and backslashes, other bytes as lower-case hex."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(c if c in PRINTABLE else f"\\x{ord(c):02x}" for c in escaped) or "-"


@cache
def percent_text(text: str) -> str:
    """CloudFront: as in a URL, but for the signs that it leaves alone."""
    return quote(text, safe="/:;,()!$&*+=?@-._") or "-"


@cache
def json_text(text: str) -> str:
    """A JSON string."""
    return json.dumps(text)


def target(r: Request) -> str:
    """Path and query."""
    return f"{r.path}?{r.query}" if r.query else r.path


class Combined:
    """nginx's and Apache's combined format."""

    def __init__(self, *, apache: bool = False) -> None:
        self.text, self.nothing = (apache_text, "-") if apache else (nginx_text, "0")

    def line(self, r: Request, _: int) -> str:
        """One request."""
        asked = f"{r.method} {target(r)} HTTP/1.1" if r.method else self.text(r.path)
        size = str(r.size) if r.size and r.method != "HEAD" else self.nothing
        return (
            f"{self.peer(r.caller)} - {r.caller.user or '-'} [{day(r.at // DAY, '%d/%b/%Y')}:{clock(r.at)} +0000] "
            f'"{asked}" {r.status} {size} "{self.text(r.referer)}" "{self.text(r.caller.agent.text)}"'
        )

    def peer(self, caller: Caller) -> str:
        """Who opened the connection."""
        return caller.address


class Main(Combined):
    """nginx's packaged `main`, behind proxies in private space that add the client to X-Forwarded-For."""

    def peer(self, caller: Caller) -> str:
        """One of two proxies."""
        return ("10.0.0.5", "10.0.0.6")[spread(caller.address, 2)]

    def line(self, r: Request, number: int) -> str:
        """One request; for every fourth client a second, inner proxy is in the list."""
        claimed = f"{r.caller.claimed}, " if r.caller.claimed else ""
        inner = ", 10.0.3.7" if spread(f"inner {r.caller.address}", 4) == 0 else ""
        return f'{super().line(r, number)} "{claimed}{r.caller.address}{inner}"'


class NginxJson:
    """nginx JSON behind Cloudflare; a few come directly and bring an X-Forwarded-For of their own."""

    edges = ("162.158.92.14", "162.158.92.77", "162.158.203.9", "172.69.150.31")

    def line(self, r: Request, number: int) -> str:
        """One request."""
        caller = r.caller
        peer = caller.address if caller.direct else self.edges[spread(caller.address, 4)]
        claimed = caller.claimed if caller.direct else ", ".join(filter(None, (caller.claimed, caller.address)))
        seconds = "0.104" if r.size > LARGE else "0.002"
        size = 0 if r.method == "HEAD" else r.size
        when = f"{day(r.at // DAY, '%Y-%m-%d')}T{clock(r.at)}+00:00"
        return (
            f'{{"time":"{when}","msec":"{r.at // SECOND}.{r.at % SECOND:03}","remote_addr":"{peer}",'
            f'"x_forwarded_for":"{claimed}","request_id":"5eed0000000000000000000000{number:06x}",'
            f'"remote_user":"{caller.user}","host":"eu.acme.example","request_method":"{r.method}",'
            f'"request_uri":"{target(r)}","server_protocol":"HTTP/1.1","status":{r.status},"body_bytes_sent":{size},'
            f'"request_time":{seconds},"http_referer":"{r.referer}","http_user_agent":{json_text(caller.agent.text)}}}'
        )


class CloudFront:
    """CloudFront standard log, 33 columns; every edge delivers its five minutes in one go."""

    edges = ("FRA56-P4", "IAD89-C1", "LHR61-P2", "NRT57-P1", "GRU3-C2")

    def order(self, r: Request) -> tuple[int, int]:
        """Where a line stands in the file."""
        return r.at // (5 * MINUTE), spread(r.caller.address, 5)

    def line(self, r: Request, number: int) -> str:
        """One request."""
        c = r.caller
        result = {403: "Error", 404: "Error", 0: "ClientCommError"}.get(r.status, "Hit")
        size = 512 if r.method == "HEAD" else r.size
        seconds = "0.310" if size > LARGE else "0.001"
        kind = "application/zip" if r.path.endswith("zip") else "application/gzip"
        fields = (
            day(r.at // DAY, "%Y-%m-%d"), clock(r.at), self.edges[spread(c.address, 5)], size, c.address, r.method,
            "d111111abcdef8.cloudfront.net", r.path, f"{r.status:03}", percent_text(r.referer),
            percent_text(c.agent.text), r.query or "-", "-", result, f"sample-desktop-{number:06}-AAAAAAAAAAAAAA==",
            "cdn.acme.example", "https", 231, seconds, c.claimed or "-", "TLSv1.3", "TLS_AES_128_GCM_SHA256", result,
            "HTTP/2.0", "-", "-", 49152 + 1011 * spread(c.address, 16), "0.001", result, kind, size, "-", "-",
        )  # fmt: skip
        return "\t".join(map(str, fields))


class Distribution:
    """The docker registry's application log: `authorized request`, then `response completed`."""

    def line(self, r: Request, number: int) -> str:
        """Two lines; the second is the request."""
        c = r.caller
        family = f"[{c.address}]" if ":" in c.address else c.address
        peer = c.address if c.claimed else f"{family}:{40000 + 997 * spread(c.address, 16)}"
        name, _, reference = r.path.removeprefix("/v2/").rpartition("/manifests/")
        variables = f',"vars.name":"{name}","vars.reference":"{reference}"' if name else ""
        asked = (
            f'"go.version":"go1.20.8","http.request.host":"hub.acme.example:5000",'
            f'"http.request.id":"5eed5eed-2026-4f00-9a00-000000{number:06x}","http.request.method":"{r.method}",'
            f'"http.request.remoteaddr":"{peer}","http.request.uri":"{target(r)}",'
            f'"http.request.useragent":{json_text(c.agent.text)}'
        )
        user = f'"auth.user.name":"{c.user}",' if c.user else ""
        if r.status < FAILED:
            end, level = "response completed", "info"
        else:
            end, level = "response completed with error", "error"
            user = f'{user}"err.code":"manifest unknown","err.message":"manifest unknown",'
        duration = "104.113ms" if r.size > LARGE else "2.083657ms"
        return (
            f'{{{asked},"level":"info","msg":"authorized request","time":"{self.time(r.at - 1)}"{variables}}}\n'
            f'{{{user}{asked},"http.response.duration":"{duration}","http.response.status":{r.status},'
            f'"http.response.written":{r.size},"level":"{level}","msg":"{end}","time":"{self.time(r.at)}"{variables}}}'
        )

    def time(self, at: int) -> str:
        """RFC 3339 with nanoseconds."""
        return f"{day(at // DAY, '%Y-%m-%d')}T{clock(at)}.{at % SECOND:03}000000Z"

    def note(self, at: int, text: str, level: str = "info") -> str:
        """A line of the application that is no request."""
        return json.dumps(
            {"go.version": "go1.20.8", "instance.id": "5eed", "level": level, "msg": text, "service": "registry",
             "time": self.time(at)},
            separators=(",", ":"),
        )  # fmt: skip

    def challenge(self, r: Request, number: int) -> str:
        """The only line of a 401."""
        return (
            self.line(r, number)
            .split("\n")[0]
            .replace(
                '"level":"info","msg":"authorized request"',
                '"level":"warning","msg":"error authorizing context: authorization token required"',
            )
        )


class Scarf:
    """A redirecting gateway's JSON; `rawHeaders` can hold credentials."""

    def line(self, r: Request, number: int) -> str:
        """One request."""
        c = r.caller
        authorization = f"\\r\\nAuthorization: Basic {BASIC}" if c.user else ""
        name, _, reference = r.path.removeprefix("/v2/").rpartition("/manifests/")
        if name:
            owner, _, image = name.partition("/")
            extract = (
                f'{{"auto-create":null,"backend-registry":"registry.acme.example","image":["{owner}","{image}"],'
                f'"package":"5eed0000-0000-4000-8000-000000000001","reference":"{reference}","type":"docker"}}'
            )
        elif r.path.startswith("/agent/"):
            extract = '{"package":"5eed0000-0000-4000-8000-000000000002","type":"flatfile","variables":{}}'
        else:
            extract = "null"
        date = day(r.at // DAY, "%Y-%m-%d")
        return (
            f'{{"!v":"1","extract":{extract},"origin":"eu-central","partition-key":"acme-{date}-{clock(r.at)[:2]}",'
            f'"rawHeaders":"Host: get.acme.example{authorization}","referer":"{r.referer}",'
            f'"request":{{"contentType":"",'
            f'"host":"get.acme.example","method":"{r.method}","queryString":"{"?" if r.query else ""}{r.query}",'
            f'"remoteAddress":"{c.address}","remotePort":"0","uri":"{r.path}"}},'
            f'"request_id":"5eed5eed5eed5eed5eed5eed5eed5eed-{number}","request_time":0,"responseStatus":{r.status},'
            f'"time":"{date}T{clock(r.at)}.{r.at % SECOND:03}000Z","trace":null,"unixTime":{r.at // SECOND},'
            f'"userAgent":{json_text(c.agent.text)}}}'
        )
