"""A wrong entry is named with its file; a user's own table wins over ours."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pullstats.enrich.clients import artifact_clients, classify, table, table_version
from pullstats.enrich.clients.entries import load, read_entries
from pullstats.errors import PullstatsError

GOOD = """
[acme]
kind = "package_client"
about = "Acme's own client"
tokens = ["acme-puller"]
source = "our wiki"

[[acme.example]]
user_agent = "acme-puller/3.2.1"
client_version = "3.2.1"
"""


def _file(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.replace("tokens =", "token ="), "[acme] has the unknown key token; did you mean tokens?"),
        (GOOD.replace('"package_client"', '"packager"'), "[acme] kind is 'packager'; give one of runtime, builder"),
        (GOOD.replace('kind = "package_client"', ""), "[acme] has no kind; give one of runtime"),
        (GOOD.replace('source = "our wiki"', ""), "[acme] has no source"),
        (GOOD.replace('tokens = ["acme-puller"]', ""), "[acme] has neither tokens nor phrases"),
        (GOOD.replace('["acme-puller"]', '"acme-puller"'), "[acme] tokens is 'acme-puller'; give a list of texts"),
        (GOOD.partition("[[")[0], "[acme] has no example; add [[acme.example]]"),
        (GOOD.replace("user_agent =", "agent ="), "[acme] has an example without user_agent"),
        (GOOD + 'version = "3"', "[acme] has an example with the unknown key version"),
        (GOOD + GOOD.replace("[acme]", "[other]").replace("[[acme", "[[other"), "token acme-puller is taken by acme"),
        ("acme = 3", "[acme] is no entry"),
        ("[acme", "is not TOML"),
        (
            GOOD.replace("[acme]", '[acme]\nstrength = "weak"'),
            "strength is 'weak'; give one of program, library, carrier",
        ),
        (GOOD.replace("[acme]", "[acme]\nartifact_client = 1"), "artifact_client is 1; give true or false"),
        (GOOD.replace("[acme]", '[acme]\nreleased = { "1" = "x" }'), "give a table of years"),
    ],
)
def test_a_wrong_entry_is_named(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(PullstatsError) as caught:
        load(_file(tmp_path, text))
    message = str(caught.value)
    assert says in message
    assert message.startswith(("own.toml", str(tmp_path)))
    assert "\n" not in message


def test_an_absent_table_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(PullstatsError, match=r"none\.toml: No such file"):
        classify(pl.Series(["x"]), tmp_path / "none.toml")


def test_ones_own_table_wins(tmp_path: Path) -> None:
    own = _file(tmp_path, GOOD + GOOD.replace("acme", "wget").replace("wget-puller", "curl"))
    agents = pl.Series(["acme-puller/3.2.1", "curl/8.5.0", "Wget/1.21", "skopeo/1.14.2"])
    assert classify(agents, own)["client"].to_list() == ["acme", "wget", "unknown", "skopeo"]
    assert classify(agents)["client"].to_list() == ["unknown", "curl", "wget", "skopeo"]
    assert "acme" in table(own)["client"].to_list()


def test_the_table_lists_every_client_once() -> None:
    rows = table()
    assert rows["client"].is_unique().all()
    assert rows.height > 400
    assert {"none", "unknown"}.isdisjoint(rows["client"])
    assert {"helm", "oras", "flux"} <= set(artifact_clients())
    assert len(table_version()) == 8


def test_leaving_the_examples_out_changes_nothing_else() -> None:
    folder = Path(str(load.__wrapped__.__code__.co_filename)).parent
    for path in folder.glob("*.toml"):
        if path.name != "vocabulary.toml":
            full, short = read_entries(path), read_entries(path, examples=False)
            assert [entry.__dict__ | {"examples": ()} for entry in full] == [entry.__dict__ for entry in short]
