"""Whose address counts: the peer's, or the one that a trusted proxy forwarded."""

import pytest

from pullstats.enrich.addresses import parse
from pullstats.enrich.trust import Labels, Trust, client_addresses
from pullstats.errors import UsageError
from pullstats.lazy import pl


def client(peer: str | None, xff: str | None, *trust: str) -> str | None:
    peers, xffs = pl.Series([peer], dtype=pl.String()), pl.Series([xff], dtype=pl.String())
    return client_addresses(peers, xffs, Trust.of(trust)).item()


@pytest.mark.parametrize(
    ("why", "peer", "xff", "expected"),
    [
        ("no header", "10.0.0.1", None, "10.0.0.1"),
        ("a stranger cannot forge", "198.51.100.1", "8.8.8.8", "198.51.100.1"),
        ("a documentation block is no proxy", "203.0.113.1", "8.8.8.8", "203.0.113.1"),
        ("a benchmark block is no proxy", "198.18.0.1", "8.8.8.8", "198.18.0.1"),
        ("private", "10.0.0.1", "8.8.8.8", "8.8.8.8"),
        ("loopback", "127.0.0.1", "8.8.8.8", "8.8.8.8"),
        ("loopback 6", "::1", "8.8.8.8", "8.8.8.8"),
        ("mapped private", "::ffff:172.16.0.1", "8.8.8.8", "8.8.8.8"),
        ("shared address space", "100.64.0.1", "8.8.8.8", "8.8.8.8"),
        ("link local", "fe80::1%eth0", "8.8.8.8", "8.8.8.8"),
        ("unique local", "fd00::1", "8.8.8.8", "8.8.8.8"),
        ("just outside 172.16/12", "172.32.0.1", "8.8.8.8", "172.32.0.1"),
        ("local socket", "unix:", "8.8.8.8", "8.8.8.8"),
        ("no peer logged", None, "8.8.8.8", "8.8.8.8"),
        ("Cloudflare's edge", "104.16.0.1", "8.8.8.8", "8.8.8.8"),
        ("Cloudflare's edge, IPv6", "2606:4700::1", "2001:4860::1", "2001:4860::1"),
        ("Fastly's edge", "151.101.1.1", "8.8.8.8", "8.8.8.8"),
        ("CloudFront's edge", "130.176.0.1", "8.8.8.8", "8.8.8.8"),
        ("a tenant of the same cloud is no edge", "3.224.0.10", "8.8.8.8", "3.224.0.10"),
        ("forged entries stand left", "10.0.0.1", "1.1.1.1, 8.8.8.8", "8.8.8.8"),
        ("trusted hops are skipped", "10.0.0.1", "8.8.8.8, 104.16.0.1, 192.168.0.1", "8.8.8.8"),
        ("all trusted: the leftmost", "10.0.0.1", "10.9.9.9, 192.168.0.1", "10.9.9.9"),
        ("garbage ends the walk", "10.0.0.1", "8.8.8.8, unknown, 10.0.0.2", "10.0.0.2"),
        ("only garbage: the peer", "10.0.0.1", "unknown", "10.0.0.1"),
        ("empty", "10.0.0.1", "", "10.0.0.1"),
        ("only commas", "10.0.0.1", " , ,", "10.0.0.1"),
        ("empty entries", "10.0.0.1", "8.8.8.8, ,", "8.8.8.8"),
        ("ports and brackets", "10.0.0.1", '"[2001:4860::1]:443"', "2001:4860::1"),
        ("a port", "10.0.0.1", "8.8.8.8:5060", "8.8.8.8"),
    ],
)
def test_the_client_address(why: str, peer: str | None, xff: str | None, expected: str) -> None:
    assert client(peer, xff) == expected, why


def test_own_proxies_are_trusted_beside_the_default_ones() -> None:
    assert client("203.0.113.1", "8.8.8.8, 203.0.113.2", "203.0.113.0/24") == "8.8.8.8"
    assert client("10.0.0.1", "8.8.8.8", "203.0.113.0/24") == "8.8.8.8"


def test_none_drops_the_default_sets() -> None:
    assert client("10.0.0.1", "8.8.8.8", "none") == "10.0.0.1"
    assert client("10.0.0.1", "8.8.8.8", "none,private") == "8.8.8.8"
    assert client("104.16.0.1", "8.8.8.8", "none", "private") == "104.16.0.1"


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("cloudfare", "did you mean cloudflare"),
        ("10.0.0.0/33", "write it as"),
        ("300.0.0.1", "write it as"),
        ("aws", "give an"),
    ],
)
def test_a_wrong_word_is_a_usage_error_with_the_cure(word: str, says: str) -> None:
    with pytest.raises(UsageError, match=f"--trust.*{word}.*{says}"):
        Trust.of([word])


def test_many_rows_keep_their_order() -> None:
    peers = pl.Series(["10.0.0.1", "198.51.100.1", "10.0.0.1", None])
    xffs = pl.Series(["8.8.8.8", "8.8.8.8", None, None])
    assert client_addresses(peers, xffs, Trust.of([])).to_list() == ["8.8.8.8", "198.51.100.1", "10.0.0.1", None]


def test_the_longest_labelled_range_names_an_address() -> None:
    labels = Labels.of({"office": ["192.0.2.0/24"], "our-ci": ["192.0.2.128/25", "2001:db8::/48"]})
    texts = pl.Series(["192.0.2.1", "192.0.2.200", "2001:db8::5", "2001:db9::5", "x"])
    assert labels.labels(parse(texts)).to_list() == ["office", "our-ci", "our-ci", None, None]


def test_without_labels_there_are_none() -> None:
    assert Labels.of({}).labels(parse(pl.Series(["192.0.2.1"]))).to_list() == [None]


def test_a_wrong_label_range_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"\[labels\].*192.0.2"):
        Labels.of({"office": ["192.0.2"]})
