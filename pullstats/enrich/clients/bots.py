"""Agents that call themselves a bot: whatever else they name, they are crawlers, unless the table knows better."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pullstats.enrich.clients.choice import Choice, evidence
from pullstats.enrich.clients.reading import stored, version_of

if TYPE_CHECKING:
    from pullstats.enrich.clients.entries import Clients
    from pullstats.enrich.clients.tokens import Agent

SIGNS = ("bot", "crawl", "spider", "compatible")  # without one of these, no rule below can hold
_WORDS = frozenset({"bot", "bots", "crawler", "spider", "robot"})  # of themselves, they name nobody
_ENDS = ("bot", "bots", "crawler", "spider")
_NO_BOTS = frozenset({"cubot"})  # a make of telephones
_PIECES = re.compile(r"[-_.! ]")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{1,39}", re.ASCII)
_SELF_DECLARED = frozenset({"crawler", "monitor", "scanner"})  # kinds whose token may stand in a comment


def bot(agent: Agent, table: Clients, *, browser: bool) -> Choice | None:
    """The crawler, monitor or scanner that the agent says it is, or None."""
    for at, product in enumerate(agent.products):
        if at == 0 or browser or product.version:
            after = agent.products[at + 1].name if at + 1 < len(agent.products) else ""
            found = _named(product.name, product.version or (after if after[:1].isdecimal() else ""), table, at)
            if found and (browser or at == 0 or found.entry is None):
                return found
    for at, product in enumerate(agent.products):
        for parts in product.comments:
            found = _in_comment(list(map(str.strip, parts)), table, at, browser=browser)
            if found:
                return found
    first = agent.products[0].low if agent.products else ""
    if first not in table.tokens and any(product.low in _WORDS for product in agent.products):
        return Choice(None, "unknown", "crawler", None, 0, "calls itself a bot")
    return None


def _in_comment(parts: list[str], table: Clients, at: int, *, browser: bool) -> Choice | None:
    """`(compatible; Googlebot/2.1; +http://...)`: a bot's word, a known token, or any name beside an address."""
    address = any("://" in part or part.startswith("+") for part in parts)
    compatible = "compatible" in parts
    if not (browser or address or compatible):
        return None
    anybody = browser and compatible and address and not any(part.startswith("MSIE") for part in parts)
    for part in parts:
        word = part if part.lower() in table.tokens else part.partition(" ")[0]
        name, _, version = word.partition("/")
        if found := _named(name, version, table, at, anybody=anybody):
            return found
        if " " in part and "://" not in part and _is_bot(part.lower()):  # `Seekport Crawler`
            return Choice(None, "unknown", "crawler", None, at, f"calls itself a bot: {part}")
    named = parts[1] if parts[0] == "compatible" and len(parts) > 2 else ""  # noqa: PLR2004 -- (compatible; X; +http:...)
    if browser and parts[-1].startswith("+http") and _NAME.fullmatch(named) and named.lower() not in table.tokens:
        return Choice(None, named.lower(), "crawler", None, at, f"calls itself a bot: {named}")
    return None


def _named(name: str, version: str, table: Clients, at: int, *, anybody: bool = False) -> Choice | None:
    low = name.lower()
    entry = table.tokens.get(low)
    if entry is not None:
        if entry.kind not in _SELF_DECLARED:
            return None
        return Choice(entry, entry.client, entry.kind, version_of(version), at, evidence(entry, name))
    if not (_is_bot(low) or (anybody and version[:1].isdecimal() and _NAME.fullmatch(name))):
        return None
    if "/" in version or "@" in name or low.startswith(("http", "rv:", "+")):
        return None
    client = low if _NAME.fullmatch(low) and low not in _WORDS and stored(low) else "unknown"
    number = version_of(version) if client != "unknown" else None
    return Choice(None, client, "crawler", number, at, f"calls itself a bot: {name}")


def _is_bot(low: str) -> bool:
    """Whether a name says that it is a bot's: `slackbot-linkexpanding`, `snyk-bot`; not `robot-framework`."""
    pieces = _PIECES.split(low)
    named = [piece for piece in pieces if piece.endswith(_ENDS) and piece not in _NO_BOTS]
    return any(piece not in _WORDS for piece in named) or pieces[-1] in named
