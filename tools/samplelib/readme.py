"""The README of the sample logs: the stories that are in them, with the figures of this run."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from samplelib.agents import BUILDKIT, CI_DOCKER, GO, OLD_DIUN, PIP_CI
from samplelib.truth import CONTACTS, PULLS, endpoint
from samplelib.world import APP, DAY, OUTAGE, RELEASES, SECRETS, START

if TYPE_CHECKING:
    from samplelib.traffic import Session
    from samplelib.truth import Log

ABOUT = {
    "nginx-combined.log.gz": "`registry.acme.example`, the main registry, nginx `combined`: acme/app, acme/worker",
    "nginx-main.log.gz": "`pypi.acme.example`, a package index, nginx `main` behind two proxies in 10/8: acme-sdk",
    "nginx-json.log.gz": "`eu.acme.example`, a registry behind Cloudflare, nginx JSON: acme/app, acme/operator",
    "apache-combined.log.gz": "`downloads.acme.example`, archives of acme-cli, Apache `combined`",
    "cloudfront.log.gz": "`cdn.acme.example`, installers of acme-desktop, CloudFront standard log",
    "distribution.json.log.gz": "`hub.acme.example`, the registry program's own JSON log: acme/app, acme/db-migrate",
    "scarf.json.log.gz": "`get.acme.example`, which only redirects (307, 302), Scarf JSON: acme/agent, its archives",
    "talk-table-1.log": "golden case: HEAD and GET at noon, then a HEAD every five minutes",
    "talk-table-2.log": "golden case: two tags on two days, one question asked twice at 13:09",
}
WEEKS = {"1 to 7": (0, 7), "8 to 14": (7, 14), "15 to 21": (14, 21), "22 to 30": (21, 30)}


def text(made: list[Log], facts: dict[str, Any]) -> str:
    """The page, its paragraphs filled to lines of 120 characters."""
    parts = _page(made, facts).split("\n\n")
    return "\n\n".join(part if part[0] in "#|" else textwrap.fill(part, 120) for part in parts) + "\n"


def _page(made: list[Log], facts: dict[str, Any]) -> str:
    sessions = [s for log in made for s in log.sessions]
    main = made[0].sessions
    diun = [s for s in main if s.caller.agent == OLD_DIUN and s.action in PULLS]
    programs = [s for s in main if s.caller.agent == GO and s.action in PULLS]
    fleet = [s for s in sessions if s.caller.agent in {CI_DOCKER, BUILDKIT, PIP_CI} and s.action == "download"]
    mirrors = [s for s in sessions if s.caller.agent.says == "mirror" and s.action in CONTACTS]
    broken = [s for log in (made[0], made[3]) for s in log.sessions if OUTAGE[0] <= s.at < OUTAGE[1]]
    moving = {r.caller.address for s in sessions for r in s.requests if ":" in r.caller.address}
    figures = facts["files"]["nginx-combined.log.gz"]
    return f"""# Sample logs

September 2026 of the project *acme* at seven gateways, and two golden cases. All of it is made up by
`tools/make_samples.py`, with this page; nothing here was ever a real request. The addresses are random places in the
networks of big providers, so that countries and clouds can be shown; no person is meant by any of them.

`EXPECTED.json` has what `pullstats summary` must answer: for all logs together at the top, for each under `files`.
It is counted from the sessions that the script made up (`tools/samplelib/truth.py`), not from these files and not by
pullstats. The tests compare the two.

| log | lines | pulls | downloads | checks | polls | origins | what it is |
|---|--:|--:|--:|--:|--:|--:|---|
{_table(facts)}

Each log is another gateway's: adding them is right, and some origins ask at several of them, so that
{sum(file["origins"] for file in facts["files"].values()):,} origins of the logs are {facts["origins"]:,} together.

## The stories

**A release.** acme/app 2.0.0 comes on the 15th at 09:00, 2.0.1 on the 22nd; acme-cli, acme-sdk, acme-desktop and the
others follow the same day. The project's pipeline pushes each image ten minutes before (POST, PATCH, PUT: no pull).
Downloads of acme/app, all logs:

| days of September | 1.x | 2.x |
|---|--:|--:|
{_adoption(sessions)}

**A misconfigured poller.** On the 9th someone sets Diun 4.7, which asks by GET, to one minute: {len(diun):,} pulls
until the outage stops it, {len(diun) / figures["pulls"]:.0%} of the main registry's month, without one download. Four
programs of one kind GET the manifest every five minutes for twelve days: {len(programs):,} pulls more. So
{figures["half_origins"]} of {figures["origins"]:,} origins make half of the pulls, and the median origin pulled
{figures["median_pulls"]:g} times.

**Deployments** ask by HEAD every 5 or 15 minutes and pull when there is something new; Watchtowers ask once a day;
a monitor asks for an archive every 5 minutes, kiosks for an installer, servers in a restart loop for the package
index. {facts["polls"]:,} of {facts["contacts"]:,} contacts are such polls.

**A CI fleet** in a cloud: bursts of jobs that begin with nothing, {len(fleet):,} downloads; `pip` says `"ci":true`.
A nightly build at 03:30 sharp is as regular as a poller, and is none, because it says that it is CI.

**Mirrors.** Harbor copies all platforms of every tag at two in the morning, bandersnatch the wheels: {len(mirrors)}
contacts, as regular as a poller's, of clients that say what they are.

**People** work from nine to six on their own clocks in a dozen countries, some behind one office address; tools get
upgraded (the origin stays, the caller changes). {len(moving):,} IPv6 addresses of people who get a new one each day
are {len({endpoint(a) for a in moving})} endpoints.

**An outage** on the 17th at the main registry and the download server: from 10:00 everything fails ({len(broken):,}
sessions), from 11:30 to 15:00 nothing is logged at all. The disk was full: {facts["rejected"]} lines of five logs
were cut off and are rejected.

**What every server gets**: probes for `/.env` (some redirected: no download), crawlers, TLS bytes on a plain port,
missing tags and files, clients that leave before the answer (CloudFront's 000), expired signed links.

**What must not be believed.** `8.8.8.8` in front of X-Forwarded-For, and `9.9.9.9` from a client that came past the
proxy; {facts["files"]["cloudfront.log.gz"]["ignored"] - 4} CloudFront lines that were delivered twice (same request
id); `#Fields` once more in the middle; the registry program's two lines for each request.

**What must never be stored.** These stand in user names, queries and headers of the logs:
{", ".join(f"`{word}`" for word in SECRETS)}.
"""


def _table(facts: dict[str, Any]) -> str:
    names = ("lines", "pulls", "downloads", "checks", "polls", "origins")
    rows = [(f"`{name}`", file, ABOUT[name]) for name, file in facts["files"].items()]
    rows.append(("all together", facts, ""))
    return "\n".join(
        f"| {name} | {' | '.join(f'{file[metric]:,}' for metric in names)} | {about} |" for name, file, about in rows
    )


def _adoption(sessions: list[Session]) -> str:
    of_two = {
        digest
        for version in RELEASES
        if version >= "2"
        for digest in (APP.digest("index", version), *(APP.digest("manifest", version, a) for a in ("amd64", "arm64")))
    }
    downloads = [s for s in sessions if s.artifact == APP.repository and s.action == "download"]

    def row(begin: int, end: int, *, new: bool) -> int:
        return sum(begin <= (s.at - START) // DAY < end and (s.version in of_two) == new for s in downloads)

    return "\n".join(
        f"| {name} | {row(*week, new=False):,} | {row(*week, new=True):,} |" for name, week in WEEKS.items()
    )
