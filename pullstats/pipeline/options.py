"""How logs are read: what the command line, the environment and pullstats.toml say about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pullstats.errors import PullstatsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pullstats.enrich.artifacts import Route
    from pullstats.enrich.networks import Geo
    from pullstats.formats.entry import Entry
    from pullstats.identity import Key

Mode = Literal["auto", "serve", "redirect"]
MAX_REJECTED = 0.10


@dataclass(frozen=True)
class Reading:
    """The options of reading.

    Attributes:
        key: what ids are made with.
        log_format: an entry's name or an nginx or Apache format string; None: recognised from the log.
        nginx_conf: a configuration of nginx whose log_format is used.
        json_map: record columns and the JSON keys that hold them (`user_agent=ua`).
        formats: the user's own formats, as TOML tables by name.
        mode: how the sources answer a download: with content, with a redirect, or either.
        trust: names of trust sets and address ranges of proxies; empty: private ranges and CDN edges.
        max_rejected: a source with a larger share of rejected lines fails.
        lenient: take what was read of a damaged source, too.
        growing: the sources are being written: a last line without its newline waits.
        assume_tz: the zone of formats that log none.
        labels: the user's names of address ranges.
        routes: the user's routes from paths to artifacts.
        geo_files: MMDB files that come before the embedded data; `none` turns geo off.
        companies: the user's map of companies.
        rejects: where rejected lines are kept.
        layer: which of several records of one traffic the logs are.
    """

    key: Key
    log_format: str | None = None
    nginx_conf: Path | None = None
    json_map: tuple[str, ...] = ()
    formats: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    mode: Mode = "auto"
    trust: tuple[str, ...] = ()
    max_rejected: float = MAX_REJECTED
    lenient: bool = False
    growing: bool = False
    assume_tz: str = "UTC"
    labels: Mapping[str, list[str]] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    geo_files: tuple[str, ...] = ()
    companies: Path | None = None
    rejects: Path | None = None
    layer: str | None = None

    def geo(self) -> Geo:
        """The network data that these options name."""
        from pathlib import Path

        from pullstats.enrich.networks import Geo

        return Geo.open([Path(name) for name in self.geo_files], self.companies)

    def given_format(self) -> Entry | None:
        """The entry that these options name; None where the log is to be recognised.

        Raises:
            PullstatsError: the configuration cannot be read, or names no log_format.
            UsageError: the name or string is none.
        """
        from pullstats.formats.entry import custom, entry, mapped, nginx_conf

        if self.nginx_conf:
            return nginx_conf(_text(self.nginx_conf), str(self.nginx_conf))
        if self.json_map:
            return mapped(dict(_pair(each) for each in self.json_map))
        if self.log_format is None:
            return None
        own = {each.name: each for each in self.own_formats()}
        if "$" in self.log_format or "%" in self.log_format:
            return custom(self.log_format)
        return own.get(self.log_format) or entry(self.log_format)

    def own_formats(self) -> tuple[Entry, ...]:
        """The entries of `[formats.NAME]`."""
        from pullstats.formats.entry import own

        return own(self.formats)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError as error:
        raise PullstatsError(f"{path}: cannot be read ({error.strerror})") from error


def _pair(text: str) -> tuple[str, str]:
    column, equals, key = text.partition("=")
    if not equals or not key:
        raise UsageError(f"--map '{text}'", "write column=key, such as user_agent=ua")
    return column, key
