"""Newer network data from files that publishers give: built beside the old, checked, then swapped at once."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pullstats.enrich.building import Origin, write
from pullstats.enrich.geodata import POINTER, GeoData, fetched_folder
from pullstats.enrich.parts import Part, better_databases, better_tables, part
from pullstats.enrich.published import chosen
from pullstats.enrich.swapping import STAGING, alone, copied, ours, swapped, unwritable
from pullstats.errors import PullstatsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pullstats.enrich.downloads import Download
    from pullstats.enrich.geodata import TableInfo


@dataclass(frozen=True)
class Updated:
    """What an update left.

    Attributes:
        info: the tables and files in use afterwards.
        errors: what could not be had; of that, what was in use stays.
    """

    info: list[TableInfo]
    errors: tuple[PullstatsError, ...] = ()


def update(given: Path, to: Path | None = None) -> list[TableInfo]:
    """Use the files of a folder, or one file, from now on; what is in use afterwards.

    Known by their names: dbip-country-lite-*.csv(.gz), dbip-asn-lite-*.csv(.gz); ip-ranges.json (AWS), cloud.json
    (Google), ServiceTags_Public_*.json (Azure), public_ip_ranges.json (Oracle), google.csv (DigitalOcean), ips-v4 and
    ips-v6 (Cloudflare); *.mmdb, *.mmdb.gz, GeoLite2-*.tar.gz, GeoIP2-*.tar.gz. A table without such a file, a
    provider without its list, and an MMDB of a type that is not there stay as they are.

    Raises:
        PullstatsError: nothing is known, or a file is not what its name says; all that was in use stays.
    """
    root = to or fetched_folder()
    files = chosen(given) if given.is_dir() else [given]
    if not files:
        raise PullstatsError(
            f"{given}: has no file that pullstats knows",
            "put dbip-country-lite-*.csv.gz, ip-ranges.json or an MMDB there",
        )
    with _staging(root) as staging:
        parts = [part(path, staging / str(n), str(path)) for n, path in enumerate(files)]
        with alone(root):
            return _installed(parts, root, whole=True).info


def fetch(downloads: Sequence[Download], to: Path | None = None) -> Updated:
    """Fetch network data, check it, and use it from now on; where one fails, the others are taken.

    Raises:
        PullstatsError: the place of the data cannot be written.
    """
    from pullstats.enrich import fetching

    root = to or fetched_folder()
    parts: list[Part] = []
    errors: list[PullstatsError] = []
    with _staging(root) as staging:
        for number, download in enumerate(downloads):
            folder = staging / str(number)
            folder.mkdir()
            try:
                parts.append(part(fetching.fetch(download, folder), folder / "inside", download.shown))
            except PullstatsError as error:
                errors.append(error)
        with alone(root):
            done = _installed(parts, root, whole=False)
    return Updated(done.info, (*errors, *done.errors))


def forget(to: Path | None = None) -> None:
    """Remove everything that updates brought.

    Raises:
        PullstatsError: it cannot be removed.
    """
    root = to or fetched_folder()
    try:
        (root / POINTER).unlink(missing_ok=True)
        for path in ours(root) if root.is_dir() else []:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if root.is_dir() and not any(root.iterdir()):
            root.rmdir()
    except OSError as error:
        raise PullstatsError(f"{root}: cannot be removed ({error.strerror})") from error


@contextmanager
def _staging(root: Path) -> Iterator[Path]:
    """A folder beside the data, for files until they are checked."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix=STAGING, dir=root, ignore_cleanup_errors=True)
    except OSError as error:
        raise unwritable(root, error) from error
    with folder as name:
        yield Path(name)


# From parts to tables


def _installed(parts: Sequence[Part], root: Path, *, whole: bool) -> Updated:
    """Build tables of these parts, and swap them for those in use, with the MMDB files.

    Raises:
        PullstatsError: the place cannot be written; or, where `whole` is wanted, a part is not as good as the old one.
    """
    current, before = GeoData.current(root), GeoData.fetched(root)
    tables, origins, errors = better_tables(parts, current)
    databases, more = better_databases([part.database for part in parts if part.database], before)
    errors += more
    if whole and errors:
        raise errors[0]
    if not tables and not databases:
        return Updated(current.info, tuple(errors))
    kept: list[Path] = []
    for row in current.info:
        if row.table not in origins:
            origins[row.table] = Origin(row.source, row.version, str(row.date), row.licence, row.attribution)
            kept += [current.folder / f"{name}.parquet" for name in _files(row.table)]

    def fill(folder: Path) -> None:
        write(tables, origins, folder, kept)
        copied(databases, before.databases if before else (), folder)

    used = [each.folder for each in (current, before) if each]
    return Updated(swapped(fill, root, used).info, tuple(errors))


def _files(table: str) -> list[str]:
    return [table] if table == "asn_org" else [f"{table}_v4", f"{table}_v6"]
