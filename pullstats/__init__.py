"""Honest download figures from access logs."""

__version__ = "0.1.0"
