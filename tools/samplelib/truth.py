"""The metrics of `pullstats summary`, counted from the sessions that the script made up itself.

Never from the text of the logs, never with pullstats: this is the second opinion. Each step names the sentence of
the rule pullstats-1 that it follows. It also checks that no session is a matter of opinion: `unclear` lists what a
reader of the rule could count in two ways, and the script stops if there is anything.
"""

from __future__ import annotations

import ipaddress
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from samplelib.world import DAY, HOUR, MINUTE, SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from samplelib.traffic import Caller, Request, Session

Origin = tuple[str, str, str, str]
CONTACTS = {"download", "refresh", "version_check"}
PULLS = {"download", "refresh"}


@dataclass
class Log:
    """One log: its sessions, and the lines in it that are no requests."""

    name: str
    sessions: list[Session]
    ignored: int = 0
    rejected: int = 0
    sized: bool = True  # the format states how many bytes were sent
    warned: tuple[Request, ...] = ()  # of the ignored lines, those that a refused request leaves behind

    @property
    def requests(self) -> Iterator[Request]:
        """Every request of the log: each is one parsed line."""
        return (request for session in self.sessions for request in session.requests)


@cache
def endpoint(address: str) -> str:
    """An IPv4 address or an IPv6 /64."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False))


def origin(caller: Caller) -> Origin:
    """Endpoint + client + OS + arch, without versions."""
    agent = caller.agent
    return endpoint(caller.address), agent.client, agent.os, agent.arch


def strict(caller: Caller) -> tuple[str, str]:
    """The whole address and the raw user agent."""
    return caller.address, caller.agent.text


def regularity(times: Sequence[int]) -> float:
    """The share p of gaps near the modal gap or its double or triple.

    Near is within 10 % (at least 5 s). The modal gap is the gap with most gaps near it; ties: the smallest.
    """
    gaps = Counter(later - earlier for earlier, later in pairwise(times))

    def near(gap: int) -> int:
        return sum(n for other, n in gaps.items() if abs(other - gap) <= max(0.1 * gap, 5 * SECOND))

    def nearest(other: int, gap: int) -> bool:
        return any(abs(other - k * gap) <= max(0.1 * k * gap, 5 * SECOND) for k in (1, 2, 3))

    modal = max(sorted(gaps), key=near)
    return sum(n for other, n in gaps.items() if nearest(other, modal)) / gaps.total()


def enough(times: Sequence[int]) -> bool:
    """Behavior is judged from 6 contacts over 3 hours."""
    return len(times) >= 6 and times[-1] - times[0] >= 3 * HOUR  # noqa: PLR2004  (the rule's own figures)


def by_key(sessions: Iterable[Session]) -> dict[tuple[Origin, str, str], list[Session]]:
    """The sessions of each origin and artifact in the order of time."""
    keys = defaultdict(list)
    for session in sorted((s for s in sessions if s.artifact), key=lambda s: s.at):
        keys[origin(session.caller), session.ecosystem, session.artifact].append(session)
    return keys


def is_poller(sessions: list[Session]) -> bool:
    """Whether the contacts of one origin and artifact are a poller's: p >= 0.6, and no class before it applies.

    Before it come: a client that says so (CI flag, mirror or scanner kind); mirrors and scanners by what they take;
    `ci` by downloads. `unclear` makes sure that the latter are never regular here.
    """
    times = [s.at for s in sessions if s.action in CONTACTS]
    return enough(times) and not sessions[0].caller.agent.says and regularity(times) >= 0.6  # noqa: PLR2004


def summary(logs: Sequence[Log]) -> dict[str, object]:
    """The metrics of `summary` over these logs together."""
    sessions = [session for log in logs for session in log.sessions]
    requests = [request for log in logs for request in log.requests]
    ignored, rejected = sum(log.ignored for log in logs), sum(log.rejected for log in logs)
    actions = Counter(s.action for s in sessions)
    pulls = [s for s in sessions if s.action in PULLS]  # pull = download or refresh
    contacts = sum(actions[a] for a in CONTACTS)  # contact = pull or version_check
    # poll = a contact without content, made by an origin whose behavior on the artifact is poller
    polls = sum(
        sum(s.action in CONTACTS - {"download"} for s in key) for key in by_key(sessions).values() if is_poller(key)
    )
    # one (origin, artifact, version, UTC day) with a download; the day is that of its first request
    unique = {
        (origin(s.caller), s.ecosystem, s.artifact, s.version, s.at // DAY) for s in pulls if s.action == "download"
    }
    return {
        "first": iso(min(r.at for r in requests)),
        "last": iso(max(r.at for r in requests)),
        "lines": len(requests) + ignored + rejected,  # parsed + ignored + rejected = lines
        "parsed": len(requests),
        "ignored": ignored,
        "rejected": rejected,
        "requests": len(requests),
        "origins": len({origin(s.caller) for s in pulls}),  # origins, endpoints, origins_strict are of pulls
        "endpoints": len({endpoint(s.caller.address) for s in pulls}),
        "origins_strict": len({strict(s.caller) for s in pulls}),
        "contacts": contacts,
        "pulls": len(pulls),
        "downloads": actions["download"],
        "checks": actions["version_check"],
        "polls": polls,
        "invocations": contacts - polls,
        "unique_downloads": len(unique),
        # body bytes sent, never of HEAD; of every parsed request, whatever its status
        "bytes": sum(r.size for log in logs if log.sized for r in log.requests if r.method != "HEAD"),
        **concentration([origin(s.caller) for s in pulls]),
        "origins_seen": len({origin(r.caller) for r in requests}),  # of all parsed requests
    }


def concentration(pullers: list[Origin]) -> dict[str, object]:
    """How unevenly the pulls are spread over the origins that pull."""
    each = sorted(Counter(pullers).values(), reverse=True)
    total, reached, half = sum(each), 0, 0
    while 2 * reached < total:  # the smallest number of origins, by pulls, that make at least half
        reached += each[half]
        half += 1
    middle = (each[(len(each) - 1) // 2] + each[len(each) // 2]) / 2
    return {
        "half_origins": half,
        "top20_share": sum(each[:20]) / total,  # of the 20 origins with most pulls
        "median_pulls": middle,
        "mean_pulls": total / len(each),
    }


def iso(at: int) -> str:
    """ISO 8601 in UTC; the first and last requests of every log lie on whole seconds."""
    return datetime.fromtimestamp(at / SECOND, UTC).isoformat()


def unclear(logs: Sequence[Log]) -> Iterator[str]:
    """What the rule leaves to opinion in these logs; nothing may be left."""
    sessions = [session for log in logs for session in log.sessions]
    for (who, _, artifact), key in by_key(sessions).items():
        yield from _too_near(who, artifact, key)
        yield from _half_regular(who, artifact, key)
    yield from _both_sent_and_redirected(sessions)


def _too_near(who: Origin, artifact: str, key: list[Session]) -> Iterator[str]:
    """Sessions of one key lie 20 minutes apart, so that no joining rule can reach over."""
    for one, other in pairwise(key):
        if other.at - one.requests[-1].at < 20 * MINUTE and not (one.close and other.close):
            yield f"{who} asks for {artifact} at {iso(one.at)} and again at {iso(other.at)}"


def _half_regular(who: Origin, artifact: str, key: list[Session]) -> Iterator[str]:
    """A poller is one beyond doubt, others are none: p >= 0.75 or <= 0.5.

    Nor may a poller be a mirror (80 % of the versions; each artifact has 6 or 7) or CI (70 % downloads) as well.
    """
    contacts = [s for s in key if s.action in CONTACTS]
    times = [s.at for s in contacts]
    downloads = sum(s.action == "download" for s in contacts)
    if not enough(times) or key[0].caller.agent.says or downloads == len(contacts):
        return
    p = regularity(times)
    if 0.5 < p < 0.75:  # noqa: PLR2004
        yield f"{who} asks for {artifact} with p = {p:.2f}"
    versions = len({s.version for s in contacts if s.version})
    if p >= 0.75 and (versions > 3 or downloads > len(contacts) / 10):  # noqa: PLR2004
        yield f"{who} polls {artifact}, and takes {versions} versions by {downloads} downloads"


def _both_sent_and_redirected(sessions: list[Session]) -> Iterator[str]:
    """A redirect is a success unless the same caller gets a 2xx for the same path within 60 s: never here."""
    seen = defaultdict(list)
    for session in sessions:
        for r in session.requests:
            if r.status // 100 in {2, 3} and r.status != 304:  # noqa: PLR2004
                seen[strict(r.caller), r.path].append((r.at, r.status // 100))
    for (who, path), answers in seen.items():
        if len({status for _, status in answers}) > 1:
            yield f"{who} gets {path} both sent and redirected"
