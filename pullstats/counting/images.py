"""Images: the rows of manifests and blobs become pulls, checks and orphans, and what may still change is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pullstats.counting.contents import PARTS, completed, continuable, sized
from pullstats.counting.drafts import DOWNLOAD, REFRESH, drafted, flagged
from pullstats.counting.groups import chained, counted
from pullstats.counting.pulls import blobs_asked, classified, lone, manifests_asked, summed
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
    """Sessions: as they are by their own rows; which orphan joined which (columns session, into); as they are then.

    `times`: how many downloads some of them are (from `groups.counted`).
    """

    own: pl.DataFrame
    joins: pl.DataFrame
    merged: pl.DataFrame
    times: pl.DataFrame


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
    what = pl.col("what")
    heads = rows.filter(what == BLOB_HEAD)
    asked = rows.filter(what != BLOB_HEAD) if len(heads) else rows
    asked, parts = _with_contents(asked, sizes, parts, rule)
    joined = sessions(asked, rule)
    members = joined.select(*rows.columns, "session")
    if len(heads):
        members = pl.concat([members, _heads(heads, joined, rule)]).sort("row")
    made = _made(_beside(members, joined), callers, rule)
    waiting = _waiting(made, joined, rule, until) if until is not None else made.own["session"].clear()
    kept = members.filter(pl.col("session").is_in(waiting.implode())).select(rows.columns)
    if until is not None:
        kept = pl.concat([kept, _pending(heads, kept, rule, until)]).sort("row")
        parts = continuable(parts, until, rule)
    return Images(_drafts(made, waiting), kept, parts, _learned(joined))


def _with_contents(
    rows: pl.DataFrame, sizes: pl.DataFrame, parts: pl.DataFrame, rule: Rule
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows with `whole` and `done` filled where they are blobs, and the parts so far."""
    placed = rows.with_columns(pl.int_range(pl.len()).alias("place"))
    blobs, parts = completed(sized(placed.filter(pl.col("what") == BLOB), sizes), parts, rule)
    if blobs.is_empty():
        return rows, parts
    columns = [rows[name].clone().scatter(blobs["place"], blobs[name]) for name in ("whole", "done")]
    return rows.with_columns(columns), parts


def _heads(heads: pl.DataFrame, joined: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Blob HEADs with the session that they fall into; those that fall into none make no activity."""
    last = joined.select("row", "session", last_key="key", last_reach="reach")
    near = heads.join_asof(last, on="row", check_sortedness=False)
    inside = (pl.col("last_key") == pl.col("key")) & (
        pl.col("at") - pl.col("last_reach") <= rule.blob_join_seconds * SECOND
    )
    return near.filter(inside).select(*heads.columns, "session")


def _pending(heads: pl.DataFrame, kept: pl.DataFrame, rule: Rule, until: int) -> pl.DataFrame:
    """Blob HEADs that an upload may follow."""
    late = until - pl.col("at") <= rule.push_lead_seconds * SECOND
    return heads.filter(late).join(kept, on="row", how="anti", maintain_order="left")


def _beside(members: pl.DataFrame, joined: pl.DataFrame) -> pl.DataFrame:
    """Signature reads inside a session of an image are an activity of their own: the session's number, negated."""
    aux = pl.col("what") == AUX
    if not members.select(aux.any()).item():
        return members
    openers = joined.filter("opens").select("session", opener="what")
    members = members.join(openers, on="session", how="left", maintain_order="left")
    beside = aux & (pl.col("opener") <= DIGEST)
    return members.with_columns(pl.when(beside).then(-pl.col("session")).otherwise("session").alias("session")).drop("opener")


def _made(members: pl.DataFrame, callers: pl.DataFrame, rule: Rule) -> _Made:
    single, several = _apart(members)
    asked, blobs = manifests_asked(several), blobs_asked(several, rule)
    sums = summed(several)
    beside = sums.filter(pl.col("session") < 0).select(-pl.col("session"), signatures="signatures_got")
    own = pl.concat([lone(single), classified(_known(sums, beside, callers), asked, blobs, rule)])
    joins = _orphans_joined(own, rule)
    if joins.is_empty():
        return _Made(own, joins, own.clear(), counted(_downloads(own, joins, own.clear()), asked, blobs, rule))
    renamed = pl.concat([joins, joins.select("into", pl.col("into").alias("session")).unique().select(joins.columns)])
    affected = members.join(renamed, on="session", how="inner", maintain_order="left")
    affected = affected.with_columns(pl.col("into").alias("session")).drop("into")
    more_asked, more_blobs = manifests_asked(affected), blobs_asked(affected, rule)
    merged = classified(_known(summed(affected), beside, callers), more_asked, more_blobs, rule)
    left = [table.join(renamed, on="session", how="anti") for table in (asked, blobs)]
    downloads = _downloads(own, renamed, merged)
    times = counted(downloads, pl.concat([left[0], more_asked]), pl.concat([left[1], more_blobs]), rule)
    return _Made(own, joins, merged, times)


def _apart(members: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that are a session each, and the rest."""
    session = pl.col("session")
    alone = (session != session.shift(1)).fill_null(value=True) & (session != session.shift(-1)).fill_null(value=True)
    beside = members.filter(session < 0)["session"].unique()
    if len(beside):  # what signature reads were taken from lies in pieces
        alone = alone & session.abs().is_in((-beside).implode()).not_()
    members = members.with_columns(alone.alias("alone"))
    return members.filter("alone"), members.filter(~pl.col("alone"))


def _downloads(own: pl.DataFrame, replaced: pl.DataFrame, merged: pl.DataFrame) -> pl.DataFrame:
    """The downloads, those that orphans made solitary."""
    columns = ("session", "key", "row", "at", "last", "block", "opener_target", "platform", "came", "whole")
    download = pl.col("action") == DOWNLOAD
    alone = pl.lit(value=False).alias("solitary")
    rest = own.lazy().filter(download).select(*columns, alone).collect().join(replaced, on="session", how="anti")
    return pl.concat([rest, merged.filter(download).select(*columns, ~alone)])


def _known(sessions: pl.DataFrame, beside: pl.DataFrame, callers: pl.DataFrame) -> pl.DataFrame:
    """The sessions with what the rule asks of their clients, and with signature reads beside them counted."""
    flags = callers.select("caller_id", "fetches_artifacts", "asks_twice", "one_platform")
    known = sessions.join(flags, on="caller_id", how="left", maintain_order="left")
    if beside.is_empty():
        return known.with_columns(pl.lit(0, pl.Int64).alias("signatures"))
    known = known.join(beside, on="session", how="left", maintain_order="left")
    return known.with_columns(pl.col("signatures").fill_null(0))


def _lacking(sessions: pl.DataFrame) -> pl.DataFrame:
    """Sessions without their content, in order."""
    lacks = (pl.col("opener") <= DIGEST) & (pl.col("action") != DOWNLOAD) & pl.col("given")
    return sessions.lazy().filter(lacks).select("session", "row", "key", "at", "opener_target").collect().sort("row")


def _orphans_joined(own: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Which orphan belongs to which session (columns session, into).

    It is the newest one without a download that began in the hours before, unless its reference was downloaded since.
    """
    ok = (pl.col("opener") == BLOB) & pl.col("given")
    orphans = own.lazy().filter(ok).select("row", "key", "at", "session").collect().sort("row")
    if orphans.is_empty():
        return orphans.select("session", into="session")
    brief = own.select("session", "row", "key", "at", "opener", "opener_target", "action", "given")
    keys = brief.join(orphans, on="key", how="semi")
    lacking = _lacking(keys).select("row", "opener_target", into="session", into_key="key", began="at", into_row="row")
    found = orphans.join_asof(lacking, on="row", check_sortedness=False).filter(
        (pl.col("into_key") == pl.col("key")) & (pl.col("at") - pl.col("began") <= rule.orphan_seconds * SECOND)
    )
    return _unless_downloaded(found, keys).select("session", "into")


def _unless_downloaded(found: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """The rows of `found` (row, key, opener_target, into_row) without a download of it between into_row and row."""
    image = (pl.col("opener") <= DIGEST) & (pl.col("action") == DOWNLOAD)
    downloads = own.filter(image).select("row", "key", "opener_target", since="row").sort("row")
    near = found.sort("row").join_asof(downloads, on="row", by=["key", "opener_target"], check_sortedness=False)
    return near.filter((pl.col("since") > pl.col("into_row")).fill_null(value=False).not_())


def _waiting(made: _Made, joined: pl.DataFrame, rule: Rule, until: int) -> pl.Series:
    """Sessions that a row from `until` on can change, or that are counted with one that it can."""
    # A blob HEAD may join until then, and be a push's until some seconds later.
    idle = (rule.blob_join_seconds + rule.push_lead_seconds) * SECOND
    last = (pl.col("key") != pl.col("key").shift(-1)).fill_null(value=True)
    opened = joined.lazy().filter(last & (until - pl.col("reach") <= idle)).select("session").collect()["session"]
    is_open = pl.col("session").is_in(opened.implode()).alias("is_open")
    own = made.own.select("session", "row", "key", "at", "last", "block", "opener", "opener_target", "action", "given", is_open)
    recent = own.filter((until - pl.col("at") <= rule.orphan_seconds * SECOND) & ~pl.col("is_open"))
    newest = _lacking(recent).unique("key", keep="last", maintain_order=True)
    later = newest.select("session", "key", "opener_target", into_row="row", row=pl.lit(1 << 62, pl.Int64))
    lacking = _unless_downloaded(later, recent)["session"]
    waiting = pl.concat([opened, lacking, _grouped_with(own, rule, until)]).unique()
    targets = made.joins.filter(pl.col("session").is_in(waiting.implode()))["into"]
    waiting = pl.concat([waiting, targets]).unique()
    orphans = made.joins.filter(pl.col("into").is_in(waiting.implode()))["session"]
    waiting = pl.concat([waiting, orphans]).unique()
    return pl.concat([waiting, -waiting])  # with the signature reads beside them


def _grouped_with(own: pl.DataFrame, rule: Rule, until: int) -> pl.Series:
    """Downloads that are, or may come to be, counted in one group with a later one."""
    near = until - pl.col("last") <= rule.group_seconds * SECOND
    some = own.filter(pl.col("is_open") | (pl.col("action") == DOWNLOAD))
    keys = some.filter(pl.col("is_open") | near).select("key").unique()
    some = some.join(keys, on="key", how="semi").with_columns(pl.lit(value=False).alias("solitary"))
    chains = some.join(chained(some, ["key"], rule), on="session")
    return chains.filter((near.any() | pl.col("is_open").any()).over("chain"))["session"]


def _learned(joined: pl.DataFrame) -> pl.DataFrame:
    """Where a by-tag request is followed directly by a GET of a digest: what the tag led to."""
    given = pl.col("answer") >= UNCHANGED
    follows = (pl.col("what") == DIGEST) & pl.col("head").not_() & given & pl.col("opens").not_()
    led = before(pl.col("what") == TAG) & before(given)
    return joined.select(
        before(pl.col("resource_id")).alias("tagged"),
        pl.col("resource_id").alias("digested"),
        pl.col("end").alias("ts"),
        (follows & led.fill_null(value=False)).alias("leads"),
    ).filter("leads").drop("leads")  # fmt: skip


def _drafts(made: _Made, waiting: pl.Series) -> pl.DataFrame:
    """The drafts of all sessions but the waiting ones."""
    gone = pl.concat([waiting, made.joins["session"], made.joins["into"]]).unique()
    own = made.own.filter(pl.col("session").is_in(gone.implode()).not_())
    merged = made.merged.filter(pl.col("session").is_in(waiting.implode()).not_())
    sessions = pl.concat([own, merged]).join(made.times, on="session", how="left", maintain_order="left")
    again = pl.col("again").fill_null(value=False)
    return drafted(
        sessions,
        action=pl.when(again).then(REFRESH).otherwise("action"),
        named=pl.when(pl.col("opener").is_in((TAG, AUX))).then("resource_id"),
        digested=pl.col("digested"),
        times=pl.col("times").fill_null(1),
        folded=pl.col("folded"),
        platforms=pl.col("platforms"),
        flags=pl.col("flags") + flagged(repeat=again),
    )
