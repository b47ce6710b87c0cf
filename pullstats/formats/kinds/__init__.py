"""The kinds of formats: from an entry's spec to something that reads lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pullstats.formats.entry import Entry
    from pullstats.formats.kinds.parser import Parser


def compiled(entry: Entry, tz: str = "UTC") -> Parser:
    """The parser of an entry; times without a zone are of `tz`."""
    if entry.kind in {"nginx", "apache", "regex", "fields"}:
        from pullstats.formats.kinds.text import TextParser

        return TextParser(entry, tz)
    if entry.kind == "w3c":
        from pullstats.formats.kinds.w3c import W3cParser

        return W3cParser(entry, tz)
    if entry.kind in {"logfmt", "ltsv"}:
        from pullstats.formats.kinds.logfmt import PairsParser

        return PairsParser(entry, tz)
    if entry.kind == "csv":
        from pullstats.formats.kinds.csv import CsvParser

        return CsvParser(entry, tz)
    from pullstats.formats.kinds.json import JsonParser

    return JsonParser(entry, tz)
