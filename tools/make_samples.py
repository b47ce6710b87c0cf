#!/usr/bin/env python3
"""Make the project's sample logs, and EXPECTED.json: what is in them by the rule pullstats-1.

    python tools/make_samples.py [--out FOLDER]

The same script makes the same lines on every machine. The expectation is counted from the sessions that the script
made up itself (samplelib/truth.py), never from the text and never with pullstats. README.md beside the logs tells the
stories; its figures come from here too. Needs nothing but Python's standard library.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from samplelib import archives, readme, registries, render, talk, truth

GATEWAYS = (
    registries.nginx_combined,
    archives.nginx_main,
    registries.nginx_json,
    archives.apache_combined,
    archives.cloudfront,
    registries.distribution,
    registries.scarf,
    talk.talk_table_1,
    talk.talk_table_2,
)


def logs() -> list[truth.Log]:
    """All logs, with the check that no session in them can be counted in two ways."""
    made = [gateway() for gateway in GATEWAYS]
    for one in [*([log] for log in made), made]:
        if problems := list(truth.unclear(one)):
            sys.exit("\n".join([f"{len(problems)} matters of opinion in {[log.name for log in one]}:", *problems[:20]]))
    return made


def expected(made: list[truth.Log]) -> dict[str, object]:
    """The headline of all logs together and, under `files`, of each."""
    return truth.summary(made) | {"files": {log.name: truth.summary([log]) for log in made}}


def main() -> None:
    """Write the logs, EXPECTED.json and README.md."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "sample_logs")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    made = logs()
    sizes = {}
    for log in made:
        data = render.packed(log.name, render.text(log))
        (out / log.name).write_bytes(data)
        sizes[log.name] = len(data)
    facts = expected(made)
    (out / "EXPECTED.json").write_text(json.dumps(facts, indent=1) + "\n")
    (out / "README.md").write_text(readme.text(made, facts))
    print("\n".join(f"{name:28}{size:>10,} bytes" for name, size in sizes.items()))
    print(f"{'together':28}{sum(sizes.values()):>10,} bytes")


if __name__ == "__main__":
    main()
