"""What is known of networks: which data is in use, what it says of an address, and newer data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.commands import SHOWING, Argument, command

if TYPE_CHECKING:
    from pullstats.answer import Answer
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
    """What is known of each address's network, row by row (columns address, NETWORK_COLUMNS, evidence)."""
    from pullstats.enrich import addresses as spellings
    from pullstats.enrich.networks import lookup
    from pullstats.lazy import pl
    from pullstats.tables import NETWORK_COLUMNS

    texts = pl.Series("address", addresses, pl.String())
    distinct = texts.unique(maintain_order=True)
    names = [name for name in NETWORK_COLUMNS if name != "company_evidence"]
    rows = lookup(spellings.parse(distinct), geo(settings)).select(distinct, *names, "evidence")
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
    from pullstats.errors import UsageError
    from pullstats.lazy import pl

    strange = pl.Series("address", words).filter(parse(pl.Series("address", words))["address"].is_null())
    if len(strange):
        raise UsageError(f"'{strange[0]}' is no address", "write addresses such as 192.0.2.1 or 2001:db8::1")
    show(listing("geo.lookup", networks(words, settings)), settings)
    return 0


@command("geo info", options=(*DATA, *SHOWING), section=SECTION, place=70)
def geo_info(settings: Settings, _words: list[str]) -> int:
    """Show which network data is in use: its source, date, licence and size."""
    from datetime import UTC, datetime

    from pullstats.commands.common import show

    used = geo(settings)
    show(_listed(used.info(), tuple(used.warnings(datetime.now(UTC).date()))), settings)
    return 0


@command(
    "geo update",
    arguments=(Argument("FOLDER", "With files as their publishers give them.", example="Downloads"),),
    options=SHOWING,
    section=SECTION,
    place=72,
)
def geo_update(settings: Settings, words: list[str]) -> int:
    """Build newer network data from downloaded files, and use it from now on.

    Files are known by their names: dbip-country-lite-*.csv.gz and dbip-asn-lite-*.csv.gz of DB-IP, and the
    ranges that clouds publish (ip-ranges.json, cloud.json, ServiceTags_Public_*.json ...). Nothing is
    fetched: pullstats never uses the network.
    """
    from pathlib import Path

    from pullstats.commands.common import show
    from pullstats.enrich.update import update

    show(_listed(update(Path(words[0]))), settings)
    return 0


def _listed(tables: list[TableInfo], notes: tuple[str, ...] = ()) -> Answer:
    from pullstats.answer import listing
    from pullstats.lazy import pl

    names = ("table", "source", "version", "date", "rows", "licence", "attribution")
    rows = [[getattr(each, name) for name in names] for each in tables]
    schema = {name: pl.Int64() if name == "rows" else pl.String() for name in names}
    texts = [
        [str(cell) if name == "date" and cell else cell for name, cell in zip(names, row, strict=True)] for row in rows
    ]
    return listing("geo.info", pl.DataFrame(texts, schema=schema, orient="row"), notes=notes)
