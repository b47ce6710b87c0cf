"""Paths -> what they name: ecosystem, artifact, version, reference, role."""

from pullstats.enrich.artifacts.reading import COLUMNS, resources
from pullstats.enrich.artifacts.routes import Route, own, routes

__all__ = ["COLUMNS", "Route", "own", "resources", "routes"]
