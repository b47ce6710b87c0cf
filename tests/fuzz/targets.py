"""What is fuzzed: each target says what an input means, what must hold, and where its first inputs come from."""

from __future__ import annotations

import bz2
import gzip
import itertools
import lzma
import random
import tempfile
import unicodedata
import zlib
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import polars as pl
import zstandard

from pullstats.errors import PullstatsError
from pullstats.formats import columns, distinct
from pullstats.formats.detect import guess
from pullstats.formats.entry import KINDS, Entry, custom, entries, mapped, nginx_conf, own
from pullstats.formats.kinds import compiled, template
from pullstats.formats.kinds.csv import CsvParser
from pullstats.formats.kinds.w3c import W3cParser
from pullstats.formats.parse import Reader, open_reader
from pullstats.formats.times import LAST
from pullstats.identity import Key
from pullstats.pipeline.options import Reading
from pullstats.pipeline.parse import chunks, plan
from pullstats.sources.compression import Damaged, kind_of, pieces
from pullstats.sources.files import Source
from pullstats.sources.lines import Block
from pullstats.tables import PARSED
from tests.formats.support import SAMPLES, disagreements, sample
from tests.formats.test_envelopes import PIECES, WRAPS
from tests.fuzz.mutate import Lines, mutated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ZONES = ("UTC", "Europe/Berlin", "America/St_Johns")
MANY = ("", " many", " different")
FORMS = ("log-format", "nginx-conf", "map", "toml")
PACKERS = {
    "gzip": partial(gzip.compress, mtime=0),
    "zstd": zstandard.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}
LIMIT = 12_000  # bytes of an input


@dataclass(frozen=True)
class Target:
    """One thing that is fuzzed.

    Attributes:
        name: how it is called.
        check: raises where an input shows a bug.
        seeds: the inputs to begin with.
        heads: the first lines that an input can have; none: it is a file as it is.
    """

    name: str
    check: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]
    heads: Callable[[], Lines]

    def mutate(self, data: bytes, limit: int, seed: int) -> bytes:
        """The input, damaged; the same seed gives the same damage."""
        dice = random.Random(seed)
        if not self.heads():
            return _file_mutated(data, limit, dice)
        return mutated(data, limit, dice, spare_lines(), self.heads())


@cache
def spare_lines() -> Lines:
    """A line of every format, to splice with."""
    return [_line(example).encode() for each in entries() for example in each.examples]


def _line(example: object) -> str:
    assert isinstance(example, dict)
    return "\n".join(str(example[name]) for name in ("fields", "line") if name in example)


# A kind --------------------------------------------------------------------------------------------------------------


def of_kind(kind: str) -> list[Entry]:
    """The known formats of a kind, as if their lines were never wrapped."""
    return [replace(each, envelopes=()) for each in entries() if each.kind == kind]


def check_kind(kind: str, data: bytes) -> None:
    """A format reads lines: all have a fate, in one batch or two, and the tiers agree with the strict reading."""
    head, body = _parted(data)
    name, tz, many = (*head.split(" "), "", "")[:3]
    with _as_if(many):
        _check_entry(_chosen(of_kind(kind), name), tz if tz in ZONES else "UTC", lines_of(body))


@contextmanager
def _as_if(many: str) -> Iterator[None]:
    """Few lines are read by Python, many by whole columns, many different ones otherwise again: take these ways."""
    few, sample_size, rows = {"many": (-1, 1000, 1), "different": (-1, 1, 1)}.get(many, (64, 1000, 5_000))
    with ExitStack() as stack:
        for module in (columns, template):
            stack.enter_context(patch.object(module, "_FEW", few))
        stack.enter_context(patch.object(distinct, "_SAMPLE", sample_size))
        stack.enter_context(patch.object(distinct, "_MANY", rows))
        yield


def _check_entry(entry: Entry, tz: str, lines: pl.Series) -> None:
    whole = accounted(open_reader(entry, assume_tz=tz), lines)
    reader, half = open_reader(entry, assume_tz=tz), len(lines) // 2
    parts = pl.concat([accounted(reader, lines.head(half)), accounted(reader, lines.slice(half))])
    assert parts.equals(whole), "two batches read what one reads otherwise"
    parser = compiled(entry, tz)
    runs = parser.segments(lines) if isinstance(parser, W3cParser | CsvParser) else [(parser, 0, len(lines))]
    for part, begin, length in runs:
        wrong = disagreements(part, lines.slice(begin, length).to_list())
        assert not wrong, wrong[0]


def _parted(data: bytes) -> tuple[str, bytes]:
    head, _, body = data.partition(b"\n")
    return head.decode("utf-8", "replace"), body


def _chosen(known: list[Entry], name: str) -> Entry:
    """The entry of a name; for a damaged name always the same one."""
    return next((each for each in known if each.name == name), known[zlib.crc32(name.encode()) % len(known)])


def lines_of(body: bytes) -> pl.Series:
    """The lines as the line source gives them; none is lost."""
    if body in {b"", b"\xef\xbb\xbf"}:
        return pl.Series("line", [], dtype=pl.String)
    lines = Block(body, 1).lines()
    assert len(lines) == physical(body)
    return lines


def physical(body: bytes) -> int:
    """How many lines there are."""
    return body.count(b"\n") + (body != b"" and not body.endswith(b"\n"))


def accounted(reader: Reader, lines: pl.Series) -> pl.DataFrame:
    """The records of lines: each has one fate, a time if it is parsed, a reason if not."""
    texts, rows = reader.unfold(lines)
    assert rows is None or set(rows) == set(range(len(lines)))
    records = reader.read(texts)
    assert len(records) == len(texts)
    assert set(records["outcome"]) <= {0, 1, 2}
    parsed = records.filter(pl.col("outcome") == PARSED)
    assert parsed["ts"].is_between(0, LAST - 1).all()
    assert parsed["ts"].null_count() == 0
    assert parsed["reason"].null_count() == len(parsed)
    assert records.filter(pl.col("outcome") != PARSED)["reason"].null_count() == 0
    return records


def seeds_of_kind(kind: str) -> Iterator[bytes]:
    """Every example and sample of a kind's formats."""
    from tests.formats.test_samples import NAMES

    for entry, tz, many in zip(of_kind(kind), itertools.cycle(ZONES), itertools.cycle((*MANY, "")), strict=False):
        head = f"{entry.name} {tz}{many}\n"
        yield (head + "\n".join(_line(example) for example in entry.examples)).encode()
        for name in SAMPLES:
            if NAMES.get(name, name) == entry.name:
                lines = sample(name)[0]
                for at in range(0, min(len(lines), 40), 4):
                    yield (head + "\n".join(lines[at : at + 4]) + "\n").encode()


@cache
def _heads(kind: str) -> Lines:
    return [f"{each.name} {zone}{many}".encode() for each in of_kind(kind) for zone in ZONES for many in MANY]


# Envelopes -----------------------------------------------------------------------------------------------------------


def check_envelopes(data: bytes) -> None:
    """Lines in whatever envelopes are found around them."""
    head, body = _parted(data)
    lines = lines_of(body)
    reader = open_reader(_chosen(list(entries()), head.partition(" ")[0]))
    accounted(reader, lines)
    accounted(reader, lines.head(1))  # what was cut off goes on in the next batch


def seeds_of_envelopes() -> Iterator[bytes]:
    """Every envelope around lines of two formats, one in another, and what only looks like one."""
    for name in ("nginx-main", "nginx-json"):
        inner = [_line(each) for entry in entries() if entry.name == name for each in entry.examples]
        for wrap in WRAPS.values():
            yield "\n".join([name, *map(wrap, inner), ""]).encode()
            yield "\n".join([name, *(WRAPS["docker"](wrap(line)) for line in inner), ""]).encode()
    for name in ("docker-json-file", "kubernetes-cri"):
        yield "\n".join(["nginx-main", *sample(name)[0][:8]]).encode()
    yield "\n".join(["nginx-main", *PIECES]).encode()
    records = '{"time":"2026-11-23T18:45:19Z","properties":{"requestUri":"https://a.example/v2/"}}'
    yield f'azure-frontdoor\n{{"records":[{records},{records}]}}'.encode()
    yield f'azure-frontdoor\n[\n  {records},\n  {{\n    "a": 1\n  }}\n]'.encode()
    event = '{"id":"1","timestamp":1,"message":"::1 - - [01/Feb/2024:10:00:00 +0000] \\"GET / HTTP/1.1\\" 200 5 \\"-\\" \\"-\\""}'
    yield f'nginx-combined\n{{"messageType":"DATA_MESSAGE","logEvents":[{event},{event}]}}'.encode()


def one_line(error: PullstatsError) -> None:
    """What a user is told is one line without control characters."""
    assert not {unicodedata.category(letter) for letter in str(error)} & {"Cc", "Cs", "Zl", "Zp"}, str(error)


# Files ---------------------------------------------------------------------------------------------------------------

FOLDER = tempfile.TemporaryDirectory(prefix="pullstats-fuzz-")  # one for the process


def check_source(data: bytes) -> None:
    """A file as it lies there: it is refused in one line, or every line of it is counted."""
    path = Path(FOLDER.name) / "access.log"
    path.write_bytes(data)
    text, damaged = b"", False
    try:
        for piece in pieces(path.open("rb")):
            text += piece
    except Damaged:
        damaged = True
    for lenient in (False, True)[: 1 + damaged]:
        reading = Reading(Key(bytes(32)), max_rejected=1.0, lenient=lenient)
        planned = plan(Source("access.log", path), reading, {})
        outcome = planned.outcome
        if planned.reader is None:
            assert isinstance(outcome.error, PullstatsError)
            one_line(outcome.error)
            continue
        assert lenient or not damaged
        parsed = sum(len(chunk.records) for chunk in chunks(planned))
        assert parsed == outcome.counts["parsed"]
        assert outcome.lines == sum(outcome.counts[fate] for fate in ("parsed", "ignored", "rejected"))
        single = not any("records" in name or "subscription" in name for name in planned.reader.envelopes)
        least = physical(text) - outcome.pending
        assert outcome.lines == least if single else outcome.lines >= least


def seeds_of_source() -> Iterator[bytes]:
    """Logs of every format, plain and packed; files that are none."""
    texts = [(_line(each.examples[0]) + "\n").encode() for each in entries()]
    yield from texts
    for text, pack in zip(texts, itertools.cycle(PACKERS.values()), strict=False):
        yield pack(text * 3)
    yield from (
        b"",
        b"\n\n",
        b"\xef\xbb\xbf" + texts[0],
        texts[0].decode().encode("utf-16"),
        b"PK\x03\x04",
        b"PAR1",
        b"\x1f\x8b",
    )
    yield PACKERS["gzip"](texts[0]) + PACKERS["gzip"](texts[0]) + b"\x00" * 64


def _file_mutated(data: bytes, limit: int, dice: random.Random) -> bytes:
    """A file whose text was damaged before it was packed, or whose bytes were after."""
    act = dice.random()
    if act < 0.6:
        text = mutated(b"\n" + _unpacked(data), limit, dice, spare_lines(), [b""]).partition(b"\n")[2]
        pack = dice.choice((*PACKERS.values(), bytes, bytes))
        return pack(text)[:limit]
    if act < 0.7:  # joined files
        return (data + dice.choice((data, PACKERS["gzip"](dice.choice(spare_lines())))))[:limit]
    changed = bytearray(data or b"\x1f\x8b")
    if act < 0.85:
        del changed[dice.randrange(len(changed)) :]
    else:
        for _ in range(dice.randint(1, 3)):
            changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def _unpacked(data: bytes) -> bytes:
    """The text in a file, as far as it can be read."""
    if kind_of(data) is None:
        return data
    path, text = Path(FOLDER.name) / "packed", b""
    path.write_bytes(data)
    try:
        for piece in pieces(path.open("rb")):
            text += piece
    except Damaged:
        pass
    return text[:LIMIT]


# What users write ----------------------------------------------------------------------------------------------------


def check_spec(data: bytes) -> None:
    """A format of one's own: it is refused in one line, or it reads lines."""
    head, body = _parted(data)
    text = body.decode("utf-8", "replace").replace("\r", "")
    form = head if head in FORMS else FORMS[zlib.crc32(head.encode()) % len(FORMS)]
    try:
        made = _written(form, text)
    except PullstatsError as error:
        one_line(error)
        return
    lines = pl.Series("line", [line.decode() for line in spare_lines()[::9]] + text.split("\n")[:5], dtype=pl.String)
    guess(lines.to_list(), made)
    for entry in made:
        accounted(open_reader(replace(entry, envelopes=())), lines)
        parser = compiled(entry)
        wrong = [] if isinstance(parser, W3cParser | CsvParser) else disagreements(parser, lines.to_list())
        assert not wrong, wrong[0]


def _written(form: str, text: str) -> list[Entry]:
    if form == "log-format":
        return [custom(text)]
    if form == "nginx-conf":
        return [nginx_conf(text)]
    if form == "map":
        return [mapped(dict(line.partition("=")[::2] for line in text.split("\n") if line))]
    import tomllib

    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):  # the settings say so before a format is looked at
        return []
    return list(own({name: table for name, table in tables.items() if isinstance(table, dict)}))


def seeds_of_spec() -> Iterator[bytes]:
    """The formats of the tables, as a user would write them."""
    for each in entries():
        if each.kind in {"nginx", "apache"}:
            yield f"log-format\n{each.spec}".encode()
        elif each.kind in {"regex", "fields", "w3c"}:
            yield f"toml\n[mine]\nkind = '{each.kind}'\nspec = '''{each.spec}'''\n".encode()
    yield b'log-format\n%h %^[%d:%t %^] "%r" %s %b "%R" "%u"'
    yield b"log-format\n'$remote_addr [$time_local] '\n'\"$request\" $status';"
    yield b'nginx-conf\nhttp { log_format a escape=json \'{"t":"$msec","r":"$request"}\'; access_log /x a; }'
    yield b"map\ntime=at\nip=from\nuser_agent=ua\ntarget=uri"
    yield b"toml\n[mine]\nkind='json'\nsignature=['a']\nrequired=['ts']\n[mine.fields]\nts='a>b[]@epoch'\npath='c+d'\n[mine.only]\na='x'"
    skip = b"skip={a={b='x'}}\nignore={c='^x',d={b='y','!e'=''}}\nfields={ts=['at','a>b'],auth='h@present'}"
    yield b"toml\n[mine]\nkind='json'\n" + skip
    yield b"toml\n[mine]\nkind='logfmt'\n" + skip
    events = b"stands_for=[{only={a='x'},method='GET',path='/{a}@{b}',status=200}]\nfields={ts='at'}"
    yield b"toml\n[mine]\nkind='csv'\nspec='at,a,b'\nsignature=['at','a']\n" + events
    yield b"toml\n[mine]\nkind='w3c'\nspec='date time c-ip'\nseparator=' '\nleast=2\n[mine.fields]\nc-ip='client_ip@peer!url'"
    yield b"toml\n[mine]\nkind='fields'\nspec='iso \"user_agent\" [client_ip] status? ...'\nseparator=' '\nescape='none'"
    yield b"toml\n[mine]\nkind='regex'\nspec='(?P<client_ip>.*) (?P<iso>.*)'\nseparator='|'\nleast=3\nnull=['x']\ntell='a'"


TARGETS = {
    target.name: target
    for target in (
        *(
            Target(kind, partial(check_kind, kind), partial(seeds_of_kind, kind), partial(_heads, kind))
            for kind in KINDS
        ),
        Target("envelopes", check_envelopes, seeds_of_envelopes, lambda: [each.name.encode() for each in entries()]),
        Target("source", check_source, seeds_of_source, list),
        Target("spec", check_spec, seeds_of_spec, lambda: [form.encode() for form in FORMS]),
    )
}
