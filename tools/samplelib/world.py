"""When, from where and by whom something is asked for, and what there is to get."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from samplelib.chance import Chance, hexes, number

if TYPE_CHECKING:
    from samplelib.agents import Agent

SECOND = 1000  # times are whole milliseconds since 1970, UTC
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86400 * SECOND
DAYS = 30
START = int(datetime(2026, 9, 1, tzinfo=UTC).timestamp()) * SECOND
END = START + DAYS * DAY

# Words that must never reach a store: the tests look for them there.
SECRETS = (
    "sample-token-do-not-store",
    "c2FtcGxlOmRvLW5vdC1zdG9yZQ==",
    "ci-bot-acme",
    "deploy-acme",
    "build bot acme",
    "alice.sample",
)
TOKEN, BASIC, CI_USER, DEPLOY_USER, SPACED_USER, PERSON_USER = SECRETS


def moment(day: int, hour: int = 0, minute: int = 0, second: int = 0) -> int:
    """A time of September 2026."""
    return START + (day - 1) * DAY + hour * HOUR + minute * MINUTE + second * SECOND


# All requests fail from the first of these times, nothing is logged from the second to the third.
OUTAGE = (moment(17, 10), moment(17, 11, 30), moment(17, 15))


class Network(NamedTuple):
    """A big provider's network: addresses in it are made up, their country is real."""

    country: str
    prefix: str
    offset: int  # hours of its clocks ahead of UTC in September

    def address(self, host: int, day: int = 0) -> str:
        """An address of one host; of IPv6 a new one in the same /64 every day (RFC 8981)."""
        if ":" not in self.prefix:
            return f"{self.prefix}.{20 + host // 250}.{1 + host * 87 % 250}"
        part = hexes(f"{self.prefix} {host} {day}", 15)
        return f"{self.prefix}:{host + 1:x}:1:4{part[:3]}:{part[3:7]}:{part[7:11]}:{part[11:]}".replace(":0", ":1")


HOMES = {
    Network("US", "68.0", -5): 16,
    Network("US", "2601:40", -5): 4,
    Network("DE", "79.200", 2): 13,
    Network("GB", "86.130", 1): 8,
    Network("FR", "82.64", 2): 6,
    Network("FR", "2a01:e0a", 2): 3,
    Network("IN", "49.36", 5): 9,
    Network("CN", "123.112", 8): 5,
    Network("JP", "126.10", 9): 5,
    Network("BR", "2804:14c", -3): 4,
    Network("CA", "99.230", -4): 4,
    Network("PL", "83.1", 2): 4,
    Network("ES", "83.32", 2): 3,
    Network("AU", "58.160", 10): 3,
    Network("KR", "1.230", 9): 2,
    Network("CH", "129.132", 2): 2,
}
AWS, AWS_LONDON = Network("US", "3.224", 0), Network("GB", "3.10", 0)
AZURE = Network("DE", "4.185", 0)
GCP, GCP_BRUSSELS = Network("CH", "34.65", 0), Network("BE", "34.78", 0)
HETZNER, DIGITALOCEAN, LINODE = Network("DE", "5.9", 0), Network("GB", "46.101", 0), Network("US", "45.33", 0)
GERMANY, INDIA, SWITZERLAND = (next(n for n in HOMES if n.country == country) for country in ("DE", "IN", "CH"))


@dataclass(frozen=True)
class Person:
    """Somebody with one machine, at home in one network."""

    number: int
    home: Network
    arch: str
    system: str
    upgraded: int  # when they installed the next version of their tools
    habit: int

    @property
    def chance(self) -> Chance:
        """This person's own draws."""
        return Chance("life", self.number)

    def address(self, at: int) -> str:
        """Where they are at a time."""
        return self.home.address(self.number, (at - START) // DAY)

    def tool(self, versions: tuple[Agent, ...], at: int) -> Agent:
        """The version of a tool that they have at a time: the origin stays, the caller changes."""
        return versions[(self.habit + (at >= self.upgraded)) % len(versions)]


@cache
def person(number: int) -> Person:
    """The person of a number; the same in every log."""
    chance = Chance("person", number)
    system = chance.weighted({"linux": 5, "darwin": 3, "windows": 3})
    arch = "arm64" if system == "darwin" else "amd64"
    upgraded = START + chance.below(DAYS) * DAY if chance.happens(0.3) else END
    return Person(number, chance.weighted(HOMES), arch, system, upgraded, chance.below(2))


class Image(NamedTuple):
    """An image repository: its versions, oldest first, and when each was released."""

    repository: str
    releases: dict[str, int]

    def newest(self, at: int, line: str = "") -> str:
        """The newest version at a time, of a line such as `1` or `1.9`."""
        return [
            v for v, released in self.releases.items() if released <= at and f"{v}.".startswith(f"{line}.".lstrip("."))
        ][-1]

    def digest(self, *part: str) -> str:
        """`index 2.0.0`, `manifest 2.0.0 arm64`, `config ...`, `app ...`: a digest each."""
        return "sha256:" + hexes(" ".join([self.repository, *part]))

    def config(self, version: str, arch: str) -> tuple[str, int]:
        """Digest and size of the configuration: small, and no proof of a download."""
        name = self.digest("config", version, arch)
        return name, number(name, 2100, 6900)

    def layers(self, version: str, arch: str) -> list[tuple[str, int]]:
        """Digests and sizes, the base first, which all versions share; each above 64 KiB."""
        names = [("base", arch), ("app", version, arch), ("assets", version)]
        sizes = [(28_000_000, 31_000_000), (9_000_000, 44_000_000), (180_000, 3_000_000)]
        return [(d := self.digest(*name), number(d, *size)) for name, size in zip(names, sizes, strict=True)]


RELEASE = moment(15, 9)
RELEASES = {
    "1.8.0": START - 90 * DAY,
    "1.8.1": START - 70 * DAY,
    "1.9.0": START - 40 * DAY,
    "1.9.1": START - 12 * DAY,
    "1.9.2": moment(3, 10),
    "2.0.0": RELEASE,
    "2.0.1": moment(22, 13),
}
OLDER = {version: released for version, released in RELEASES.items() if version < "1.9.2"}
APP = Image("acme/app", RELEASES)
WORKER = Image("acme/worker", {v: t + HOUR for v, t in RELEASES.items()})
OPERATOR = Image("acme/operator", {"0.4.0": START - 80 * DAY, "0.4.1": START - 60 * DAY, "0.5.0": START - 44 * DAY,
    "0.5.1": START - 20 * DAY, "0.6.0": moment(8, 12), "0.7.0": moment(24, 12)})  # fmt: skip
MIGRATE = Image("acme/db-migrate", {v: t + 2 * HOUR for v, t in RELEASES.items()})
AGENT = Image("acme/agent", {v: t + 3 * HOUR for v, t in RELEASES.items()})


class Download(NamedTuple):
    """A product that is published as archives, one per version and platform."""

    folder: str
    product: str

    def path(self, version: str, system: str, arch: str) -> str:
        """The path of one archive."""
        ending = "zip" if system == "windows" else "tar.gz"
        return f"/{self.folder}/{version}/{self.product}-{version}-{system}-{arch}.{ending}"

    def size(self, path: str) -> int:
        """Its size in bytes."""
        return number(path, 8_000_000, 60_000_000)


CLI = Download("cli", "acme-cli")
DESKTOP = Download("desktop", "acme-desktop")
AGENT_FILES = Download("agent", "acme-agent")
SDK = "acme-sdk"


def wheel(version: str) -> str:
    """The path of a version's wheel."""
    part = hexes(f"wheel {version}")
    return f"/packages/{part[:2]}/{part[2:4]}/{part[4:]}/acme_sdk-{version}-py3-none-any.whl"


def newest(at: int) -> str:
    """The newest version of everything that is versioned like acme/app."""
    return APP.newest(at)
