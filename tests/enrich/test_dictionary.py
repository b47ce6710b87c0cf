import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pullstats.enrich.dictionary import Dictionary


def described(texts: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"text": texts, "length": texts.str.len_chars().cast(pl.Int64)})


@given(st.lists(st.lists(st.text(max_size=3) | st.none(), max_size=12), max_size=6))
def test_each_text_keeps_its_number_from_batch_to_batch(batches: list[list[str | None]]) -> None:
    known = Dictionary(described)
    for batch in batches:
        texts = pl.Series("t", batch, pl.String())
        assert known.column("text", known.codes(texts)).to_list() == [text or "" for text in batch] if batch else True
        del texts  # Polars keeps the numbers of texts only as long as a series has them
    met = {text or "" for batch in batches for text in batch}
    assert (0 if known.table is None else len(known.table)) == len(met)
