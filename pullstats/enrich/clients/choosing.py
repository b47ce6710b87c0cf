"""Which program a user agent names: the first product that the table knows, unless the agent says that it is a bot."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from pullstats.enrich.clients import vocabulary
from pullstats.enrich.clients.reading import version_of

if TYPE_CHECKING:
    from pullstats.enrich.clients.table import Clients, Entry
    from pullstats.enrich.clients.tokens import Agent, Product

_VENDORS = frozenset({"apache", "microsoft", "google", "amazon", "jfrog", "sonatype", "hashicorp", "redhat", "the"})
_BOT_WORDS = ("bot", "crawl", "spider", "+http", "compatible")
_BOT_ENDS = ("bot", "bots", "crawler", "spider")
_NO_BOTS = frozenset({"cubot", "bot", "bots", "crawler", "spider", "robot"})  # a telephone; words that name nobody
_NAME_PIECES = re.compile(r"[-_.! ]")
_BOT_NAME = re.compile(r"[A-Za-z][\w.-]{1,39}", re.ASCII)
_IN_COMMENT = ("crawler", "monitor", "scanner")


class Choice(NamedTuple):
    """The program, and the token that decided.

    Attributes:
        entry: its entry; None for one without, or for an unknown client.
        client: its slug.
        kind: its class.
        version: as in the column.
        at: the product that named it.
        evidence: what decided.
        library: another product of the table that it is built with.
    """

    entry: Entry | None
    client: str
    kind: str
    version: str | None
    at: int
    evidence: str
    library: str | None = None


def choose(agent: Agent, table: Clients) -> Choice:
    """The program that sent the agent; client `unknown` where the table has none."""
    low = agent.text.lower()
    for phrase, entry in table.phrases.get(low[:3], ()):
        if low.startswith(phrase) and not low[len(phrase) : len(phrase) + 1].isalnum():
            return _by_phrase(agent, entry, phrase)
    browser = low.startswith(("mozilla/", "opera/"))
    if any(word in low for word in _BOT_WORDS):
        bot = _bot(agent, table, browser=browser)
        if bot is not None:
            return bot
    return _by_token(agent, table, browser=browser)


def _by_phrase(agent: Agent, entry: Entry, phrase: str) -> Choice:
    rest = agent.text[len(phrase) :]
    at = min(phrase.count(" "), len(agent.products) - 1)
    version = None
    if entry.version_from == "comment":
        version = _in_comment(agent.products[at])
    elif entry.version_from == "product" and rest[:1] in {"/", " ", "_", "-", ":"}:
        version = version_of(rest[1:].partition(" ")[0].partition("(")[0])
    return Choice(entry, entry.client, entry.kind, version, at, _evidence(entry, agent.text[: len(phrase)]))


def _by_token(agent: Agent, table: Clients, *, browser: bool) -> Choice:
    found: tuple[int, Entry] | None = None
    rank = 9
    others = []
    for at, product in enumerate(agent.products):
        if found and product.segment > agent.products[found[0]].segment and rank < _CARRIER:
            break
        name = product.name.lower()
        entry = table.tokens.get(name)
        if entry is None:
            if found is None and not browser and not agent.listed and _is_product(product, name):
                break  # the first product is the client, and the table does not know it
            continue
        if at == 0 and _is_prose(agent.products, table):
            break
        own = _RANK[entry.strength] + (0.5 if browser and entry.kind == "browser" else 0)
        others.append((at, entry))
        if own < rank:
            found, rank = (at, entry), own
        if own == 0:
            break
    if found is None:
        first = next((p.name for p in agent.products if p.name), "")
        return Choice(None, "unknown", "unknown", None, 0, f"no entry for {first}" if first else "no product")
    return _chosen(agent, table, *found, others=others)


_RANK = {"program": 0, "library": 1, "carrier": 2}
_CARRIER = _RANK["carrier"]


def _chosen(agent: Agent, table: Clients, at: int, entry: Entry, others: list[tuple[int, Entry]]) -> Choice:
    products = agent.products
    product = products[at]
    version = None
    if entry.version_from == "comment":
        version = _in_comment(product)
    elif entry.version_from == "Version":
        version = next((version_of(p.version) for p in products if p.name == "Version"), None)
    elif entry.version_from == "product":
        version = version_of(product.version)
        if version is None and at + 1 < len(products) and not product.comments and product.version in {"", "release"}:
            after = products[at + 1]
            version = version_of(after.name) if not after.version and after.name.lstrip("v")[:1].isdecimal() else None
        if version is None:  # `huggingface-cli/None; hf_hub/0.25.2`: both tokens are one program
            same = (p for p in products if p is not product and table.tokens.get(p.name.lower()) is entry)
            version = next((found for p in same if (found := version_of(p.version))), None)
    library = next((products[i] for i, p in others if i != at and p.strength == "library"), None)
    if library is None and entry.strength == "program":
        rest = (p for p in products[at + 1 :] if (e := table.tokens.get(p.name.lower())) and e.strength == "library")
        library = next(rest, None)
    built = f"{library.name}/{version_of(library.version) or ''}".rstrip("/") if library else None
    token = f"{product.name}/{product.version}".rstrip("/")
    return Choice(entry, entry.client, entry.kind, version, at, _evidence(entry, token), built)


def _in_comment(product: Product) -> str | None:
    words = (word for parts in product.comments for part in parts for word in part.split())
    return next((found for word in words if (found := version_of(word))), None)


def _is_product(product: Product, name: str) -> bool:
    """Whether an unknown word is the client: a field, a vendor's name and a bare number are not."""
    if not name or name in _VENDORS or name in vocabulary.FIELDS or name in vocabulary.RUNTIMES:
        return False
    return not (name[0].isdecimal() or vocabulary.platform(name) or (product.version and name in vocabulary.PHRASES))


def _is_prose(products: list[Product], table: Clients) -> bool:
    """Whether a known word begins a sentence: `docker pull script`, not `Watchtower (Docker)` or `cargo 1.74`."""
    if len(products) == 1 or products[0].version or products[0].comments or products[1].segment:
        return False
    after = products[1]
    name = after.name.lower()
    return not (after.version or name in table.tokens or name.lstrip("v")[:1].isdecimal() or vocabulary.platform(name))


def _evidence(entry: Entry, token: str) -> str:
    return f"{entry.file} [{entry.client}] by {token}"


def _bot(agent: Agent, table: Clients, *, browser: bool) -> Choice | None:
    """A crawler, monitor or scanner that names itself in a comment, or any product that calls itself a bot."""
    for at, product in enumerate(agent.products):
        if at and not browser and not product.version:
            continue  # a bare word behind a program is no client
        if (found := _as_bot(product.name, product.version, table, at)) and (
            at == 0 or browser or found.kind == "crawler"
        ):
            return found
    for at, product in enumerate(agent.products):
        for parts in product.comments:
            declared = "compatible" in (word.strip() for word in parts[:3]) or any("http" in part for part in parts)
            for part in map(str.strip, parts):
                name, _, version = part.partition("/")
                if (found := _as_bot(name, version, table, at, inside=declared)) and (declared or browser):
                    return found
    return None


def _as_bot(name: str, version: str, table: Clients, at: int, *, inside: bool = False) -> Choice | None:
    low = name.lower().lstrip("+")
    entry = table.tokens.get(low)
    if entry is not None:
        if entry.kind not in _IN_COMMENT:
            return None
        return Choice(entry, entry.client, entry.kind, version_of(version), at, _evidence(entry, name))
    pieces = _NAME_PIECES.split(low)
    is_bot = any(piece.endswith(_BOT_ENDS) and piece != "cubot" for piece in pieces)
    if not is_bot and not (inside and version[:1].isdecimal() and _BOT_NAME.fullmatch(name)):
        return None
    if name.startswith(("http", "rv:")) or "/" in version or "@" in name:
        return None
    client = low if _BOT_NAME.fullmatch(low) and low not in _NO_BOTS else "unknown"
    return Choice(None, client, "crawler", version_of(version), at, f"calls itself a crawler: {name}")
