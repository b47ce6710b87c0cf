import bz2
import gzip
import hashlib
import io
import lzma
import os
from pathlib import Path

import pytest
import zstandard
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pullstats.errors import PullstatsError
from pullstats.sources.compression import Damaged, kind_of, pieces
from pullstats.sources.files import Source, find
from pullstats.sources.lines import LONGEST_LINE, blocks, fingerprint
from pullstats.threads import ahead

COMPRESS = {
    "plain": lambda data: data,
    "gzip": gzip.compress,
    "zstd": zstandard.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}
PACKED = {name: pack for name, pack in COMPRESS.items() if name != "plain"}
LINES = b"".join(b"%d a line of text \xff\n" % number for number in range(20_000))


def written(folder: Path, data: bytes) -> Source:
    path = folder / "access.log"
    path.write_bytes(data)
    return Source("access.log", path)


def read(source: Source, size: int = 1 << 20) -> list[tuple[int, str]]:
    given = blocks(source, fingerprint(source), size=size)
    return [(block.first + at, line) for block in given for at, line in enumerate(block.lines())]


def expected(data: bytes) -> list[str]:
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    cut = [line.replace(b"\x01", b"\xff") for line in lines]
    texts = [line.removesuffix(b"\r").decode("utf-8", "replace") for line in cut]
    return [texts[0].removeprefix("\ufeff"), *texts[1:]] if texts else []


@given(st.binary(max_size=400), st.sampled_from([1, 7, 64, 1 << 20]))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_every_line_with_its_number(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, size: int
) -> None:
    assume(kind_of(data) is None)
    source = written(tmp_path_factory.mktemp("any"), data)
    lines = read(source, size)
    assert [number for number, _ in lines] == list(range(1, len(expected(data)) + 1))


@given(st.lists(st.text(alphabet="ab \t\"'\\\x00é,", max_size=12), max_size=20), st.sampled_from([1, 7, 1 << 20]))
@settings(max_examples=150, deadline=None)
def test_text_comes_out_as_it_went_in(tmp_path_factory: pytest.TempPathFactory, texts: list[str], size: int) -> None:
    data = "".join(f"{text}\n" for text in texts).encode()
    assert [line for _, line in read(written(tmp_path_factory.mktemp("text"), data), size)] == texts


@pytest.mark.parametrize("name", COMPRESS)
def test_a_compressed_log_reads_like_the_plain_one(tmp_path: Path, name: str) -> None:
    source = written(tmp_path, COMPRESS[name](LINES))
    assert read(source)[-1] == (20_000, "19999 a line of text \ufffd")
    assert fingerprint(source).sha256 == hashlib.sha256(LINES).hexdigest()


@pytest.mark.parametrize("name", PACKED)
def test_joined_compressed_files_are_read_whole(tmp_path: Path, name: str) -> None:
    source = written(tmp_path, PACKED[name](LINES) + PACKED[name](b"one more\n"))
    assert len(read(source)) == 20_001


@pytest.mark.parametrize("name", PACKED)
def test_data_that_ends_early_says_so_and_gives_what_came_before(name: str) -> None:
    noise = os.urandom(300_000).hex().encode()
    got = bytearray()
    with pytest.raises(Damaged) as told:
        for piece in pieces(io.BytesIO(PACKED[name](noise)[:-20])):
            got += piece
    assert told.value.early
    assert noise.startswith(bytes(got))


@pytest.mark.parametrize("name", PACKED)
def test_broken_data_is_named_as_damaged(name: str) -> None:
    packed = bytearray(PACKED[name](os.urandom(300_000)))
    packed[len(packed) // 2 :] = os.urandom(len(packed) - len(packed) // 2)
    with pytest.raises(Damaged):
        for _ in pieces(io.BytesIO(bytes(packed))):
            pass


def test_a_line_of_ten_megabytes_is_one_line(tmp_path: Path) -> None:
    source = written(tmp_path, b"before\n" + b"x" * 10_000_000 + b"\nafter\n")
    lines = read(source)
    assert [(number, len(line)) for number, line in lines] == [(1, 6), (2, LONGEST_LINE), (3, 5)]
    assert lines[2] == (3, "after")


def test_a_small_file_that_unpacks_to_much_is_read_in_pieces() -> None:
    bomb = bz2.compress(b"\0" * 200_000_000)
    assert max(len(piece) for piece in pieces(io.BytesIO(bomb))) <= 1 << 20


def test_a_beginning_is_recognised_by_its_length(tmp_path: Path) -> None:
    source = written(tmp_path, LINES)
    half = LINES.find(b"\n", 100_000) + 1
    assert fingerprint(source, [half, 7, 10**9]).marks == {
        half: hashlib.sha256(LINES[:half]).hexdigest(),
        7: hashlib.sha256(LINES[:7]).hexdigest(),
    }


def test_the_fingerprint_knows_where_the_last_whole_line_ends(tmp_path: Path) -> None:
    assert fingerprint(written(tmp_path, LINES + b"cut")).whole == hashlib.sha256(LINES).hexdigest()


def test_binary_data_is_told_from_text(tmp_path: Path) -> None:
    assert fingerprint(written(tmp_path, os.urandom(5_000))).binary
    assert not fingerprint(written(tmp_path, LINES)).binary


def test_items_made_ahead_come_in_order_and_errors_come_through() -> None:
    def items():
        yield from range(5)
        message = "no more"
        raise ValueError(message)

    given = ahead(items())
    assert [next(given) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="no more"):
        next(given)


def test_folders_globs_and_repeats_name_each_log_once(tmp_path: Path) -> None:
    for name in ("a.log", "b.log.gz", "deep/c.log.1", ".hidden/d.log", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x\n")
    sources, wrong = find([str(tmp_path), str(tmp_path / "*.log"), str(tmp_path / "a.log")])
    assert [source.base for source in sources] == ["a.log", "b.log.gz", "c.log.1"]
    assert not wrong


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("acess.log", "acess.log: no such file (did you mean access.log?)"),
        ("empty", "empty: no *.log* file inside; name the files"),
        ("*.gz", "*.gz: no such file"),
    ],
)
def test_a_wrong_word_is_named_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("access.log").write_text("x\n")
    Path("empty").mkdir()
    sources, wrong = find([word, "access.log"])
    assert [str(error) for error in wrong] == [says]
    assert [source.name for source in sources] == ["access.log"]


def test_a_file_that_may_not_be_read_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    source = written(tmp_path, b"x\n")
    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(PullstatsError, match="permission denied; try sudo"):
        fingerprint(source)
