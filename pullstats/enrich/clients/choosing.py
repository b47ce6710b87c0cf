"""Which program a user agent names: the first product that the table knows, unless the agent says that it is a bot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.enrich.clients import vocabulary
from pullstats.enrich.clients.bots import SIGNS, bot
from pullstats.enrich.clients.choice import Choice, evidence
from pullstats.enrich.clients.reading import version_of

if TYPE_CHECKING:
    from pullstats.enrich.clients.entries import Clients, Entry
    from pullstats.enrich.clients.tokens import Agent, Product

# Names of makers before a product's name say nothing of the client.
_MAKERS = frozenset({"apache", "microsoft", "google", "amazon", "jfrog", "sonatype", "hashicorp", "redhat", "apn"})
_RANK = {"program": 0.0, "library": 1.0, "carrier": 2.0}
_BROWSER = 0.5  # in a browser's agent any program counts more than the browser: Mozilla is a prefix that anyone adds


def choose(agent: Agent, table: Clients) -> Choice:
    """The program that sent the agent; client `unknown` where the table has none."""
    low = agent.text.lower()
    for phrase, entry in table.phrases.get(low[:3], ()):
        if low.startswith(phrase) and not low[len(phrase) : len(phrase) + 1].isalnum():
            return _by_phrase(agent, entry, phrase)
    browser = low.startswith(("mozilla/", "opera/"))
    if (browser or any(sign in low for sign in SIGNS)) and (found := bot(agent, table, browser=browser)):
        return found
    return _by_token(agent, table, browser=browser)


def _by_phrase(agent: Agent, entry: Entry, phrase: str) -> Choice:
    rest = agent.text[len(phrase) :]
    at = min(phrase.count(" "), len(agent.products) - 1)
    version = None
    if entry.version_from == "comment":
        version = _in_comment(agent.products[at])
    elif entry.version_from == "product" and rest[:1] in {"/", " ", "_", "-", ":"}:
        version = version_of(rest[1:].partition(" ")[0].partition("(")[0])
    return Choice(entry, entry.client, entry.kind, version, at, evidence(entry, agent.text[: len(phrase)]))


def _by_token(agent: Agent, table: Clients, *, browser: bool) -> Choice:
    known: list[tuple[float, int, Entry]] = []
    for at, product in enumerate(agent.products):
        if known and known[0][0] < _RANK["carrier"] and product.segment > agent.products[known[0][1]].segment:
            break  # a second agent, joined by a comma: the first one counts
        entry = table.tokens.get(product.low)
        if entry is None:
            if not (known or browser or agent.listed) and _is_program(product):
                break  # the first product is the client, and the table does not know it
        elif at == 0 and _is_prose(agent.products, table):
            break
        else:
            known.append((_RANK[entry.strength] + _BROWSER * (browser and entry.kind == "browser"), at, entry))
    if not known:
        return (browser and _in_browser(agent, table)) or _unknown(agent)
    rank, at, entry = min(known, key=lambda one: one[:2])
    if rank == _RANK["library"] and not browser and (inside := _behind_library(agent.products[at], at, table)):
        return inside
    libraries = (i for _, i, other in known if other.strength == "library" and other.kind != "browser" and i != at)
    library = next((agent.products[i] for i in libraries), None)
    built = f"{library.name}/{version_of(library.version) or ''}".rstrip("/") if library else None
    token = f"{agent.products[at].name}/{agent.products[at].version}".rstrip("/")
    version = _version(agent.products, at, entry, table)
    return Choice(entry, entry.client, entry.kind, version, at, evidence(entry, token), built)


def _unknown(agent: Agent) -> Choice:
    first = next((product.name for product in agent.products if product.name), None)
    return Choice(None, "unknown", "unknown", None, 0, f"no entry for {first}" if first else "names no product")


def _version(products: list[Product], at: int, entry: Entry, table: Clients) -> str | None:
    product = products[at]
    if entry.version_from == "comment":
        return _in_comment(product)
    if entry.version_from == "Version":
        return next((version_of(other.version) for other in products if other.name == "Version"), None)
    if entry.version_from == "none":
        return None
    version = version_of(product.version)
    if version is None and product.version in {"", "release"} and not product.comments and at + 1 < len(products):
        after = products[at + 1]  # `cargo 1.74.0`, `Bazel/release 7.6.2`
        version = version_of(after.name) if _is_number(after) else None
    if version is None:  # `huggingface-cli/None; hf_hub/0.25.2`: both tokens are one program
        same = (other for other in products if other is not product and table.tokens.get(other.low) is entry)
        version = next((found for other in same if (found := version_of(other.version))), None)
    return version


def _in_comment(product: Product) -> str | None:
    words = (word for parts in product.comments for part in parts for word in part.split())
    return next((found for word in words if (found := version_of(word))), None)


def _behind_library(product: Product, at: int, table: Clients) -> Choice | None:
    """`hex_core/0.12.2 (rebar3/3.27.0) (httpc)`: a library that names its user in a comment."""
    for parts in product.comments:
        for part in map(str.strip, parts):
            name, slash, version = part.partition("/")
            entry = table.tokens.get(name.lower())
            if slash and entry and entry.strength == "program":
                library = f"{product.name}/{version_of(product.version) or ''}".rstrip("/")
                return Choice(entry, entry.client, entry.kind, version_of(version), at, evidence(entry, part), library)
    return None


def _in_browser(agent: Agent, table: Clients) -> Choice | None:
    """`Mozilla/5.0 (compatible; pycurl)`: a program that is named in the comment only."""
    for at, product in enumerate(agent.products):
        for part in (part.strip() for parts in product.comments for part in parts):
            name, slash, version = part.partition("/") if "/" in part else part.partition(" ")
            entry = table.tokens.get(name.lower())
            if entry and entry.kind != "browser" and ((slash and version[:1].isdecimal()) or entry.kind == "script"):
                return Choice(entry, entry.client, entry.kind, version_of(version), at, evidence(entry, part))
    return None


def _is_program(product: Product) -> bool:
    """Whether an unknown word is the client: a field, a maker's name and a bare number are not."""
    name = product.low
    if not name or name[0].isdecimal() or name in _MAKERS or name in vocabulary.FIELDS:
        return False
    if name in vocabulary.RUNTIMES:
        return not product.version  # `.NET HttpClient`
    return not (vocabulary.platform(name) or (product.version and name in vocabulary.PHRASES))


def _is_prose(products: list[Product], table: Clients) -> bool:
    """Whether a known word begins a sentence or a longer name: `docker pull script`, `Helm Dashboard/1.3`.

    Not so: `Watchtower (Docker)`, `cargo 1.74`, `Apache Maven/3.9.6`.
    """
    if len(products) == 1 or products[0].version or products[0].comments or products[1].segment:
        return False
    after = products[1]
    return not (
        (after.version and not _is_program(after))
        or _is_number(after)
        or (after.low in table.tokens and (after.version or len(products) == 2))  # noqa: PLR2004 - not `Jenkins Docker Plugin`
        or vocabulary.platform(after.name)
        or not after.name[0].isalpha()
    )


def _is_number(product: Product) -> bool:
    return not product.version and product.name.lstrip("vV")[:1].isdecimal()
