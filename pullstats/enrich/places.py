"""The country of an address, and what decided it."""

from __future__ import annotations

from pullstats.enrich.geodata import NOWHERE
from pullstats.lazy import pl


def country() -> tuple[pl.Expr, pl.Expr]:
    """`country` and `country_by`, from the columns given_country, place, cloud, anycast and database_country.

    The user's file comes first. A published cloud region beats every database (98 % of databases' answers for cloud
    addresses are right, at best). Anycast and content networks are everywhere at once: no country.
    """
    given, place = pl.col("given_country"), pl.col("place")
    nowhere = (place == NOWHERE).fill_null(value=False) | pl.col("anycast").is_not_null()
    value = (
        pl.when(given.is_not_null())
        .then(given)
        .when(nowhere)
        .then(None)
        .otherwise(pl.coalesce(place, "database_country"))
    )
    by = (
        pl.when(given.is_not_null())
        .then("country_file")
        .when(nowhere)
        .then(pl.lit("none, anycast"))
        .when(place.is_not_null())
        .then(pl.lit("cloud region"))
        .when(pl.col("database_country").is_not_null())
        .then(pl.lit("country table"))
    )
    return value.alias("country"), by.alias("country_by")
