"""Logs in, one commit out: the stages joined in order."""
