"""User agents -> who asked: client, version, kind, platform."""

from pullstats.enrich.clients.clients import (
    COLUMNS,
    artifact_clients,
    classify,
    inflating,
    released,
    table,
    table_version,
)

__all__ = ["COLUMNS", "artifact_clients", "classify", "inflating", "released", "table", "table_version"]
