"""Lets `python -m pullstats` run the command line."""

from pullstats.cli import main

main()
