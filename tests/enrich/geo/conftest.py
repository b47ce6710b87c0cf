"""MMDB files as other publishers make them: MaxMind's own test files hold MaxMind's layout only."""

import ipaddress
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

UINT16, UINT32, UINT64 = 5, 6, 9


def encoded(value: Any) -> bytes:
    """A value in the data format of an MMDB: map, text, number (uint32, or a pair with its kind), boolean, list."""
    if isinstance(value, dict):
        return _control(7, len(value)) + b"".join(encoded(key) + encoded(inner) for key, inner in value.items())
    if isinstance(value, str):
        return _control(2, len(value.encode())) + value.encode()
    if isinstance(value, bool):
        return _control(14, int(value))
    if isinstance(value, list):
        return _control(11, len(value)) + b"".join(map(encoded, value))
    kind, number = value if isinstance(value, tuple) else (UINT32, value)
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return _control(kind, len(data)) + data


def _control(kind: int, size: int) -> bytes:
    rest = b"" if size < 29 else bytes([size - 29])
    size = min(size, 29)
    return (bytes([kind << 5 | size]) if kind < 8 else bytes([size, kind - 7])) + rest


def mmdb(
    networks: dict[str, Any], type_: str = "Country", *, version: int = 6, bits: int = 24, epoch: int = 1_790_000_000
) -> bytes:
    """A whole MMDB of networks and their records."""
    nodes: list[list[Any]] = [[None, None]]
    for text, record in sorted(networks.items(), key=lambda item: ipaddress.ip_network(item[0]).prefixlen):
        net = ipaddress.ip_network(text)
        path = f"{int(net.network_address):0{net.max_prefixlen}b}"[: net.prefixlen]
        _put(nodes, ("0" * 96 + path if net.version == 4 and version == 6 else path), record)
    data, places = b"", {}
    for record in networks.values():
        if repr(record) not in places:
            places[repr(record)] = len(data)
            data += encoded(record)

    def number(target: Any) -> int:
        if target is None:
            return len(nodes)
        return target if isinstance(target, int) else len(nodes) + 16 + places[repr(target[0])]

    tree = b"".join(_node(number(left), number(right), bits) for left, right in nodes)
    meta = {
        "binary_format_major_version": (UINT16, 2),
        "binary_format_minor_version": (UINT16, 0),
        "build_epoch": (UINT64, epoch),
        "database_type": type_,
        "description": {"en": "made by a test"},
        "ip_version": (UINT16, version),
        "languages": ["en"],
        "node_count": len(nodes),
        "record_size": (UINT16, bits),
    }
    return tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + encoded(meta)


def _put(nodes: list[list[Any]], path: str, record: Any) -> None:
    node = 0
    for bit in path[:-1]:
        target = nodes[node][int(bit)]
        if not isinstance(target, int):  # nothing, or a wider network: its record holds beside the path
            nodes.append([target, target])
            nodes[node][int(bit)] = target = len(nodes) - 1
        node = target
    nodes[node][int(path[-1])] = (record,)


def _node(left: int, right: int, bits: int) -> bytes:
    if bits == 28:
        middle = (left >> 24) << 4 | right >> 24
        return (left & 0xFFFFFF).to_bytes(3, "big") + bytes([middle]) + (right & 0xFFFFFF).to_bytes(3, "big")
    return left.to_bytes(bits // 8, "big") + right.to_bytes(bits // 8, "big")


@pytest.fixture
def write_mmdb(tmp_path: Path) -> Callable[..., Path]:
    """Write an MMDB and get its path."""

    def write(networks: dict[str, Any], type_: str = "Country", name: str = "own.mmdb", **how: int) -> Path:
        path = tmp_path / name
        path.write_bytes(mmdb(networks, type_, **how))
        return path

    return write
