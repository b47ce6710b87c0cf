"""JSON with the rule of its numbers, and NDJSON: rows alone."""

from __future__ import annotations

import json as encoder
import re
from dataclasses import asdict
from io import BytesIO
from typing import TYPE_CHECKING, Any

from pullstats import __version__
from pullstats.errors import _HOSTILE
from pullstats.outputs.cells import exact, zone_of
from pullstats.window.zones import iso

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pullstats.answer import Answer
    from pullstats.outputs.streams import Options

SCHEMA_VERSION = 1
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def json(answer: Answer, options: Options) -> bytes:
    """The envelope (schema, versions, meta) with one row a line; texts are exact, and escaped where a terminal acts."""
    head = encoder.dumps(envelope(answer), ensure_ascii=False, indent=1).removesuffix("\n}")
    rows = ",\n".join(f"  {row}" for row in _rows(answer, options))
    body = f"[\n{rows}\n ]" if rows else "[]"
    return f'{_inert(head)},\n "rows": {body}\n}}\n'.encode()


def ndjson(answer: Answer, options: Options) -> bytes:
    """One row a line."""
    return "".join(f"{row}\n" for row in _rows(answer, options)).encode()


def envelope(answer: Answer) -> dict[str, Any]:
    """Everything but the rows."""
    return {
        "schema": answer.schema,
        "schema_version": SCHEMA_VERSION,
        "pullstats": __version__,
        "meta": _meta(answer),
    }


def _meta(answer: Answer) -> dict[str, Any]:
    if answer.query is None:
        return {**({"facts": answer.facts} if answer.facts else {}), "notes": list(answer.notes)}
    query, covered, zone = answer.query, answer.coverage, zone_of(answer)
    times = {
        name: None if us is None else iso(us, zone) for name, us in (("first", covered.first), ("last", covered.last))
    }
    counts = asdict(covered)
    return {
        "rule": query.rule,
        "identity": query.identity,
        "of": query.of,
        "since": query.window.since_iso,
        "until": query.window.until_iso,
        "tz": query.window.tz,
        "every": query.window.every,
        "hours": None
        if query.window.hours is None
        else "-".join(f"{at // 60:02}:{at % 60:02}" for at in query.window.hours),
        "by": query.by,
        **({"layer": list(query.layer)} if query.layer else {}),
        "where": [text for each in query.where for text in each_condition(each)],
        "without_top": query.without_top,
        "min_origins": query.min_origins,
        "coverage": {name: counts[name] for name in ("read", "parsed", "ignored", "rejected", "duplicates")},
        "data": {**times, "whole": not answer.partial},
        "gaps": [{"start": iso(start, zone), "end": iso(end, zone)} for start, end in answer.gaps],
        "geo": answer.geo,
        "facts": {
            name: fact for name, fact in answer.facts.items() if fact is None or isinstance(fact, str | int | float)
        },
        "sources": list(covered.sources),
        "notes": list(answer.notes),
    }


def each_condition(condition: Any) -> Iterable[str]:
    """A condition as --where takes it: `country=DE`, `kind!=mirror`; an empty value is what is not known."""
    sign = "=" if condition.keep else "!="
    return [f"{condition.name}{sign}{value or ''}" for value in condition.values]


def _rows(answer: Answer, options: Options) -> list[str]:
    rows = exact(answer, options.limit)
    if answer.name == "summary":
        return [
            _inert(encoder.dumps(_figure(**row), ensure_ascii=False, separators=(",", ":"))) for row in rows.to_dicts()
        ]
    out = BytesIO()
    rows.write_ndjson(out)
    return _inert(out.getvalue().decode()).split("\n")[:-1]


def _figure(metric: str, value: str | None) -> dict[str, Any]:
    """A figure as the number that it is."""
    return {"metric": metric, "value": encoder.loads(value) if value and _NUMBER.fullmatch(value) else value}


def _inert(text: str) -> str:
    """JSON with escapes for what a terminal would act on; line breaks between values stay."""
    return _HOSTILE.sub(lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text)
