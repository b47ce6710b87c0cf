"""Every sample is recognised without a name and read as its expectation says."""

from __future__ import annotations

import polars as pl
import pytest

from pullstats.formats.detect import guess
from pullstats.formats.entry import entry
from pullstats.formats.parse import open_reader
from tests.formats.support import SAMPLES, differences, sample

# sample -> the entry that reads it
NAMES = {
    "nginx-combined": "nginx-combined",
    "nginx-combined-registry": "nginx-combined",
    "nginx-main-xff": "nginx-main",
    "nginx-main-xff-registry": "nginx-main",
    "nginx-json": "nginx-json",
    "nginx-json-bad-escape": "nginx-json",
    "apache-combined": "apache-combined",
    "apache-combined-registry": "apache-combined",
    "apache-common": "apache-common",
    "cloudfront-standard": "cloudfront",
    "cloudfront-noheader": "cloudfront",
    "distribution-json": "distribution-json",
    "scarf-gateway": "scarf-gateway",
    "scarf-gateway-more": "scarf-gateway",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_recognised_without_a_name(name: str) -> None:
    lines, _ = sample(name)
    found = guess(lines)
    assert found.entry is not None, (found.certainty, found.misfits)
    assert found.entry.name == NAMES[name]
    assert found.certainty >= 0.9


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_read_as_expected(name: str) -> None:
    lines, expected = sample(name)
    records = open_reader(entry(NAMES[name])).read(pl.Series(lines, dtype=pl.String)).to_dicts()
    assert len(records) == len(lines)
    wrong = {e["line_number"]: d for e in expected if (d := differences(e, records[e["line_number"] - 1]))}
    assert not wrong
