"""The logs of file servers: wheels, archives, installers."""

from __future__ import annotations

from samplelib import habits, traffic
from samplelib.agents import (
    BANDERSNATCH,
    BROWSERS,
    CURLS,
    DESKTOPS,
    MONITOR,
    PIP_ARM,
    PIP_CI,
    PIPS,
    POETRY,
    RENOVATE,
    REQUESTS,
    UVS,
    WGET,
)
from samplelib.chance import Chance
from samplelib.traffic import Caller, Session
from samplelib.truth import Log
from samplelib.world import (
    AWS,
    AZURE,
    CLI,
    DAY,
    DESKTOP,
    DIGITALOCEAN,
    END,
    GCP,
    GCP_BRUSSELS,
    HETZNER,
    HOMES,
    HOUR,
    MINUTE,
    OUTAGE,
    RELEASES,
    SECOND,
    SWITZERLAND,
    TOKEN,
    Person,
    moment,
    newest,
)

REDELIVERED = 60  # lines that CloudFront delivers twice; the second one has the same request id
KIOSK_HOMES = [network for network in HOMES if ":" not in network.prefix]


def nginx_main() -> Log:
    """pypi.acme.example, a package index behind a private proxy: acme-sdk for pip, uv, poetry, CI and a mirror."""
    sessions: list[Session] = []
    for who in habits.people(range(700, 1550)):
        sessions += _sdk_user(who)
    sessions += habits.bursts("sdk", 14, 8, _sdk_job, 80)
    night = Caller(AZURE.address(300), PIP_CI)  # a nightly build, as regular as a poller; but it says that it is CI
    for n in range(30):
        at = moment(n + 1, 3, 30)
        sessions.append(
            traffic.pypi_download(at, night, newest(at)) if n % 7 == 0 else traffic.pypi_check(at, night, known=True)
        )
    for n in range(14):
        restarts = Caller((AWS, GCP, HETZNER)[n % 3].address(300 + n), PIPS[n % 3] if n % 4 else PIP_ARM)
        sessions += habits.poll(
            15 * MINUTE, moment(1, 0, n % 15, 17 * n % 60), END,
            lambda at, caller=restarts: traffic.pypi_check(at, caller, known=False),
        )  # fmt: skip
    for n in range(12):
        renovate = Caller(GCP_BRUSSELS.address(10 + n), RENOVATE)
        sessions += habits.poll(
            HOUR, moment(1, 0, 3 * n, 41), END, lambda at, caller=renovate: traffic.pypi_check(at, caller, known=True)
        )
    copy = Caller(SWITZERLAND.address(6020), BANDERSNATCH)
    for n in range(30):
        at = moment(n + 1, 1, 10, 5)
        new = [v for v, released in RELEASES.items() if at - DAY <= released < at]
        sessions.append(traffic.pypi_download(at, copy, new[0]) if new else traffic.pypi_check(at, copy, known=True))
    sessions += habits.bots("main", 300)
    return Log("nginx-main.log.gz", sessions)


def _sdk_user(who: Person) -> list[Session]:
    tools = {0: UVS, 1: (POETRY,), 2: (PIP_ARM,)}.get(who.number % 9, PIPS)
    forged = "8.8.8.8" if who.number % 40 == 0 else ""

    def draw(chance: Chance) -> list[Session]:
        sessions = []
        for at in habits.office_times(chance, who, chance.heavy_tail(25) + 1):
            caller = Caller(who.address(at), who.tool(tools, at), claimed=forged)
            version = newest(at) if habits.likes_new(chance, at) else chance.pick(["1.9.1", "1.9.0", "1.8.1"])
            if tools == (POETRY,) or chance.happens(0.6):
                sessions.append(traffic.pypi_download(at, caller, version, index=tools != (POETRY,)))
            else:
                sessions.append(traffic.pypi_check(at, caller, known=chance.happens(0.5)))
        return sessions

    return habits.irregular(Chance("sdk", who.number), draw)


def _sdk_job(chance: Chance, at: int, runner: int) -> Session:
    caller = Caller(AZURE.address(320 + runner), PIP_CI)
    return traffic.pypi_download(at, caller, newest(at) if chance.happens(0.6) else "1.9.0")


def apache_combined() -> Log:
    """downloads.acme.example: the archives of acme-cli for curl, wget and browsers, and a monitor that asks by HEAD."""
    sessions: list[Session] = []
    for who in habits.people(range(300, 1500)):
        sessions += _cli_user(who)
    sessions += habits.bursts("cli", 10, 7, _cli_job, 70)
    for n in range(9):
        monitor = Caller(DIGITALOCEAN.address(5 + n), MONITOR)
        sessions += habits.poll(
            5 * MINUTE, moment(2, 0, n % 5, 9 * n + 2), moment(30, 12) - n * DAY,
            lambda at, caller=monitor: traffic.file_check(at, caller, CLI, "1.9.1", ("linux", "amd64")),
        )  # fmt: skip
    for n in range(10):
        pinned = Caller(HETZNER.address(800 + n), CURLS[n % 2])
        sessions += habits.poll(
            HOUR, moment(1, 0, 5 * n, 3), END,
            lambda at, caller=pinned: traffic.file_check(at, caller, CLI, "1.9.0", ("linux", "amd64")),
        )  # fmt: skip
    sessions += habits.bots("apache", 700) + habits.hellos("apache", 200)
    return Log("apache-combined.log.gz", habits.outage(sessions, *OUTAGE), ignored=30, rejected=23)


def _cli_user(who: Person) -> list[Session]:
    place = (who.system, who.arch)
    browser = who.system != "linux" or who.number % 3 == 0
    tools = (BROWSERS[who.system],) if browser else (WGET,) if who.number % 7 == 0 else CURLS

    def draw(chance: Chance) -> list[Session]:
        sessions = []
        for at in habits.office_times(chance, who, chance.heavy_tail(20)):
            caller = Caller(who.address(at), who.tool(tools, at))
            version = newest(at) if habits.likes_new(chance, at) else chance.pick(list(RELEASES)[:4])
            if browser:
                sessions.append(
                    traffic.page(at - 20 * SECOND, caller, "/download", 200, 7411, "https://www.acme.example/")
                )
            if chance.happens(0.03):
                sessions.append(traffic.file_failed(at, caller, CLI, "3.0.0", place, 404, size=196))
            else:
                referer = "https://downloads.acme.example/download" if browser else ""
                checksum = not browser and chance.happens(0.6)
                sessions.append(
                    traffic.file_download(at, caller, CLI, version, place, referer=referer, checksum=checksum)
                )
        return sessions

    return habits.irregular(Chance("cli", who.number), draw)


def _cli_job(chance: Chance, at: int, runner: int) -> Session:
    caller = Caller(AWS.address(800 + runner), CURLS[runner % 2])
    version = newest(at) if chance.happens(0.5) else "1.9.1"
    return traffic.file_download(at, caller, CLI, version, ("linux", "amd64"), checksum=True)


def cloudfront() -> Log:
    """cdn.acme.example: the installers of acme-desktop, its updater, and kiosks that ask every quarter of an hour."""
    sessions: list[Session] = []
    for who in habits.people(range(1000, 2100)):
        sessions += _desktop_user(who)
    for n in range(24):
        kiosk = Caller(KIOSK_HOMES[n % len(KIOSK_HOMES)].address(6100 + n), REQUESTS)
        sessions += habits.poll(
            15 * MINUTE, moment(1, 0, n % 15, 13 * n % 60), END,
            lambda at, caller=kiosk: traffic.file_check(at, caller, DESKTOP, "1.9.1", ("linux", "amd64")),
        )  # fmt: skip
    return Log("cloudfront.log.gz", sessions, ignored=4 + REDELIVERED, rejected=9)


def _desktop_user(who: Person) -> list[Session]:
    place = (who.system, who.arch)

    def draw(chance: Chance) -> list[Session]:
        sessions, version = [], "1.9.1"
        for n, at in enumerate(habits.office_times(chance, who, chance.heavy_tail(40) + 1)):
            if n == 0 and who.number % 2:  # a new user: the installer, in the browser
                caller = Caller(who.address(at), BROWSERS[who.system])
                sessions.append(_installer(chance, at, caller, version, place))
                continue
            updater = Caller(who.address(at), DESKTOPS[who.system][version >= "2"], claimed="" if n % 9 else "10.1.2.3")
            new = newest(at)
            if chance.happens(0.02):  # the client left before the answer
                sessions.append(traffic.file_failed(at, updater, DESKTOP, version, place, 0))
            elif new != version and chance.happens(0.5):
                version = new
                sessions.append(traffic.file_download(at, updater, DESKTOP, version, place))
            else:
                sessions.append(traffic.file_check(at, updater, DESKTOP, version, place, "GET", 304))
        return sessions

    return habits.irregular(Chance("desktop", who.number), draw)


def _installer(chance: Chance, at: int, caller: Caller, version: str, place: tuple[str, str]) -> Session:
    """A signed link; some have expired."""
    query = f"expires=1790000000&token={TOKEN}"
    if chance.happens(0.1):
        return traffic.file_failed(at, caller, DESKTOP, version, place, 403, size=919, query=query)
    return traffic.file_download(at, caller, DESKTOP, version, place, referer="https://www.acme.example/", query=query)
