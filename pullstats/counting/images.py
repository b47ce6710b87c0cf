"""Images: the rows of manifests and blobs become pulls, checks and orphans, and what may still change is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pullstats.counting.contents import PARTS, completed, continuable, sized
from pullstats.counting.drafts import DOWNLOAD, DRAFT, FLAGS, drafted
from pullstats.counting.groups import chained, counted
from pullstats.counting.pulls import blobs_asked, classified, manifests_asked, summed
from pullstats.counting.rows import AUX, BLOB, BLOB_HEAD, DIGEST, SECOND, TAG, UNCHANGED
from pullstats.counting.runs import before
from pullstats.counting.sessions import sessions
from pullstats.lazy import pl

if TYPE_CHECKING:
    from pullstats.counting.rules import Rule


@dataclass(frozen=True)
class Images:
    """What became of the rows of images.

    Attributes:
        drafts: activities that nothing can change any more.
        kept: rows of those that something can.
        parts: parts of blobs that may be continued.
        learned: which tag led to which digest (columns tagged, digested: resource ids; ts).
    """

    drafts: pl.DataFrame
    kept: pl.DataFrame
    parts: pl.DataFrame
    learned: pl.DataFrame


@dataclass(frozen=True)
class _Made:
    """Sessions: as they are by their own rows, which orphan joined which, and as they are with that."""

    own: pl.DataFrame
    joins: pl.DataFrame
    whole: pl.DataFrame


def no_parts() -> pl.DataFrame:
    """No part of any blob."""
    return pl.DataFrame(schema={name: pl.Int8() if name == "answer" else pl.Int64() for name in PARTS})


def images(
    rows: pl.DataFrame, parts: pl.DataFrame, sizes: pl.DataFrame, callers: pl.DataFrame, rule: Rule, until: int | None
) -> Images:
    """Join the rows of images into activities.

    Args:
        rows: TAG, DIGEST, AUX, BLOB and BLOB_HEAD rows, sorted by key and time, with `row`, their number.
        parts: kept by the call for the day before.
        sizes: from `rows.around`.
        callers: from `rows.facts`.
        rule: the rule.
        until: rows that start later may follow (microseconds); None: none will.
    """
    columns, what = rows.columns, pl.col("what")
    blobs, parts = completed(sized(rows.filter(what == BLOB), sizes), parts, rule)
    asked = rows.filter(what.is_in((TAG, DIGEST, AUX)))
    joined = sessions(pl.concat([asked, blobs.select(columns)]).sort("row"), rule)
    members = pl.concat([joined.select(*columns, "session"), _heads(rows.filter(what == BLOB_HEAD), joined, rule)])
    made = _made(_beside(members.sort("row"), joined), callers, rule)
    waiting = _waiting(made, joined, rule, until) if until is not None else made.own.select("session").clear()
    owner = pl.col("session").abs().alias("owner")
    final = made.whole.with_columns(owner).join(
        waiting, left_on="owner", right_on="session", how="anti", maintain_order="left"
    )
    kept = members.join(waiting, on="session", how="semi", maintain_order="left").select(columns)
    if until is not None:
        kept = pl.concat([kept, _pending(rows, kept, rule, until)]).sort("row")
        parts = continuable(parts, until, rule)
    return Images(_drafts(final), kept, parts, _learned(joined))


def _heads(heads: pl.DataFrame, joined: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Blob HEADs with the session that they fall into; those that fall into none make no activity."""
    last = joined.select("row", "session", last_key="key", last_reach="reach")
    near = heads.join_asof(last, on="row", check_sortedness=False)
    inside = (pl.col("last_key") == pl.col("key")) & (
        pl.col("at") - pl.col("last_reach") <= rule.blob_join_seconds * SECOND
    )
    return near.filter(inside).select(*heads.columns, "session")


def _pending(rows: pl.DataFrame, kept: pl.DataFrame, rule: Rule, until: int) -> pl.DataFrame:
    """Blob HEADs that an upload may follow."""
    late = (pl.col("what") == BLOB_HEAD) & (until - pl.col("at") <= rule.push_lead_seconds * SECOND)
    return rows.filter(late).join(kept, on="row", how="anti", maintain_order="left")


def _beside(members: pl.DataFrame, joined: pl.DataFrame) -> pl.DataFrame:
    """Signature reads inside a session of an image are an activity of their own: the session's number, negated."""
    aux = pl.col("what") == AUX
    if not members.select(aux.any()).item():
        return members
    openers = joined.filter("opens").select("session", opener="what")
    members = members.join(openers, on="session", how="left", maintain_order="left")
    beside = aux & (pl.col("opener") <= DIGEST)
    return members.with_columns(pl.when(beside).then(-pl.col("session")).otherwise("session").alias("session")).drop(
        "opener"
    )


def _made(members: pl.DataFrame, callers: pl.DataFrame, rule: Rule) -> _Made:
    asked, blobs = manifests_asked(members), blobs_asked(members, rule)
    sums = summed(members)
    beside = sums.filter(pl.col("session") < 0).select(-pl.col("session"), signatures="signatures_got")
    own = classified(_known(sums, beside, callers), asked, blobs, rule)
    joins = _orphans_joined(own, rule)
    alone = pl.lit(value=False).alias("solitary")
    if joins.is_empty():
        return _Made(own, joins, counted(own.with_columns(alone), asked, blobs, rule))
    renamed = pl.concat([joins, joins.select("into", pl.col("into").alias("session")).unique().select(joins.columns)])
    affected = members.join(renamed, on="session", how="inner", maintain_order="left")
    affected = affected.with_columns(pl.col("into").alias("session")).drop("into")
    more_asked, more_blobs = manifests_asked(affected), blobs_asked(affected, rule)
    merged = classified(_known(summed(affected), beside, callers), more_asked, more_blobs, rule)
    rest = own.join(renamed, on="session", how="anti", maintain_order="left")
    every = pl.concat([rest.with_columns(alone), merged.with_columns(~alone)])
    left = [table.join(renamed, on="session", how="anti") for table in (asked, blobs)]
    whole = counted(every, pl.concat([left[0], more_asked]), pl.concat([left[1], more_blobs]), rule)
    return _Made(own, joins, whole)


def _known(sessions: pl.DataFrame, beside: pl.DataFrame, callers: pl.DataFrame) -> pl.DataFrame:
    """The sessions with what the rule asks of their clients, and with signature reads beside them counted."""
    flags = callers.select("caller_id", "fetches_artifacts", "asks_twice", "one_platform")
    known = sessions.join(flags, on="caller_id", how="left", maintain_order="left")
    known = known.join(beside, on="session", how="left", maintain_order="left")
    return known.with_columns(pl.col("signatures").fill_null(0))


def _candidates(own: pl.DataFrame) -> pl.DataFrame:
    """Sessions that lack their content."""
    return own.filter((pl.col("opener") <= DIGEST) & (pl.col("action") != DOWNLOAD) & pl.col("given"))


def _orphans_joined(own: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Which orphan belongs to which session (columns session, into).

    It is the newest one without a download that began in the hours before, unless its reference was downloaded since.
    """
    orphans = own.filter((pl.col("opener") == BLOB) & pl.col("given")).select("row", "key", "at", "session")
    if orphans.is_empty():
        return orphans.select("session", into="session")
    lacking = _candidates(own).select(
        "row", into="session", into_key="key", began="at", opener_target="opener_target", into_row="row"
    )
    found = orphans.join_asof(lacking, on="row", check_sortedness=False).filter(
        (pl.col("into_key") == pl.col("key")) & (pl.col("at") - pl.col("began") <= rule.orphan_seconds * SECOND)
    )
    return _unless_downloaded(found, own).select("session", "into")


def _unless_downloaded(found: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """The rows of `found` (row, key, opener_target, into_row) without a download of it between into_row and row."""
    image = (pl.col("opener") <= DIGEST) & (pl.col("action") == DOWNLOAD)
    downloads = own.filter(image).select("row", "key", "opener_target", since="row").sort("row")
    near = found.sort("row").join_asof(downloads, on="row", by=["key", "opener_target"], check_sortedness=False)
    return near.filter((pl.col("since") > pl.col("into_row")).fill_null(value=False).not_())


def _waiting(made: _Made, joined: pl.DataFrame, rule: Rule, until: int) -> pl.DataFrame:
    """Sessions (column session) that a row from `until` on can change, or that are counted with one that it can."""
    own = made.own.filter(pl.col("session") > 0)
    last = joined.filter(pl.col("key").ne_missing(pl.col("key").shift(-1)) | (pl.int_range(pl.len()) == pl.len() - 1))
    # A blob HEAD may join until then, and be a push's until some seconds later.
    idle = (rule.blob_join_seconds + rule.push_lead_seconds) * SECOND
    opened = last.filter(until - pl.col("reach") <= idle).select("session")
    closed = own.join(opened, on="session", how="anti", maintain_order="left")
    newest = _candidates(closed).filter(pl.col("key").is_last_distinct())
    newest = newest.filter(until - pl.col("at") <= rule.orphan_seconds * SECOND)
    later = newest.select("session", "key", "opener_target", into_row="row", row=pl.lit(own["row"].max(), pl.Int64))
    lacking = _unless_downloaded(later, closed).select("session")
    waiting = pl.concat([opened, lacking, _grouped_with(own, opened, rule, until)]).unique()
    targets = made.joins.join(waiting, on="session", how="semi").select(session="into")
    waiting = pl.concat([waiting, targets]).unique()
    orphans = made.joins.join(waiting, left_on="into", right_on="session", how="semi").select("session")
    return pl.concat([waiting, orphans]).unique()


def _grouped_with(own: pl.DataFrame, opened: pl.DataFrame, rule: Rule, until: int) -> pl.DataFrame:
    """Downloads that are, or may come to be, counted in one group with a later one."""
    is_open = pl.col("session").is_in(opened["session"].implode())
    some = own.with_columns(is_open.alias("is_open"), pl.lit(value=False).alias("solitary")).filter(
        pl.col("is_open") | (pl.col("action") == DOWNLOAD)
    )
    chains = some.join(chained(some, ["key"], rule), on="session")
    near = (until - pl.col("last").max() <= rule.group_seconds * SECOND) | pl.col("is_open").any()
    return chains.filter(near.over("chain")).select("session")


def _learned(joined: pl.DataFrame) -> pl.DataFrame:
    """Where a by-tag request is followed directly by a GET of a digest: what the tag led to."""
    given = pl.col("answer") >= UNCHANGED
    follows = (pl.col("what") == DIGEST) & pl.col("head").not_() & given & pl.col("opens").not_()
    led = before(pl.col("what") == TAG) & before(given)
    return (
        joined.filter(follows & led.fill_null(value=False))
        .select("i", "end", digested="resource_id")
        .join(joined.select(pl.col("i") + 1, tagged="resource_id"), on="i")
        .select("tagged", "digested", ts="end")
    )


def _drafts(sessions: pl.DataFrame) -> pl.DataFrame:
    return drafted(
        sessions,
        action=pl.col("action"),
        named=pl.when(pl.col("opener").is_in((TAG, AUX))).then("resource_id"),
        digested=pl.coalesce("got_resource", "digest_resource"),
        times=pl.col("times"),
        folded=pl.col("folded"),
        platforms=pl.col("platforms"),
        **{flag: pl.col(flag) for flag in FLAGS if flag in sessions.columns},
    )
