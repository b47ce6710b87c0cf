"""Paths become resources: which artifact, version and reference each names, and what it is to that artifact."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pullstats.enrich.artifacts.masks import masked
from pullstats.enrich.artifacts.names import FIXES, platform, product
from pullstats.enrich.artifacts.table import OUTPUTS, routes
from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pullstats.enrich.artifacts.table import Route

COLUMNS = (
    "namespace",
    "path",
    "ecosystem",
    "artifact",
    "version",
    "reference",
    "reference_kind",
    "role",
    "platform",
    "evidence",
)
LONGEST = 4096  # bytes: longer paths are attacks or broken clients
_ROUTED = ("ecosystem", "artifact", "version", "reference", "reference_kind", "role", "platform", "evidence")
_PLACE = re.compile(r"\{(\w+)\}|([^{}]+)")
_ESCAPES = {f"%{code:02X}": chr(code) for code in range(128)}


def resources(frame: pl.DataFrame, own: Sequence[Route] = ()) -> pl.DataFrame:
    """What each path names: one row for each row of the frame, in its order.

    Args:
        frame: host, path and query (String, nullable); the path percent-encoded as the client sent it.
        own: the user's routes (`user_routes`), asked after the registry's and before all others.

    Returns:
        namespace (the `ns=` of a registry mirror's query), path (without its query; credentials and token-like
        parts masked), ecosystem, artifact, version, reference, reference_kind (tag, digest, file, revision),
        role (never null), platform (os/arch by Go's names) and evidence (the route that decided),
        all String. Never raises, whatever the texts are.
    """
    rows = _targets(frame)
    found = _routed(rows.filter(pl.col("path").is_not_null()), own)
    joined = rows.join(found, on="row", how="left", maintain_order="left")
    registry = pl.col("ecosystem") == "oci"
    named = joined.with_columns(
        pl.when(registry).then(_namespace()).alias("namespace"),
        masked(joined["path"], joined["reference"]).alias("path"),
        masked(joined["artifact"], joined["reference"]).alias("artifact"),
        pl.col("role").fill_null("other"),
    )
    return named.select(COLUMNS)


def _targets(frame: pl.DataFrame) -> pl.DataFrame:
    """row, host, path, query and target: the path as routes see it, decoded once, without scheme and host."""
    whole = pl.col("path").str.split_exact("#", 1).struct.field("field_0").str.splitn("?", 2)
    rows = frame.select(
        pl.int_range(pl.len(), dtype=pl.Int64()).alias("row"),
        pl.col("host").cast(pl.String()),
        whole.struct.field("field_0").fill_null("").alias("cut"),
        pl.col("path"),
        pl.coalesce(pl.col("query").cast(pl.String()), whole.struct.field("field_1")).alias("query"),
    ).with_columns(pl.when(pl.col("path").is_not_null()).then("cut").alias("path"))
    return rows.drop("cut").with_columns(_decoded(rows["path"].str.replace("(?i)^https?://[^/]*", "")).alias("target"))


def _decoded(texts: pl.Series) -> pl.Series:
    """The texts with each %XX undone, once; bytes that are no UTF-8 become U+FFFD."""
    ascii_only = texts.str.replace_many(_ESCAPES, ascii_case_insensitive=True)
    beyond = texts.str.contains("%[89A-Fa-f][0-9A-Fa-f]").fill_null(value=False)
    if not beyond.any():
        return ascii_only
    decoded = [unquote(text) for text in texts.filter(beyond)]
    return ascii_only.scatter(beyond.arg_true(), pl.Series(decoded, dtype=pl.String()))


def _namespace() -> pl.Expr:
    """The upstream registry that a mirror is asked for; only what looks like a host."""
    named = pl.col("query").str.extract("(?:^|&)ns=([^&]*)", 1).str.replace("(?i)%3A", ":")
    return pl.when(named.str.contains(r"^[0-9A-Za-z][0-9A-Za-z.-]{0,252}(?::[0-9]{1,5})?$")).then(named)


def _routed(rows: pl.DataFrame, own: Sequence[Route]) -> pl.DataFrame:
    """Row and the columns of _ROUTED: each path is the first route's that fits it; no route's is `other`."""
    long = pl.col("target").str.len_bytes() > LONGEST
    found, pending = [_other(rows.filter(long), "too_long")], rows.filter(~long)
    for route in sorted((*routes(), *own), key=lambda route: route.order):
        fitting = _fitting(pending, route)
        if len(fitting):
            taken = _read(fitting, route)
            found.append(taken)
            pending = pending.join(taken, on="row", how="anti")
    return pl.concat([*found, _other(pending, None)])


def _other(rows: pl.DataFrame, evidence: str | None) -> pl.DataFrame:
    nothing = pl.lit(None, pl.String())
    said = {"role": pl.lit("other"), "evidence": pl.lit(evidence, pl.String())}
    return rows.select("row", *(said.get(name, nothing).alias(name) for name in _ROUTED))


def _fitting(rows: pl.DataFrame, route: Route) -> pl.DataFrame:
    if route.host:
        rows = rows.filter(pl.col("host").str.contains(route.host))
    fits = rows["target"].str.contains(route.pattern)
    rows = rows.filter(fits) if fits.any() else rows.clear()
    return rows.filter(~pl.col("target").str.contains(route.unless)) if route.unless and len(rows) else rows


def _read(rows: pl.DataFrame, route: Route) -> pl.DataFrame:
    """Row and the columns of _ROUTED of the paths that fit a route's pattern and its further conditions."""
    groups = [pl.col("target").str.extract_groups(route.pattern).struct.unnest()] if route.groups else []
    read = rows.select("row", "target", *groups)
    read = product(read) if route.reader == "product" else read
    for group, pattern, replacement in (row for row in route.change if row[0] in read.columns):
        read = read.with_columns(pl.col(group).str.replace_all(pattern, replacement))
    read = read.with_columns(FIXES[fix](pl.col(group)).alias(group) for group, fix in route.fix)
    needed = [pl.col(group).fill_null("") != "" for group in route.needs]
    same = [_text(long).str.starts_with(_text(short)) for long, short in route.same]
    read = read.filter(*needed, *same) if needed or same else read
    return read.select("row", *_outputs(route, read.columns))


def _outputs(route: Route, known: Sequence[str]) -> list[pl.Expr]:
    templates = {name: (f"{{{name}}}",) for name in OUTPUTS if name in known} | dict(route.outputs)
    columns = {name: _first([_text(template) for template in templates.get(name, ())]) for name in OUTPUTS}
    columns["platform"] = platform(columns["platform"])
    columns["ecosystem"] = pl.lit(route.ecosystem, pl.String())
    columns["role"] = pl.lit(route.role)
    columns["evidence"] = pl.lit(route.name)
    columns["reference_kind"] = pl.when(columns["reference"].is_not_null()).then(
        pl.lit(route.reference_kind, pl.String())
    )
    return [columns[name].alias(name) for name in _ROUTED]


def _text(template: str) -> pl.Expr:
    """The template with its groups filled in; null groups are empty."""
    pieces = [pl.col(group).fill_null("") if group else pl.lit(text) for group, text in _PLACE.findall(template)]
    return pl.concat_str(pieces) if pieces else pl.lit("")


def _first(texts: list[pl.Expr]) -> pl.Expr:
    """The first text that is not empty."""
    return pl.coalesce([pl.when(text != "").then(text) for text in texts]) if texts else pl.lit(None, pl.String())
