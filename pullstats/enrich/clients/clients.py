"""From user agents to who asked: one row for each distinct agent."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pullstats.enrich.clients import browsers, reading
from pullstats.enrich.clients.choosing import choose
from pullstats.enrich.clients.entries import load
from pullstats.enrich.clients.mask import SUSPECT, mask
from pullstats.enrich.clients.readers import READERS
from pullstats.enrich.clients.tokens import clean, read
from pullstats.errors import printable
from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Callable

    from pullstats.enrich.clients.choice import Choice
    from pullstats.enrich.clients.entries import Clients
    from pullstats.enrich.clients.tokens import Agent

STRINGS = (
    "client", "client_version", "kind", "os", "os_version", "distro", "arch", "runtime",
    "evidence", "user_agent", "upstream", "client_os", "hints",
)  # fmt: skip
COLUMNS = (*STRINGS[:8], "ci", *STRINGS[8:])
_ABSENT = frozenset({"", "-", "(null)"})
_SHAPED = ("os_version", "distro", "runtime")
_SHORT = 14  # characters, in which nothing can hide
_TOOLS = frozenset({"runtime", "builder", "package_client", "updater", "mirror", "scanner", "signer", "automation"})


def classify(agents: pl.Series, extra: Path | None = None) -> pl.DataFrame:
    """Who sent each agent: one row an agent, in order.

    Columns, all String but `ci` (Boolean, null without evidence): `client` (`none` for no agent, `unknown` for
    one that is not recognised), `client_version`, `kind`, `os`, `os_version`, `distro`, `arch`, `runtime`, `ci`,
    `evidence` (which entry decided, by which token), `user_agent` (masked; null for none), `upstream` (who asked
    the Docker daemon), `client_os` (on which system), `hints` (comma-joined: `kubernetes`, `desktop=wsl2`,
    `cloud=azure`, `laptop`, `kernel=...`).

    Args:
        agents: distinct user agents, log escaping undone, null allowed.
        extra: the user's own table; its entries win.

    Raises:
        PullstatsError: `extra` cannot be read or has a wrong entry.
    """
    table = load(extra)
    texts = [clean(agent or "") for agent in agents.to_list()]
    suspect = pl.Series(texts, dtype=pl.String).str.contains(SUSPECT).to_list()
    rows = [_row(text, hide, table) for text, hide in zip(texts, suspect, strict=True)]
    columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
    return pl.DataFrame(
        [
            pl.Series(name, values, pl.Boolean if name == "ci" else pl.String)
            for name, values in zip(COLUMNS, columns, strict=True)
        ]
    )


def _row(text: str, hide: bool, table: Clients) -> tuple[Any, ...]:
    if text in _ABSENT:
        return ("none", None, "unknown", *[None] * 6, "no agent was sent", *[None] * 4)
    taken = read(text)
    choice = choose(taken, table)
    if choice.kind == "unknown" and text.startswith(("Mozilla/", "Opera/")):
        choice = browsers.ask(text) or choice
    facts = _facts(taken, choice)
    values = facts | {"client": choice.client, "client_version": choice.version, "kind": choice.kind}
    values["evidence"] = mask(printable(choice.evidence, 120)) if hide else choice.evidence
    values["user_agent"] = mask(text) if hide else text
    for column in _SHAPED:
        if column in values and len(values[column]) > _SHORT:
            values[column] = reading.stored(values[column])
    values["hints"] = ",".join(facts.get("hints", ())) or None
    return tuple(map(values.get, COLUMNS))


def _facts(agent: Agent, choice: Choice) -> reading.Facts:
    facts = reading.Facts()
    products, entry = agent.products, choice.entry
    browser = agent.text.startswith(("Mozilla/", "Opera/"))
    forged = browser and choice.kind in _TOOLS
    segment = products[choice.at].segment if products else 0
    mine = [product for product in products[choice.at if forged else 0 :] if product.segment <= segment]
    if entry and entry.comment:
        READERS[entry.comment](facts, products[choice.at])
    if agent.data:
        reading.read_json(facts, agent.data)
    client = products[choice.at] if entry and products else None
    reading.read_products(facts, mine, client, browser=browser and not forged)
    if agent.upstream is not None:
        reading.read_upstream(facts, agent.upstream)
    if entry:
        facts.hint(*entry.hints)
        if entry.os:
            facts.setdefault("os", entry.os)
        if entry.runtime and choice.version:
            facts["runtime"] = f"{entry.runtime} {choice.version}"
    if forged:
        facts.hint("spoof=browser")
    if choice.library:
        facts.hint(f"library={choice.library}")
    joined = next((product for product in products if product.segment > segment and product.version), None)
    if joined and entry:
        facts.hint(f"joined={mask(f'{joined.name}/{joined.version}')}")
    reading.hints(facts, choice.version)
    return facts


def table(extra: Path | None = None) -> pl.DataFrame:
    """What the table knows: one row a client, by kind and name.

    Columns: `client`, `kind`, `about`, `recognised_by` (tokens and phrases), `artifact_client` (Boolean),
    `get_poll_before` (versions before it fetch the manifest at every check), `source`, `file`.
    """
    entries = sorted(load(extra).entries.values(), key=lambda entry: (entry.kind, entry.client))
    return pl.DataFrame(
        {
            "client": [entry.client for entry in entries],
            "kind": [entry.kind for entry in entries],
            "about": [entry.about for entry in entries],
            "recognised_by": [", ".join((*entry.tokens, *entry.phrases)) for entry in entries],
            "artifact_client": [entry.artifact_client for entry in entries],
            "get_poll_before": [entry.get_poll_before for entry in entries],
            "source": [entry.source for entry in entries],
            "file": [entry.file for entry in entries],
        },
        schema_overrides={"get_poll_before": pl.String},
    )


def table_version() -> str:
    """Eight hex digits that change with the table: rows of another version are read again by `store rebuild`."""
    digest = hashlib.blake2b(digest_size=4)
    for path in sorted(Path(__file__).parent.glob("*.toml")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def artifact_clients(extra: Path | None = None) -> tuple[str, ...]:
    """The clients that fetch artifacts without a config blob (Helm, ORAS ...)."""
    return tuple(entry.client for entry in load(extra).entries.values() if entry.artifact_client)


def inflating(callers: pl.DataFrame, extra: Path | None = None) -> pl.DataFrame:
    """The frame with `inflating` (Boolean): a version known to GET the manifest at every check.

    Needs `client` and `client_version`; an unknown version is not known to inflate.
    """
    return _by_version(
        callers, "inflating", pl.Boolean, lambda client, version: _inflates(load(extra), client, version)
    )


def released(callers: pl.DataFrame, extra: Path | None = None) -> pl.DataFrame:
    """The frame with `client_year` (Int32): when the client's version was released; null where the table is silent."""
    return _by_version(callers, "client_year", pl.Int32, lambda client, version: _year(load(extra), client, version))


def _by_version(callers: pl.DataFrame, name: str, dtype: Any, value: Callable[[str, str | None], Any]) -> pl.DataFrame:
    keys = callers.select("client", "client_version").unique()
    found = pl.Series(name, [value(client or "unknown", version) for client, version in keys.iter_rows()], dtype)
    order = callers.drop(name, strict=False)
    return order.join(
        keys.with_columns(found), on=["client", "client_version"], how="left", nulls_equal=True, maintain_order="left"
    )


def _inflates(clients: Clients, client: str, version: str | None) -> bool:
    entry = clients.entries.get(client)
    if entry is None or entry.get_poll_before is None or version is None:
        return False
    numbers = _numbers(version)
    return any(numbers) and numbers < _numbers(entry.get_poll_before)  # 0.0.0-2019... is a build without a version


def _year(clients: Clients, client: str, version: str | None) -> int | None:
    entry = clients.entries.get(client)
    numbers = _numbers(version or "")
    if entry is None or not numbers:
        return None
    if entry.calendar_from and entry.calendar_from <= numbers[0] < 100:  # noqa: PLR2004 -- two digits of a year
        return 2000 + numbers[0]
    known = {_numbers(prefix): year for prefix, year in entry.released.items()}
    return next((known[numbers[:length]] for length in range(len(numbers), 0, -1) if numbers[:length] in known), None)


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers, to be compared one by one: `20.10.25+dfsg1` -> (20, 10, 25)."""
    match = re.match(r"v?(\d{1,9}(?:\.\d{1,9}){0,7})", version)
    return tuple(map(int, match[1].split("."))) if match else ()
