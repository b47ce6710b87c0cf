"""Packages and files: checks, whole files, and parts that add up to one (the other ecosystems of DESIGN section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.counting.codes import CHECK, FILE, METADATA, PART, PROBE, SECOND, UNCHANGED
from pullstats.counting.contents import is_whole, sized
from pullstats.counting.drafts import AUXILIARY, DOWNLOAD, DRAFT, FAILURE, VERSION_CHECK, drafted, flagged, totals
from pullstats.counting.runs import before, bucket_breaks, changed, cut_runs, gaps, latest, reached
from pullstats.lazy import pl

if TYPE_CHECKING:
    from pullstats.counting.names import Known
    from pullstats.counting.rules import Rule


def packages(rows: pl.DataFrame, known: Known) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Join the rows of packages and files into activities.

    Args:
        rows: CHECK, METADATA, FILE and PROBE rows, sorted by key and time, with `row`, their number.
        known: what they are judged by.

    Returns:
        Drafts of what nothing can change any more, and the rows of what something can.
    """
    columns, rule = rows.columns, known.rule
    ways = known.resources.select("resource_id", "unit", "one_per", "check", "contact", "within")
    rows = rows.join(ways, on="resource_id", how="left", maintain_order="left")
    files = _fetches(sized(rows.filter(pl.col("what") == FILE), known.sizes), rule)
    checks = _contacts(_bucketed(rows.filter(pl.col("what") != FILE), rule), files)
    members = pl.concat([files.select(checks.columns), checks.filter(pl.col("session").is_not_null())]).sort("row")
    alone = checks.filter(pl.col("session").is_null()).with_columns(
        changed(["key", "block"]).cum_sum().cast(pl.Int64).alias("session")
    )
    if known.until is None:
        return pl.concat([_file_drafts(members, rule), _check_drafts(alone)]), rows.clear().select(columns)
    fetching = _open_files(files, rule, known.until)
    asking = alone.filter(known.until - pl.col("at") <= pl.col("contact"))["session"]
    fetched, kept_files = _parted(members, fetching)
    asked, kept_checks = _parted(alone, asking)
    drafts = pl.concat([_file_drafts(fetched, rule), _check_drafts(asked)])
    return drafts, pl.concat([kept_files, kept_checks]).sort("row").select(columns)


def _parted(rows: pl.DataFrame, sessions: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that are not of these sessions, and those that are."""
    rows = rows.with_columns(pl.col("session").is_in(sessions.implode()).alias("theirs"))
    return rows.filter(~pl.col("theirs")).drop("theirs"), rows.filter("theirs").drop("theirs")


def _fetches(files: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """The FILE rows with `session`: what one download is made of."""
    files = gaps(files.sort("key", "unit", "row"), ["key", "unit"])
    files = _bursts(files.with_columns(pl.int_range(pl.len()).alias("i"), is_whole(rule).alias("is_whole")), rule)
    join = pl.when("one_per").then(rule.parts_seconds * SECOND).otherwise("within")
    again = pl.col("one_per") & pl.col("burst") & pl.col("was_whole")
    files = cut_runs(
        files.with_columns((pl.col("fresh") | (pl.col("gap") > join) | again).alias("fresh")),
        rule.longest_seconds * SECOND,
    )
    files = _by_file(files, rule)
    if not files["one_per"].all():
        files = _by_unit(files, rule)
    return files.with_columns(pl.col("opens").cum_sum().cast(pl.Int64).alias("session"))


def _bursts(files: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Where one file is one download: requests close together, and whether the burst before had the whole file.

    A burst never goes over 00:00 and 12:00 UTC, where runs may be cut.
    """
    i, half = pl.col("i"), rule.longest_seconds * SECOND // 2
    over = pl.col("at") // half != before(pl.col("at") // half)
    burst = pl.col("fresh") | (pl.col("gap") > rule.parts_join_seconds * SECOND) | over
    files = files.with_columns(
        burst.alias("burst"), before(latest(i, pl.col("is_whole"))).fill_null(-1).alias("whole_i")
    )
    files = files.with_columns(latest(i, pl.col("burst")).alias("burst_i"))
    return files.with_columns((pl.col("whole_i") >= before(pl.col("burst_i"))).alias("was_whole"))


def _by_file(files: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Fill `opens` where one file is one download: each whole one opens; parts join what is not whole, or just is."""
    slot = (pl.col("at") - pl.col("block")) // (rule.parts_seconds * SECOND)
    files = files.with_columns(latest(slot, pl.col("burst")).alias("slot"))
    late = pl.col("burst") & (pl.col("is_whole") | (pl.col("slot") != before(pl.col("slot"))))
    again = pl.col("is_whole") & (pl.col("whole_i") >= pl.col("burst_i"))
    opens = pl.coalesce("opens", pl.col("fresh") | late | again)
    return files.with_columns(opens.alias("opens"), pl.col("opens").alias("known"))


def _by_unit(files: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Fill `opens` where several files are one download: until a file that came whole comes whole again."""
    slot = (pl.col("at") - pl.col("block")) // (rule.parts_seconds * SECOND)
    hard = (pl.col("fresh") | (slot != before(slot))).alias("hard")
    some = files.with_columns(hard).filter(pl.col("one_per").not_()).with_columns(pl.int_range(pl.len()).alias("j"))
    j, whole = pl.col("j"), pl.col("is_whole")
    some = some.with_columns(pl.coalesce("known", "hard").alias("start")).with_columns(
        latest(j, pl.col("start")).alias("part")
    )
    again = pl.when(whole).then(pl.when(whole).then(j).shift(-1).backward_fill().over("part", "target", order_by="j"))
    nearest = again.reverse().cum_min().forward_fill().reverse()
    within = pl.when(nearest <= j.max().over("part")).then(nearest)
    met = reached(some.filter("start")["j"], some.select(within).to_series())
    opened = some["i"].gather(met)
    one_per, i = pl.col("one_per"), pl.col("i")
    opens = pl.when(one_per).then("opens").otherwise(i.is_in(opened.implode()))
    return files.with_columns(pl.coalesce("known", opens).alias("opens"))


def _bucketed(checks: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """The checks with `block` filled: when the bucket begins in which reads of one artifact are one check."""
    checks = checks.with_columns(pl.lit(value=False).alias("apart"))
    checks = bucket_breaks(checks, ["key"], pl.col("check"), rule.repeat_restart_seconds * SECOND)
    return checks.with_columns(pl.coalesce("block", "bucket").alias("block")).drop("bucket", "apart")


def _contacts(checks: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """The checks with `session`: the fetch of a file of the same artifact that follows soon, or null."""
    following = files.select("row", "session", file_key="key", file_at="at").sort("row")
    near = checks.join_asof(following, on="row", strategy="forward", check_sortedness=False)
    soon = (pl.col("file_key") == pl.col("key")) & (pl.col("file_at") - pl.col("at") <= pl.col("contact"))
    return near.with_columns(pl.when(soon).then("session").alias("session")).drop("file_key", "file_at")


def _open_files(files: pl.DataFrame, rule: Rule, until: int) -> pl.Series:
    """Fetches that a row from `until`, a midnight, on may join: bursts end there."""
    first = [pl.col(name).first() for name in ("key", "unit", "one_per", "within")]
    each = files.group_by("session").agg(*first, pl.col("reach").max(), pl.col("is_whole").any())
    last = pl.col("session") == pl.col("session").max().over("key", "unit")
    idle = pl.when("one_per").then(rule.parts_seconds * SECOND).otherwise("within")
    over = pl.col("one_per") & pl.col("is_whole")
    return each.filter(last & ~over & (until - pl.col("reach") <= idle))["session"]


def _file_drafts(members: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """One draft a fetch: its FILE rows and the checks before them."""
    file, answer = pl.col("what") == FILE, pl.col("answer")
    checked = pl.col("what").is_in((CHECK, PROBE)) & (answer >= UNCHANGED)
    whole = file & is_whole(rule)
    named = [
        pl.col("resource_id").filter(which).first().alias(name)
        for name, which in (("whole_one", whole), ("any_one", file))
    ]
    made = members.group_by("session", maintain_order=True).agg(*totals(), checked.any().alias("checked"), *named)
    made = made.join(_sums(members.filter(file), rule), on="session", how="left", maintain_order="left")
    action = (
        pl.when(pl.col("complete") | pl.col("whole_unknown"))
        .then(DOWNLOAD)
        .when("broken")
        .then(FAILURE)
        .when("checked")
        .then(VERSION_CHECK)
        .otherwise(AUXILIARY)
    )
    download = pl.col("complete") | pl.col("whole_unknown")
    return drafted(
        made,
        action=action,
        named=pl.coalesce("whole_one", "any_one"),
        flags=flagged(
            aborted=~download & pl.col("broken"),
            partial=~download & ~pl.col("broken"),
            whole_unknown=pl.col("whole_unknown") & ~pl.col("complete"),
        ),
    )


def _sums(files: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Of each fetch: is a file complete, do parts of a file of unknown size look like it, was one broken off."""
    part, whole = pl.col("answer") == PART, is_whole(rule)
    broken = part.not_() & whole.not_()
    each = files.group_by("session", "target").agg(
        whole.any().alias("came"),
        pl.col("bytes").filter(part).sum().alias("parts_sum"),
        # A retry from the beginning adds nothing to the first attempt.
        pl.col("bytes").filter(broken).max().fill_null(0).alias("broken_most"),
        pl.col("whole").max(),
        part.sum().alias("parts"),
        broken.sum().alias("broken"),
    )
    sent = (pl.col("parts_sum") + pl.col("broken_most")) * 100 >= pl.col("whole") * rule.complete_percent
    complete = pl.col("came") | ((pl.col("parts") > 0) & sent.fill_null(value=False))
    pieces = (pl.col("parts") > 0) & (pl.col("parts") + pl.col("broken") > 1)
    return each.group_by("session").agg(
        complete.any().alias("complete"),
        (pl.col("whole").is_null() & pieces).any().alias("whole_unknown"),
        (pl.col("broken") > 0).any().alias("broken"),
    )


def _check_drafts(checks: pl.DataFrame) -> pl.DataFrame:
    """One draft a bucket of checks."""
    given = pl.col("answer") >= UNCHANGED
    metadata = pl.col("what") == METADATA
    made = checks.group_by("session", maintain_order=True).agg(
        *totals(),
        (given & ~metadata).any().alias("checked"),
        (metadata.all() | (given & metadata).any()).alias("beside"),
        pl.col("resource_id").filter(given).first().alias("first_given"),
    )
    action = pl.when("checked").then(VERSION_CHECK).when("beside").then(AUXILIARY).otherwise(FAILURE)
    return drafted(made, action=action, named=pl.coalesce("first_given", "resource_id")).select(DRAFT)
