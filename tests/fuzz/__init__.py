"""Any bytes in: no exception, and read = parsed + ignored + rejected.

    python -m tests.fuzz [TARGET...] [--seconds 60] [--runs N] [--seed 1] [--plain] [--keep]

A target per kind of format, one for envelopes, one for files as they lie on a disk, one for what users write about
their formats. Where atheris is installed it guides the search. It sees the Python of pullstats only: Polars, which
reads whole columns, is native code to it. So the mutator knows what logs look like, and a target also holds each
fast reading of a line against the strict one, which is Python. Where atheris is missing (it has wheels for Linux on
x86-64 only) the same mutator damages the kept corpus by chance, from the same seed.

An input is text: its first line says what reads the rest (`nginx-combined Europe/Berlin`). `corpus/` keeps the fewest
inputs that reach all code that was ever reached; `--keep` adds to it what a run has found.
"""
