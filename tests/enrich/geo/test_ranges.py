"""The longest match, whatever the ranges."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pullstats.enrich.addresses import parse
from pullstats.enrich.ranges import IPV4_END, Ranges, flat, network
from pullstats.errors import UsageError
from pullstats.lazy import pl

VALUE = {"value": pl.String()}


def found(networks: dict[str, str], *texts: str) -> list[str | None]:
    table = Ranges.of([(cidr, (value,)) for cidr, value in networks.items()], VALUE, "test")
    return table.find(parse(pl.Series(texts, dtype=pl.String())))["value"].to_list()


def test_an_address_below_the_first_range_has_no_value() -> None:
    """Without a row at 0, 1.0.0.1 took the value of the last range of all."""
    assert found({"9.0.0.0/8": "nine", "200.0.0.0/8": "last"}, "1.0.0.1", "8.255.255.255", "9.0.0.0") == [
        None,
        None,
        "nine",
    ]
    assert found({"2001:db8::/32": "six"}, "::1", "2001:db7:ffff::", "2001:db8::") == [None, None, "six"]


def test_the_longest_range_holds() -> None:
    table = {"10.0.0.0/8": "wide", "10.1.0.0/16": "middle", "10.1.2.3/32": "one", "0.0.0.0/0": "all"}
    asked = ("10.0.0.1", "10.1.0.1", "10.1.2.2", "10.1.2.3", "10.1.2.4", "10.2.0.0", "11.0.0.0", "255.255.255.255")
    assert found(table, *asked) == ["wide", "middle", "middle", "one", "middle", "wide", "all", "all"]


def test_ipv6_is_told_apart_to_the_last_bit() -> None:
    assert found({"2001:db8::1/128": "one"}, "2001:db8::", "2001:db8::1", "2001:db8::2") == [None, "one", None]


def test_what_is_no_address_is_in_no_range() -> None:
    assert found({"0.0.0.0/0": "four", "::/0": "six"}, "x", "1.2.3.4", "::1") == [None, "four", "six"]


def test_a_mapped_range_is_its_ipv4_range() -> None:
    assert found({"::ffff:192.0.2.0/120": "mapped"}, "192.0.2.9", "::ffff:192.0.2.9") == ["mapped", "mapped"]


@pytest.mark.parametrize("text", ["", "10.0.0.0/33", "10.0.0/8", "2001:db8::/129", "ten", "10.0.0.0-10.0.0.9"])
def test_a_wrong_range_is_a_usage_error_that_names_its_place(text: str) -> None:
    with pytest.raises(UsageError, match=r"\[labels\]"):
        network(text, "[labels]")


NETWORKS = st.one_of(
    st.tuples(st.just(4), st.integers(0, 2**32 - 1), st.integers(0, 32)),
    st.tuples(st.just(6), st.integers(0, 2**128 - 1), st.integers(0, 128)),
).map(lambda drawn: ipaddress.ip_network((drawn[1], drawn[2]), strict=False))


@settings(max_examples=300, deadline=None)
@given(st.lists(NETWORKS, max_size=12, unique=True), st.data())
def test_a_naive_prefix_walk_agrees(
    networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network], data: st.DataObject
) -> None:
    ends = [end for net in networks for end in (net.network_address, net.broadcast_address)]
    beside = [ip + step for ip in ends for step in (-1, 1) if 0 <= int(ip) + step < 2**ip.max_prefixlen]
    asked = [*ends, *beside, data.draw(st.ip_addresses())]
    asked = [ip for ip in asked if getattr(ip, "ipv4_mapped", None) is None]

    def naive(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str | None:
        around = [net for net in networks if net.version == ip.version and ip in net]
        return str(max(around, key=lambda net: net.prefixlen)) if around else None

    networks = [net for net in networks if getattr(net.network_address, "ipv4_mapped", None) is None]
    assert found({str(net): str(net) for net in networks}, *map(str, asked)) == list(map(naive, asked))


def test_ranges_that_cross_lose_nothing_before_the_crossing() -> None:
    assert list(flat([(10, 20, "a"), (15, 30, "b")], IPV4_END)) == [(0, None), (10, "a"), (15, "b"), (21, None)]
