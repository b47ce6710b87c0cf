"""Every sample is recognised without a name and read as its expectation says."""

from __future__ import annotations

import polars as pl
import pytest

from pullstats.formats.detect import guess
from pullstats.formats.entry import entry
from pullstats.formats.parse import open_reader
from tests.formats.support import SAMPLES, differences, sample

# sample -> the entry that reads it, where the folder is not called like it
NAMES = {
    "nginx-combined-registry": "nginx-combined",
    "nginx-main-xff": "nginx-main",
    "nginx-main-xff-registry": "nginx-main",
    "nginx-json-bad-escape": "nginx-json",
    "nginx-ingress": "ingress-nginx",
    "apache-combined-registry": "apache-combined",
    "alb": "aws-alb",
    "elb-classic": "aws-elb",
    "s3-access": "aws-s3",
    "s3-access-more": "aws-s3",
    "artifactory-request": "artifactory",
    "caddy-json-registry": "caddy-json",
    "cloudflare-logpush": "cloudflare",
    "cloudfront-standard": "cloudfront",
    "cloudfront-noheader": "cloudfront",
    "cloudfront-v2-json": "cloudfront-json",
    "docker-json-file": "nginx-main",
    "kubernetes-cri": "nginx-main",
    "gin-krakend": "gin",
    "haproxy-captured": "haproxy-http",
    "haproxy-fixtures": "haproxy-http",
    "pulp-gunicorn": "pulp",
    "scarf-gateway-more": "scarf-gateway",
    "traefik-clf-more": "traefik-clf",
    "varnish-ncsa": "varnish",
}
# sample, line -> columns that the line cannot give; tests/formats/EXCEPTIONS.md says why
EXCEPTIONS = {("squid-native", 2): {"query"}, ("haproxy-captured", 12): {"user_agent"}}


def _entry(name: str) -> str:
    return NAMES.get(name, name)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_recognised_without_a_name(name: str) -> None:
    lines, _ = sample(name)
    found = guess(lines)
    assert found.entry is not None, (found.certainty, found.misfits)
    assert found.entry.name == _entry(name)
    assert found.certainty >= 0.9


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_read_as_expected(name: str) -> None:
    lines, expected = sample(name)
    reader = open_reader(entry(_entry(name)), year_hint=2026)  # the year of the samples that state none
    records = reader.read(pl.Series(lines, dtype=pl.String)).to_dicts()
    assert len(records) == len(lines)
    wrong = {e["line_number"]: d for e in expected if (d := differences(e, records[e["line_number"] - 1]))}
    excepted = {line: set(columns) for (sample_, line), columns in EXCEPTIONS.items() if sample_ == name}
    assert {line: set(d) for line, d in wrong.items()} == excepted, wrong
