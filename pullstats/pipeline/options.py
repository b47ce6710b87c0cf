"""How logs are read: what the command line, the environment and pullstats.toml say about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pullstats.enrich.artifacts import Route
    from pullstats.enrich.networks import Geo
    from pullstats.identity import Key

Mode = Literal["auto", "serve", "redirect"]
MAX_REJECTED = 0.10


@dataclass(frozen=True)
class Reading:
    """The options of reading.

    Attributes:
        key: what ids are made with.
        log_format: an entry's name or an nginx or Apache format string; None: recognised from the log.
        mode: how the sources answer a download: with content, with a redirect, or either.
        trust: names of trust sets and address ranges of proxies; empty: private ranges and CDN edges.
        max_rejected: a source with a larger share of rejected lines fails.
        lenient: take what was read of a damaged source, too.
        assume_tz: the zone of formats that log none.
        labels: the user's names of address ranges.
        routes: the user's routes from paths to artifacts.
        geo_files: MMDB files that come before the embedded data; `none` turns geo off.
        companies: the user's map of companies.
        rejects: where rejected lines are kept.
    """

    key: Key
    log_format: str | None = None
    mode: Mode = "auto"
    trust: tuple[str, ...] = ()
    max_rejected: float = MAX_REJECTED
    lenient: bool = False
    assume_tz: str = "UTC"
    labels: Mapping[str, list[str]] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    geo_files: tuple[str, ...] = ()
    companies: Path | None = None
    rejects: Path | None = None

    def geo(self) -> Geo:
        """The network data that these options name."""
        from pathlib import Path

        from pullstats.enrich.networks import Geo

        return Geo.open([Path(name) for name in self.geo_files], self.companies)
