"""What an origin's time series on an artifact looks like: a poller, CI, a mirror, somebody who develops."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pullstats.lazy import pl

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = ("origin_id", "artifact_id")
CLASSES = ("ci", "mirror", "scanner", "poller", "dev", "irregular", "too_little")
CONTACTS, PULLS = ("download", "refresh", "version_check"), ("download", "refresh")
HOURS = 24
SECOND, HOUR = 1_000_000, 3_600
# Gaps of all keys in one sorted column: the key's number above, the gap in seconds below.
WIDTH = 1 << 33


@cache
def reasons() -> Mapping[str, tuple[int, str]]:
    """Every constant: its value and what it is for."""
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    return {name: (entry["value"], entry["about"]) for name, entry in table.items()}


def parameters(*, min_contacts: int | None = None, min_span_seconds: int | None = None) -> dict[str, int]:
    """The constants by name, with what the user asked for in their place."""
    asked = {"min_contacts": min_contacts, "min_span_seconds": min_span_seconds}
    known = {name: value for name, (value, _) in reasons().items()}
    return known | {name: value for name, value in asked.items() if value is not None}


def behavior(activities: pl.LazyFrame, callers: pl.DataFrame, limits: Mapping[str, int]) -> pl.DataFrame:
    """How each origin behaves on each artifact.

    Args:
        activities: columns tables.ACTIVITIES, of the calendar span that is judged.
        callers: caller_id, kind, ci, cloud.
        limits: the constants, from `parameters`.

    Returns:
        origin_id, artifact_id (Int64), behavior (one of CLASSES), interval_seconds (Int64, of pollers), contacts,
        pulls, downloads, checks (Int64), evidence. Sorted by the ids.
    """
    contacts = activities.filter(pl.col("action").is_in(CONTACTS)).select(
        *KEY, "ts", "action", "times", "caller_id", "reference", "platforms", _version().alias("version")
    )
    counted = _counted(contacts).collect(engine="streaming")
    enough = (pl.col("contacts") >= limits["min_contacts"]) & (pl.col("span") >= limits["min_span_seconds"])
    judged = counted.filter(enough)
    few = contacts.join(judged.lazy().select(KEY), on=KEY, how="semi").collect(engine="streaming")
    known = few.join(callers.select("caller_id", "kind", "ci", "cloud"), on="caller_id", how="left")
    for part in (
        _regularity(few, limits),
        _hours(few, limits),
        _said(known, limits),
        _cold(few),
        _bursts(known, limits),
    ):
        judged = judged.join(part, on=KEY, how="left")
    judged = _artifacts(judged, counted).join(_versions(contacts), on="artifact_id", how="left")
    named = judged.with_columns(_class(limits).alias("behavior"), _evidence(limits).alias("evidence"))
    return _finished(counted, named)


def _version() -> pl.Expr:
    """What is downloaded again from a cold cache."""
    return pl.coalesce("digest", "version", "reference")


def _counted(contacts: pl.LazyFrame) -> pl.LazyFrame:
    times, action = pl.col("times"), pl.col("action")
    return contacts.group_by(KEY).agg(
        times.sum().alias("contacts"),
        times.filter(action.is_in(PULLS)).sum().alias("pulls"),
        times.filter(action == "download").sum().alias("downloads"),
        times.filter(action == "version_check").sum().alias("checks"),
        ((pl.col("ts").max() - pl.col("ts").min()) // SECOND).alias("span"),
        pl.col("reference").n_unique().cast(pl.Int64).alias("references"),
        pl.col("version").filter(action.is_in(PULLS)).n_unique().cast(pl.Int64).alias("versions"),
    )


def _regularity(contacts: pl.DataFrame, limits: Mapping[str, int]) -> pl.DataFrame:
    """Per key: the commonest gap (`interval`) and how many gaps are near it, its double or triple (`near`, `gaps`).

    The commonest gap is the one with most gaps near it; of several the smallest.
    """
    gaps = _gaps(contacts)
    near = _near(gaps["gap"], gaps["code"], limits)
    mode = (
        gaps.with_columns(near.alias("near"))
        .sort("near", "gap", descending=[True, False])
        .unique("key", keep="first", maintain_order=True)
    )
    found = gaps.join(mode.select("key", interval="gap"), on="key")
    like = pl.any_horizontal([_like(pl.col("interval") * times, limits) for times in (1, 2, 3)])
    counted = found.group_by(KEY).agg(
        pl.col("interval").first(), like.sum().cast(pl.Int64).alias("near"), pl.len().cast(pl.Int64).alias("gaps")
    )
    return counted.select(*KEY, "interval", "near", "gaps")


def _gaps(contacts: pl.DataFrame) -> pl.DataFrame:
    """The gaps in seconds between contacts of different seconds, with the number of their key; sorted by `code`."""
    ordered = contacts.sort(*KEY, "ts").with_columns(pl.struct(KEY).rle_id().cast(pl.Int64).alias("key"))
    gap = (pl.col("ts") - pl.col("ts").shift()) // SECOND
    same = pl.col("key") == pl.col("key").shift()
    gaps = ordered.select(*KEY, "key", pl.when(same).then(gap).alias("gap")).filter(pl.col("gap") > 0)
    return gaps.with_columns((pl.col("key") * WIDTH + pl.col("gap")).alias("code")).sort("code")


def _tolerance(gap: pl.Expr, limits: Mapping[str, int]) -> pl.Expr:
    return pl.max_horizontal(gap * limits["near_percent"] // 100, pl.lit(limits["near_seconds"], pl.Int64))


def _like(gap: pl.Expr, limits: Mapping[str, int]) -> pl.Expr:
    return (pl.col("gap") - gap).abs() <= _tolerance(gap, limits)


def _near(gap: pl.Series, code: pl.Series, limits: Mapping[str, int]) -> pl.Series:
    """How many gaps of its key are near each gap."""
    within = gap.to_frame("gap").select(_tolerance(pl.col("gap"), limits)).to_series()
    # No gap is smaller than 1, so that the lower edge stays inside of the key's codes.
    low = code - pl.select(pl.min_horizontal(within, gap)).to_series()
    first, after = code.search_sorted(low, side="left"), code.search_sorted(code + within, side="right")
    return after.cast(pl.Int64) - first.cast(pl.Int64)


def _hours(contacts: pl.DataFrame, limits: Mapping[str, int]) -> pl.DataFrame:
    """Per key: contacts in the best hours of the day, the day being a circle (`best_hours`)."""
    hour = (pl.col("ts") // SECOND // HOUR) % HOURS
    counts = contacts.group_by(*KEY, hour.alias("hour")).agg(pl.col("times").sum())
    begins = [((pl.col("hour") - step) % HOURS).alias("begin") for step in range(limits["dev_hours"])]
    windows = pl.concat([counts.select(*KEY, begin, "times") for begin in begins])
    return (
        windows.group_by(*KEY, "begin")
        .agg(pl.col("times").sum())
        .group_by(KEY)
        .agg(pl.col("times").max().alias("best_hours"))
    )


def _said(known: pl.DataFrame, limits: Mapping[str, int]) -> pl.DataFrame:
    """Per key: what its client says of itself (`says`), and downloads of all platforms (`whole`)."""
    mirrored = pl.when(pl.col("kind").is_in(["runtime", "builder"])).then(limits["mirror_platforms"]).otherwise(2)
    whole = (pl.col("action") == "download") & (pl.col("platforms") >= mirrored)
    says = pl.when(pl.col("ci").fill_null(value=False).any()).then(pl.lit("ci"))
    for kind in ("mirror", "scanner"):
        says = says.when((pl.col("kind") == kind).any()).then(pl.lit(kind))
    return known.group_by(KEY).agg(says.alias("says"), pl.col("times").filter(whole).sum().alias("whole"))


def _cold(contacts: pl.DataFrame) -> pl.DataFrame:
    """Per key: the most downloads of one version (`cold`)."""
    downloads = contacts.filter(pl.col("action") == "download")
    each = downloads.group_by(*KEY, "version").agg(pl.col("times").sum())
    return each.group_by(KEY).agg(pl.col("times").max().alias("cold"))


def _bursts(known: pl.DataFrame, limits: Mapping[str, int]) -> pl.DataFrame:
    """Per key: downloads from a cloud with enough others close before or after them (`burst`)."""
    downloads = known.filter((pl.col("action") == "download") & pl.col("cloud").is_not_null()).sort(*KEY, "ts")
    reach, more = limits["burst_seconds"] * SECOND, limits["burst_downloads"] - 1
    close = [
        (pl.col("ts").shift(step - more) - pl.col("ts").shift(step)).over(KEY).abs() <= reach
        for step in range(more + 1)
    ]
    crowded = pl.any_horizontal([each.fill_null(value=False) for each in close]) | (pl.col("times") > more)
    marked = downloads.with_columns(crowded.alias("crowded"))
    return marked.group_by(KEY).agg(pl.col("times").filter("crowded").sum().alias("burst"))


def _artifacts(judged: pl.DataFrame, counted: pl.DataFrame) -> pl.DataFrame:
    """With how many artifacts the origin asks for, and its contacts and downloads of all of them."""
    sums = counted.group_by("origin_id").agg(
        pl.len().cast(pl.Int64).alias("artifacts"),
        pl.col("contacts").sum().alias("all_contacts"),
        pl.col("downloads").sum().alias("all_downloads"),
    )
    return judged.join(sums, on="origin_id", how="left")


def _versions(contacts: pl.LazyFrame) -> pl.DataFrame:
    """Per artifact: how many versions anybody pulled (`all_versions`), and how many origins pulled any (`pullers`)."""
    pulled = contacts.filter(pl.col("action").is_in(PULLS)).group_by("artifact_id")
    counts = [
        pl.col("version").n_unique().cast(pl.Int64).alias("all_versions"),
        pl.col("origin_id").n_unique().cast(pl.Int64).alias("pullers"),
    ]
    return pulled.agg(counts).collect(engine="streaming")


def _share(part: str, whole: str, percent: int) -> pl.Expr:
    """Whether a part is at least this share of the whole."""
    return pl.col(part).fill_null(0) * 100 >= pl.col(whole).fill_null(0) * percent


def _class(limits: Mapping[str, int]) -> pl.Expr:
    """The class, by the first condition that holds."""
    # The only puller of an artifact takes all versions that are seen, whatever it is.
    many = (pl.col("all_versions") >= limits["mirror_versions"]) & (pl.col("pullers") > 1)
    takes_all = (pl.col("whole").fill_null(0) > 0) & _share("whole", "downloads", 50)
    mirror = takes_all | (many & _share("versions", "all_versions", limits["mirror_percent"]))
    wide = pl.col("artifacts") > limits["scanner_artifacts"]
    scanner = wide & ~_share("all_downloads", "all_contacts", limits["scanner_content_percent"])
    cold = (pl.col("cold").fill_null(0) >= limits["cold_downloads"]) & _share(
        "downloads", "contacts", limits["ci_download_percent"]
    )
    burst = (pl.col("burst").fill_null(0) > 0) & _share("burst", "downloads", limits["burst_percent"])
    poller = (pl.col("gaps").fill_null(0) > 0) & _share("near", "gaps", limits["regular_percent"])
    dev = (
        ~_share("near", "gaps", limits["irregular_percent"])
        & (pl.col("references") >= limits["dev_references"])
        & _share("best_hours", "contacts", limits["dev_hours_percent"])
    )
    return (
        pl.when(pl.col("says").is_not_null())
        .then("says")
        .when(mirror)
        .then(pl.lit("mirror"))
        .when(scanner)
        .then(pl.lit("scanner"))
        .when(cold | (burst & _share("downloads", "contacts", limits["ci_download_percent"])))
        .then(pl.lit("ci"))
        .when(poller)
        .then(pl.lit("poller"))
        .when(dev)
        .then(pl.lit("dev"))
        .otherwise(pl.lit("irregular"))
    )


def _evidence(limits: Mapping[str, int]) -> pl.Expr:
    """The figures behind the class, in words."""
    said = pl.when(pl.col("says").is_not_null()).then(pl.format("its client says {}; ", "says")).otherwise(pl.lit(""))
    return said + pl.format(
        "{} of {} gaps near {} s or its double or triple; {} references; {} of {} contacts in the best {} hours; "
        "{} downloads, {} of one version",
        pl.col("near").fill_null(0), pl.col("gaps").fill_null(0), pl.col("interval").fill_null(0), "references",
        "best_hours", "contacts", pl.lit(limits["dev_hours"]), "downloads", pl.col("cold").fill_null(0),
    )  # fmt: skip


def _finished(counted: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    few = pl.format("{} contacts in {} s", "contacts", "span")
    known = counted.join(named.select(*KEY, "behavior", "evidence", "interval"), on=KEY, how="left")
    return known.sort(KEY).select(
        *KEY,
        pl.col("behavior").fill_null("too_little"),
        pl.when(pl.col("behavior") == "poller").then("interval").alias("interval_seconds"),
        "contacts",
        "pulls",
        "downloads",
        "checks",
        pl.coalesce("evidence", few).alias("evidence"),
    )


def origin_behavior(judged: pl.DataFrame) -> pl.DataFrame:
    """How each origin behaves: as on the artifact that it contacts most (origin_id, behavior, interval_seconds).

    Of artifacts with as many contacts the one whose class comes first in CLASSES counts.
    """
    order = pl.col("behavior").replace_strict(
        {name: place for place, name in enumerate(CLASSES)}, return_dtype=pl.Int64
    )
    ranked = judged.with_columns(order.alias("order")).sort(
        "contacts", "order", "artifact_id", descending=[True, False, False]
    )
    return ranked.unique("origin_id", keep="first", maintain_order=True).select(
        "origin_id", "behavior", "interval_seconds"
    )
