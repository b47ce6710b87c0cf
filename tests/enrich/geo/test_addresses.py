"""Every spelling of an address is one address."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pullstats.enrich.addresses import parse
from pullstats.lazy import pl


def one(text: str | None) -> dict[str, object]:
    return parse(pl.Series([text], dtype=pl.String())).row(0, named=True)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        (' "192.0.2.1" ', "192.0.2.1"),
        ("192.0.2.1:51234", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::FFFF:C000:0201", "192.0.2.1"),
        ("0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"),
        ("[::ffff:192.0.2.1]:443", "192.0.2.1"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("2001:0db8::0001", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:8443", "2001:db8::1"),
        ("[fe80::1%eth0]:80", "fe80::1"),
        ("fe80::1%25eth0", "fe80::1"),
        ("::", "::"),
        ("::1", "::1"),
    ],
)
def test_spellings_of_one_address_are_one(text: str, address: str) -> None:
    assert one(text)["address"] == address


@pytest.mark.parametrize(
    "text",
    [
        None, "", "-", "unknown", "unix:", "localhost", "192.0.2", "192.0.2.1.5", "256.1.1.1", "192.0.2.1:",
        "010.0.0.1",
        "192.0.2.1/24", "2001:db8::1::2", "2001:db8", ":::", "12345::1", "2001:db8::1\x00", "\x00", "1.2.3.4\x00",
        "ab12cd34ef", "[2001:db8::1", "1.2.3.4, 5.6.7.8",
    ],
)  # fmt: skip
def test_what_is_no_address_is_null_in_every_column(text: str | None) -> None:
    assert set(one(text).values()) == {None}


def test_endpoint_and_site_group_ipv6_by_network() -> None:
    v4, v6 = one("192.0.2.77"), one("2001:db8:12:34:5678::9")
    assert (v4["family"], v4["endpoint"], v4["site"]) == (4, "192.0.2.77", "192.0.2.0/24")
    assert (v6["family"], v6["endpoint"], v6["site"]) == (6, "2001:db8:12:34::/64", "2001:db8:12::/48")
    assert one("::ffff:192.0.2.77") == v4


def test_rows_keep_their_order_and_types() -> None:
    parsed = parse(pl.Series(["2001:db8::2", "x", "192.0.2.1", None, "2001:db8::1", "192.0.2.1"]))
    assert parsed["address"].to_list() == ["2001:db8::2", None, "192.0.2.1", None, "2001:db8::1", "192.0.2.1"]
    assert dict(parsed.schema) == {
        "address": pl.String(), "family": pl.Int8(), "v4": pl.UInt32(), "hi": pl.UInt64(), "v6": pl.UInt128(),
        "endpoint": pl.String(), "site": pl.String(),
    }  # fmt: skip
    assert parse(pl.Series([], dtype=pl.String())).schema == parsed.schema


@settings(max_examples=200, deadline=None)
@given(st.lists(st.ip_addresses(), min_size=1, max_size=20))
def test_python_agrees_on_every_address(known: list[ipaddress.IPv4Address | ipaddress.IPv6Address]) -> None:
    parsed = parse(pl.Series([f"[{ip.exploded}]" if ip.version == 6 else str(ip) for ip in known]))
    for ip, row in zip(known, parsed.to_dicts(), strict=True):
        ip = getattr(ip, "ipv4_mapped", None) or ip  # noqa: PLW2901 - a mapped address is the one within
        assert ipaddress.ip_address(row["address"]) == ip
        assert int(ip) == row["v4" if ip.version == 4 else "v6"]
        assert ip in ipaddress.ip_network(row["endpoint"])
        assert ip in ipaddress.ip_network(row["site"])
        assert row["hi"] == (int(ip) >> 64 if ip.version == 6 else None)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(alphabet="0123456789abcdef.:%[]\"' \x00/-x", max_size=40), min_size=1, max_size=20))
def test_no_text_breaks_the_parser_and_none_becomes_an_address_that_python_refuses(texts: list[str]) -> None:
    for text, address in zip(texts, parse(pl.Series(texts, dtype=pl.String()))["address"].to_list(), strict=True):
        if address is not None:
            assert ipaddress.ip_address(address), text
