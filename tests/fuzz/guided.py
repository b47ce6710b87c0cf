"""One target under atheris: `python -m tests.fuzz.guided TARGET FOLDER... [-libfuzzer options]`."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["pullstats"], enable_loader_override=False):
    from tests.fuzz.targets import TARGETS

target = TARGETS[sys.argv[1]]
again = f"{sys.executable} -m tests.fuzz.guided {target.name}"  # what libFuzzer starts when it merges corpora
atheris.Setup([again, *sys.argv[2:]], target.check, custom_mutator=target.mutate)
atheris.Fuzz()
