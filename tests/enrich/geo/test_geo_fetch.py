"""Network data is fetched from a real server, and nothing that goes wrong there changes what is in use."""

import base64
import gzip
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pullstats.enrich import fetching, parts, unpacking
from pullstats.enrich.addresses import parse
from pullstats.enrich.geodata import GeoData, fetched_folder
from pullstats.enrich.networks import Geo, lookup
from pullstats.lazy import pl
from tests.enrich.geo.conftest import mmdb
from tests.program import Done, pullstats

GOOD = Path(__file__).parent / "mmdb" / "good"
ROOT = Path(__file__).parents[3]
KEY = "s3cret-Licence_Key"


def country(code: str, *, epoch: int = 1_790_000_000, networks: int = 40) -> bytes:
    """A country database that puts 81.2.69.0/24 into a country, and other networks."""
    rows = {f"{n}.0.0.0/8": {"country": {"iso_code": code}} for n in range(20, 20 + networks)}
    return mmdb(rows | {"81.2.69.0/24": {"country": {"iso_code": code}}}, "GeoLite2-Country", epoch=epoch)


def tarred(members: dict[str, bytes], *, link: str = "") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        if link:
            info = tarfile.TarInfo(link)
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(info)
    return out.getvalue()


Answer = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """A server on this machine: a path to its answer; it remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, dict(self.headers)))
                answer = outer.answers.get(self.path)
                answer(self) if answer else self.send_error(404)

            def log_message(self, *_: object) -> None:
                """Nothing on the terminal."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # a client that hangs up is no news
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def gives(self, path: str, data: bytes, **headers: str) -> str:
        """Answer a path with bytes; the address."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            for name, value in ({"Content-Length": str(len(data))} | headers).items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(data)

        self.answers[path] = answer
        return self.url + path

    def refuses(self, path: str, code: int, **headers: str) -> str:
        """Answer a path with a status; the address."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(code)
            for name, value in headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        self.answers[path] = answer
        return self.url + path

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in (
        "MAXMIND_ACCOUNT_ID",
        "MAXMIND_LICENSE_KEY",
        "IPINFO_TOKEN",
        "PULLSTATS_GEO_KEY",
        "PULLSTATS_GEO_ACCOUNT",
    ):
        monkeypatch.delenv(name, raising=False)
    running = Server()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def where(address: str = "81.2.69.160") -> object:
    return lookup(parse(pl.Series([address])), Geo.open([])).row(0, named=True)["country"]


def says(done: Done) -> str:
    """The one line that an update failed with."""
    lines = [line for line in done.err.splitlines() if not line.startswith("fetching ")]
    assert done.code == 1, done
    assert len(lines) == 1, done.err
    assert KEY not in done.err + done.out
    return lines[0].removeprefix("pullstats: ")


@pytest.mark.parametrize(
    "pack",
    [
        bytes,
        gzip.compress,
        lambda data: tarred(
            {"GeoLite2-Country_1/COPYRIGHT.txt": b"c", "GeoLite2-Country_1/GeoLite2-Country.mmdb": data}
        ),
    ],
)
def test_a_database_is_fetched_and_used(server: Server, pack: Callable[[bytes], bytes]) -> None:
    assert where() == "GB"
    done = pullstats("geo", "update", server.gives("/db", pack(country("FR"))), "-f", "csv")
    assert (done.code, where()) == (0, "FR"), done.err
    first = done.rows[0]
    assert (first["table"], first["source"], first["version"]) == (
        "country",
        "GeoLite2-Country.mmdb",
        "GeoLite2-Country",
    )
    assert "MaxMind" in first["attribution"]
    shown = pullstats("geo", "lookup", "81.2.69.160", "-f", "csv").rows[0]
    assert shown["evidence"].startswith("country: GeoLite2-Country.mmdb; asn: asn table")
    assert where("8.8.8.8") == "US", "what the new file does not know stands in the tables"


def test_geoip_db_comes_before_what_was_fetched_and_none_leaves_both_out(server: Server, here: Path) -> None:
    pullstats("geo", "update", server.gives("/db", country("FR")))
    (here / "own.mmdb").write_bytes(country("ES"))
    looked = [
        pullstats("geo", "lookup", "81.2.69.160", "--geoip-db", given, "-f", "csv").rows[0]["country"]
        for given in ("own.mmdb", "none", "none,own.mmdb")
    ]
    assert looked == ["ES", "", "ES"]


def test_tables_are_fetched_too(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "LEAST", 0.0)
    text = (
        "".join(f"{a}.0.0.0,{a}.255.255.255,{'ZZ' if a == 10 else 'FR'}\n" for a in range(1, 224))
        + "2001:200::,2001:200::ffff,JP\n"
    )
    url = server.gives("/dbip-country-lite-2026-11.csv.gz", gzip.compress(text.encode()))
    assert pullstats("geo", "update", url).code == 0
    assert (where(), GeoData.current().folder.parent) == ("FR", fetched_folder())


def test_an_account_and_key_are_sent_and_never_shown(
    server: Server, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tarred({"x/GeoLite2-Country.mmdb": country("FR")})
    url = server.gives("/GeoLite2-Country/download?suffix=tar.gz", data)
    server.gives(
        "/GeoLite2-Country/download?suffix=tar.gz.sha256", f"{hashlib.sha256(data).hexdigest()}  x.tar.gz\n".encode()
    )
    (here / "pullstats.toml").write_text(f'[geo.maxmind]\nurl = "{url}"\n')
    without = pullstats("geo", "update")
    assert (without.code, server.asked) == (1, [])
    assert "maxmind: needs a key; set MAXMIND_ACCOUNT_ID and MAXMIND_LICENSE_KEY" in without.err
    monkeypatch.setenv("MAXMIND_ACCOUNT_ID", "4711")
    monkeypatch.setenv("MAXMIND_LICENSE_KEY", KEY)
    done = pullstats("geo", "update", "-v")
    assert (done.code, where()) == (0, "FR"), done.err
    sent = base64.b64encode(f"4711:{KEY}".encode()).decode()
    assert [(path.rpartition("=")[2], headers["Authorization"]) for path, headers in server.asked] == [
        ("tar.gz.sha256", f"Basic {sent}"),
        ("tar.gz", f"Basic {sent}"),
    ]
    assert all(headers["User-Agent"].startswith("pullstats/") for _, headers in server.asked)
    assert done.err == f"fetching {server.url}/GeoLite2-Country/download\n"
    assert not any(secret in done.out + done.err + pullstats("config", "show").out for secret in (KEY, sent))


def test_a_token_stands_in_the_address_or_alone(server: Server, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.gives(f"/lite.mmdb?token={KEY}", country("FR"))
    server.gives("/lite.mmdb", country("ES"))
    (here / "pullstats.toml").write_text(
        f'[geo.ours]\nprovider = "ipinfo"\nurl = "{server.url}/lite.mmdb?token={{key}}"\n'
        f'[geo.mirror]\nurl = "{server.url}/lite.mmdb"\nkey = "{KEY}"\n'
    )
    monkeypatch.setenv("IPINFO_TOKEN", KEY)
    done = pullstats("geo", "update", "ours")
    assert (done.code, where()) == (0, "FR"), done.err
    assert "Authorization" not in server.asked[0][1]
    done = pullstats("geo", "update", "mirror")
    assert (done.code, where()) == (0, "ES"), done.err
    assert server.asked[1][1]["Authorization"] == f"Bearer {KEY}"
    assert KEY not in done.out + done.err


def test_a_key_on_the_command_line_is_refused_since_all_users_see_it(server: Server) -> None:
    for url in (f"{server.url}/x?license_key={KEY}", f"{server.url}/x?a=1&token={KEY}", f"http://me:{KEY}@127.0.0.1/x"):
        done = pullstats("geo", "update", url)
        assert done.code == 2
        assert KEY not in done.err
        assert "everybody on this machine sees a key" in done.err
    assert server.asked == []


@pytest.mark.parametrize("code", [401, 403])
def test_a_wrong_key_is_said(server: Server, here: Path, code: int) -> None:
    url = server.refuses("/db", code)
    assert says(pullstats("geo", "update", url)) == (
        f"{url}: answers {code}, it needs a key; set PULLSTATS_GEO_KEY, or write them below [geo.NAME] in pullstats.toml"
    )
    server.refuses(f"/db?token={KEY}", code)
    (here / "pullstats.toml").write_text(f'[geo.x]\nurl = "{url}?token={{key}}"\nkey = "{KEY}"\n')
    assert f"answers {code}, the key is wrong, or not for this file" in says(pullstats("geo", "update"))


def _slow(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    for _ in range(40):
        try:
            handler.wfile.write(b"x")
            handler.wfile.flush()
        except OSError:
            return
        time.sleep(0.05)


def _silent(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(1.0)


def _hangs_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def _not_http(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"\x00\x01nonsense\r\n\r\n")


def _endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(bytes(1 << 16))
    except OSError:
        return


DATA = country("FR")
USER_COUNT = (GOOD / "GeoIP2-User-Count-Test.mmdb").read_bytes()
WRONG: dict[str, tuple[Answer | bytes, str]] = {
    "cut": (DATA[: len(DATA) // 2], "is no MMDB, or cut off"),
    "cut gzip": (gzip.compress(DATA)[:-20], "cannot be unpacked, it is damaged or cut off"),
    "broken gzip": (gzip.compress(DATA)[:40] + bytes(200), "cannot be unpacked, it is damaged or cut off"),
    "cut archive": (
        gzip.compress(gzip.decompress(tarred({"a.mmdb": DATA}))[:900]),
        "cannot be unpacked, it is damaged or cut off",
    ),
    "login page": (b"<html>log in</html>", "is a web page, not an MMDB"),
    "empty": (b"", "is empty"),
    "wrong type": (USER_COUNT, "has no country, ASN or organisation"),
    "leaving": (tarred({"../../../tmp/evil.mmdb": DATA}), "has a member that would leave its folder"),
    "leaving beside": (
        tarred({"x/db.mmdb": DATA, "/etc/cron.d/evil": b"x"}),
        "has a member that would leave its folder",
    ),
    "link": (tarred({}, link="x/db.mmdb"), "holds no MMDB files, not one"),
    "two": (tarred({"a.mmdb": DATA, "b.mmdb": DATA}), "holds 2 MMDB files, not one"),
    "slow": (_slow, "takes longer than 0.2 s"),
    "silent": (_silent, "was silent for 0.3 s"),
    "hangs up": (_hangs_up, "the connection broke off"),
    "not http": (_not_http, "does not answer as a web server does"),
    "endless": (_endless, "is larger than 1 MiB"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_goes_wrong_is_said_in_one_line_and_changes_nothing(
    server: Server, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    pullstats("geo", "update", server.gives("/before", country("ES")))
    before = sorted(fetched_folder().rglob("*"))
    limits = {"slow": ("LONGEST_SECONDS", 0.2), "silent": ("SILENT_SECONDS", 0.3), "endless": ("LARGEST", 1 << 20)}
    if what in limits:
        monkeypatch.setattr(fetching, *limits[what])
    answer, message = WRONG[what]
    if isinstance(answer, bytes):
        server.gives("/db", answer)
    else:
        server.answers["/db"] = answer
    line = says(pullstats("geo", "update", f"{server.url}/db"))
    assert line.startswith(f"{server.url}/db: ")
    assert message in line
    assert where() == "ES"
    assert sorted(fetched_folder().rglob("*")) == before, "nothing is left over"


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"Content-Length": str(len(DATA) + 5)}, f"ended after {len(DATA):,} of {len(DATA) + 5:,} bytes"),
        ({"Content-Length": "99999999999"}, "is larger than 1,024 MiB"),
    ],
)
def test_a_length_that_is_not_kept_or_enormous_is_refused(
    server: Server, headers: dict[str, str], message: str
) -> None:
    assert message in says(pullstats("geo", "update", server.gives("/db", DATA, **headers)))
    assert where() == "GB"


@pytest.mark.parametrize(
    ("code", "what"), [(404, "there is no such file"), (429, "too many downloads"), (503, "answers 503")]
)
def test_a_refusal_is_said(server: Server, code: int, what: str) -> None:
    assert what in says(pullstats("geo", "update", server.refuses("/db", code)))


def test_what_unpacks_to_too_much_is_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "LARGEST", 1 << 20)
    for data in (gzip.compress(bytes(2 << 20)), tarred({"a.mmdb": bytes(2 << 20)})):
        assert "is larger than 1 MiB when unpacked" in says(pullstats("geo", "update", server.gives("/db", data)))


@pytest.mark.parametrize(
    ("checksum", "message"),
    [
        ('sha256 = ".sha256"', "its SHA-256 is not 000000000000..., as published"),
        ('sha256 = "{url}/nothing"', "holds no SHA-256"),
        ('sha256 = "{url}/absent"', "answers 404, there is no such file"),
        (f'sha256 = "{"A" * 64}"', "its SHA-256 is not aaaaaaaaaaaa..., as published"),
    ],
)
def test_a_file_is_not_used_without_its_checksum(server: Server, here: Path, checksum: str, message: str) -> None:
    url = server.gives("/db", DATA)
    server.gives("/db.sha256", b"0" * 64 + b"  db\n")
    server.gives("/nothing", b"see our web site\n")
    (here / "pullstats.toml").write_text(f'[geo.x]\nurl = "{url}"\n{checksum.replace("{url}", server.url)}\n')
    assert message in says(pullstats("geo", "update"))
    assert where() == "GB"


def test_a_right_checksum_is_enough(server: Server, here: Path) -> None:
    url = server.gives("/db", DATA)
    (here / "pullstats.toml").write_text(
        f'[geo.x]\nurl = "{url}"\nsha256 = "{hashlib.sha256(DATA).hexdigest().upper()}"\n'
    )
    assert pullstats("geo", "update").code == 0
    assert where() == "FR"


def test_an_older_or_much_smaller_database_is_not_used(server: Server) -> None:
    pullstats("geo", "update", server.gives("/db", country("ES", networks=200)))
    older = says(pullstats("geo", "update", server.gives("/old", country("FR", epoch=1_780_000_000, networks=200))))
    assert older.startswith("GeoLite2-Country: is of 2026-05-28, older than what is in use, of 2026-09-21; that stays")
    smaller = says(pullstats("geo", "update", server.gives("/small", country("FR", networks=1))))
    assert "the old one stays" in smaller
    assert where() == "ES"
    assert pullstats("geo", "update", server.gives("/same", country("IT", networks=200))).code == 0, (
        "of the same day: mended"
    )
    assert where() == "IT"


def test_one_source_that_fails_does_not_keep_the_others_out(server: Server, here: Path) -> None:
    server.gives("/country", country("FR"))
    server.gives("/asn", (GOOD / "GeoLite2-ASN-Test.mmdb").read_bytes())
    (here / "pullstats.toml").write_text(
        f'[geo.a]\nurl = ["{server.url}/country", "{server.url}/absent"]\n[geo.b]\nurl = "{server.url}/asn"\n'
    )
    done = pullstats("geo", "update", "-f", "csv", "-q")
    assert done.code == 1
    assert (
        done.err
        == f"pullstats: {server.url}/absent: answers 404, there is no such file; check the address; the data in use stays\n"
    )
    assert [row["source"] for row in done.rows][:2] == ["GeoLite2-Country.mmdb", "GeoLite2-ASN.mmdb"]


def test_redirects_are_followed_to_no_worse_place_and_without_the_key(server: Server, here: Path) -> None:
    other = Server()
    try:
        other.gives("/signed?x=1", country("FR"))
        url = server.refuses("/db", 302, Location=f"{other.url}/signed?x=1")
        (here / "pullstats.toml").write_text(f'[geo.x]\nurl = "{url}"\nkey = "{KEY}"\n')
        assert pullstats("geo", "update").code == 0
        assert (where(), "Authorization" in server.asked[0][1]) == ("FR", True)
        assert "Authorization" not in other.asked[0][1]
    finally:
        other.stop()
    for to, message in {
        "file:///etc/passwd": "cannot be followed",
        "ftp://127.0.0.1/x": "redirects from http to ftp",
    }.items():
        assert message in says(pullstats("geo", "update", server.refuses("/away", 302, Location=to)))
    loop = server.refuses("/loop", 302, Location="/loop")
    assert says(pullstats("geo", "update", loop)).startswith(f"{loop}: answers 302")


def test_https_is_not_left_by_a_redirect() -> None:
    handler = fetching._Redirects()  # noqa: SLF001 - a certificate for a server of tests is much ado
    request = fetching.urllib.request.Request("https://127.0.0.1/db")
    with pytest.raises(fetching.PullstatsError, match="redirects from https to http; not followed"):
        handler.redirect_request(request, None, 302, "", {}, "http://127.0.0.1/db")


def test_a_key_is_not_sent_unencrypted_to_another_machine(here: Path) -> None:
    (here / "pullstats.toml").write_text(f'[geo.x]\nurl = "http://192.0.2.1/db"\nkey = "{KEY}"\n')
    assert (
        says(pullstats("geo", "update"))
        == "http://192.0.2.1/db: would send your key unencrypted; give an https address"
    )


def test_nobody_at_home_is_said(server: Server) -> None:
    server.stop()
    assert "refuses connections" in says(pullstats("geo", "update", f"{server.url}/db"))


def test_this_month_or_the_last_one(server: Server, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_months", lambda: ["2026-11", "2026-10"])
    server.gives("/2026-10.mmdb", country("FR"))
    (here / "pullstats.toml").write_text(f'[geo.x]\nurl = "{server.url}/{{month}}.mmdb"\n')
    assert pullstats("geo", "update").code == 0
    assert [path for path, _ in server.asked] == ["/2026-11.mmdb", "/2026-10.mmdb"]
    server.answers.clear()
    assert "/2026-10.mmdb: answers 404" in says(pullstats("geo", "update"))


def test_files_and_file_addresses(here: Path) -> None:
    (here / "GeoLite2-Country.tar.gz").write_bytes(tarred({"x/GeoLite2-Country.mmdb": country("FR")}))
    assert pullstats("geo", "update", "GeoLite2-Country.tar.gz").code == 0
    assert where() == "FR"
    (here / "new.mmdb").write_bytes(country("IT"))
    assert pullstats("geo", "update", (here / "new.mmdb").as_uri()).code == 0
    assert where() == "IT"
    (here / "GeoLite2-Country.tar.gz").write_bytes(tarred({"x/GeoLite2-Country.mmdb": country("AT")}))
    (here / "new.mmdb").unlink()
    assert pullstats("geo", "update", ".").code == 0
    assert where() == "AT"
    absent = (here / "absent.mmdb").as_uri()
    assert says(pullstats("geo", "update", absent)).startswith(f"{absent}: cannot be read (No such file or directory)")


def test_remove_goes_back_to_the_data_that_came_with_pullstats(server: Server) -> None:
    pullstats("geo", "update", server.gives("/db", country("FR")))
    done = pullstats("geo", "remove")
    assert (done.code, where(), fetched_folder().exists()) == (0, "GB", False)
    assert done.err.endswith("removed; the data that comes with pullstats is in use\n")
    assert pullstats("geo", "remove", "-q").err == ""


def test_other_files_of_the_place_are_nobody_s_business(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULLSTATS_GEO_DIR", str(here))
    (here / "photos").mkdir()
    (here / "photos" / "one.jpg").write_text("x")
    (here / "old.mmdb").write_bytes(country("FR"))
    os.utime(here / "photos", (0, 0))
    for _ in range(3):
        assert pullstats("geo", "update", "old.mmdb").code == 0
    assert where() == "FR"
    assert pullstats("geo", "remove").code == 0
    assert sorted(path.name for path in here.iterdir()) == ["old.mmdb", "photos"]
    assert (where(), (here / "photos" / "one.jpg").exists()) == ("GB", True)


def test_updates_at_the_same_time_wait_for_each_other(server: Server) -> None:
    server.gives("/country", country("FR"))
    server.gives("/asn", (GOOD / "GeoLite2-ASN-Test.mmdb").read_bytes())
    words = [sys.executable, "-m", "pullstats", "geo", "update", "-q", "-f", "csv"]
    runs = [
        subprocess.Popen([*words, f"{server.url}/{name}"], stdout=subprocess.DEVNULL, cwd=ROOT)
        for name in ("country", "asn", "country")
    ]
    assert [run.wait(120) for run in runs] == [0, 0, 0]
    current = GeoData.fetched()
    assert current
    assert {path.name for path in current.databases} == {"GeoLite2-Country.mmdb", "GeoLite2-ASN.mmdb"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("geo = 3", "[geo] needs a table for each source"),
        ("[geo]\nurl = 'x'", "[geo] needs a table for each source"),
        ("[geo.x]\nurls = 'x'", "[geo.x]: unknown key 'urls'; did you mean url?"),
        ("[geo.x]\nurl = []", "[geo.x]: url is no text; give a text or a list of texts"),
        ("[geo.x]\nurl = 'https://h/x'\nkey = 5", "[geo.x]: key is no text"),
        ("[geo.x]\nprovider = 'y'", "[geo.x]: unknown provider; known are dbip, maxmind, ipinfo"),
        ("[geo.maxmind]\naccount = 5", "[geo.maxmind] has no url; write url = and the address"),
    ],
)
def test_a_wrong_table_is_refused(here: Path, text: str, message: str) -> None:
    (here / "pullstats.toml").write_text(text)
    done = pullstats("geo", "update")
    assert done.code == 2
    assert f"pullstats.toml: {message}" in done.err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ((), 2, "nothing to update from; give a folder of downloads, an address or a provider (dbip)"),
        (("maxmind",), 2, "maxmind: its addresses are not known; write those that it shows you as url = [...]"),
        (("maxmnd",), 1, "maxmnd: no such folder, entry [geo.maxmnd] or provider; did you mean maxmind?"),
        (("ftp://127.0.0.1/x",), 2, "ftp://127.0.0.1/x: is no address; write it as https://HOST/FILE"),
        (("https://",), 2, "is no address"),
        (("http://[1/x",), 2, "is no address"),
        (("https://host/a b",), 2, "is no address"),
    ],
)
def test_wrong_words_are_refused(words: tuple[str, ...], code: int, message: str) -> None:
    done = pullstats("geo", "update", *words)
    assert (done.code, done.err.count("\n")) == (code, 1), done.err
    assert message in done.err


def test_nothing_else_loads_what_could_use_the_network() -> None:
    program = (
        "import sys; from pullstats.cli import run; run(['geo', 'info', '-q']); run(['geo', 'lookup', '8.8.8.8']);"
        "sys.exit(bool({'urllib.request', 'http.client', 'pullstats.enrich.fetching'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, capture_output=True).returncode == 0
