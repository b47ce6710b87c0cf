"""Images: the rows of manifests and blobs become pulls, checks and orphans, and what may still change is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pullstats.counting.codes import AUX, BLOB, BLOB_HEAD, DIGEST, SECOND, TAG, UNCHANGED
from pullstats.counting.contents import PARTS, completed, continuable, sized
from pullstats.counting.drafts import DOWNLOAD, REFRESH, drafted, flagged
from pullstats.counting.groups import counted
from pullstats.counting.orphans import orphans_joined
from pullstats.counting.pulls import blobs_asked, classified, lone, manifests_asked, summed
from pullstats.counting.runs import before
from pullstats.counting.sessions import sessions
from pullstats.counting.waiting import waiting
from pullstats.lazy import pl

if TYPE_CHECKING:
    from pullstats.counting.names import Known
    from pullstats.counting.rules import Rule


_COUNTED = (
    "session", "row", "block", "key", "at", "end", "caller_id", "manners", "principal_id", "resource_id", "bytes",
    "what", "head", "answer", "target", "whole", "done",
)  # fmt: skip


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


def images(rows: pl.DataFrame, parts: pl.DataFrame, known: Known) -> Images:
    """Join the rows of images into activities.

    Args:
        rows: TAG, DIGEST, AUX, BLOB and BLOB_HEAD rows, sorted by key and time, with `row`, their number.
        parts: kept by the call for the day before.
        known: what they are judged by.
    """
    rule, until, what = known.rule, known.until, pl.col("what")
    heads = rows.filter(what == BLOB_HEAD)
    asked = rows.filter(what != BLOB_HEAD) if len(heads) else rows
    asked, parts = _with_contents(asked, known.sizes, parts, rule)
    joined = sessions(asked, rule)
    members = joined.select(*rows.columns, "session")
    if len(heads):
        members = pl.concat([members, _heads(heads, joined, rule)]).sort("row")
    made = _made(_beside(members, joined), rule)
    if until is None:
        return Images(_drafts(made, made.own["session"].clear()), rows.clear(), parts, _learned(joined))
    open_ones = waiting(made.own, made.joins, joined, rule, until)
    kept = members.filter(pl.col("session").is_in(open_ones.implode())).select(rows.columns)
    kept = pl.concat([kept, _pending(heads, kept, rule, until)]).sort("row")
    return Images(_drafts(made, open_ones), kept, continuable(parts, until, rule), _learned(joined))


def _with_contents(
    rows: pl.DataFrame, sizes: pl.DataFrame, parts: pl.DataFrame, rule: Rule
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows with `whole` and `done` filled where they are blobs, and the parts so far."""
    place = pl.int_range(pl.len()).alias("place")
    blobs = rows.lazy().select("row", "what", "opens", *PARTS, place).filter(pl.col("what") == BLOB).collect()
    blobs, parts = completed(sized(blobs, sizes), parts, rule)
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
    return members.with_columns(pl.when(beside).then(-pl.col("session")).otherwise("session").alias("session")).drop(
        "opener"
    )


def _made(members: pl.DataFrame, rule: Rule) -> _Made:
    single, several = _apart(members.select(_COUNTED))
    asked, blobs = manifests_asked(several), blobs_asked(several, rule)
    sums = summed(several)
    beside = sums.filter(pl.col("session") < 0).select(-pl.col("session"), signatures="signatures_got")
    own = pl.concat([lone(single), classified(_with_signatures(sums, beside), asked, blobs, rule)])
    joins = orphans_joined(own, rule)
    if joins.is_empty():
        return _Made(own, joins, own.clear(), counted(_downloads(own, joins, own.clear()), asked, blobs, rule))
    renamed = pl.concat([joins, joins.select("into", pl.col("into").alias("session")).unique().select(joins.columns)])
    affected = members.select(_COUNTED).join(renamed, on="session", how="inner", maintain_order="left")
    affected = affected.with_columns(pl.col("into").alias("session")).drop("into")
    more_asked, more_blobs = manifests_asked(affected), blobs_asked(affected, rule)
    merged = classified(_with_signatures(summed(affected), beside), more_asked, more_blobs, rule)
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


def _with_signatures(sessions: pl.DataFrame, beside: pl.DataFrame) -> pl.DataFrame:
    """The sessions with the signature reads beside them counted."""
    if beside.is_empty():
        return sessions.with_columns(pl.lit(0, pl.Int64).alias("signatures"))
    known = sessions.join(beside, on="session", how="left", maintain_order="left")
    return known.with_columns(pl.col("signatures").fill_null(0))


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


def _drafts(made: _Made, open_ones: pl.Series) -> pl.DataFrame:
    """The drafts of all sessions but the open ones."""
    gone = pl.concat([open_ones, made.joins["session"], made.joins["into"]]).unique()
    own = made.own.filter(pl.col("session").is_in(gone.implode()).not_())
    merged = made.merged.filter(pl.col("session").is_in(open_ones.implode()).not_())
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
