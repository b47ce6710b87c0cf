"""Paths -> what they name: ecosystem, artifact, version, reference, role."""

from pullstats.enrich.artifacts.artifacts import COLUMNS, resources
from pullstats.enrich.artifacts.table import Route, routes, user_routes

__all__ = ["COLUMNS", "Route", "resources", "routes", "user_routes"]
