"""The logs of registries: images and, at the redirecting gateway, archives too."""

from __future__ import annotations

from samplelib import habits, traffic
from samplelib.agents import (
    BUILDKIT,
    CI_DOCKER,
    CONTAINERDS,
    CRIO,
    CURLS,
    DOCKERS,
    GO,
    HARBOR,
    OLD_DIUN,
    RELEASE_DOCKER,
    SKOPEO,
)
from samplelib.chance import Chance
from samplelib.traffic import Caller, Registry, Session
from samplelib.truth import Log
from samplelib.world import (
    AGENT,
    AGENT_FILES,
    APP,
    AWS,
    AWS_LONDON,
    AZURE,
    CI_USER,
    DEPLOY_USER,
    END,
    GCP,
    GERMANY,
    HETZNER,
    HOUR,
    INDIA,
    LINODE,
    MIGRATE,
    MINUTE,
    OPERATOR,
    OUTAGE,
    PERSON_USER,
    SECOND,
    SPACED_USER,
    START,
    WORKER,
    Image,
    Person,
    moment,
    newest,
)

UNAUTHORIZED = 401
FORGER = 7  # this one comes directly and brings an X-Forwarded-For of its own
NOTES = 60  # lines of the registry program about itself, two a day


def nginx_combined() -> Log:
    """registry.acme.example, the main registry: the release of 2.0.0, the poller, the outage."""
    r = Registry("registry.acme.example")
    sessions: list[Session] = []
    for who in habits.people(range(1250)):
        sessions += habits.person_pulls(r, APP, who, 30)
        if who.number % 4 == 0:
            sessions += habits.person_pulls(r, WORKER, who, 12)
    office = (*DOCKERS["amd64"], *DOCKERS["arm64"], CONTAINERDS[1], BUILDKIT)
    sessions += habits.office(r, APP, GERMANY, 6000, office)
    sessions += habits.office(r, APP, INDIA, 6001, office)
    sessions += habits.watchtowers(r, APP, habits.people(range(4000, 4120)))
    # The misconfigured poller: someone sets Diun 4.7 to 60 s on the 9th, and finds it in the outage.
    sessions += habits.aggressive(
        r, APP, Caller(AWS.address(1), OLD_DIUN), "latest", MINUTE, moment(9, 8, 0, 21), moment(17, 14)
    )
    for n in range(4):
        caller = Caller(GCP.address(n + 1), GO, DEPLOY_USER if n == 0 else "")
        sessions += habits.aggressive(r, APP, caller, "1", 5 * MINUTE, moment(12, 0, 1, 7 * n + 3), moment(24))
    for n in range(8):
        caller = Caller((AWS, HETZNER)[n % 2].address(20 + n), CONTAINERDS[n % 3])
        sessions += habits.deployment(
            r, APP, caller, "latest" if n % 3 else "1", 15 * MINUTE, moment(4, 0, n, 11 * n % 60), END
        )
    for n in range(4):
        caller = Caller(HETZNER.address(60 + n), CONTAINERDS[n % 3])
        first, last = moment(16, 0, n, 5 + n), moment(28)
        sessions += habits.deployment(r, WORKER, caller, "latest", 5 * MINUTE, first, last)
    sessions += _ci_pulls(r, APP, "ci", 9, 6)
    sessions += habits.mirror(r, APP, Caller(LINODE.address(5), HARBOR), 2)
    sessions += _releases(r, APP)
    sessions += _spaced_user(r)
    sessions += habits.bots("combined", 900) + habits.hellos("combined", 300)
    return Log("nginx-combined.log.gz", habits.outage(sessions, *OUTAGE), rejected=41)


def _ci_pulls(r: Registry, image: Image, name: str, a_day: int, most: int) -> list[Session]:
    """A CI fleet in a cloud: every job begins with an empty Docker or BuildKit and a login."""

    def job(chance: Chance, at: int, runner: int) -> Session:
        agent = CI_DOCKER if runner % 4 else BUILDKIT
        caller = Caller(AZURE.address(100 + runner), agent, CI_USER if agent is CI_DOCKER else "")
        tag, version = habits.choose(chance, image, at)
        before = r.ping(at - 300, caller, image, token=True)
        return r.pull(at, caller, image, tag, version, "amd64", before=before)

    return habits.bursts(f"{r.host} {name}", a_day, most, job, 60)


def _releases(r: Registry, image: Image) -> list[Session]:
    """The project's own pipeline pushes each release ten minutes before it is announced."""
    caller = Caller(AZURE.address(9), RELEASE_DOCKER, CI_USER)
    return [
        r.push(released - 10 * MINUTE, caller, image, version)
        for version, released in image.releases.items()
        if released > START
    ]


def _spaced_user(r: Registry) -> list[Session]:
    """Someone whose user name has blanks, and someone with a name: both must be gone after ingest."""
    sessions = []
    for n, user in enumerate((SPACED_USER, PERSON_USER)):
        for k in range(3):
            at = moment(4 + 7 * k + n, 11 + n, 7 * k, 30)
            caller = Caller(GERMANY.address(6010 + n), DOCKERS["amd64"][0], user)
            version = APP.newest(at)
            sessions.append(r.pull(at, caller, APP, "latest", version, "amd64", before=r.ping(at - 300, caller, APP)))
    return sessions


def nginx_json() -> Log:
    """eu.acme.example, a registry behind Cloudflare: acme/app for Europe, acme/operator for clusters."""
    r = Registry("eu.acme.example")
    sessions: list[Session] = []
    for who in habits.people(range(2000, 2280)):
        sessions += habits.person_pulls(r, APP, who, 30)
    for who in habits.people(range(1100, 1220)):  # these pull acme/app from the main registry
        sessions += habits.person_pulls(r, OPERATOR, who, 15)
    for n in range(12):
        forged = {"claimed": "9.9.9.9", "direct": True} if n == FORGER else {}
        caller = Caller((AWS, GCP, HETZNER)[n % 3].address(500 + n), CONTAINERDS[n % 3], **forged)
        first = moment(1, 0, n % 15, 7 * n % 60)
        sessions += habits.deployment(r, OPERATOR, caller, "latest", 15 * MINUTE, first, END)
    for n in range(6):
        caller = Caller(AWS_LONDON.address(20 + n), CRIO)
        sessions += habits.deployment(r, APP, caller, "1.9", HOUR, moment(1, 0, 9 * n, 5), END, "arm64")
    sessions += _inspections(r)
    sessions += habits.watchtowers(r, OPERATOR, habits.people(range(4200, 4240)))
    sessions += habits.bots("json", 300)
    # JSON of nginx has no line for TLS bytes on a plain port here: Cloudflare ends TLS.
    sessions = [s for s in sessions if s.requests[0].method]
    return Log("nginx-json.log.gz", sessions, rejected=17)


def _inspections(r: Registry) -> list[Session]:
    """`skopeo inspect` in a script: manifests and config, then the tags; it looks like a cached pull."""
    chance, sessions = Chance("inspections"), []
    for n in range(12):
        caller = Caller(HETZNER.address(700 + n), SKOPEO)

        def draw(chance: Chance, caller: Caller = caller) -> list[Session]:
            drawn = []
            for at in habits.spaced(START + chance.below(29 * 86400) * SECOND + HOUR for _ in range(20)):
                tag, version = habits.choose(chance, APP, at)
                before = r.ping(at - 300, caller, APP)
                drawn.append(r.podman(at, caller, APP, tag, version, "amd64", before=before, changed=0))
                drawn.append(r.tags(at + 2000, caller, APP))
            return drawn

        sessions += habits.irregular(chance, draw)
    return sessions


def distribution() -> Log:
    """hub.acme.example, the registry program's own log: clusters that pull acme/app and acme/db-migrate."""
    r = Registry("hub.acme.example")
    sessions: list[Session] = []
    for n in range(14):
        claimed = "proxied" if n % 5 == 0 else ""  # through a proxy the address stands without a port
        caller = Caller((GCP, AWS, AZURE)[n % 3].address(900 + n), (*CONTAINERDS, CRIO)[n % 4], claimed=claimed)
        tag, image = ("latest", APP) if n % 2 else ("1", MIGRATE)
        first = moment(4, 0, n, 3 * n)
        sessions += habits.deployment(r, image, caller, tag, 15 * MINUTE, first, END, caller.agent.arch or "amd64")
    for who in habits.people(range(2700, 2790)):
        sessions += habits.person_pulls(r, MIGRATE, who, 20)
    for node in range(120):  # nodes that join the cluster when the load is high
        chance = Chance("node", node)
        agent = CONTAINERDS[node % 3] if node % 3 else CRIO
        caller = Caller(GCP.address(1000 + node), agent, PERSON_USER if node % 50 == 0 else "")
        at = START + HOUR + chance.below(29 * 86400) * SECOND
        tag, version = habits.choose(chance, APP, at)
        sessions.append(r.pull(at, caller, APP, tag, version, agent.arch or "amd64"))
    # The registry program writes no request for TLS bytes, no token, and only a warning for a 401.
    sessions = [s for s in sessions if s.requests[0].method]
    warned = tuple(q for s in sessions for q in s.requests if q.status == UNAUTHORIZED)
    sessions = [
        s._replace(requests=tuple(q for q in s.requests if q.path != "/token" and q.status != UNAUTHORIZED))
        for s in sessions
    ]
    requests = sum(len(s.requests) for s in sessions)
    ignored = requests + len(warned) + NOTES  # one `authorized request` for each
    return Log("distribution.json.log.gz", sessions, ignored=ignored, rejected=5, warned=warned)


def scarf() -> Log:
    """get.acme.example, a gateway that only redirects: acme/agent by 307 (Podman is proxied), archives by 302."""
    r = Registry("get.acme.example", redirects=True)
    sessions: list[Session] = []
    for who in habits.people(range(500, 820)):
        sessions += habits.person_pulls(r, AGENT, who, 30, redirected=True)
    sessions += _ci_pulls(r, AGENT, "ci", 2, 5)
    sessions += habits.watchtowers(r, AGENT, habits.people(range(4300, 4340)))
    for n in range(9):
        caller = Caller((AWS, HETZNER)[n % 2].address(1200 + n), DOCKERS["amd64"][n % 3])
        sessions += habits.deployment(r, AGENT, caller, "1", 15 * MINUTE, moment(1, 0, n, 7), END)
    for who in habits.people(range(900, 1250)):
        sessions += _agent_files(who)
    sessions += habits.bots("scarf", 200)
    return Log("scarf.json.log.gz", sessions, sized=False)


def _agent_files(who: Person) -> list[Session]:
    def draw(chance: Chance) -> list[Session]:
        sessions = []
        for at in habits.office_times(chance, who, chance.heavy_tail(12)):
            caller = Caller(who.address(at), who.tool(CURLS, at))
            version = newest(at) if habits.likes_new(chance, at) else chance.pick(["1.9.0", "1.9.1"])
            sessions.append(
                traffic.file_download(at, caller, AGENT_FILES, version, ("linux", who.arch), status=302, size=0)
            )
        return sessions

    return habits.irregular(Chance("agent files", who.number), draw)
