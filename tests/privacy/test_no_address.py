"""No address, token or user name is in the store: every file of it is decoded and searched."""

import ipaddress
import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.program import pullstats

SECRET, USER, MAIL = "s3cr3tT0kenS3cr3tT0ken99", "alice.liddell", "ops@corp.example"
ADDRESSES = ("203.0.113.77", "198.51.100.23", "2001:db8:77:1::5", "2001:db8:77:1:0:0:0:6")
AGENT = f"docker/24.0.7 go/go1.20.10 kernel/6.1.0-18 os/linux arch/amd64 ({MAIL}; /home/{USER}/x) 0123456789abcdef0123456789abcdef"
TEXT = re.compile(rb"[ -~]{3,}")


def lines() -> list[str]:
    """Requests that carry each secret at each place where a log can have it."""
    digest = "sha256:" + "ab" * 32
    targets = (
        f"/v2/acme/app/manifests/1.0?token={SECRET}",
        f"/v2/acme/app/blobs/{digest}?sig={SECRET}",
        f"/simple/acme/?user={USER}&ip={ADDRESSES[0]}",
        f"/dl/{SECRET}{SECRET}/acme-1.0.tar.gz",
    )
    clients = [(address, target) for address in ADDRESSES for target in targets]
    return [
        f'{address} - {USER} [01/Mar/2024:10:{number // 60:02}:{number % 60:02} +0000] "GET {target} HTTP/1.1" 200 70000 '
        f'"https://{MAIL}/?q={SECRET}" "{AGENT}" "{ADDRESSES[1]}"'
        for number, (address, target) in enumerate(clients * 5)
    ]


def secrets() -> set[str]:
    """Every text that must not be found, with the spellings that code may have given it."""
    spelled = {ipaddress.ip_address(address) for address in ADDRESSES}
    words = {SECRET, USER, MAIL, "0123456789abcdef0123456789abcdef"}
    return words | set(ADDRESSES) | {str(each) for each in spelled} | {each.exploded for each in spelled}


def texts(folder: Path) -> list[tuple[str, str]]:
    """Everything readable in a folder: each value of each column, and the readable runs of all other bytes."""
    found: list[tuple[str, str]] = []
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        if path.suffix == ".parquet":
            found += decoded(path)
        found += [(f"{path.name} bytes", run.decode()) for run in TEXT.findall(path.read_bytes())]
        found += [(f"{path.name} JSON", text) for text in jsons(path)]
    return found


def decoded(path: Path) -> list[tuple[str, str]]:
    frame = pl.read_parquet(path)
    meta = str(pl.read_parquet_metadata(path))
    values = [(name, value) for name in frame.columns for value in frame[name].cast(pl.String).drop_nulls().unique()]
    numbers = [
        (name, str(ipaddress.ip_address(each % 2**32)))
        for name in frame.columns
        if frame[name].dtype.is_integer()
        for each in frame[name].drop_nulls().unique()
        if 0 <= each < 2**32
    ]
    return [*((f"{path.name} {name}", value) for name, value in values + numbers), (f"{path.name} metadata", meta)]


def jsons(path: Path) -> list[str]:
    """Strings of a JSON file, JSON inside of strings (Delta's statistics) decoded too."""
    if path.suffix not in (".json", ""):
        return []
    try:
        documents = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    except (ValueError, UnicodeDecodeError):
        return []
    return [text for document in documents for text in strings(document)]


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for pair in value.items() for each in pair for text in strings(each)]
    if isinstance(value, list):
        return [text for each in value for text in strings(each)]
    if isinstance(value, str):
        try:
            inner = json.loads(value) if value[:1] in "{[" else None
        except ValueError:
            inner = None
        return [value, *(strings(inner) if inner is not None else [])]
    return [str(value)]


def leaks(folder: Path) -> list[str]:
    return [f"{where}: {text}" for where, text in texts(folder) for secret in secrets() if secret in text]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    log = tmp_path / USER / "access.log"
    log.parent.mkdir()
    log.write_text("\n".join(lines()) + "\n")
    done = pullstats("ingest", log, "--store", tmp_path / "store")
    assert done.code == 0, done.err
    return tmp_path / "store"


def test_the_search_finds_what_is_planted(store: Path) -> None:
    for name, column in (("callers", "user_agent"), ("resources", "path"), ("sources", "source")):
        part = next((store / name).glob("*.parquet"))
        frame = pl.read_parquet(part)
        frame.with_columns(pl.lit(f"x {ADDRESSES[0]} x").alias(column)).write_parquet(part)
        assert leaks(store), name
        frame.write_parquet(part)
        assert not leaks(store)
    number = int(ipaddress.ip_address(ADDRESSES[0]))
    part = next((store / "requests").rglob("*.parquet"))
    pl.read_parquet(part).with_columns(pl.lit(number).alias("line")).write_parquet(part)
    assert leaks(store), "an address as a number"


def test_nothing_personal_is_in_the_store(store: Path) -> None:
    assert len(pl.read_parquet(str(store / "requests" / "**" / "*.parquet"))) == len(lines())
    assert not leaks(store)


@pytest.mark.parametrize(
    "question", ["summary", "top-origins", "breakdown client,os", "breakdown artifact,reference", "uniques"]
)
@pytest.mark.parametrize("output", ["csv", "json", "table", "md"])
def test_nothing_personal_is_in_an_answer(store: Path, question: str, output: str) -> None:
    done = pullstats(*question.split(), "--store", store, "-f", output)
    assert done.code == 0
    assert not [secret for secret in secrets() if secret in done.out + done.err]


def test_nothing_personal_is_in_an_error(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text("\n".join(line[:60] for line in lines()) + "\n")
    done = pullstats("ingest", log, "--log-format", "nginx-combined", "--store", tmp_path / "s")
    assert done.code == 1
    assert "do not fit" in done.err
    assert not [secret for secret in secrets() if secret in done.out + done.err]
