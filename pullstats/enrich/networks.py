"""Whose network an address is in: country, AS number, organisation, network type, cloud, company."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pullstats.enrich.companies import FOUND, OWN_NETWORKS, without_legal_form
from pullstats.enrich.geo import Geo
from pullstats.enrich.geodata import named_ranges
from pullstats.enrich.mmdb import FIELDS
from pullstats.enrich.organisations import said_by_names
from pullstats.enrich.places import country
from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pullstats.enrich.ranges import Ranges

__all__ = ["COLUMNS", "Geo", "lookup"]

COLUMNS = (
    "country", "asn", "organisation", "network", "cloud", "cloud_region", "company", "company_evidence", "evidence",
)  # fmt: skip
# Autonomous systems that hold nothing but a cloud that publishes its ranges; a list is never quite complete.
CLOUDS = ("aws", "gcp", "oracle", "digitalocean")


def lookup(parsed: pl.DataFrame, geo: Geo, columns: Sequence[str] = COLUMNS) -> pl.DataFrame:
    """What is known of parsed addresses (see addresses.parse), row by row: COLUMNS, all nullable, or some of them.

    `asn` is Int64, the others String. Null is unknown; `network` is `reserved` for special-purpose addresses, which
    have nothing else. `evidence` says which table decided each field; leave it out where nobody reads it.
    """
    frame = pl.concat([_tables(parsed, geo), _files(parsed, geo)], how="horizontal")
    frame = frame.with_columns(pl.coalesce("given_asn", "table_asn").alias("asn"))
    frame = frame.join(geo.systems, on="asn", how="left", maintain_order="left")
    frame = _with_words(frame, "organisation")
    frame = pl.concat([frame, _mapped(parsed, frame, geo)], how="horizontal")
    answers = (
        frame.lazy()
        .with_columns(*country(), *_organisation(), *_cloud())
        .with_columns(*_network())
        .with_columns(*_company())
    )
    # Lazy, so that the evidence costs nothing where it is not among the columns.
    return (
        answers.with_columns(_evidence())
        .select(
            pl.when(pl.col("special").is_null() | pl.lit(name in _KEPT)).then(pl.col(name)).alias(name)
            for name in columns
        )
        .collect()
    )


def read_tables(geo: Geo) -> tuple[Ranges | pl.DataFrame, ...]:
    """What `lookup` looks into: read and kept, so that it need not wait for it.

    Raises:
        PullstatsError: a table cannot be read.
    """
    tables = (geo.data.country, geo.data.asn, geo.data.cloud) if geo.data else ()
    return (special(), anycast(), geo.systems, *tables)


_KEPT = ("network", "company", "company_evidence", "evidence")  # what a reserved address can have


def _tables(parsed: pl.DataFrame, geo: Geo) -> pl.DataFrame:
    """special, anycast, database_country, table_asn, table_cloud, table_region, place."""
    found = [
        special().find(parsed).rename({"name": "special"}),
        anycast().find(parsed).rename({"name": "anycast"}),
    ]
    if geo.data is not None:
        found += [
            geo.data.country.find(parsed).rename({"country": "database_country"}),
            geo.data.asn.find(parsed).select(pl.col("asn").cast(pl.Int64).alias("table_asn")),
            geo.data.cloud.find(parsed).rename({"cloud": "table_cloud", "cloud_region": "table_region"}),
        ]
    frame = pl.concat(found, how="horizontal")
    absent = {"database_country": pl.String(), "table_asn": pl.Int64(), "table_cloud": pl.String(),
              "table_region": pl.String(), "place": pl.String()}  # fmt: skip
    return frame.with_columns(
        pl.lit(None, dtype).alias(name) for name, dtype in absent.items() if name not in frame.columns
    )


@cache
def special() -> Ranges:
    """Special-purpose blocks (column `name`): nobody's network."""
    return named_ranges("special")


@cache
def anycast() -> Ranges:
    """Ranges (column `name`) that are announced from everywhere at once."""
    return named_ranges("anycast")


def _files(parsed: pl.DataFrame, geo: Geo) -> pl.DataFrame:
    """given_X, what the user's files say, and X_file, which of them said it; of each of FIELDS."""
    found = [database.find(parsed) for database in geo.databases]
    if not found:
        nothing = {f"given_{name}": pl.Int64() if name == "asn" else pl.String() for name in FIELDS}
        nothing |= {f"{name}_file": pl.String() for name in FIELDS} | {"given_word_type": pl.String()}
        return pl.DataFrame(schema=nothing).clear(len(parsed))
    columns = []
    for name in FIELDS:
        answers = [frame[name] for frame in found]
        said = [
            pl.when(answer.is_not_null()).then(pl.lit(database.path.name))
            for answer, database in zip(answers, geo.databases, strict=True)
        ]
        columns += [pl.coalesce(answers).alias(f"given_{name}"), pl.coalesce(said).alias(f"{name}_file")]
    return _with_words(found[0].select(columns), "given_organisation")


def _with_words(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """The frame with word_type (given_word_type for given_organisation): what the names that occur say."""
    said = said_by_names(frame[name].drop_nulls().unique()).rename(
        {"organisation": name, "word_type": name.replace("organisation", "word_type")}
    )
    return frame.join(said, on=name, how="left", maintain_order="left")


def _organisation() -> tuple[pl.Expr, ...]:
    """organisation, organisation_by, asn_by and word_type: the user's files, else the tables."""

    def by(name: str, table: str) -> pl.Expr:
        given = pl.col(f"given_{name}").is_not_null()
        return (
            pl.when(given)
            .then(f"{name}_file")
            .when(pl.col(table).is_not_null())
            .then(pl.lit("asn table"))
            .alias(f"{name}_by")
        )

    named = pl.col("given_organisation").is_not_null()
    return (
        pl.coalesce("given_organisation", "organisation").alias("organisation"),
        by("organisation", "organisation"),
        by("asn", "table_asn"),
        pl.when(named).then("given_word_type").otherwise("word_type").alias("word_type"),
    )


# The network's type


def _cloud() -> tuple[pl.Expr, ...]:
    """cloud, cloud_region and cloud_by: a published range, else an AS number that is only a cloud's."""
    by_number = pl.when(pl.col("asn_provider").is_in(CLOUDS)).then("asn_provider")
    by = (
        pl.when(pl.col("table_cloud").is_not_null())
        .then(pl.lit("published range"))
        .when(by_number.is_not_null())
        .then(pl.lit("asn"))
    )
    cloud = pl.coalesce("table_cloud", by_number)
    return cloud.alias("cloud"), pl.col("table_region").alias("cloud_region"), by.alias("cloud_by")


_TYPES = {  # what says the type, the strongest first: its name as evidence
    "reserved": "special-purpose address",
    "mapped_network": "companies map",
    "cloud_type": "cloud",
    "given_network": "file",
    "asn_type": "asn types",
    "word_type": "organisation name",
}


def _network() -> tuple[pl.Expr, pl.Expr]:
    """The network and network_by; a name that says nothing leaves the type unknown, never business."""
    special_ = pl.when(pl.col("special").is_not_null()).then(pl.lit("reserved"))
    cloud = pl.when(pl.col("cloud").is_not_null()).then(pl.lit("hosting"))
    columns = {name: {"reserved": special_, "cloud_type": cloud}.get(name, pl.col(name)) for name in _TYPES}
    by = [
        pl.when(value.is_not_null()).then(pl.col("network_file") if name == "given_network" else pl.lit(_TYPES[name]))
        for name, value in columns.items()
    ]
    return pl.coalesce(columns.values()).alias("network"), pl.coalesce(by).alias("network_by")


# The company


def _mapped(parsed: pl.DataFrame, frame: pl.DataFrame, geo: Geo) -> pl.DataFrame:
    """FOUND and mapped_by of the user's map; all null without one."""
    if geo.companies is None:
        schema = {name: pl.Boolean() if name == "mapped_confirmed" else pl.String() for name in (*FOUND, "mapped_by")}
        return pl.DataFrame(schema=schema).clear(len(parsed))
    domain = frame.select(pl.coalesce("given_domain", "asn_domain")).to_series()
    return geo.companies.find(parsed, frame["asn"].set(frame["special"].is_not_null(), None), domain)


def _company() -> tuple[pl.Expr, pl.Expr]:
    """The company and company_evidence: the user's map, then our table of AS numbers, then the user's files.

    Hosting, access and education networks hold other people's machines: they never name a company. The user's own
    address ranges and AS numbers do, wherever they are; a domain does only outside those networks.
    """
    own = pl.col("network").is_in(OWN_NETWORKS)
    mapped = pl.col("mapped").is_not_null() & (
        pl.col("mapped_by").is_in(["cidr", "asn"]) | own | pl.col("network").is_null()
    )
    table = own & pl.col("asn_company").is_not_null() & pl.col("special").is_null()
    given = own & pl.col("given_company").is_not_null() & pl.col("special").is_null()
    plain = without_legal_form("given_company")
    company = pl.when(mapped).then("mapped").when(table).then("asn_company").when(given).then(plain)
    sure = pl.when(pl.col("mapped_confirmed")).then(pl.lit("confirmed: map, ")).otherwise(pl.lit("likely: map, "))
    evidence = (
        pl.when(mapped)
        .then(sure + pl.col("mapped_by"))
        .when(table)
        .then(pl.lit("likely: asn table"))
        .when(given)
        .then(pl.lit("possible: ") + pl.col("company_file"))
    )
    return company.alias("company"), evidence.alias("company_evidence")


def _evidence() -> pl.Expr:
    """`country: cloud region; asn: asn table; ...`, of the fields that have an answer or a reason for none."""
    special_ = pl.col("special").is_not_null()
    parts = [
        pl.when(~special_).then(pl.lit(f"{name}: ") + pl.col(f"{name}_by"))
        for name in ("country", "asn", "organisation", "cloud")
    ]
    network = (
        pl.lit("network: ")
        + pl.col("network_by")
        + pl.when(special_).then(pl.lit(", ") + pl.col("special")).otherwise(pl.lit(""))
    )
    company = pl.lit("company: ") + pl.col("company_evidence")
    said = pl.concat_str([*parts, network, company], separator="; ", ignore_nulls=True)
    return pl.when(said != "").then(said).alias("evidence")
