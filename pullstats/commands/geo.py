"""What is known of networks: which data is in use, what it says of an address, and newer data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pullstats.commands import SHOWING, Argument, command
from pullstats.errors import FAILURE, UsageError

if TYPE_CHECKING:
    from pullstats.answer import Answer
    from pullstats.enrich.downloads import Download
    from pullstats.enrich.geodata import TableInfo
    from pullstats.enrich.networks import Geo
    from pullstats.lazy import Table
    from pullstats.settings import Settings

SECTION = "Knowledge"
DATA = ("geoip_db", "companies")


def geo(settings: Settings) -> Geo:
    """The network data that these settings name."""
    from pathlib import Path

    from pullstats.enrich.networks import Geo

    companies = Path(settings["companies"]) if settings["companies"] else None
    return Geo.open([Path(name) for name in settings.words("geoip_db")], companies)


def networks(addresses: list[str], settings: Settings) -> Table:
    """What is known of each address's network, row by row (columns address, NETWORK_COLUMNS, evidence, label)."""
    from pullstats.enrich import addresses as spellings
    from pullstats.enrich.networks import lookup
    from pullstats.enrich.trust import Labels
    from pullstats.lazy import pl
    from pullstats.tables import NETWORK_COLUMNS

    texts = pl.Series("address", addresses, pl.String())
    distinct = texts.unique(maintain_order=True)
    names = [name for name in NETWORK_COLUMNS if name != "company_evidence"]
    parsed = spellings.parse(distinct)
    labels = Labels.of(settings.table("labels")).labels(parsed).cast(pl.String()).alias("label")
    evidence = pl.when(parsed["address"].is_not_null()).then("evidence").otherwise(pl.lit("is no address"))
    rows = lookup(parsed, geo(settings)).select(distinct, *names, evidence.alias("evidence"), labels)
    return texts.to_frame().join(rows, on="address", how="left", maintain_order="left")


@command(
    "geo lookup",
    arguments=(Argument("ADDRESS", "IPv4 or IPv6 addresses.", many=True, example="192.0.2.1"),),
    options=(*DATA, *SHOWING),
    section=SECTION,
    place=71,
)
def geo_lookup(settings: Settings, words: list[str]) -> int:
    """Show country, AS number, organisation, network type, cloud and company of addresses, and what says so."""
    from pullstats.answer import listing
    from pullstats.commands.common import show
    from pullstats.enrich.addresses import parse
    from pullstats.lazy import pl

    strange = pl.Series("address", words).filter(parse(pl.Series("address", words))["address"].is_null())
    if len(strange):
        raise UsageError(f"'{strange[0]}' is no address", "write addresses such as 192.0.2.1 or 2001:db8::1")
    show(listing("geo.lookup", networks(words, settings)), settings)
    return 0


@command("geo info", options=(*DATA, "store", *SHOWING), section=SECTION, place=70)
def geo_info(settings: Settings, _words: list[str]) -> int:
    """Show which network data is in use, and how much it knows of the callers in the store.

    A row a table or MMDB: its source, version, date, size, licence, and what has to be said where results are
    shown. Where there is a store, lines below say of how many callers and pulls country, network, cloud and
    company are known, and why not of the others; with -f json these figures are in meta.facts.
    """
    from datetime import UTC, datetime

    from pullstats.commands.common import show

    used = geo(settings)
    notes, facts = _covered(settings)
    show(_listed(used.info(), (*used.warnings(datetime.now(UTC).date()), *notes), facts), settings)
    return 0


def _covered(settings: Settings) -> tuple[list[str], dict[str, Any]]:
    """What is known of the callers in the store, in words and in figures; nothing without a store."""
    from pathlib import Path

    from pullstats.answer.coverage import coverage, geo_dates
    from pullstats.answer.known import facts, known, lines
    from pullstats.commands.common import opened
    from pullstats.store import open as stores

    path = Path(settings["store"]) if settings["store"] else stores.default_place()
    if not stores.exists(path):
        return [], {}
    with opened(settings, []) as (tables, _):
        rows, dates = known(tables), geo_dates(coverage(tables))
    read = f", read with data of {' .. '.join(dict.fromkeys(dates.values()))}" if dates else ""
    return [f"store {path}{read}:", *lines(rows)], facts(rows) | {"dates": dates}


@command(
    "geo update",
    arguments=(
        Argument(
            "SOURCE",
            "Folder, file, address, provider, or NAME of [geo.NAME]. None: all [geo.NAME].",
            many=True,
            needed=False,
            example="Downloads",
        ),
    ),
    options=SHOWING,
    section=SECTION,
    place=72,
)
def geo_update(settings: Settings, words: list[str]) -> int:
    """Use newer network data from now on: of a folder, or fetched from where you say.

    Files are known by their names: dbip-country-lite-*.csv.gz and dbip-asn-lite-*.csv.gz of DB-IP, the ranges
    that clouds publish (ip-ranges.json, cloud.json, ServiceTags_Public_*.json ...), and MMDB files, also in .gz
    and .tar.gz. An address is https://, http:// or file://; providers are dbip, maxmind and ipinfo. Addresses
    that need a key stand in pullstats.toml, the key there or in the environment:

      [geo.maxmind]              key: MAXMIND_ACCOUNT_ID and MAXMIND_LICENSE_KEY
      url = ["https://...", "https://..."]

    What was fetched is checked (its checksum, where there is one, its type, age and size, and that it answers)
    and swapped at once; where anything is wrong, the data in use stays, and the exit code is 1. No other command
    fetches anything.
    """
    from pathlib import Path

    from pullstats.commands.common import complain, say, show
    from pullstats.enrich.networks import Geo
    from pullstats.enrich.update import fetch, update

    here, there = _sources(settings, words)
    for word in here:
        update(Path(word))
    for each in there if not settings["quiet"] else []:
        say(f"fetching {each.shown}")
    errors = fetch(there).errors if there else ()
    for error in errors:
        complain(error)
    if here or len(errors) < len(there):
        show(_listed(Geo.open([]).info()), settings)
    return FAILURE if errors else 0


def _sources(settings: Settings, words: list[str]) -> tuple[list[str], list[Download]]:
    """The folders and files, and the addresses, that words name; nothing is read before all are known."""
    import os

    from pullstats.enrich.downloads import downloads

    entries = settings.table("geo")
    if not words and not entries:
        raise UsageError(
            "nothing to update from",
            "give a folder of downloads, an address or a provider (dbip), or write [geo.NAME] into pullstats.toml",
        )
    found = [(word, downloads(word, entries, os.environ)) for word in (words or entries)]
    return [word for word, some in found if some is None], [each for _, some in found for each in some or ()]


@command("geo remove", options=("quiet",), section=SECTION, place=73)
def geo_remove(settings: Settings, _words: list[str]) -> int:
    """Remove all that `geo update` brought: the data that comes with pullstats is used again."""
    from pullstats.commands.common import say
    from pullstats.enrich.geodata import fetched_folder
    from pullstats.enrich.update import forget

    forget()
    if not settings["quiet"]:
        say(f"{fetched_folder()}: removed; the data that comes with pullstats is in use")
    return 0


def _listed(tables: list[TableInfo], notes: tuple[str, ...] = (), facts: dict[str, Any] | None = None) -> Answer:
    from pullstats.answer import listing
    from pullstats.lazy import pl

    names = ("table", "source", "version", "date", "rows", "licence", "attribution")
    rows = [[getattr(each, name) for name in names] for each in tables]
    schema = {name: pl.Int64() if name == "rows" else pl.String() for name in names}
    texts = [
        [str(cell) if name == "date" and cell else cell for name, cell in zip(names, row, strict=True)] for row in rows
    ]
    return listing("geo.info", pl.DataFrame(texts, schema=schema, orient="row"), notes=notes, facts=facts)
