"""What a user agent says of its platform: the facts of all its words, whatever the client."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

from pullstats.enrich.clients import vocabulary
from pullstats.enrich.clients.tokens import clean, read

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pullstats.enrich.clients.tokens import Product

SHAPE = re.compile(r"[A-Za-z0-9][\w.+~:()/# -]{0,79}", re.ASCII)  # of a value that may be stored
_WORDS_FOR_VERSIONS = frozenset({"dev", "devel", "main", "master", "canary", "nightly", "edge", "latest", "snapshot"})
_VERSION = re.compile(r"[vV]?([0-9A-Za-z][\w.+~:-]*)", re.ASCII)
_SECRET = re.compile(r"[0-9a-fA-F]{16}|\d{15}|[A-Za-z0-9]{24}")
_LONGEST_VERSION = 64
_NODE = re.compile(r"node@v?(\d[\w.-]*)\+(\w+)")  # npm-registry-fetch@13.0.0/node@v16.13.0+x64 (linux)
_CI = re.compile(r"CI: ?(\w+)")  # NuGet: (Linux; CI: GitHubActions)
_GNU_LINUX = re.compile(r" (?:gnu/)?linux\b")
_MAC_NAMES = ("mac", "os x", "osx", "intel")


class Facts(dict[str, Any]):
    """Column -> value; the first word that states a column wins, and `kernel`, `libc`, `hints` are kept beside them."""

    def add(self, facts: Iterable[tuple[str, Any]]) -> None:
        """Take facts over, except what is known already; Android is more than its Linux, iOS more than its Darwin."""
        for column, value in facts:
            if column not in self or (column == "os" and value in {"android", "ios"} and self["os"] != value):
                if column == "os" and value in {"android", "ios"}:
                    self.pop("kernel", None)
                    self.pop("os_version", None)
                self[column] = value

    def hint(self, *hints: str) -> None:
        """Note hints, each once."""
        known = self.setdefault("hints", [])
        known += [hint for hint in hints if hint not in known]


def stored(value: str) -> str | None:
    """The value, if it is of the shape that its column may hold: nothing that could be a secret or a sentence."""
    return value if SHAPE.fullmatch(value) and not _SECRET.search(value) else None


def version_of(text: str) -> str | None:
    """The version in what stands after a product's slash, or None: `v1.7.13` -> `1.7.13`, `None` -> None."""
    match = _VERSION.match(text)
    if match is None:
        return None
    version = match[1].rstrip(".-_:~")[:_LONGEST_VERSION]
    if secret := _SECRET.search(version):  # a commit's hash says nothing that the version before it does not
        version = version[: secret.start()].rstrip(".-_:+~")
    return version if any(map(str.isdecimal, version)) or version.lower() in _WORDS_FOR_VERSIONS else None


def read_products(facts: Facts, products: list[Product], client: Product | None = None, *, browser: bool) -> None:
    """Take over what products, bare words and comments say; the client's own name says nothing of the platform."""
    versioned = False
    for at, product in enumerate(products):
        name = product.low
        if at and name == "mozilla":
            return  # `ArchiveBot/1.0 ... and not Mozilla/5.0 (Windows NT 6.1 ...`: a costume
        if product is client:
            versioned |= bool(product.version)
            facts.add(_of_client(name, product.version))
        elif product.version:
            versioned |= not _read_field(facts, name, product, first=not versioned)
        elif (
            client and at and products[at - 1] is client and name[:1].isdecimal()
        ):  # `ZYpp 17.31.27 ... SLES-15.5-x86_64`
            versioned = True
        elif versioned:
            facts.add(vocabulary.platform(product.name) or vocabulary.bare_runtime(product.name))
        for comment in product.comments:
            read_comment(facts, comment, browser=browser)


def _of_client(name: str, version: str) -> vocabulary.Facts:
    """`Python-urllib/3.11`, `lerna/4.0.0/node@v14.15.4+x64`: what a client's own token says beside its version."""
    if name in vocabulary.RUNTIMES:
        return vocabulary.runtime(f"{name}/{version.rstrip('.')}")
    if "node@" in version and (node := _NODE.search(version)):
        return (*vocabulary.runtime(f"node/{node[1]}"), *vocabulary.platform(node[2]))
    return ()


def _read_field(facts: Facts, name: str, product: Product, *, first: bool) -> bool:
    """Read `name/version` as a field; False if it is none, but a product."""
    version = product.version
    if "#" in version:  # AWS: md/arch#x86_64, os/linux#5.10, lang/python#3.11
        sub, _, value = version.partition("#")
        both = f"{name}/{sub.lower()}"
        if both in vocabulary.FIELDS:
            name, version = both, value
        elif both in vocabulary.RUNTIMES:
            facts.add(vocabulary.runtime(f"{both}#{value}"))
            return True
    field = vocabulary.FIELDS.get(name)
    if field is not None:
        _state(facts, field, name, version)
        return True
    if name in vocabulary.RUNTIMES:
        facts.add(vocabulary.runtime(f"{name}/{version.partition('/')[0].rstrip('.')}"))
        return False
    if name in vocabulary.PHRASES or (name in vocabulary.DISTROS and not first):
        facts.add(vocabulary.phrase(f"{name} {version}") or vocabulary.platform(name))
    elif name in vocabulary.ARCH:
        facts.add(vocabulary.platform(f"{name}/{version}"))
    elif name == "pypy":
        facts.hint(f"implementation=PyPy/{version_of(version) or ''}")
    return False


def _state(facts: Facts, field: str, name: str, value: str) -> None:
    if field == "os":
        system, _, number = value.partition("#")
        facts.add(vocabulary.phrase(f"{system} {number}" if number else system))
    elif field == "arch":
        facts.add(fact for fact in vocabulary.platform(value) if fact[0] == "arch")
    elif field == "kernel":
        facts.add((("kernel", value),))
    elif field == "libc":
        facts.add((("libc", f"{name} {value}"),))
    elif field == "ci":
        facts.add((("ci", True),))
        facts.hint(f"ci={stored(value.partition(',')[0]) or 'yes'}")
    elif field == "is_ci" and value.lower() in {"true", "false"}:
        facts.add((("ci", value.lower() == "true"),))
    elif field == "build":  # AWS: exe/x86_64.ubuntu.22, md/distrib#ubuntu.22
        facts.add(fact for fact in vocabulary.platform(value.partition(".")[0]) if fact[0] == "arch")
        facts.add(vocabulary.phrase(" ".join(value.split(".")[-2:])))
    elif field == "platform":
        facts.add(vocabulary.phrase(value))
    elif field == "agent" and value[:1].isalpha():  # not `Open Policy Agent/0.60.0`
        facts.hint(f"ai_agent={stored(value) or 'yes'}")


def read_comment(facts: Facts, parts: list[str], *, browser: bool) -> None:
    """Take over what the parts of a comment say; a number belongs to the system named before it."""
    system, by_name, distro = None, False, None
    for text in map(str.strip, parts):
        if not text:
            continue
        found = vocabulary.phrase(text) or vocabulary.runtime(text)
        if not found and text[0].isdecimal():
            if distro and facts.get("distro") == distro:  # LXD: (Linux; x86_64; 5.4.0; Ubuntu; 20.04)
                facts["distro"] = f"{distro} {text}"
            found = vocabulary.number_after(system, by_name, text)
        elif not found and (named := _CI.fullmatch(text)):
            _state(facts, "ci", "ci", named[1])
        distro = next((value for column, value in found if column == "distro" and " " not in value), None)
        for column, value in found:
            if column == "os":
                system, by_name = value, text.lower().startswith(_MAC_NAMES)
        if browser and text.startswith("Intel"):  # what every browser on a Mac says, whatever its processor
            found = tuple(fact for fact in found if fact[0] != "arch")
        facts.add(found)


def read_json(facts: Facts, data: dict[str, Any]) -> None:
    """Take over what the JSON of pip and uv says; `"ci": null` is no evidence."""
    if python := _text(data, "python"):
        facts.add((("runtime", f"Python {python}"),))
    implementation = _text(data, "implementation", "name")
    if implementation and implementation != "CPython":
        facts.hint(f"implementation={implementation}/{_text(data, 'implementation', 'version') or ''}")
    release = _text(data, "system", "release")
    system = vocabulary.phrase(f"{_text(data, 'system', 'name') or ''} {release or ''}")
    facts.add(_distro(_text(data, "distro", "name"), _text(data, "distro", "version"), mac=("os", "darwin") in system))
    facts.add(system)
    facts.add(fact for fact in vocabulary.platform(_text(data, "cpu") or "-") if fact[0] == "arch")
    for libc in (("distro", "libc"), ("libc",)):  # the second: cut-off JSON, where only the inner object is whole
        if name := _text(data, *libc, "lib"):
            facts.add((("libc", f"{name} {_text(data, *libc, 'version') or ''}".strip()),))
    if isinstance(data.get("ci"), bool):
        facts.add((("ci", data["ci"]),))


def _distro(name: str | None, version: str | None, *, mac: bool) -> vocabulary.Facts:
    """`{"name":"Debian GNU/Linux","version":"12"}`; on a Mac the name is macOS and the version the system's."""
    number = version if version and version[0].isdecimal() else ""
    if name is None or mac:
        return (("os_version", number),) if number and mac else ()
    slug = vocabulary.DISTROS.get(name.lower()) or _GNU_LINUX.sub("", name.lower()).strip().replace(" ", "-")
    return (("distro", f"{slug} {number}".strip()),) if slug else ()


def _text(data: Any, *path: str) -> str | None:
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, str) and SHAPE.fullmatch(data) else None


def read_upstream(facts: Facts, text: str) -> None:
    """Take over who asked the daemon: `upstream` and its `client_os`."""
    asked = read(clean(text))
    product = next((product for product in asked.products if product.name), None)
    if product is None:
        return
    version = version_of(product.version)
    facts["upstream"] = stored(f"{product.name}/{version}" if version else product.name)
    theirs = Facts()
    read_products(theirs, asked.products, browser=False)
    if "os" in theirs:
        facts["client_os"] = theirs["os"]


def hints(facts: Facts, version: str | None) -> None:
    """Note what the kernel, the version and the two systems say of where it runs."""
    kernel = facts.get("kernel")
    if kernel:
        facts.hint(*_of_kernel(kernel))
    if version and ("+" in version or "-" in version):
        facts.hint(*(hint for part, found in vocabulary.VERSIONS.items() if part in version for hint in found))
    if version and "ubuntu" in version:
        facts.add((("distro", "ubuntu"),))
    system = facts.get("os")
    if (system, facts.get("arch")) == ("darwin", "arm"):  # gcloud's word for Apple's processors
        facts["arch"] = "arm64"
    if facts.get("client_os", system) != system or any(hint.startswith("desktop=") for hint in facts.get("hints", ())):
        facts.hint("laptop")
    for key in ("kernel", "libc"):
        if key in facts and (value := stored(facts[key])):
            facts.hint(f"{key}={value}")


@functools.lru_cache(maxsize=4096)
def _of_kernel(kernel: str) -> tuple[str, ...]:
    return tuple(hint for part, hint in vocabulary.KERNELS.items() if part in kernel)
