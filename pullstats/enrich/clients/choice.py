"""What decided who sent an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pullstats.enrich.clients.entries import Entry


class Choice(NamedTuple):
    """The program, and the token that decided.

    Attributes:
        entry: its entry; None for one without, or for an unknown client.
        client: its slug.
        kind: its class.
        version: as in the column.
        at: the product that named it.
        evidence: what decided.
        library: another product of the table that it is built with, with its version.
    """

    entry: Entry | None
    client: str
    kind: str
    version: str | None
    at: int
    evidence: str
    library: str | None = None


def evidence(entry: Entry, token: str) -> str:
    """Which entry of the table decided, by which token."""
    return f"{entry.file} [{entry.client}] by {token}"
