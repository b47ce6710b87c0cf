"""Files of network data, read and checked, and the tables that they make."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pullstats.enrich.building import HALF, Origin, Span, Tables, clouds, countries, systems
from pullstats.enrich.mmdb import Database
from pullstats.enrich.published import ASN, COUNTRY, MMDB, OWN, STAYS, kind_of, origin_of, read
from pullstats.enrich.ranges import IPV4_END
from pullstats.enrich.unpacking import unpacked
from pullstats.errors import PullstatsError
from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pullstats.enrich.geodata import GeoData
    from pullstats.enrich.published import Family
    from pullstats.enrich.ranges import Ranges

LEAST = 0.5  # new data with less than half the rows of the old is no whole download


@dataclass(frozen=True)
class Part:
    """One file that was read and is what it should be.

    Attributes:
        kind: one of published.KINDS, or MMDB.
        origin: where a table comes from.
        spans: of a table.
        database: an MMDB.
    """

    kind: str
    origin: Origin | None = None
    spans: Family = field(default_factory=dict, repr=False)
    database: Database | None = None


def part(path: Path, inside: Path, name: str) -> Part:
    """A file, read and checked.

    Args:
        path: the file.
        inside: a folder to be made, for what is packed in the file.
        name: how to call the file in a message.

    Raises:
        PullstatsError: it is not what its name says.
    """
    inside.mkdir()
    plain, kind = unpacked(path, inside, name), kind_of(path)
    if kind == MMDB:
        return Part(MMDB, database=_database(plain, name))
    return Part(kind, origin_of(path, kind), read(plain, kind, name))


def _database(path: Path, name: str) -> Database:
    """An MMDB, checked as at every use, and asked for networks that it holds."""
    try:
        found = Database.open(path)
        answers = found.answers()
    except PullstatsError as error:
        raise PullstatsError(f"{name}: {error.what.removeprefix(f'{path}: ')}", f"not used; {STAYS}") from error
    if not answers:
        raise PullstatsError(f"{name}: knows nothing of the networks in it", f"not used; {STAYS}")
    return found


# Tables


def better_tables(parts: Sequence[Part], current: GeoData) -> tuple[Tables, dict[str, Origin], list[PullstatsError]]:
    """The tables that parts make, without those that are worse than the ones in use, and why these are."""
    tables: Tables = {}
    origins: dict[str, Origin] = {}
    errors: list[PullstatsError] = []
    for made, origin in _built(parts, current):
        try:
            _check(made, origin, current)
        except PullstatsError as error:
            errors.append(error)
        else:
            tables |= made
            origins |= dict.fromkeys({name.removesuffix("_v4").removesuffix("_v6") for name in made}, origin)
    return tables, origins, errors


def _built(parts: Sequence[Part], current: GeoData) -> Iterator[tuple[Tables, Origin]]:
    """The tables that belong together, and their origin; of two parts of one kind the later counts."""
    found = {part.kind: part for part in parts if part.origin}
    if (part := found.pop(COUNTRY, None)) and part.origin:
        yield countries(part.spans[4], part.spans[6]), part.origin
    if (part := found.pop(ASN, None)) and part.origin:
        names = {number: name for family in part.spans.values() for _, _, (number, name) in family if name}
        four, six = ([(first, last, value[0]) for first, last, value in part.spans[family]] for family in (4, 6))
        yield systems(four, six, names), part.origin
    if found:
        newest = max(part.origin.date for part in found.values() if part.origin)
        origin = Origin("published lists", ", ".join(sorted(found)), newest, *OWN)
        yield _clouds({provider: part.spans for provider, part in found.items()}, current), origin


def _clouds(published: dict[str, Family], current: GeoData) -> Tables:
    """The cloud tables of the lists given, and of what is known of other providers."""
    spans = _spans_of_table(current.cloud, set(published))
    for provider, family in published.items():
        for version, rows in family.items():
            spans[version] += [(first, last, (provider, region)) for first, last, region in rows]
    return clouds(spans[4], spans[6])


def _spans_of_table(table: Ranges, without: set[str]) -> Family:
    values = [(cloud, region or "") for cloud, region, *_ in table.values.rows()]
    four, six = values[: len(table.v4)], values[len(table.v4) :]

    def spans(starts: list[int], held: list[tuple[str, str]], end: int, bits: int) -> list[Span]:
        ends = [*starts[1:], end]
        rows = zip(starts, ends, held, strict=True)
        return [(a << bits, (z << bits) - 1, value) for a, z, value in rows if value[0] and value[0] not in without]

    return {
        4: spans(table.v4.to_list(), four, IPV4_END, 0),
        6: spans(table.v6.to_list(), six, 1 << HALF, HALF),
    }


# Checking


def _check(tables: Tables, origin: Origin, current: GeoData) -> None:
    """Refuse tables that are older or far smaller than those in use.

    Raises:
        PullstatsError: one is.
    """
    dates = {row.table: str(row.date) for row in current.info}
    for name, table in tables.items():
        old = pl.scan_parquet(current.folder / f"{name}.parquet").select(pl.len()).collect().item()
        if len(table) < LEAST * old:
            raise PullstatsError(
                f"{name}: the new table has {len(table):,} rows, the old one {old:,}",
                "download it again; the old one stays",
            )
        used = dates[name.removesuffix("_v4").removesuffix("_v6")]
        if origin.date < used:
            raise _older(origin.source, origin.date, used)


def better_databases(new: Sequence[Database], before: GeoData | None) -> tuple[list[Database], list[PullstatsError]]:
    """Of the new MMDB files, those that are as new and as large as the old ones of the same type."""
    better, errors = [], []
    used = {path.name: path for path in (before.databases if before else ())}
    for database in new:
        old = _opened(used.get(file_name(database)))
        if old and old.built and database.built and database.built < old.built:
            errors.append(_older(database.type, str(database.built), str(old.built)))
        elif old and (database.tree.nodes < LEAST * old.tree.nodes or not set(old.fields) <= set(database.fields)):
            errors.append(
                PullstatsError(
                    f"{database.type}: the new file has {database.tree.nodes:,} nodes with {_told(database)}, "
                    f"the old one {old.tree.nodes:,} with {_told(old)}",
                    "download it again; the old one stays",
                )
            )
        else:
            better.append(database)
    return better, errors


def _older(name: str, new: str, old: str) -> PullstatsError:
    return PullstatsError(
        f"{name}: is of {new}, older than what is in use, of {old}",
        'that stays; "pullstats geo remove" goes back to the data that came with pullstats',
    )


def _told(database: Database) -> str:
    return ", ".join(database.fields) or "nothing"


def _opened(path: Path | None) -> Database | None:
    try:
        return Database.open(path) if path else None
    except PullstatsError:  # damaged or too old: anything is better
        return None


def file_name(database: Database) -> str:
    """The file that an MMDB becomes: one of each type."""
    return f"{re.sub(r'[^A-Za-z0-9.-]+', '-', database.type).strip('.-') or 'own'}.mmdb"
