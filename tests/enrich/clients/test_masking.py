"""The agent that is stored names no person, machine or secret, and is read as the whole one was."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pullstats.enrich.clients import classify
from pullstats.enrich.clients.entries import load


def masked(agent: str) -> str:
    return classify(pl.Series([agent], dtype=pl.String))["user_agent"][0]


@pytest.mark.parametrize(
    ("agent", "secret"),
    [
        ("acme/1.0 (mailto:ana@corp.test)", "ana"),
        ("Mozilla/5.0 (compatible; X/1.0; +claudebot@anthropic.com)", "anthropic"),
        ("/home/ana/bin/grype go-containerregistry/v0.17.0", "ana"),
        (r"C:\Users\ana\grype.exe", "ana"),
        ("acme/1.0 (/home/ana/x)", "ana"),
        ("acme/1.0 ~ana/x", "ana"),
        ("acme/1.0 (https://corp.test/u/ana?key=abc)", "ana"),
        ("acme/1.0 (user=ana; host=laptop17)", "ana"),
        ("acme/1.0 192.168.1.17", "192.168"),
        ("acme/1.0 (http://10.20.30.40/)", "10.20"),
        ("acme/1.0 (2001:db8:85a3:0:0:8a2e:370:7334)", "2001"),
        ("acme/1.0 session_id/0d1c6aa01c4e4b2c9ff0b0aef3b3c1d2", "0d1c6aa0"),
        ("bundler/2.3.27 ruby/3.1.7 (x86_64-linux) command/install 067d9902014fd3c1", "067d9902"),
        ("acme/1.0 token/c2VjcmV0IHRva2VuIGhlcmU", "c2VjcmV0"),
        ("acme/1.0 eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmN", "eyJ"),
        ("acme/1.0 (ref 4ff6b6b1-6d2f-4b0b-a0a4-6b8fbd0ec5ea)", "4ff6b6b1"),
        ("acme/1.0 4915112345678", "4915112345678"),
        ("conda/22.11.1 requests/2.28.1 c/NIedulQP s/sQPR5moe e/Tfgp_cYz", "NIedulQP"),
        ('pip/24.0 {"ci":null,"python":"3.11.7","user_data":"ana at corp"}', "ana"),
        ('pip/24.0 {"ci":null,"user_data":"ana at co', "ana"),
        ("Anaïs-laptop/1.0", "Anaïs"),
    ],
)
def test_what_could_name_somebody_is_cut(agent: str, secret: str) -> None:
    row = classify(pl.Series([agent], dtype=pl.String)).row(0, named=True)
    assert not [column for column, value in row.items() if isinstance(value, str) and secret in value]


@pytest.mark.parametrize(
    "agent",
    [
        "docker/24.0.7 go/go1.20.10 git-commit/311b9ff kernel/6.6.87.2-microsoft-standard-WSL2 os/linux arch/amd64",
        "cargo/1.90.0 (840b83a10 2025-07-30)",
        "winget-cli WindowsPackageManager/1.7.10661 DesktopAppInstaller/Microsoft.DesktopAppInstaller v1.22.10661.0",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/103.0.5060.114 Safari/537.36",
        'pip/18.0 {"cpu":"x86_64","distro":{"name":"macOS","version":"10.13.6"},"python":"3.5.3"}',
        "libdnf (Debian GNU/Linux 12; generic; Linux.x86_64)",
    ],
)
def test_ordinary_words_stay(agent: str) -> None:
    assert masked(agent) == agent


def test_a_masked_agent_is_read_like_the_whole_one() -> None:
    agents = [example.user_agent for entry in load(examples=True).entries.values() for example in entry.examples]
    whole = classify(pl.Series(agents))
    again = classify(whole["user_agent"])
    columns = ["client", "kind", "os", "arch", "distro", "ci"]
    assert whole.select(columns).to_dicts() == again.select(columns).to_dicts()
    assert again["user_agent"].to_list() == whole["user_agent"].to_list()


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
@example("0{\xa00")
def test_no_address_or_long_number_is_left(agent: str) -> None:
    row = classify(pl.Series([agent], dtype=pl.String)).row(0, named=True)
    text = row["user_agent"] or ""
    assert not re.search(
        r"@|\d{8}|[0-9a-fA-F]{16}|[^\x20-\x7e]|(?<![\w./])(?<!rv:)[1-9]\d{0,2}(\.\d{1,3}){3}(?![\w.])", text
    )
