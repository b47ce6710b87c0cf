"""Requests become activities, and origins show how they behave."""
