"""Browsers and crawlers that our table does not name, asked of the user-agents library."""

from __future__ import annotations

import functools
import re

from pullstats.enrich.clients.choice import Choice

_MOBILE = re.compile(r"^mobile | mobile\b| ios$")  # one client, wherever it runs
_APPLE = re.compile("Macintosh|iPhone|iPad")
_SLUG = re.compile(r"[^a-z0-9.]+")


@functools.lru_cache(maxsize=4096)
def ask(text: str) -> Choice | None:
    """The browser or crawler behind a `Mozilla/` agent, or None if the library does not know it either."""
    if "(" not in text:
        return None
    from user_agents import parse  # 0.1 s; most logs of registries hold no such agent

    seen = parse(text[:512])
    family = seen.browser.family
    if family == "Other" and not seen.is_bot:
        return None
    if family == "Apple Mail" and not _APPLE.search(text):  # any program on WebKit that names no browser
        return None
    if "/" in family:  # a piece of an address
        return Choice(None, "unknown", "crawler", None, 0, f"user-agents: {family}") if seen.is_bot else None
    client = _SLUG.sub("-", _MOBILE.sub("", family.lower())).strip("-") if family != "Other" else "unknown"
    kind = "crawler" if seen.is_bot else "browser"
    return Choice(None, client, kind, seen.browser.version_string or None, 0, f"user-agents: {family}")
