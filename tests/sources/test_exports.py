"""What other services export: events that come again count once, columns come in any order, files have their names."""

import gzip
import json
from pathlib import Path

import pytest

from tests.program import pullstats

HEAD = "id,type,package,version,time,referer,user_agent,variables,origin_id,endpoint_id"


def event(number: int, *, package: str = "acme/app", type_: str = "manifest-fetch", version: str = "1.0") -> str:
    """A row: one event a minute, by a few origins."""
    at = f"2026-10-05T{number // 60:02}:{number % 60:02}:00Z"
    return (
        f"event-{number:06},{type_},{package},{version},{at},,containerd/1.7.{number % 3},,o{number % 5},e{number % 5}"
    )


def export(numbers: range) -> str:
    return "\n".join([HEAD, *map(event, numbers)]) + "\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def figures(*words: str) -> dict[str, str]:
    return {row["metric"]: row["value"] for row in pullstats("summary", *words, "-f", "csv").rows}


def test_an_event_that_was_delivered_twice_counts_once_in_one_file(here: Path) -> None:
    (here / "a.csv").write_text(export(range(50)) + event(7) + "\n" + event(7) + "\n")
    counted = figures("a.csv")
    assert (counted["pulls"], counted["requests"]) == ("50", "50")
    assert (counted["lines"], counted["parsed"], counted["ignored"]) == ("53", "50", "3")


def test_an_event_that_was_delivered_twice_counts_once_across_files_and_ingests(here: Path) -> None:
    (here / "a.csv").write_text(export(range(50)))
    (here / "b.csv").write_text(export(range(40, 80)))
    (here / "again.csv").write_text(export(range(20, 80)))
    assert figures("a.csv", "b.csv", "again.csv")["pulls"] == "80"
    for name in ("a.csv", "b.csv", "again.csv", "a.csv"):
        assert pullstats("ingest", name).code == 0
    assert figures()["pulls"] == "80"
    assert pullstats("summary", "-f", "json").document["meta"]["coverage"]["duplicates"] == 10 + 60


def test_the_account_is_the_same_however_a_log_is_cut_into_blocks(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "a.csv").write_text(export(range(400)) + "".join(event(n) + "\n" for n in (399, 7, 7, 250)))
    whole = figures("a.csv")
    assert (whole["parsed"], whole["ignored"]) == ("400", "5")
    monkeypatch.setattr("pullstats.pipeline.parse.BLOCK_BYTES", 1 << 12)
    monkeypatch.setattr("pullstats.sources.compression.PIECE", 1 << 12)
    assert figures("a.csv") == whole


def test_the_account_says_what_was_a_duplicate(here: Path) -> None:
    (here / "a.csv").write_text(export(range(50)) + event(7) + "\n")
    (source,) = pullstats("ingest", "a.csv", "-f", "json").document["sources"]
    assert source["reasons"] == {"ignored: duplicate": 1, "ignored: header": 1}
    assert source["lines"] == source["parsed"] + source["ignored"] + source["rejected"] == 52


def test_an_export_that_grew_is_read_from_where_it_ended(here: Path) -> None:
    (here / "a.csv").write_text(export(range(50)))
    pullstats("ingest", "a.csv")
    (here / "a.csv").write_text(export(range(60)))
    (source,) = pullstats("ingest", "a.csv", "-f", "json").document["sources"]
    assert (source["lines"], source["parsed"]) == (10, 10)
    assert figures()["pulls"] == "60"


def test_the_header_decides_where_the_columns_are(here: Path) -> None:
    names = HEAD.split(",")
    rows = [dict(zip(names, event(number).split(","), strict=True)) for number in range(20)]
    order = sorted(names)
    (here / "a.csv").write_text(
        "\ufeff" + ",".join(f'"{name}"' for name in order) + "\r\n"
        + "".join(",".join(f'"{row[name]}"' for name in order) + "\r\n" for row in rows)
    )  # fmt: skip
    (here / "b.csv").write_text(export(range(20)))
    assert pullstats("detect", "a.csv").rows[0]["format"] == "scarf-events"
    assert figures("a.csv") == figures("b.csv") | {"lines": "21"}


def test_files_of_one_header_are_joined(here: Path) -> None:
    (here / "a.csv").write_text(export(range(10)) + export(range(10, 20)))
    assert figures("a.csv")["pulls"] == "20"


def test_hashed_origins_stand_for_addresses_and_say_nothing_of_networks(here: Path) -> None:
    (here / "a.csv").write_text(export(range(50)))
    assert figures("a.csv")["origins"] == "5"
    for dimension in ("country", "network", "asn"):
        (row,) = pullstats("breakdown", dimension, "a.csv").rows
        assert (row[dimension], row["pulls"]) == ("", "50")


def test_a_download_of_a_file_is_a_download(here: Path) -> None:
    rows = [event(number, package="@acme/sdk", type_="binary-download", version=f"2.{number}") for number in range(3)]
    (here / "a.csv").write_text("\n".join([HEAD, *rows]))
    found = pullstats("breakdown", "artifact,version", "a.csv").rows
    assert [(row["artifact"], row["version"], row["downloads"]) for row in found] == [
        ("@acme/sdk", version, "1") for version in ("2.0", "2.1", "2.2")
    ]


def test_an_export_without_events_has_nothing_to_count(here: Path) -> None:
    (here / "scarf-test.csv").write_text(HEAD + "\n")
    done = pullstats("summary", "scarf-test.csv")
    assert (done.code, done.err) == (1, "pullstats: scarf-test.csv: holds header lines only; nothing to count\n")


def nginx(number: int) -> str:
    return (
        f"192.0.2.{number % 9} - - [05/Oct/2026:{number // 60:02}:{number % 60:02}:00 +0000] "
        '"GET /v2/acme/app/manifests/1.0 HTTP/1.1" 200 700 "-" "containerd/1.7.2"'
    )


def cloudwatch(folder: Path, stream: str, numbers: range) -> None:
    """A stream of a CloudWatch export task, as it comes from S3: one gzip file."""
    place = folder / "exportedlogs" / "0f6d2f0a-6d0c-4d0e-9b8f-3a1c5f6f7d10" / stream
    place.mkdir(parents=True)
    text = "".join(f"2026-10-05T{n // 60:02}:{n % 60:02}:00.123Z {nginx(n)}\n" for n in numbers)
    (place / "000000.gz").write_bytes(gzip.compress(text.encode()))


def test_a_folder_that_cloudwatch_exported_to_is_read(here: Path) -> None:
    cloudwatch(here, "web-1", range(30))
    cloudwatch(here, "web-2", range(30, 60))
    (here / "exportedlogs" / "aws-logs-write-test").write_text("Permission Check Successful")
    (here / "plain.log").write_text("".join(nginx(number) + "\n" for number in range(60)))
    exported, plain = figures("exportedlogs"), figures("plain.log")
    assert exported == plain
    assert exported["pulls"] == "60"
    done = pullstats("ingest", "exportedlogs", "-f", "json")
    found = done.document["sources"]
    assert done.code == 0
    assert [Path(each["source"]).parts[-2:] for each in found] == [("web-1", "000000.gz"), ("web-2", "000000.gz")]
    assert {each["format"] for each in found} == {"nginx-combined"}


@pytest.mark.parametrize(
    "name",
    [
        "000001.gz",
        "events-scarf-export-2026-10-01-2026-10-06.csv",
        "events-scarf-export-2026-10-01-2026-10-06-part-00001.csv",
        "E2K1ABCDEFGHIJ.2026-10-05-08.a1b2c3d4.gz",
        "2026-10-05-08-15-30-0123456789ABCDEF",
        "access.log-20261005.gz",
        "acme_usage_2026_10_05_08_00_00_02fce1_v0",
        "08:00:00_08:59:59_S0.json",
        "PT1H.json",
    ],
)
def test_a_folder_holds_logs_under_the_names_that_services_give_them(here: Path, name: str) -> None:
    text = export(range(20)) if name.endswith("csv") else "".join(nginx(number) + "\n" for number in range(20))
    (here / "logs" / "deep").mkdir(parents=True)
    (here / "logs" / "notes.txt").write_text("no log")
    (here / "logs" / "deep" / name).write_bytes(text.encode() if name.endswith("csv") else gzip.compress(text.encode()))
    assert figures("logs")["pulls"] == "20"


def test_a_stream_of_json_lines_comes_out_of_its_export(here: Path) -> None:
    rows = [
        {"time": f"2026-10-05T08:{n:02}:00Z", "remote_addr": "192.0.2.1", "method": "GET", "status": 200,
         "uri": "/v2/acme/app/manifests/1.0", "http_user_agent": "containerd/1.7.2"}
        for n in range(20)
    ]  # fmt: skip
    text = "".join(f"2026-10-05T08:15:00.000Z {json.dumps(row)}\n" for row in rows)
    (here / "000000.gz").write_bytes(gzip.compress(text.encode()))
    assert figures("000000.gz")["pulls"] == "20"
