from typing import Any

import polars as pl
import pytest

from pullstats.enrich.environments import BEHAVIOR, ENVIRONMENTS, SIGNALS, by_behavior, environments, rows

TYPES = {"ci": pl.Boolean(), **dict.fromkeys(("hints", "os", "network", "cloud", "kind"), pl.String())}


def told(**known: Any) -> tuple[str, str | None]:
    frame = pl.DataFrame([dict.fromkeys(TYPES) | known], schema=TYPES)
    return environments(frame).row(0)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({}, ("unknown", None)),
        ({"kind": "runtime", "os": "linux", "network": "isp"}, ("unknown", None)),
        ({"ci": True, "os": "darwin", "network": "isp"}, ("ci", "ci true")),
        ({"ci": False}, ("unknown", None)),
        ({"hints": "kernel=6.1,kubernetes"}, ("cluster", "hint kubernetes")),
        ({"hints": "k8s=k3s,kubernetes", "cloud": "aws", "kind": "runtime"}, ("cluster", "hint kubernetes")),
        ({"hints": "desktop=wsl2", "kind": "runtime"}, ("laptop", "hint desktop=wsl2")),
        ({"os": "darwin", "network": "isp"}, ("laptop", "os darwin, network isp")),
        ({"os": "darwin", "network": "hosting", "kind": "package_client"}, ("unknown", None)),
        ({"cloud": "aws", "network": "hosting", "kind": "runtime"}, ("server", "cloud aws, kind runtime")),
        ({"cloud": "aws", "network": "hosting", "kind": "package_client"}, ("unknown", None)),
        ({"network": "hosting", "kind": "updater"}, ("server", "network hosting, kind updater")),
        ({"hints": "device=nas"}, ("server", "hint device=nas")),
        ({"hints": "nodesktop", "kind": "runtime"}, ("unknown", None)),
    ],
)
def test_an_environment_is_named_only_by_its_signals(known: dict[str, Any], expected: tuple[str, str | None]) -> None:
    assert told(**known) == expected


def test_the_table_uses_known_words() -> None:
    assert all(row["environment"] in ENVIRONMENTS and set(row) <= {"environment", BEHAVIOR, *SIGNALS} for row in rows())
    assert by_behavior() == {"ci": "ci", "mirror": "server"}
