"""Your own map of companies: address ranges, AS numbers and domains that are known to you."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pullstats.enrich.ranges import Ranges
from pullstats.errors import PullstatsError, UsageError
from pullstats.lazy import pl

if TYPE_CHECKING:
    from pathlib import Path

KEYS = {"name": str, "cidr": list, "asn": list, "domain": list, "network": str, "confirmed": bool}
NETWORKS = ("isp", "hosting", "business", "education", "government")
OWN_NETWORKS = ("business", "government")  # whose machines are those of who announces them
_LEGAL = (
    r"(?i)[\s,.]+(inc|incorporated|llc|l\.l\.c|ltd|limited|gmbh( & co\.? kg)?|ag|se|s\.?a\.?|s\.?p\.?a|b\.?v|n\.?v|"
    r"oy|ab|plc|corp|corporation|company|co|kg|pty|s\.?r\.?l|sarl|sas)\.?$"
)
_NO_LETTER = r"[^\p{L}\p{N}]+"
FOUND = ("mapped", "mapped_network", "mapped_confirmed")


@dataclass(frozen=True)
class Companies:
    """A map from addresses, AS numbers and domains to names; the address before the number before the domain.

    Each table has the columns mapped (the name), mapped_network and mapped_confirmed.
    """

    ranges: Ranges
    asns: pl.DataFrame
    domains: pl.DataFrame

    @classmethod
    def read(cls, path: Path) -> Companies:
        """The map of a TOML file with `[[company]]` entries: name, and cidr, asn, domain (lists), network, confirmed.

        Raises:
            PullstatsError: the file cannot be read.
            UsageError: an entry is wrong.
        """
        entries = [_entry(entry, number, path) for number, entry in enumerate(_entries(path), 1)]
        values = [(entry["name"], entry.get("network"), entry.get("confirmed", True)) for entry in entries]
        schema: dict[str, Any] = dict(zip(FOUND, (pl.String(), pl.String(), pl.Boolean()), strict=True))

        def table(key: str, dtype: pl.DataType) -> pl.DataFrame:
            rows = [(item, *value) for entry, value in zip(entries, values, strict=True) for item in entry.get(key, [])]
            return pl.DataFrame(rows, schema={key: dtype} | schema, orient="row").unique(key, keep="last")

        cidrs = [(cidr, value) for entry, value in zip(entries, values, strict=True) for cidr in entry.get("cidr", [])]
        return cls(
            Ranges.of(cidrs, schema, path.name),
            table("asn", pl.Int64()),
            table("domain", pl.String()).with_columns(pl.col("domain").str.to_lowercase()),
        )

    def find(self, parsed: pl.DataFrame, asn: pl.Series, domain: pl.Series) -> pl.DataFrame:
        """The columns FOUND of parsed addresses, row by row, and `mapped_by`: cidr, asn or domain."""
        by_range = self.ranges.find(parsed)
        keys = pl.DataFrame({"asn": asn, "domain": domain.str.to_lowercase()})
        by_asn = keys.join(self.asns, on="asn", how="left", maintain_order="left").select(FOUND)
        by_domain = keys.join(self.domains, on="domain", how="left", maintain_order="left").select(FOUND)
        found = {"cidr": by_range, "asn": by_asn, "domain": by_domain}
        all_ = pl.concat(
            [frame.rename(lambda name, by=by: f"{name}.{by}") for by, frame in found.items()], how="horizontal"
        )
        chosen = [
            pl.coalesce(pl.when(pl.col(f"mapped.{by}").is_not_null()).then(f"{name}.{by}") for by in found).alias(name)
            for name in FOUND
        ]
        by = pl.coalesce(pl.when(pl.col(f"mapped.{by}").is_not_null()).then(pl.lit(by)) for by in found)
        return all_.select(*chosen, by.alias("mapped_by"))


def without_legal_form(name: str) -> pl.Expr:
    """A column of names without Inc., GmbH and the like; two may follow a name, as in Example Co., Ltd."""
    return pl.col(name).str.replace(_LEGAL, "").str.replace(_LEGAL, "")


def spellings(callers: pl.LazyFrame) -> dict[str, str]:
    """Names of companies that are another one's in other letters (`ACME, Inc.`), and that one's (`Acme`).

    Of several spellings the surest counts: the map's, then the table's, then that of most callers.

    Args:
        callers: company and company_evidence.
    """
    names = (
        callers.filter(pl.col("company").is_not_null())
        .group_by("company", "company_evidence")
        .len()
        .group_by("company")
        .agg(
            pl.col("company_evidence").str.extract(r"^(confirmed|likely)").min().fill_null("possible").alias("sure"),
            pl.col("len").sum(),
        )
        .with_columns(without_legal_form("company").str.to_lowercase().str.replace_all(_NO_LETTER, "").alias("key"))
        .filter(pl.col("key") != "")
        .sort("sure", "len", "company", descending=[False, True, False])
        .with_columns(pl.col("company").first().over("key").alias("spelled"))
        .filter(pl.col("spelled") != pl.col("company"))
        .collect()
    )
    return dict(names.select("company", "spelled").rows())


def _entries(path: Path) -> list[dict[str, Any]]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PullstatsError(f"{path}: cannot be read ({error.strerror})", "name your map of companies") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: is no TOML ({error})", "write [[company]] entries with name and cidr") from error
    unknown = [key for key in data if key != "company"]
    entries = data.get("company", [])
    if unknown or not isinstance(entries, list) or not entries:
        raise UsageError(
            f"{path}: has no [[company]] entries", 'write [[company]] and below it name = "..." and cidr = [...]'
        )
    return entries


def _entry(entry: dict[str, Any], number: int, path: Path) -> dict[str, Any]:
    """The entry, its single texts and numbers as lists.

    Raises:
        UsageError: a key is unknown, missing or of another type.
    """
    where = f"{path}: company {number}"
    entry = {
        key: [value] if KEYS.get(key) is list and not isinstance(value, list) else value for key, value in entry.items()
    }
    for key, value in entry.items():
        if key not in KEYS:
            raise UsageError(f"{where}: unknown key {key!r}", f"known are {', '.join(KEYS)}")
        inner = int if key == "asn" else str
        if not isinstance(value, KEYS[key]) or (
            isinstance(value, list) and any(type(item) is not inner for item in value)
        ):
            raise UsageError(f"{where}: {key} has a wrong type", "cidr and domain are lists of texts, asn of numbers")
    if not entry.get("name"):
        raise UsageError(f"{where}: has no name", 'give it name = "..."')
    if entry.get("network", "business") not in NETWORKS:
        raise UsageError(f"{where}: unknown network {entry['network']!r}", f"known are {', '.join(NETWORKS)}")
    return entry
