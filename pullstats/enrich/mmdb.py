"""The user's own MMDB files: Country, City, ASN, ISP, Connection-Type, Enterprise, Domain, IPinfo, DB-IP."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pullstats.enrich.addresses import parse
from pullstats.enrich.geodata import TableInfo
from pullstats.enrich.mmdb_tree import DamagedTreeError, Tree
from pullstats.errors import PullstatsError
from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maxminddb import Reader
    from maxminddb.reader import Metadata

FIELDS = ("country", "asn", "organisation", "network", "company", "domain")
PROBES = 200  # records that are read at opening: enough to meet a broken data section
_USEFUL = ("Country", "City", "Enterprise", "ASN", "ISP", "Connection-Type", "Domain", "Anonymous-IP")
TOO_OLD_DAYS = 5 * 365  # by then a large part of the networks has moved
_GIVE = "give a Country, City, ASN, ISP, Connection-Type, Enterprise, Domain or Anonymous-IP database"
_AGAIN = "download it again, or go on without networks by --geoip-db none"
_FIRST_BYTES = (
    (b"\x1f\x8b", "is gzip-compressed", "unpack it first (gunzip, tar -xzf)"),
    (b"PK\x03\x04", "is a zip archive", "unpack it first"),
    (b"<", "is a web page, not an MMDB: the download needs a key or a login", "download it again with your key"),
)


@dataclass(frozen=True)
class Database:
    """One MMDB.

    Attributes:
        path: the file.
        fields: which of FIELDS its records have.
    """

    path: Path
    type: str
    built: dt.date | None
    fields: tuple[str, ...]
    tree: Tree
    reader: Reader

    @classmethod
    def open(cls, path: Path) -> Database:
        """Open and check a file.

        Raises:
            PullstatsError: it is missing, no MMDB, damaged, too old, or has nothing that pullstats uses.
        """
        data = _bytes(path)
        reader, meta = _reader(path, data)
        type_ = str(meta.database_type)
        built = _day(meta.build_epoch)
        try:
            tree = Tree.of(data, meta.node_count, meta.record_size, meta.ip_version)
        except DamagedTreeError as error:
            raise _damaged(path, error) from error
        found: dict[str, None] = {}
        for record in _probe(path, reader):
            found |= {field: None for field, value in fields_of(record).items() if value is not None}
        if not found and not type_.endswith(_USEFUL):
            raise PullstatsError(f"{path}: {type_ or 'this MMDB'} has no country, ASN or organisation", _GIVE)
        _check_age(path, built)
        return cls(path, type_, built, tuple(field for field in FIELDS if field in found), tree, reader)

    @property
    def info(self) -> TableInfo:
        """What `geo info` says of it."""
        agreed = ("as agreed with its publisher", "")
        licences = _places()["licences"].items()
        licence, attribution = next((said for begin, said in licences if self.type.startswith(begin)), agreed)
        fields = "+".join(self.fields) or self.type
        return TableInfo(fields, self.path.name, self.type, self.built, licence, self.tree.nodes, attribution)

    def find(self, parsed: pl.DataFrame) -> pl.DataFrame:
        """FIELDS (asn Int64, the others String) of parsed addresses, row by row; null where nothing is known.

        Each distinct record is decoded once: a country database has a few hundred.

        Raises:
            PullstatsError: the file is damaged where an address leads.
        """
        try:
            ends = self.tree.find(parsed)
        except DamagedTreeError as error:
            raise _damaged(self.path, error) from error
        rows = pl.DataFrame({"record": ends, "address": parsed["address"]})
        first = rows.drop_nulls().unique("record")
        decoded = [fields_of(self._get(text)) for text in first["address"].to_list()]
        known = pl.DataFrame(decoded, schema=_SCHEMA()).with_columns(first["record"])
        return rows.join(known, on="record", how="left", maintain_order="left").select(FIELDS)

    def answers(self) -> bool:
        """Whether look-ups find some of the networks that the file holds; of fields that it has.

        Raises:
            PullstatsError: the file is damaged where they lead.
        """
        networks = [str(network.network_address) for network, _ in islice(self.reader, PROBES)]
        found = self.find(parse(pl.Series("address", networks, pl.String())))
        return (
            not self.fields or not found.select(self.fields).select(pl.all_horizontal(pl.all().is_null().all())).item()
        )

    def _get(self, address: str) -> Any:
        from maxminddb import InvalidDatabaseError

        try:
            return self.reader.get(address)
        except (InvalidDatabaseError, ValueError, OSError) as error:
            raise _damaged(self.path, error) from error


def _SCHEMA() -> dict[str, Any]:  # noqa: N802 - a constant that waits for Polars
    return {field: pl.Int64() if field == "asn" else pl.String() for field in FIELDS}


# Opening


def _bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise PullstatsError(f"{path}: no such file", "name an MMDB file, or none") from None
    except OSError as error:
        raise PullstatsError(f"{path}: cannot be read ({error.strerror})") from error
    if not data:
        raise PullstatsError(f"{path}: is empty", _AGAIN)
    for start, what, fix in _FIRST_BYTES:
        if data.lstrip().startswith(start) if start == b"<" else data.startswith(start):
            raise PullstatsError(f"{path}: {what}", fix)
    return data


def _reader(path: Path, data: bytes) -> tuple[Reader, Metadata]:
    import maxminddb

    if b"\xab\xcd\xefMaxMind.com" not in data[-(128 << 10) :]:
        what = "is text, not an MMDB" if _is_text(data) else "is no MMDB, or cut off"
        raise PullstatsError(f"{path}: {what}", _AGAIN)
    try:
        reader = maxminddb.open_database(path)
        return reader, reader.metadata()
    except (maxminddb.InvalidDatabaseError, ValueError, OSError, KeyError, TypeError) as error:
        raise PullstatsError(f"{path}: is damaged, it cannot be opened", _AGAIN) from error


def _is_text(data: bytes) -> bool:
    return all(byte >= 32 or byte in b"\t\r\n" for byte in data[:512])  # noqa: PLR2004 - a control character


def _probe(path: Path, reader: Reader) -> Iterator[dict[str, Any]]:
    """The first records.

    Raises:
        PullstatsError: one of them is damaged.
    """
    from maxminddb import InvalidDatabaseError

    try:
        for _, record in islice(reader, PROBES):
            if isinstance(record, dict):
                yield record
    except (InvalidDatabaseError, ValueError, OSError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> PullstatsError:
    return PullstatsError(f"{path}: is damaged ({error})", _AGAIN)


def _day(epoch: int) -> dt.date | None:
    try:
        return dt.datetime.fromtimestamp(epoch, dt.UTC).date()
    except (OverflowError, OSError, ValueError):
        return None


def _check_age(path: Path, built: dt.date | None) -> None:
    today = dt.datetime.now(dt.UTC).date()
    if built and (today - built).days > TOO_OLD_DAYS:
        raise PullstatsError(
            f"{path}: is too old, built {built}", "give a newer one, or --geoip-db none to go on without networks"
        )


# Records


@cache
def _places() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "mmdb.toml").read_text(encoding="utf-8"))


def fields_of(record: Any) -> dict[str, Any]:
    """FIELDS of one record; None where it has no such field."""
    if not isinstance(record, dict):
        return dict.fromkeys(FIELDS)
    table = _places()
    found = {field: _first(record, field, paths) for field, paths in table["paths"].items()}
    for key, rule in table["when"].items():
        if found[rule["field"]] is None and all(beside in record for beside in rule["beside"]):
            found[rule["field"]] = _text(record.get(key))
    return found


def _first(record: dict[str, Any], field: str, paths: list[str]) -> Any:
    read = _READ.get(field, _text)
    return next((value for path in paths if (value := read(_at(record, path))) is not None), None)


def _at(record: Any, path: str) -> Any:
    for key in path.split("."):
        record = record.get(key) if isinstance(record, dict) else None
    return record


def _text(value: Any) -> str | None:
    return (value.strip() or None) if isinstance(value, str) else None


def _country(value: Any) -> str | None:
    text = _text(value)  # IPinfo's `country` is a code in one database and a name in another
    return text.upper() if text and len(text) == 2 and text.isalpha() else None  # noqa: PLR2004


def _number(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    text = str(value).upper().removeprefix("AS")
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 1 << 32 else None


def _network(value: Any) -> str | None:
    return _places()["networks"].get(str(value).lower()) if value else None


_READ = {"country": _country, "asn": _number, "network": _network}
