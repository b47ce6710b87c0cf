"""Sessions of images: which request of a key opens one, and which joins it (rules 2 and 3 of DESIGN section 5).

A session is a manifest request (its opener) and what follows. The breaks are decided in three layers. Hard ones need
only the neighbours: time, and kinds. Then by-tag requests: a session that has a tag holds one tag only and no content
before its last by-tag request. Then the opener again, and other manifests after the content of a lone one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullstats.counting.codes import AUX, BLOB, DIGEST, SECOND, TAG, UNCHANGED
from pullstats.counting.runs import before, bucket_breaks, changed, latest, reached, runs
from pullstats.lazy import pl

if TYPE_CHECKING:
    from pullstats.counting.rules import Rule


def sessions(rows: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """The rows with `opens` (Boolean) and `session` (Int64).

    Args:
        rows: TAG, DIGEST, AUX and BLOB rows, sorted by key and time; `opens` is filled in rows of earlier days.
        rule: the times.
    """
    rows = runs(rows, ["key"], rule.blob_join_seconds * SECOND, rule.longest_seconds * SECOND)
    rows = _by_tag(_hard(_kinds(rows), rule))
    rows = _opener_again(rows, rule)
    return rows.with_columns(pl.col("opens").cum_sum().cast(pl.Int64).alias("session"))


def _kinds(rows: pl.DataFrame) -> pl.DataFrame:
    what = pl.col("what")
    return rows.with_columns(
        pl.int_range(pl.len()).alias("i"),
        (what <= DIGEST).alias("manifest"),
        (what == TAG).alias("tag"),
        (what == BLOB).alias("blob"),
    )


def _hard(rows: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Add `hard`: breaks that follow from time, and from what the session so far is."""
    i, manifest, aux = pl.col("i"), pl.col("manifest"), pl.col("what") == AUX
    known = pl.col("opens").is_not_null()
    late = pl.col("gap") > rule.manifest_join_seconds * SECOND
    rows = rows.with_columns(
        latest(i, pl.col("fresh")).alias("run_i"),
        before(latest(i, manifest)).fill_null(-1).alias("manifest_i"),
    )
    alone = pl.col("manifest_i") < pl.col("run_i")
    hard = pl.col("fresh") | (manifest & (late | alone))
    if rows.select(aux.any()).item():
        asked_i = before(latest(i, manifest | aux)).fill_null(-1)
        opens_aux = aux & (
            pl.col("fresh") | late | (asked_i < pl.col("run_i")) | pl.col("opens").fill_null(value=False)
        )
        rows = rows.with_columns((pl.when(known).then("opens").otherwise(opens_aux) & aux).alias("opens_aux"))
        beside = before(latest(i, pl.col("opens_aux"))).fill_null(-1) > pl.col("manifest_i")
        hard = hard | pl.col("opens_aux") | (manifest & beside)
    return rows.with_columns(pl.when(known).then("opens").otherwise(hard).alias("hard"))


def _by_tag(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `first`: hard breaks, and by-tag requests for another tag, after content, or in a session without a tag."""
    i, tag = pl.col("i"), pl.col("tag")
    rows = rows.with_columns(
        latest(i, pl.col("hard")).alias("hard_i"),
        before(latest(i, tag)).fill_null(-1).alias("tag_i"),
        before(latest("target", tag)).alias("tag_target"),
        before(latest(i, pl.col("blob"))).fill_null(-1).alias("blob_i"),
    )
    other = (pl.col("tag_i") < pl.col("hard_i")) | (pl.col("target") != pl.col("tag_target"))
    breaks = tag & (other | (pl.col("blob_i") > pl.col("tag_i"))) & pl.col("opens").is_null()
    return rows.with_columns((pl.col("hard") | breaks).alias("first"))


def _opener_again(rows: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Fill `opens`: the breaks so far, the opener again, and other manifests after the content of a lone one."""
    first, manifest = pl.col("first"), pl.col("manifest")
    rows = rows.with_columns(
        latest("i", first).alias("part"),
        latest(pl.when("manifest").then("target").otherwise(0), first).alias("opener"),
        latest("head", first).alias("opener_head"),
    )
    again = manifest & (pl.col("target") == pl.col("opener")) & (pl.col("head") == pl.col("opener_head"))
    several = again & ~(first & first.shift(-1).fill_null(value=True))
    repeats = rows.lazy().filter(several).select("i", "part", "at", "first", "blob_i").collect()
    restart = rule.repeat_restart_seconds * SECOND
    repeats = bucket_breaks(repeats.with_columns(_content_between()), ["part"], rule.repeat_seconds * SECOND, restart)
    breaks = (pl.col("bucket") != before(pl.col("bucket"))) | pl.col("apart")
    opened = repeats.filter(pl.col("first").not_() & breaks)["i"]
    opened = _other_manifests(rows, opened, rule)
    opens = first | pl.lit(pl.Series([False]).new_from_index(0, len(rows)).scatter(opened, values=True))
    return rows.with_columns(pl.coalesce("opens", opens).alias("opens"))


def _content_between() -> pl.Expr:
    """A blob lies between this repeat and the one before it."""
    return (pl.col("blob_i") > before(pl.col("i"))).fill_null(value=False).alias("apart")


def _other_manifests(rows: pl.DataFrame, opened: pl.Series, rule: Rule) -> pl.Series:
    """Which rows open sessions besides the `first` ones, where a manifest follows content of the same part.

    Where content came directly after a session's first manifest GET, that manifest is no index, and another manifest
    is the next image, if it is asked for as the opener was: who begins with HEAD begins the next one with HEAD, and a
    GET is the platform's manifest, late behind the blobs of a neighbour. Whether content came so depends on where
    the session begins, so every manifest request is asked which row would open the next session if it were an opener
    itself; then the way is gone from each start.
    """
    after_content = (pl.col("what") == DIGEST) & ~pl.col("first") & (pl.col("blob_i") > pl.col("part"))
    parts = rows.filter(after_content & (pl.col("head") == pl.col("opener_head"))).select("part").unique()
    if parts.is_empty():
        return opened
    used = ("i", "part", "at", "first", "manifest", "blob", "head", "target", "answer", "opener_head")
    some = rows.select(used).join(parts, on="part", how="semi", maintain_order="left")
    some = some.with_columns(pl.int_range(pl.len()).alias("j"))
    found = reached(some.filter("first")["j"], _next_opener(some, rule))
    apart = rows.select("i", "part").filter(pl.col("i").is_in(opened.implode())).join(parts, on="part", how="anti")["i"]
    return pl.concat([apart, some["i"].gather(found)])


def _next_opener(rows: pl.DataFrame, rule: Rule) -> pl.Series:
    """For each manifest row `j`: the row that ends a session that it opens, by rules of repeats and other manifests."""
    manifest, first, target = pl.col("manifest"), pl.col("first"), pl.col("target")
    got = manifest & ~pl.col("head") & (pl.col("answer") >= UNCHANGED)
    alike = manifest & (pl.col("head") == pl.col("opener_head"))
    another = first | (alike & (target != before(latest("target", alike))).fill_null(value=True))
    rows = rows.with_columns(
        pl.when(first.shift(-1).fill_null(value=True)).then("j").backward_fill().alias("end_j"),
        (got & pl.col("blob").shift(-1) & ~first.shift(-1)).alias("direct"),
        pl.when(got).then("j").backward_fill().alias("got_j"),
        pl.when(alike | first).then("j").shift(-1).backward_fill().alias("alike_j"),
        pl.when(another).then("j").shift(-1).backward_fill().alias("another_j"),
        pl.col("blob").cum_sum().alias("blobs"),
    )
    # Where it is the same manifest again, the next one that is not.
    same = target.gather(pl.col("alike_j").fill_null(0)) == target
    other = pl.when(same).then(pl.col("another_j").gather(pl.col("alike_j").fill_null(0))).otherwise("alike_j")
    other = pl.when(pl.col("direct") & (pl.col("alike_j") <= pl.col("end_j"))).then(other)
    rows = rows.with_columns(other.alias("other"))
    other = pl.col("other").gather(pl.col("got_j").fill_null(0))
    inside = manifest & (pl.col("got_j") <= pl.col("end_j")) & (other <= pl.col("end_j"))
    repeats = _next_repeat(rows.filter(manifest), rule)
    joined = rows.select("j", pl.when(inside).then(other).alias("other")).join(
        repeats, on="j", how="left", maintain_order="left"
    )
    return joined.select(pl.min_horizontal("other", "again")).to_series()


def _next_repeat(manifests: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """For each manifest row `j`: the first of the same reference and method in a later bucket (`again`)."""
    same = ["part", "target", "head"]
    apart = (pl.col("blobs") != before(pl.col("blobs"))).fill_null(value=False).alias("apart")
    rows = manifests.sort(*same, "j").with_columns(changed(same).cum_sum().alias("same"), apart)
    rows = bucket_breaks(rows, ["same"], rule.repeat_seconds * SECOND, rule.repeat_restart_seconds * SECOND)
    begins = (
        (pl.col("same") != before(pl.col("same"))) | (pl.col("bucket") != before(pl.col("bucket"))) | pl.col("apart")
    ).fill_null(value=True)
    following = pl.when(begins).then("j").shift(-1).backward_fill()
    of_same = pl.when(begins).then("same").shift(-1).backward_fill() == pl.col("same")
    return rows.select("j", pl.when(of_same).then(following).alias("again"))
