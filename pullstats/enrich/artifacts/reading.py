"""Whole columns of paths against the table of routes, in its order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pullstats.enrich.artifacts.masks import masked
from pullstats.enrich.artifacts.names import fixed, platforms, products
from pullstats.enrich.artifacts.routes import Route, routes
from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS = (
    "namespace", "path", "ecosystem", "artifact", "version", "reference", "reference_kind", "role", "platform",
    "evidence",
)  # fmt: skip
READ = COLUMNS[2:]
LONGEST = 2_048
NAMESPACE = r"(?:^|&)ns=([^&]*)"
_HOLE = re.compile(r"\{(\w+)\}")


def resources(frame: pl.DataFrame, extra: Sequence[Route] = ()) -> pl.DataFrame:
    """What each path names, row by row.

    Args:
        frame: distinct host, path and query, all String and nullable; the path as the client sent it.
        extra: routes of the user, asked before those of the table.

    Returns:
        COLUMNS, all String: `namespace` is the query's `ns`; `path` is the given one without what may be a token;
        `role` is never null, nor is `evidence` (the route that decided).
    """
    paths = frame["path"].fill_null("")
    decoded = _decoded(paths.str.head(LONGEST))
    rows = pl.DataFrame(
        {"at": pl.int_range(len(frame), eager=True), "path": decoded, "host": frame["host"].cast(pl.String)}
    )
    found = []
    for route in (*extra, *routes()):
        if not len(rows):
            break
        read = _read(route, rows)
        if len(read):
            found.append(read)
            rows = rows.join(read.select("at"), on="at", how="anti", maintain_order="left")
    found.append(_unread(rows))
    read = pl.concat(found).sort("at")
    namespace = frame["query"].str.extract(NAMESPACE, 1).replace("", None)
    path = masked(frame["path"].str.head(LONGEST), read["reference"])
    return pl.DataFrame([namespace.alias("namespace"), path.alias("path"), *read.select(READ)])


def _decoded(paths: pl.Series) -> pl.Series:
    """Percent escapes undone once."""
    escaped = paths.str.contains("%", literal=True)
    if not escaped.any():
        return paths
    clean = pl.Series([unquote(path) for path in paths.filter(escaped)], dtype=pl.String())
    return paths.scatter(escaped.arg_true(), clean)


def _unread(rows: pl.DataFrame) -> pl.DataFrame:
    """Paths that no route knows."""
    none = [pl.lit(None, pl.String()).alias(name) for name in READ]
    return rows.select("at", *none).with_columns(pl.lit("other").alias("role"), pl.lit("no route").alias("evidence"))


def _read(route: Route, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that this route reads (columns at, READ)."""
    fits = pl.col("path").str.contains(route.pattern)
    if route.unless:
        fits = fits & ~pl.col("path").str.contains(route.unless)
    if route.host:
        fits = fits & pl.col("host").str.contains(f"(?i){route.host}").fill_null(value=False)
    hit = rows.filter(fits)
    if not len(hit):
        return hit
    values = _values(route, _groups(route, hit))
    kept = pl.all_horizontal([pl.lit(value=True), *(pl.col(name).is_not_null() for name in route.needs)])
    same = [_template(one, values.columns).str.starts_with(_template(two, values.columns)) for one, two in route.same]
    return values.filter(kept, *same).select(
        "at",
        pl.lit(route.ecosystem or None, pl.String()).alias("ecosystem"),
        *(_column(values, name).alias(name) for name in ("artifact", "version", "reference")),
        pl.lit(route.reference_kind or None, pl.String()).alias("reference_kind"),
        pl.lit(route.role).alias("role"),
        _column(values, "platform").alias("platform"),
        pl.lit(route.name).alias("evidence"),
    )


def _groups(route: Route, hit: pl.DataFrame) -> pl.DataFrame:
    """`at` and the pattern's named groups; empty ones are null."""
    names = re.findall(r"\(\?P<(\w+)>", route.pattern)
    if not names:
        return hit.select("at")
    groups = hit["path"].str.extract_groups(route.pattern).struct.unnest()
    named = groups.select(pl.col(list(dict.fromkeys(names))).replace("", None))
    return pl.concat([hit.select("at"), named], how="horizontal")


def _values(route: Route, groups: pl.DataFrame) -> pl.DataFrame:
    """The columns of the answer, from groups by the route's templates, spellings and changes."""
    values = groups
    if route.reader == "product":
        read = products(values["stem"])
        values = values.with_columns(read["product"], read["version"])
    early = {name: how for name, how in route.fix.items() if name not in ("artifact", "version")}
    values = _respelled(values, early)
    for name in ("artifact", "version", "platform"):
        if templates := getattr(route, name):
            choices = [_template(each, values.columns) for each in templates]
            values = values.with_columns(pl.coalesce(choices).replace("", None).alias(name))
    values = _respelled(values, {name: how for name, how in route.fix.items() if name not in early})
    for name, pattern, text in route.change:
        values = values.with_columns(pl.col(name).str.replace(pattern, text))
    if route.platform:
        values = values.with_columns(platforms(values["platform"]).alias("platform"))
    return values


def _respelled(values: pl.DataFrame, fix: dict[str, str]) -> pl.DataFrame:
    return values.with_columns(
        fixed(values[name], how).alias(name) for name, how in fix.items() if name in values.columns
    )


def _template(text: str, columns: Sequence[str]) -> pl.Expr:
    """`{group}-x` as an expression; a group that is missing is empty, and of a single one null."""
    if (whole := _HOLE.fullmatch(text)) and whole[1] in columns:
        return pl.col(whole[1])
    pieces = [
        (pl.col(piece).fill_null("") if piece in columns else pl.lit("")) if odd else pl.lit(piece)
        for odd, piece in ((at % 2, piece) for at, piece in enumerate(_HOLE.split(text)))
    ]
    return pl.concat_str(pieces)


def _column(values: pl.DataFrame, name: str) -> pl.Expr:
    return pl.col(name) if name in values.columns else pl.lit(None, pl.String())
