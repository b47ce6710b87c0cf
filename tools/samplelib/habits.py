# ruff: noqa: PLR0913, PLR0917  (a request has this many sides)
"""How people, deployments, fleets and bots behave over the month; the gateways are made of these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samplelib.agents import DOCKERS, GOOGLEBOT, NOBODY, PODMANS, PROBER, WATCHTOWER, Agent
from samplelib.chance import Chance
from samplelib.traffic import Caller, Registry, Session, failed, page, tls_hello
from samplelib.truth import CONTACTS, by_key, enough, regularity
from samplelib.world import (
    DAY,
    DAYS,
    DIGITALOCEAN,
    END,
    HOUR,
    LINODE,
    MINUTE,
    RELEASE,
    SECOND,
    START,
    Image,
    Person,
    person,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from samplelib.world import Network

PROBES = (
    "/.env",
    "/.git/config",
    "/wp-login.php",
    "/actuator/health",
    "/backup.zip",
    "/admin/",
    "/v1/_ping",
    "/robots.txt",
)


def office_times(chance: Chance, who: Person, visits: int) -> list[int]:
    """Times on working days from nine to six on the person's own clock, at least 25 minutes apart."""
    times: list[int] = []
    for _ in range(visits):
        day, second = chance.below(DAYS), chance.below(9 * 3600)
        at = START + day * DAY + (9 - who.home.offset) * HOUR + second * SECOND
        weekday = (at + who.home.offset * HOUR) // DAY % 7  # 1970-01-01 was a Thursday: 2 and 3 are the weekend
        if weekday not in {2, 3} and START <= at < END - 10 * MINUTE:
            times.append(at)
    return spaced(times)


def spaced(times: Iterable[int]) -> list[int]:
    """The times in order, without those nearer than 25 minutes to the one before."""
    kept: list[int] = []
    for at in sorted(times):
        if not kept or at - kept[-1] >= 25 * MINUTE:
            kept.append(at)
    return kept


def irregular(chance: Chance, draw: Callable[[Chance], list[Session]]) -> list[Session]:
    """Sessions drawn until their contacts look like nobody's timer: p <= 0.4."""
    while True:
        sessions = draw(chance)
        keys = [[s.at for s in key if s.action in CONTACTS] for key in by_key(sessions).values()]
        if not any(enough(times) and regularity(times) > 0.4 for times in keys):  # noqa: PLR2004
            return sessions


def likes_new(chance: Chance, at: int) -> bool:
    """Adoption: after the release of 2.0.0 more people take it every day, three quarters in the end."""
    return at >= RELEASE and chance.happens(0.75 * (1 - 0.8 ** ((at - RELEASE) / DAY)))


def choose(chance: Chance, image: Image, at: int) -> tuple[str, str]:
    """A tag, and the version that it means at this time."""
    line = "" if likes_new(chance, at) else image.newest(START).split(".")[0]
    version = image.newest(at, line)
    major, minor, _ = version.split(".")
    way = chance.weighted({"latest": 40, "full": 25, "major": 20, "minor": 10, "old": 5})
    if way == "latest":
        return "latest", image.newest(at)
    if way == "old":
        version = chance.pick([v for v, released in image.releases.items() if released < START])
    return {"major": major, "minor": f"{major}.{minor}"}.get(way, version), version


def person_pulls(
    registry: Registry, image: Image, who: Person, most: int, *, redirected: bool = False
) -> list[Session]:
    """One person's month with an image: Docker for most, Podman for some.

    What is there already is only checked (Docker: HEAD) or read again (Podman: manifest and config).
    """
    podman = who.system == "linux" and who.number % 5 == 0

    def draw(chance: Chance) -> list[Session]:
        return [one for at in office_times(chance, who, chance.heavy_tail(most) + 1) for one in visit(chance, at)]

    local: set[str] = set()

    def visit(chance: Chance, at: int) -> Iterator[Session]:
        tag, version = choose(chance, image, at)
        caller = Caller(who.address(at), who.tool(PODMANS if podman else DOCKERS[who.arch], at))
        if chance.happens(0.15):
            local.clear()  # pruned
        if chance.happens(0.02):
            yield registry.missing(at, caller, image, "9.9.9")
            return
        changed = 0 if version in local else 2 if local else 3
        local.add(version)
        if podman:
            if not redirected:
                yield tls_hello(at - SECOND, caller.address)
            before = [*registry.ping(at - 300, caller, image)]
            yield registry.podman(at, caller, image, tag, version, who.arch, before=before, changed=changed)
            return
        before = registry.ping(at - 300, caller, image, token=not redirected and chance.happens(0.3))
        if changed:
            yield registry.pull(at, caller, image, tag, version, who.arch, before=before, changed=changed)
        else:
            yield registry.check(at, caller, image, tag, before=before)

    def fresh(chance: Chance) -> list[Session]:
        local.clear()
        return draw(chance)

    return irregular(Chance(registry.host, image.repository, "person", who.number), fresh)


def people(numbers: range) -> list[Person]:
    """The persons of these numbers."""
    return [person(number) for number in numbers]


def office(registry: Registry, image: Image, network: Network, host: int, agents: tuple[Agent, ...]) -> list[Session]:
    """A company behind one address: many machines, one endpoint; never two within 25 minutes."""
    chance = Chance(registry.host, "office", host)
    boss = Person(host, network, "amd64", "linux", END, 0)

    def draw(chance: Chance) -> list[Session]:
        sessions = []
        for at in office_times(chance, boss, 130):
            caller = Caller(network.address(host), chance.pick(agents))
            tag, version = choose(chance, image, at)
            cold = chance.happens(0.4)
            ask = registry.pull if cold else registry.check
            more = (version, caller.agent.arch or "amd64") if cold else ()
            sessions.append(ask(at, caller, image, tag, *more, before=registry.ping(at - 300, caller, image)))
        return sessions

    return irregular(chance, draw)


def poll(every: int, first: int, last: int, ask: Callable[[int], Session]) -> list[Session]:
    """The same question at a fixed interval, to the second: somebody's timer."""
    return [ask(at)._replace(close=True) for at in range(first, last, every)]


def deployment(
    registry: Registry, image: Image, caller: Caller, tag: str, every: int, first: int, last: int, arch: str = "amd64",
) -> list[Session]:  # fmt: skip
    """A deployment that asks by HEAD at a fixed interval and pulls what is new, as Kubernetes makes them do."""
    known = ""

    def ask(at: int) -> Session:
        nonlocal known
        version = image.newest(at, "" if tag == "latest" else tag)
        if version == known:
            return registry.check(at, caller, image, tag)
        changed, known = 2 if known else 3, version
        return registry.pull(at, caller, image, tag, version, arch, changed=changed)

    return poll(every, first, last, ask)


def aggressive(
    registry: Registry, image: Image, caller: Caller, tag: str, every: int, first: int, last: int
) -> list[Session]:
    """A misconfigured poller: GET of the manifest at a fixed interval, each of which is a pull."""
    return poll(every, first, last, lambda at: registry.reread(at, caller, image, tag))


def watchtowers(registry: Registry, image: Image, owners: list[Person]) -> list[Session]:
    """Home servers: Watchtower asks once a day; Docker, another client, pulls what it finds."""
    sessions = []
    for owner in owners:
        chance = Chance(registry.host, image.repository, "watchtower", owner.number)
        # A fixed interface identifier: servers do not hide in their /64.
        address = owner.home.address(owner.number)
        daily = START + chance.below(86_000) * SECOND
        tag = chance.weighted({"latest": 3, image.newest(START).split(".")[0]: 1})
        known = image.newest(START, "" if tag == "latest" else tag)
        for at in range(daily, END, DAY):
            sessions.append(registry.check(at, Caller(address, WATCHTOWER), image, tag)._replace(close=True))
            version = image.newest(at, "" if tag == "latest" else tag)
            if version != known:
                known = version
                puller = Caller(address, DOCKERS["arm64"][1])
                before = registry.ping(at + 2000, puller, image)
                sessions.append(
                    registry.pull(at + 3000, puller, image, tag, version, "arm64", before=before, changed=2)
                )
    return sessions


def workdays() -> Iterator[int]:
    """The midnights of the working days."""
    return (START + n * DAY for n in range(DAYS) if (START // DAY + n) % 7 not in {2, 3})


def bursts(
    name: str, a_day: int, most: int, visit: Callable[[Chance, int, int], Session], runners: int
) -> list[Session]:
    """A fleet: some minutes of many jobs, again and again, each on the runner that rested longest.

    `visit` makes the session of (chance, time, number of the runner); so many runners take turns that none is asked
    twice within 20 minutes.
    """
    chance, sessions, turn = Chance("fleet", name), [], 0
    for midnight in workdays():
        for hour in sorted(chance.below(12 * 60) for _ in range(a_day)):
            start = midnight + 6 * HOUR + hour * MINUTE
            for job in range(chance.between(2, most)):
                sessions.append(visit(chance, start + job * 17 * SECOND + chance.below(9) * SECOND, turn % runners))
                turn += 1
    return sessions


def mirror(registry: Registry, image: Image, caller: Caller, first_day: int) -> list[Session]:
    """A mirror at two in the morning: the list of tags, then each tag; new ones with all platforms."""
    known: set[str] = set()
    sessions = []
    for start in range(START + (first_day - 1) * DAY + 2 * HOUR, END, DAY):
        sessions.append(registry.tags(start, caller, image))
        versions = [v for v, released in image.releases.items() if released <= start]
        for n, tag in enumerate([*versions, "latest"]):
            at, version = start + (n + 1) * 30 * SECOND, versions[-1] if tag == "latest" else tag
            if version in known:
                sessions.append(registry.check(at, caller, image, tag, close=True))
            else:
                both = ("amd64", "arm64")
                changed = 2 if known else 3
                sessions.append(
                    registry.pull(at, caller, image, tag, version, "", platforms=both, changed=changed, close=True)
                )
                known.add(version)
    return sessions


def bots(name: str, visits: int) -> list[Session]:
    """What every public address gets: probes for forgotten files, crawlers, TLS on the wrong port."""
    chance, sessions = Chance("bots", name), []
    hosts = [(LINODE, 40 + n) for n in range(12)] + [(DIGITALOCEAN, 60 + n) for n in range(12)]
    for _ in range(visits):
        network, host = chance.pick(hosts)
        at, address = START + HOUR + chance.below(DAYS * 86400 - 7200) * SECOND, network.address(host)
        way = chance.weighted({"probe": 6, "crawl": 1, "none": 2})
        caller = Caller(address, {"probe": PROBER, "crawl": GOOGLEBOT, "none": NOBODY}[way])
        if way == "crawl":
            sessions.append(page(at, caller, "/", 200, 612))
        else:
            path = chance.pick(PROBES)
            moved = path == "/.env" and chance.happens(0.5)  # redirected to https: no download
            sessions.append(page(at, caller, path, 301 if moved else 404, 162 if moved else 146))
    return sessions


def hellos(name: str, visits: int) -> list[Session]:
    """TLS bytes from scanners."""
    chance = Chance("tls", name)
    return [
        tls_hello(START + HOUR + chance.below(DAYS * 86400 - 7200) * SECOND, LINODE.address(90 + chance.below(9)))
        for _ in range(visits)
    ]


def outage(sessions: list[Session], begins: int, dark: int, ends: int) -> list[Session]:
    """The same month with an outage: from `begins` all fail, from `dark` to `ends` nothing is logged."""
    return [failed(s) if s.at >= begins and s.at < dark else s for s in sessions if not dark <= s.at < ends]
