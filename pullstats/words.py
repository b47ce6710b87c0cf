"""The vocabulary: every column, dimension and option, declared once.

A column's name, type and sentence stand here and nowhere else; the CSV header, the JSON schema, the
help and the reference pages are made from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Type = Literal["int64", "int32", "string", "boolean", "date", "time", "float"]
Half = Literal["caller", "resource", "activity", "request", "period", "measure", "origin", "none"]


@dataclass(frozen=True)
class Column:
    """One column of a table or an answer.

    Attributes:
        name: singular for values (`country`), plural for counts (`origins`), `_share` for 0 to 1.
        type: `time` is an Int64 of epoch microseconds, UTC, that outputs show as ISO text.
        about: one sentence for people.
        of: what the column describes; a dimension is a column of a caller, resource, activity or request.
        personal: a keyed hash of something personal (never the thing itself).
    """

    name: str
    type: Type
    about: str
    of: Half = "none"
    personal: bool = False
    dimension: bool = False


def _columns(of: Half, type_: Type, *, dimension: bool = False, personal: bool = False, **about: str) -> list[Column]:
    return [Column(name, type_, text, of, personal, dimension) for name, text in about.items()]


COLUMNS: dict[str, Column] = {
    column.name: column
    for column in [
        # ids
        *_columns(
            "caller",
            "int64",
            personal=True,
            caller_id="One (address, user agent), hashed.",
            address_id="The whole address, hashed.",
            agent_id="The raw user agent, hashed.",
            origin_id="Endpoint, client, OS and architecture, hashed: the default unit of uniqueness.",
            endpoint_id="The IPv4 address or IPv6 /64, hashed.",
            site_id="The IPv4 /24 or IPv6 /48, hashed.",
        ),
        *_columns("request", "int64", personal=True, principal_id="The logged user name, hashed."),
        *_columns(
            "request",
            "int64",
            request_key="The request id, hashed; two rows with one key are one request.",
            source_id="The source (file) of the line: the first 63 bits of its SHA-256.",
            line="The line's number in its source, from 1.",
        ),
        *_columns("resource", "int64", resource_id="Host, namespace and path, hashed."),
        *_columns(
            "activity",
            "int64",
            artifact_id="Ecosystem and artifact, hashed.",
            version_id="Artifact and coalesce(digest, version, reference), hashed; null without a download.",
        ),
        # requests
        Column("ts", "int64", "The logged time: epoch microseconds, UTC."),
        Column("date", "date", "The UTC day of the logged time."),
        Column("method", "string", "The HTTP method; null where the request was not HTTP.", "request", dimension=True),
        Column("status", "int32", "The HTTP status; null where none was logged.", "request", dimension=True),
        Column("duration_ms", "int64", "How long the request took, in milliseconds.", "request"),
        Column("bytes", "int64", "Body bytes sent; never of HEAD requests.", "measure"),
        # callers
        Column("user_agent", "string", "The user agent, masked: only ordinary product tokens stay.", "caller"),
        *_columns(
            "caller",
            "string",
            dimension=True,
            client="The program that asked (docker, pip); `none` sent no agent, `unknown` is not recognised.",
            client_version="The client's version.",
            kind="The client's class: runtime, builder, package_client, updater, mirror, scanner ...",
            os="Operating system, as the client states it.",
            os_version="Version of macOS, Windows, Android or iOS.",
            distro="Linux distribution and version.",
            arch="Processor architecture by its Go name (amd64, arm64).",
            runtime="Language runtime (go1.21, Python 3.11.7).",
            country="ISO 3166 code of the country of the address.",
            organisation="Who announces the address's network.",
            network="Network type: isp, hosting, business, education, government, reserved.",
            cloud="Cloud provider of the address.",
            cloud_region="The cloud's published region.",
            company="The company behind the address, only with evidence.",
            label="Your own name for an address range, from [labels] in pullstats.toml.",
        ),
        Column("ci", "boolean", "The client says that it runs in continuous integration.", "caller", dimension=True),
        Column("asn", "int64", "Autonomous system number of the address.", "caller", dimension=True),
        Column("company_evidence", "string", "What names the company.", "caller"),
        # resources
        *_columns(
            "resource",
            "string",
            host="The host that was asked for.",
            namespace="The upstream registry of a mirror request (`?ns=`).",
            path="The path without its query, decoded of nothing.",
            reference_kind="What the reference is: tag, digest, file or revision.",
            role="What the resource is to its artifact: manifest, content, config, index, metadata ...",
        ),
        *_columns(
            "resource",
            "string",
            dimension=True,
            ecosystem="oci, pypi, npm, file ...",
            artifact="The thing people adopt: an image repository, a package, a file.",
            version="The version, where the reference or file name says one.",
            reference="How a request names a version: tag, digest, file name.",
            platform="os/arch of the artifact's file or manifest.",
        ),
        # activities
        *_columns("activity", "int64", seconds="Seconds from the first to the last request.", times="How many times."),
        *_columns(
            "activity",
            "int64",
            folded="Requests that repeat another one of the same activity.",
            platforms="How many platforms were fetched.",
        ),
        *_columns("activity", "string", digest="The first digest fetched.", flags="What is unusual, comma-joined."),
        Column("requests", "int64", "Requests: accepted lines of the log.", "measure"),
        Column("action", "string", "download, refresh, version_check, aux, listing, orphan, push or failed.", "activity", dimension=True),
    ]
}
