"""Rule pullstats-1 a second time, slowly: one request after the other, in plain Python, from the text of the rule.

Nothing here is shared with pullstats.counting but the rule's constants. The tests compare the two on random requests.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

SECOND, DAY = 10**6, 86_400 * 10**6
SENT = ("whole", "part", "elsewhere")
OK = ("unchanged", *SENT)


@dataclass
class Row:
    """A request that can make an activity."""

    request: dict[str, Any]
    rule: Any
    what: str = ""
    answer: str = ""
    size: int | None = None
    done: int = 0

    def __getattr__(self, name: str) -> Any:
        return self.request[name]

    @property
    def head(self) -> bool:
        return self.method == "HEAD"

    @property
    def end(self) -> int:
        return self.ts

    @property
    def at(self) -> int:
        if self.status in self.rule.redirect_statuses:
            return self.ts
        lasted = min(max(self.duration_ms or 0, 0), self.rule.longest_request_seconds * 1000)
        return self.ts - lasted * 1000

    @property
    def order(self) -> tuple[int, ...]:
        return (self.at, self.source_first, self.source_id, self.line)

    @property
    def sent(self) -> int:
        return 0 if self.head else self.bytes or 0

    @property
    def ok(self) -> bool:
        return self.answer in OK

    @property
    def target(self) -> tuple[str, Any]:
        digest = self.what in ("tag", "digest", "aux", "blob", "blob head") and self.reference is not None
        return ("reference", self.reference) if digest else ("resource", self.resource_id)


def count(requests: list[dict[str, Any]], rule: Any) -> list[dict[str, Any]]:
    """The activities of requests."""
    rows = [row for one in requests if (row := _row(one, rule))]
    _judge_redirects(rows, rule)
    _add_sizes(rows, rule)
    keys = defaultdict(list)
    for row in sorted(rows, key=lambda one: one.order):
        keys[row.origin_id, row.ecosystem, row.artifact].append(row)
    activities, learned = [], []
    for (_, ecosystem, _), some in keys.items():
        if rule.ecosystem(ecosystem).sessions:
            activities += _images(some, rule, learned)
        else:
            activities += _packages(some, rule)
        activities += _plain(some, rule)
    return [_shown(one, learned, rule) for one in activities]


# Rows


def _row(request: dict[str, Any], rule: Any) -> Row | None:
    if request["artifact"] is None or request["method"] not in ("GET", "HEAD", *rule.push_methods):
        return None
    row = Row(request, rule)
    if (row.status or 0) in rule.ignored_statuses:
        return None
    ecosystem, role, write = rule.ecosystem(row.ecosystem), row.role, row.method in rule.push_methods
    if ecosystem.sessions:
        beside = role in ("signature", "metadata", "config", "index")
        manifest = ("digest" if row.reference_kind == "digest" else "tag") if role == "manifest" else None
        base = manifest or ("aux" if beside else {"content": "blob", "push": "push", "listing": "listing"}.get(role))
    else:
        roles = {"check": ecosystem.check, "metadata": ecosystem.metadata, "file": ecosystem.download}
        base = next((name for name, some in roles.items() if role in some), None)
        base = base or {"signature": "signature", "listing": "listing", "push": "push"}.get(role)
    if base is None:
        return None
    row.answer = _answer(row, base, write, rule)
    row.what = base
    if write:
        row.what = "put" if row.method == "PUT" and base in ("tag", "digest", "aux") else "push"
    elif base == "blob" and row.head:
        row.what = "blob head"
    return row


def _answer(row: Row, base: str, write: bool, rule: Any) -> str:
    status = row.status or 0
    if write or base == "push":
        return "whole" if status in rule.push_statuses else "failed"
    if status in rule.unchanged_statuses:
        return "unchanged"
    if status in rule.ok_statuses:
        return "part" if status == 206 else "whole"
    if status in rule.redirect_statuses:
        if row.mode == "serve" or (row.mode == "auto" and row.role not in rule.redirect_roles):
            return "aside"
        return "unchanged" if row.conditional else "elsewhere"
    return "cut" if status in rule.cut_statuses and not row.head else "failed"


def _judge_redirects(rows: list[Row], rule: Any) -> None:
    served = defaultdict(list)
    for row in rows:
        if row.status in (200, 206) and row.answer in ("whole", "part") and row.what not in ("push", "put"):
            served[row.caller_id, row.path_id].append(row.ts)
    limit = rule.redirect_answer_seconds * SECOND
    for row in rows:
        tested = row.status in rule.redirect_statuses and row.mode == "auto" and row.answer in OK
        if tested and any(0 <= ts - row.ts <= limit for ts in served[row.caller_id, row.path_id]):
            row.answer = "aside"
    for row in rows:
        asked = row.answer == "part" and row.bytes == 2
        if row.what == "file" and (row.head or asked or row.answer in ("failed", "aside", "unchanged")):
            row.what = "probe"


def _add_sizes(rows: list[Row], rule: Any) -> None:
    seen: dict[Any, int] = {}
    for row in rows:
        counts = row.answer == "whole" or (row.answer == "part" and row.what == "blob")
        if row.what in ("blob", "file") and counts and row.sent > 0:
            key = (row.target, row.ts // DAY)
            seen[key] = max(seen.get(key, 0), row.sent)
    for row in rows:
        if row.what in ("blob", "file"):
            near = [seen.get((row.target, row.at // DAY + step)) for step in (-1, 0, 1)]
            row.size = max((one for one in near if one), default=None)


def _is_whole(row: Row, rule: Any) -> bool:
    if row.answer == "elsewhere":
        return True
    known = row.size is not None and row.bytes is not None
    return row.answer == "whole" and not (known and row.bytes * 100 < row.size * rule.complete_percent)


class Runs:
    """Tells where a run of neighbours begins, row by row."""

    def __init__(self, join: int, longest: int) -> None:
        self.join, self.half = join * SECOND, longest * SECOND // 2
        self.reach = self.at = self.born = self.block = None

    def fresh(self, row: Row) -> bool:
        self.gap = None if self.reach is None else row.at - self.reach
        natural = self.gap is None or self.gap > self.join
        if natural:
            self.born = row.at
        slot = row.at // self.half
        cut = not natural and slot != self.at // self.half and self.born < (slot - 1) * self.half
        self.reach = row.end if self.reach is None else max(self.reach, row.end)
        self.at = row.at
        if natural or cut:
            self.block = row.at
        return natural or cut


class Buckets:
    """Tells in which bucket a repeat is."""

    def __init__(self, length: int, restart: int) -> None:
        self.length, self.restart = length * SECOND, restart * SECOND
        self.start = self.last = self.chain = None

    def bucket(self, at: int) -> tuple[object, int]:
        far = self.last is None or at - self.last > self.length or at // self.restart != self.last // self.restart
        if far:
            self.start, self.chain = at, object()
        self.last = at
        return self.chain, (at - self.start) // self.length


def _activity(rows: list[Row], action: str, **more: Any) -> dict[str, Any]:
    return {"rows": sorted(rows, key=lambda one: one.order), "action": action, **more}


# Images


@dataclass
class Session:
    kind: str
    opener: Row
    block: int
    bucket: tuple[object, int] | None = None
    rows: list[Row] = field(default_factory=list)
    beside: list[Row] = field(default_factory=list)
    got: Row | None = None
    direct: bool = False
    has_blob: bool = False
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def last(self) -> int:
        return max(row.end for row in self.rows)

    @property
    def lacks(self) -> bool:
        return self.kind == "image" and self.result["action"] != "download" and any(row.ok for row in self.rows)


def _images(rows: list[Row], rule: Any, learned: list[Any]) -> list[dict[str, Any]]:
    pushes = _pushes(rows, rule)
    owned = {id(row) for push in pushes for row in push}
    stream = [row for row in rows if id(row) not in owned and row.what in ("tag", "digest", "aux", "blob", "blob head")]
    _complete_parts(stream, rule)
    sessions = _sessions(stream, rule, learned)
    for one in sessions:
        one.result = _class(one, one.rows, rule)
    joined, whole = _join_orphans(sessions, rule)
    _count_groups([one for one in sessions if id(one) not in joined], whole, rule)
    made = [_activity(one.rows, **one.result) for one in sessions if id(one) not in joined]
    made += [_activity(one.beside, "aux", named=one.beside[0]) for one in sessions if one.beside]
    for push in pushes:
        put = [row for row in push if row.what == "put"]
        action = "push" if any(row.ok for row in push) else "failed"
        made.append(_activity(push, action, named=put[-1] if put else None))
    return made


def _pushes(rows: list[Row], rule: Any) -> list[list[Row]]:
    pushes: list[list[Row]] = []
    runs = Runs(rule.push_join_seconds, rule.longest_seconds)
    put_end = last = None
    waiting: list[Row] = []
    for row in rows:
        if row.what in ("push", "put"):
            over = put_end is not None and row.at - put_end > rule.push_tail_seconds * SECOND
            if runs.fresh(row) or over:
                lead = [one for one in waiting if row.at - one.at <= rule.push_lead_seconds * SECOND]
                pushes.append(lead)
                put_end = None
            waiting = []
            pushes[-1].append(row)
            last = row
            put_end = row.end if row.what == "put" else put_end
        elif (row.what in ("tag", "digest") and row.head) or row.what == "blob head":
            blob = row.what == "blob head"
            join = rule.push_join_seconds if blob else rule.manifest_join_seconds
            if (last and put_end is None and row.at - last.end <= join * SECOND) or (
                last and put_end is not None and row.at - put_end <= rule.push_tail_seconds * SECOND
            ):
                pushes[-1].append(row)
            elif blob:
                waiting.append(row)
    return pushes


def _complete_parts(rows: list[Row], rule: Any) -> None:
    chains: dict[Any, Any] = {}
    window = rule.parts_seconds * SECOND
    for row in rows:
        if row.what != "blob":
            continue
        if _is_whole(row, rule):
            row.done = 1
            continue
        if row.answer not in ("cut", "part", "whole"):
            continue
        chain = chains.setdefault(
            row.target, {"runs": Runs(rule.parts_seconds, rule.longest_seconds), "sum": 0, "slot": None}
        )
        fresh = chain["runs"].fresh(row)
        slot = (row.at - chain["runs"].block) // window
        start = fresh or slot != chain["slot"] or row.answer != "part"
        chain["slot"] = slot
        before = 0 if start else chain["sum"]
        chain["sum"] = before + row.sent
        if row.answer == "part":
            if row.size:
                share = row.size * (100 - rule.complete_percent)
                row.done = (chain["sum"] * 100 + share) // (row.size * 100) - (before * 100 + share) // (row.size * 100)
            if start and row.bytes is None:
                row.done += 1


def _sessions(stream: list[Row], rule: Any, learned: list[Any]) -> list[Session]:
    sessions: list[Session] = []
    runs = Runs(rule.blob_join_seconds, rule.longest_seconds)
    chains: dict[Any, Buckets] = {}
    now: Session | None = None
    previous: Row | None = None
    for row in stream:
        if row.what == "blob head":
            if now and row.at - runs.reach <= rule.blob_join_seconds * SECOND:
                now.rows.append(row)
            continue
        fresh = runs.fresh(row)
        opens, anew = _opens(row, now, fresh, runs.gap, chains, rule)
        if anew:
            chains.clear()
        bucket = None
        if row.what in ("tag", "digest"):
            chain = chains.setdefault(
                (row.what, row.target, row.head), Buckets(rule.repeat_seconds, rule.repeat_restart_seconds)
            )
            bucket = chain.bucket(row.at)
        if not opens and bucket and _same(row, now.opener) and bucket != now.bucket:
            opens = True
        if opens:
            kind = {"blob": "orphan", "aux": "aux"}.get(row.what, "image")
            now = Session(kind, row, runs.block, bucket)
            sessions.append(now)
        if row.what == "aux" and now.kind == "image":
            now.beside.append(row)
        else:
            now.rows.append(row)
        if row.what == "blob":
            if now.got is not None and previous is now.got:
                now.direct = True
            now.has_blob = True
            chains.clear()
        elif row.what in ("tag", "digest") and not row.head and row.ok:
            if row.what == "digest" and not opens and previous.what == "tag" and previous.ok:
                learned.append((previous, row))
            if now.got is None:
                now.got = row
        previous = row
    return sessions


def _same(row: Row, other: Row) -> bool:
    return (row.what, row.target, row.head) == (other.what, other.target, other.head)


def _opens(row: Row, now: Session | None, fresh: bool, gap: int | None, chains: Any, rule: Any) -> tuple[bool, bool]:
    """Does the row open a session; and do chains of repeats begin anew?"""
    if now is None or fresh:
        return True, True
    if row.what == "blob":
        return False, False
    if gap > rule.manifest_join_seconds * SECOND or now.kind == "orphan":
        return True, True
    if row.what == "aux":
        return False, False
    if now.kind == "aux":
        return True, True
    if row.what == "tag" and (now.opener.what != "tag" or now.opener.target != row.target or now.has_blob):
        return True, True
    return now.direct and row.target != now.got.target and row.head == now.opener.head, False


def _class(session: Session, rows: list[Row], rule: Any) -> dict[str, Any]:
    manifests = [row for row in rows if row.what in ("tag", "digest")]
    names = [(row.what, row.target, row.head) for row in manifests]
    by_digest = [row for row in manifests if row.what == "digest"]
    got = [row for row in by_digest if not row.head and row.ok]
    tag_got = any(row.what == "tag" and not row.head and row.ok for row in manifests)
    m = max(1, len({row.target for row in got}) - (0 if tag_got else 1))
    blobs: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        if row.what == "blob":
            blobs[row.target].append(row)
    tried = [some for some in blobs.values() if any(row.answer not in ("unchanged", "aside") for row in some)]
    came = [some for some in blobs.values() if sum(row.done for row in some)]
    signatures = sum(row.answer in SENT and not row.head for row in session.beside)
    client = session.opener.client
    configs = signatures * rule.blobs_per_signature + (0 if client in rule.artifact_clients else m)
    large = [some for some in blobs.values() if (_size(some) or 0) > rule.small_blob_bytes]
    result: dict[str, Any] = {
        "platforms": m if m > 1 and len(tried) >= 2 * m else 1,
        "folded": len(names) - len(set(names)),
        "named": session.opener if session.opener.what in ("tag", "aux") else None,
        "digested": (got or by_digest or [None])[0],
        "flags": set(),
    }
    if session.kind == "aux":
        return {**result, "action": "aux"}
    image = session.kind == "image"
    if image and (len(came) > configs or any(some in came for some in large)):
        result["action"] = "download"
        one_platform = session.opener.kind in rule.single_platform_kinds
        needed = rule.mirror_platforms if one_platform else rule.mirror_platforms_others
        if result["platforms"] >= needed:
            result["flags"] = {"mirror"}
        return result
    if image and tried and (len(tried) > configs or any(some in tried for some in large) or not came):
        return {**result, "action": "failed", "flags": {"aborted"}}
    if not any(row.ok for row in rows):
        return {**result, "action": "failed"}
    if image and _unconfirmed(session, rows, rule):
        return {**result, "action": "failed", "flags": {"unconfirmed"}}
    if session.kind == "orphan":
        return {**result, "action": "orphan"}
    if came or any(row.answer in SENT and not row.head for row in manifests):
        unsized = any(row.done and row.size is None and _bytes(row) is None for some in blobs.values() for row in some)
        return {**result, "action": "refresh", "flags": {"blob_ambiguous"} if unsized else set()}
    return {**result, "action": "version_check"}


def _bytes(row: Row) -> int | None:
    return None if row.answer == "elsewhere" else row.bytes


def _size(some: list[Row]) -> int | None:
    known = [row.size for row in some if row.done and row.size is not None]
    return max([*known, sum(_bytes(row) or 0 for row in some)])


def _unconfirmed(session: Session, rows: list[Row], rule: Any) -> bool:
    if session.opener.kind not in rule.unconfirmed_kinds or session.opener.what != "tag" or not session.opener.head:
        return False
    if any(row.what in ("digest", "blob") for row in rows):
        return False
    tags = [row for row in rows if row.what == "tag" and row.ok]
    sent_on = all(row.answer == "elsewhere" for row in tags)
    return sent_on and any(row.head for row in tags) and any(not row.head for row in tags)


def _join_orphans(sessions: list[Session], rule: Any) -> tuple[set[int], set[int]]:
    """Which orphans were joined, and which sessions were joined to."""
    own = {id(one): one.result for one in sessions}
    joined, targets = set(), {}
    for i, orphan in enumerate(sessions):
        if orphan.kind != "orphan" or not any(row.ok for row in orphan.rows):
            continue
        lacking = [j for j in range(i) if sessions[j].lacks]
        if not lacking:
            continue
        j = lacking[-1]
        since = [one for one in sessions[j + 1 : i] if one.kind == "image" and own[id(one)]["action"] == "download"]
        again = any(
            one.opener.what == sessions[j].opener.what and one.opener.target == sessions[j].opener.target
            for one in since
        )
        if orphan.opener.at - sessions[j].opener.at <= rule.orphan_seconds * SECOND and not again:
            joined.add(id(orphan))
            targets.setdefault(j, []).append(orphan)
    for j, orphans in targets.items():
        sessions[j].rows = sessions[j].rows + [row for one in orphans for row in one.rows]
        sessions[j].result = _class(sessions[j], sessions[j].rows, rule)
    return joined, {id(sessions[j]) for j in targets}


def _count_groups(sessions: list[Session], solitary: set[int], rule: Any) -> None:
    downloads = [one for one in sessions if one.result["action"] == "download"]
    alone = [[one] for one in downloads if id(one) in solitary]
    rest = [one for one in downloads if id(one) not in solitary]
    groups = list(alone)
    for chain in _chains(rest, lambda one: (one.block, one.opener.what, one.opener.target), rule):
        platforms = _filled(_filled([_platform(one) for one in chain])[::-1])[::-1]
        named = {id(one): platform for one, platform in zip(chain, platforms, strict=True)}
        groups += _chains(chain, lambda one, named=named: named[id(one)], rule)
    for group in groups:
        _count_group(group)


def _chains(sessions: list[Session], key: Any, rule: Any) -> list[list[Session]]:
    chains: dict[Any, list[list[Session]]] = defaultdict(list)
    reach: dict[Any, int] = {}
    for one in sessions:
        name = key(one)
        if name not in reach or one.opener.at - reach[name] >= rule.group_seconds * SECOND:
            chains[name].append([])
            reach[name] = one.last
        chains[name][-1].append(one)
        reach[name] = max(reach[name], one.last)
    return [chain for some in chains.values() for chain in some]


def _filled(values: list[Any]) -> list[Any]:
    """Each missing value is the last one before it."""
    filled: list[Any] = []
    for value in values:
        filled.append(filled[-1] if value is None and filled else value)
    return filled


def _platform(session: Session) -> Any:
    got = [row for row in session.rows if row.what == "digest" and not row.head and row.ok]
    return got[-1].target if got else None


def _count_group(group: list[Session]) -> None:
    fetched: dict[Any, int] = defaultdict(int)
    asked: dict[Any, int] = defaultdict(int)
    for one in group:
        for row in one.rows:
            if row.what == "blob":
                fetched[row.target] += row.done
            elif row.what in ("tag", "digest") and row.ok:
                asked[row.what, row.target, row.head] += 1
    times = sorted((n for n in fetched.values() if n), reverse=True)
    n = times[1] if len(times) > 1 else times[0]
    allowed = max(1, min(n, max(asked.values(), default=1)))
    for rank, one in enumerate(group):
        if rank >= allowed:
            one.result = {**one.result, "action": "refresh", "flags": one.result["flags"] | {"repeat"}}
    group[0].result["times"] = 1 + max(0, allowed - len(group))


# Packages


def _packages(rows: list[Row], rule: Any) -> list[dict[str, Any]]:
    ecosystem = rule.ecosystem(rows[0].ecosystem)
    files = [row for row in rows if row.what == "file"]
    fetches = _fetches(files, ecosystem, rule)
    owner = {id(row): i for i, fetch in enumerate(fetches) for row in fetch}
    buckets = Buckets(ecosystem.check_seconds, rule.repeat_restart_seconds)
    members: list[list[Row]] = [list(fetch) for fetch in fetches]
    checks: dict[Any, list[Row]] = defaultdict(list)
    for position, row in enumerate(rows):
        if row.what not in ("check", "metadata", "probe"):
            continue
        bucket = buckets.bucket(row.at)
        following = next((one for one in rows[position:] if one.what == "file"), None)
        if following and following.at - row.at <= ecosystem.contact_seconds * SECOND:
            members[owner[id(following)]].append(row)
        else:
            checks[bucket].append(row)
    made = [_fetched(fetch, some, rule) for fetch, some in zip(fetches, members, strict=True)]
    made += [_checked(some) for some in checks.values()]
    for push in _pushes(rows, rule):
        made.append(_activity(push, "push" if any(row.ok for row in push) else "failed", named=None))
    return made


def _unit(row: Row, ecosystem: Any) -> Any:
    if ecosystem.one_per != "file" and row.request[ecosystem.one_per] is not None:
        return ("unit", row.request[ecosystem.one_per])
    return ("resource", row.resource_id)


def _fetches(files: list[Row], ecosystem: Any, rule: Any) -> list[list[Row]]:
    units: dict[Any, list[Row]] = defaultdict(list)
    for row in files:
        units[_unit(row, ecosystem)].append(row)
    single = ecosystem.one_per == "file"
    fetches: list[list[Row]] = []
    for some in units.values():
        runs = Runs(rule.parts_seconds if single else ecosystem.unit_seconds, rule.longest_seconds)
        half, previous, reach = rule.longest_seconds * SECOND // 2, None, None
        slot, taken = None, set()
        for row in some:
            whole = _is_whole(row, rule)
            late = previous is None or row.at - reach > rule.parts_join_seconds * SECOND
            late = late or row.at // half != previous.at // half
            if single and late and taken:
                runs = Runs(rule.parts_seconds, rule.longest_seconds)
            fresh = runs.fresh(row)
            window = (row.at - runs.block) // (rule.parts_seconds * SECOND)
            if single:
                opens = (late and (whole or window != slot)) or (whole and bool(taken))
            else:
                opens = window != slot or (whole and row.target in taken)
            if fresh or opens:
                fetches.append([])
                taken = set()
            if late or not single:
                slot = window
            fetches[-1].append(row)
            if whole:
                taken.add(row.target)
            previous, reach = row, row.end if reach is None else max(reach, row.end)
    return fetches


def _fetched(fetch: list[Row], members: list[Row], rule: Any) -> dict[str, Any]:
    files: dict[Any, list[Row]] = defaultdict(list)
    for row in fetch:
        files[row.target].append(row)
    complete = unknown = broken = False
    for some in files.values():
        parts = [row for row in some if row.answer == "part"]
        cut = [row for row in some if row.answer != "part" and not _is_whole(row, rule)]
        size = max((row.size for row in some if row.size), default=None)
        total = sum(row.sent for row in parts) + max((row.sent for row in cut), default=0)
        enough = bool(parts) and size is not None and total * 100 >= size * rule.complete_percent
        complete = complete or enough or any(_is_whole(row, rule) for row in some)
        unknown = unknown or (size is None and len(parts) > 0 and len(parts) + len(cut) > 1)
        broken = broken or bool(cut)
    named = next((row for row in fetch if _is_whole(row, rule)), fetch[0])
    if complete or unknown:
        return _activity(members, "download", named=named, flags=set() if complete else {"whole_unknown"})
    if broken:
        return _activity(members, "failed", named=named, flags={"aborted"})
    checked = any(row.what in ("check", "probe") and row.ok for row in members)
    return _activity(members, "version_check" if checked else "aux", named=named, flags={"partial"})


def _checked(rows: list[Row]) -> dict[str, Any]:
    given = [row for row in rows if row.ok]
    metadata = [row for row in rows if row.what == "metadata"]
    named = given[0] if given else rows[0]
    if any(row.what != "metadata" for row in given):
        return _activity(rows, "version_check", named=named)
    beside = len(metadata) == len(rows) or any(row.ok for row in metadata)
    return _activity(rows, "aux" if beside else "failed", named=named)


def _plain(rows: list[Row], rule: Any) -> list[dict[str, Any]]:
    made = []
    for what in ("signature", "listing"):
        runs = Runs(rule.plain_join_seconds, rule.longest_seconds)
        some: list[list[Row]] = []
        for row in rows:
            if row.what == what:
                if runs.fresh(row):
                    some.append([])
                some[-1].append(row)
        for run in some:
            listed = "listing" if any(row.ok for row in run) else "failed"
            made.append(
                _activity(run, "aux" if what == "signature" else listed, named=run[0] if what == "signature" else None)
            )
    return made


# Activities


def _shown(activity: dict[str, Any], learned: list[Any], rule: Any) -> dict[str, Any]:
    rows, named, digested = activity["rows"], activity.get("named"), activity.get("digested")
    first = rows[0]
    day = first.ts // DAY
    digest = digested.reference if digested else None
    if named and digest is None and named.reference_kind == "digest":
        digest = named.reference
    version = named.version if named else None
    if version is None and digest is not None:
        known = [
            tag.version
            for tag, manifest in learned
            if (tag.ecosystem, tag.artifact) == (first.ecosystem, first.artifact)
            and manifest.reference == digest
            and tag.version is not None
            and abs(manifest.ts // DAY - day) <= 1
        ]
        version = max(known, key=lambda text: (len(text), text), default=None)
    return {
        "ts": first.ts // SECOND * SECOND,
        "seconds": max(0, max(row.end for row in rows) // SECOND - first.ts // SECOND),
        "caller_id": first.caller_id,
        "origin_id": first.origin_id,
        "principal_id": next((row.principal_id for row in rows if row.ok and row.principal_id is not None), None),
        "ecosystem": first.ecosystem,
        "artifact": first.artifact,
        "reference": (named.reference if named else None) or digest,
        "version": version,
        "digest": digest,
        "action": activity["action"],
        "times": activity.get("times", 1),
        "requests": len(rows),
        "folded": activity.get("folded", 0),
        "bytes": sum(row.sent for row in rows),
        "platforms": activity.get("platforms", 1),
        "flags": ",".join(sorted(activity.get("flags", ()))) or None,
        "host": first.host,
    }
