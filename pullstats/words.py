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
        Column("conditional", "boolean", "The log shows that the request was conditional (If-None-Match).", "request"),
        Column("as_of", "time", "When this row was written; the newest row of an id counts."),
        # sources
        *_columns(
            "none",
            "string",
            source="Base name of the log; its folders can hold a user's name.",
            sha256="SHA-256 of the decompressed bytes.",
            parent="SHA-256 of the beginning that was read before, for a log that grew.",
            format="The format entry that read the log.",
            mode="How the source answers: auto, serve or redirect.",
            reasons="How many lines were ignored or rejected for which reason, as JSON.",
            program="Version of pullstats that read the log.",
            tables="Versions of the rule, client, route and geo tables, as JSON.",
            commit_id="The commit that the source came with.",
            layer="Which of several records of one traffic the source is, named by --layer at ingest (cdn, origin).",
            other_format="A format whose logs cover the same time and were looked through; null: none does.",
        ),
        *_columns(
            "none",
            "int64",
            length="Decompressed bytes up to the end of the last line read.",
            offset="Decompressed bytes before the first line read.",
            lines="Lines read: parsed + ignored + rejected.",
            parsed="Lines that are requests.",
            ignored="Lines that belong to the log but are no requests.",
            rejected="Lines that do not fit the format.",
            duplicates="Parsed lines whose request another source holds too.",
            other_id="The source of the other format that holds most of the same requests.",
            minutes="Minutes of a sample in which the source has requests.",
            covered="Those of them in which the other format's logs have requests too.",
            sampled="The source's requests in these minutes.",
            shared="Those that the others hold too, by address, path and second, less what chance explains.",
            alike="Those that the others hold too, by agent or by path and second alone, less what chance explains.",
        ),
        Column("first", "time", "The earliest logged time."),
        Column("last", "time", "The latest logged time."),
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
            environment="Where the client seems to run: cluster, server, ci, laptop or unknown.",
        ),
        Column("ci", "boolean", "The client says that it runs in continuous integration.", "caller", dimension=True),
        Column("asn", "int64", "Autonomous system number of the address.", "caller", dimension=True),
        Column(
            "egress",
            "string",
            "shared: on some day 5 clients, or 8 agents of one, came from the address; else single.",
            "caller",
            dimension=True,
        ),
        Column(
            "client_age",
            "int64",
            "Years from the release of the client's version to the request; empty where the release is not known.",
            "caller",
            dimension=True,
        ),
        *_columns(
            "caller",
            "string",
            dimension=True,
            company_evidence="What names the company, and how sure that is.",
            environment_evidence="The signals that name the environment.",
        ),
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
        Column(
            "action",
            "string",
            "download, refresh, version_check, aux, listing, orphan, push or failed.",
            "activity",
            dimension=True,
        ),
    ]
}

# Columns of answers

ANSWERS: dict[str, Column] = {
    column.name: column
    for column in [
        Column("period_start", "string", "Beginning of the period, ISO text in the asked zone.", "period"),
        Column("period_end", "string", "End of the period, not in it.", "period"),
        Column("partial", "boolean", "The log does not cover the whole period.", "period"),
        *_columns(
            "measure",
            "int64",
            origins="Distinct origins of what --of names (pulls, unless said).",
            endpoints="Distinct IPv4 addresses and IPv6 /64 networks.",
            origins_strict="Distinct pairs of address and user agent.",
            unique_downloads="Distinct (origin, artifact, version, UTC day) with a download.",
            contacts="Pulls and checks.",
            pulls="Downloads and refreshes.",
            downloads="Content was sent.",
            checks="Version checks: HEAD and 304; never a download.",
            polls="Contacts without content by pollers.",
            invocations="Contacts that are no polls: a lower bound of starts.",
            rank="Place, from 1.",
            interval_seconds="The poller's interval, in seconds.",
        ),
        *_columns(
            "measure",
            "float",
            origins_share="Share of all origins; an origin can be in several rows.",
            pulls_share="Share of all pulls.",
            share="Share of what --of names.",
            cumulative_share="Share of this row and all rows above it.",
        ),
        Column("origin", "string", "The first 10 hex digits of the origin's id.", "origin", personal=True),
        Column(
            "behavior", "string", "poller, dev, ci, mirror, scanner, irregular or too_little.", "origin", dimension=True
        ),
        Column("first_seen", "time", "The first time."),
        Column("last_seen", "time", "The last time."),
        Column("metric", "string", "Name of a figure."),
        Column("value", "string", "The figure."),
        Column("time", "time", "When."),
    ]
}
# `platform` of an answer is the caller's; a resource has its own.
PLATFORM = "platform"
DIMENSIONS: dict[str, Column] = {
    name: column for name, column in {**COLUMNS, **ANSWERS}.items() if column.dimension
} | {"host": COLUMNS["host"]}
# What says so, where a dimension is a conclusion; answers that are split by it show that, too.
EVIDENCE = {"company": "company_evidence", "environment": "environment_evidence"}
# What network data says; answers that use one of these carry its date.
GEO = ("country", "asn", "organisation", "network", "cloud", "cloud_region", "company")
IDENTITIES = ("principal", "strict", "origin", "endpoint", "site", "asn", "company")
OF = ("requests", "contacts", "pulls", "downloads", "checks")
PERIOD = ("period_start", "period_end", "partial")


def column(name: str) -> Column:
    """A column of an answer or a table, by its name."""
    return ANSWERS.get(name) or COLUMNS[name]


@dataclass(frozen=True)
class Option:
    """One option of the command line; the same name means the same everywhere.

    Attributes:
        name: as a Python parameter; `--` and dashes are added.
        about: one line of help.
        type: what it takes; `words` may be given several times, or comma-separated.
        default: shown in the help.
        short: a letter.
        section: where the help lists it.
        choices: the only words that it takes.
    """

    name: str
    about: str
    type: Literal["text", "number", "flag", "words", "path"] = "text"
    default: str | int | bool | None = None
    short: str = ""
    section: str = "What to count"
    choices: tuple[str, ...] = ()

    @property
    def flags(self) -> tuple[str, ...]:
        """How it is written: `--format`, `-f`."""
        return (f"--{self.name.replace('_', '-')}", *([f"-{self.short}"] if self.short else []))


TIME, COUNT, READ, SHOW = "Time", "What to count", "Reading logs", "Output"
OPTIONS: dict[str, Option] = {
    option.name: option
    for option in [
        Option("since", "From this time on: 2021, 2021-06, 2021-W07, yesterday, past_week, 30d ...", section=TIME),
        Option("until", "Up to this time; a period as the end includes that period.", section=TIME),
        Option("during", "In this period: 2021-Q2, last_month, 2021-01..2021-06, 2021-01-01/P1M.", section=TIME),
        Option("every", "Only these days: tuesday, weekday, weekend, or an RFC 5545 rule.", section=TIME),
        Option("hours", "Only these hours of each day: 09:00-17:00.", section=TIME),
        Option("by", "A row a period: hour day week month quarter year, 6h, 2w, weekday, hour_of_day.", section=TIME),
        Option("tz", "Time zone of periods and dates.", default="UTC", section=TIME),
        Option("now", "Take this instant as now.", section=TIME),
        Option("of", "Whose origins are counted and ranked.", default="pulls", choices=OF),
        Option("artifact", "Only this artifact (several: comma-separated).", "words"),
        Option("where", "Only rows where DIMENSION=VALUE, or !=VALUE.", "words"),
        Option("only", "Only clients of these kinds.", "words"),
        Option("without", "Without clients of these kinds, or label=NAME.", "words"),
        Option("without_top", "Without the N heaviest origins.", "number"),
        Option("min_origins", "Hide rows with fewer origins.", "number"),
        Option("identity", "What one origin is.", default="origin", choices=IDENTITIES),
        Option("rule", "The counting rule.", default="pullstats-1"),
        Option("layer", "Only these layers count: cdn, a log's or format's name; at ingest: the logs' layer.", "words"),
        Option("show", "Show this rule, whole."),
        Option("min_contacts", "Behavior is judged from so many contacts on.", "number"),
        Option("min_span", "Behavior is judged over at least this time (3h).", "text"),
        Option(
            "log_format", "An entry's name (pullstats formats), or your nginx or Apache format string.", section=READ
        ),
        Option("nginx_conf", "Take the log_format that this nginx configuration uses.", "path", section=READ),
        Option(
            "map",
            "Keys of your JSON log: user_agent=ua,status=st (columns as in inspect lines).",
            "words",
            section=READ,
        ),
        Option(
            "mode", "How downloads are answered.", default="auto", choices=("auto", "serve", "redirect"), section=READ
        ),
        Option("trust", "Proxies whose X-Forwarded-For counts: private, cloudflare, a CIDR ...", "words", section=READ),
        Option("assume_tz", "Zone of logs that state none.", section=READ),
        Option("max_rejected", "A log with more rejected lines fails.", default="10%", section=READ),
        Option("rejects", "Keep rejected lines in this file.", "path", section=READ),
        Option("geoip_db", "MMDB file that comes before the embedded data; none turns geo off.", "words", section=READ),
        Option("companies", "Your map of companies (TOML).", "path", section=READ),
        Option("follow", "Go on reading as the logs grow and rotate.", "flag", default=False, section=READ),
        Option("poll", "Seconds between two looks of --follow.", "number", default=5, section=READ),
        Option("store", "The store's folder.", "path", section=READ),
        Option("callers", "Read clients and companies again by today's tables.", "flag", default=False, section=READ),
        Option("format", "table, csv, tsv, json, ndjson, md or parquet.", short="f", section=SHOW),
        Option("json", "The same as -f json.", "flag", default=False, section=SHOW),
        Option("output", "Write to this file; its suffix chooses the format.", "path", short="o", section=SHOW),
        Option("limit", "At most so many rows.", "number", short="n", section=SHOW),
        Option("plot", "Draw a chart.", "flag", default=False, section=SHOW),
        Option("color", "Colour.", default="auto", choices=("auto", "always", "never"), section=SHOW),
        Option(
            "spreadsheet_safe",
            "Quote cells that a spreadsheet would take as formulas.",
            "flag",
            default=False,
            section=SHOW,
        ),
        Option("quiet", "No progress and no notes.", "flag", default=False, short="q", section=SHOW),
        Option("verbose", "Say more.", "flag", default=False, short="v", section=SHOW),
    ]
}
