"""Tables of ranges, made from what publishers give: flattened, checked, written with their manifest."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pullstats.enrich.ranges import IPV4_END, flat, merged, nested
from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

HALF = 64  # IPv6 tables look at the upper half; networks deeper than /64 are dropped
NOWHERE = ("", "GLOBAL", "global")  # regions that are no place

Span = tuple[int, int, Any]  # first and last address, value
Tables = dict[str, "pl.DataFrame"]


@dataclass(frozen=True)
class Origin:
    """Where a table comes from, as the manifest says it."""

    source: str
    version: str
    date: str
    licence: str
    attribution: str


def countries(four: list[Span], six: list[Span]) -> Tables:
    """The tables country_v4 and country_v6 (start, country) of spans and their ISO codes."""
    return _ranged("country", pl.String(), four, six)


def systems(four: list[Span], six: list[Span], names: Mapping[int, str]) -> Tables:
    """The tables asn_v4 and asn_v6 (start, asn) of spans and their AS numbers, and asn_org (asn, organisation)."""
    organisations = pl.DataFrame(
        {"asn": list(names), "organisation": [" ".join(name.split()) for name in names.values()]},
        schema={"asn": pl.UInt32(), "organisation": pl.String()},
    ).sort("asn")
    return _ranged("asn", pl.UInt32(), four, six) | {"asn_org": organisations}


def clouds(four: list[Span], six: list[Span]) -> Tables:
    """The tables cloud_v4 and cloud_v6 (start, cloud, cloud_region) of spans and their (provider, region).

    The provider is that of the longest range, the region that of its longest range with a region that is a place:
    Azure publishes narrow ranges without region inside of wide ones with it.
    """
    # Of the regions of one and the same range the last holds: a place after none.
    four, six = (
        sorted(spans, key=lambda span: (span[2][0], span[2][1] not in NOWHERE, span[2])) for spans in (four, six)
    )
    values = {"cloud": pl.String(), "cloud_region": pl.String()}
    return {
        "cloud_v4": _table(merged(_located(four), IPV4_END), pl.UInt32(), values),
        "cloud_v6": _table(merged(_located(list(_halves(six))), 1 << HALF), pl.UInt64(), values),
    }


def _ranged(name: str, dtype: pl.DataType, four: list[Span], six: list[Span]) -> Tables:
    return {
        f"{name}_v4": _table(flat(four, IPV4_END), pl.UInt32(), {name: dtype}),
        f"{name}_v6": _table(flat(_halves(six), 1 << HALF), pl.UInt64(), {name: dtype}),
    }


def _halves(spans: Iterable[Span]) -> Iterator[Span]:
    """The spans in whole /64 networks."""
    for first, last, value in spans:
        start, end = -(-first >> HALF), (last + 1 >> HALF) - 1
        if start <= end:
            yield start, end, value


def _table(starts: Iterable[tuple[int, Any]], start: pl.DataType, values: Mapping[str, pl.DataType]) -> pl.DataFrame:
    wide = len(values) > 1
    records = [(first, *(value or [None] * len(values))) if wide else (first, value) for first, value in starts]
    return pl.DataFrame(records, schema={"start": start, **values}, orient="row")


def _located(spans: list[Span]) -> Iterator[tuple[int, tuple[str, str | None] | None]]:
    for start, stack in nested(spans):
        if not stack:
            yield start, None
            continue
        provider = stack[-1][0]
        regions = [region for name, region in reversed(stack) if name == provider and region]
        yield start, (provider, next((r for r in regions if r not in NOWHERE), next(iter(regions), None)))


def span_of(network: str, value: Any) -> tuple[int, Span]:
    """The family and the span of a CIDR."""
    net = ipaddress.ip_network(network.strip(), strict=False)
    return net.version, (int(net.network_address), int(net.broadcast_address), value)


def write(tables: Tables, origins: Mapping[str, Origin], to: Path, kept: Sequence[Path] = ()) -> None:
    """Write Parquet files and manifest.json into a folder.

    Args:
        tables: by file name.
        origins: by table: a file name without the family.
        to: the folder.
        kept: Parquet files that are taken as they are.
    """
    for name, table in tables.items():
        table.write_parquet(to / f"{name}.parquet", compression="zstd", compression_level=19)
    for path in kept:
        shutil.copyfile(path, to / path.name)
    files = sorted([*(to / f"{name}.parquet" for name in tables), *(to / path.name for path in kept)])
    entries = {path.stem: _entry(path, origins[path.stem.removesuffix("_v4").removesuffix("_v6")]) for path in files}
    (to / "manifest.json").write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")


def _entry(path: Path, origin: Origin) -> dict[str, str | int]:
    rows = pl.scan_parquet(path).select(pl.len()).collect().item()
    return vars(origin) | {"rows": rows, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
