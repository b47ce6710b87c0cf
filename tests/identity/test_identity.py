import stat
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullstats.errors import PullstatsError
from pullstats.identity import Key, load_key, mix

ONE, OTHER = Key(b"1" * 32), Key(b"2" * 32)


@given(st.text(), st.text())
def test_equal_texts_have_one_id_and_others_do_not(first: str, second: str) -> None:
    assert (ONE.hash("address", [first]) == ONE.hash("address", [second])) == (first == second)


def test_ids_depend_on_the_key_and_on_what_is_hashed() -> None:
    ids = [
        ONE.hash("address", ["192.0.2.1"]),
        OTHER.hash("address", ["192.0.2.1"]),
        ONE.hash("endpoint", ["192.0.2.1"]),
    ]
    assert len({each[0] for each in ids}) == 3


@given(st.lists(st.text(max_size=100), max_size=30))
def test_ids_fit_a_signed_integer_everywhere(texts: list[str]) -> None:
    series = pl.Series("t", texts, pl.String())
    digested = series.to_frame().select(ONE.digested("t")).to_series().to_list()
    assert all(0 <= each < 2**63 for each in [*ONE.hash("address", texts), *digested])


@given(st.lists(st.text(max_size=90), unique=True, max_size=40))
def test_request_ids_that_differ_get_different_keys(texts: list[str]) -> None:
    distinct = [text for text in texts if len(text.encode()) <= 96 and not text.endswith("\x00")]
    series = pl.Series("t", distinct, pl.String())
    assert series.to_frame().select(ONE.digested("t")).to_series().n_unique() == len(set(distinct))


def test_a_missing_request_id_has_no_key() -> None:
    assert pl.DataFrame({"t": ["a", None]}).select(ONE.digested("t")).to_series().null_count() == 1


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_a_mix_of_two_ids_is_an_id(first: int, second: int) -> None:
    frame = pl.DataFrame({"a": [first], "b": [second]}, schema={"a": pl.Int64(), "b": pl.Int64()})
    mixed = frame.select(mix("a", "b")).item()
    assert 0 <= mixed < 2**63
    assert mixed == (first * 0x1E3779B97F4A7C15 + second * 0x3F58476D1CE4E5B9) % 2**63


def test_the_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config" / "key"
    monkeypatch.setenv("PULLSTATS_KEY_FILE", str(path))
    first = load_key()
    assert load_key() == first
    assert len(path.read_bytes()) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["key"]


def test_a_file_that_holds_no_key_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"short")
    monkeypatch.setenv("PULLSTATS_KEY_FILE", str(path))
    with pytest.raises(PullstatsError, match="holds 5 bytes, a key has 32"):
        load_key()


def test_the_key_does_not_show_itself() -> None:
    assert "1111" not in repr(ONE)
    assert ONE.id != OTHER.id
