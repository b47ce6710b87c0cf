"""Formats of users' own: as pasted from a configuration, from a configuration file, from pullstats.toml, by --map."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from pullstats.errors import PullstatsError, UsageError
from pullstats.formats.entry import Entry, custom, mapped, nginx_conf, own
from pullstats.formats.parse import open_reader
from tests.formats.support import differences

INVENTED = [
    '$remote_addr $host $time_iso8601 "$request" $status $body_bytes_sent $request_time "$http_user_agent"',
    "$time_iso8601 | $remote_addr | $request_method | $request_uri | $status | $body_bytes_sent | $http_user_agent",
    '[$time_local] $status $remote_addr "$request" "$http_user_agent" "$http_referer" $body_bytes_sent',
    "$msec\t$remote_addr\t$request\t$status\t$http_user_agent",
    '$msec $remote_addr $request_id "$request_method $request_uri $server_protocol" $status "$http_user_agent"',
    '{"t":"$time_iso8601","ip":"$remote_addr","rq":"$request","st":$status,"sz":$body_bytes_sent,"ua":"$http_user_agent"}',
    '{ "t": $msec, "ip": "$remote_addr", "m": "$request_method", "u": "$request_uri", "st": "$status", "a": "$http_user_agent" }',
    '$remote_addr [$time_local] $host "$request" $status [$http_user_agent] <$http_referer>',
    'ip=$remote_addr t="$time_iso8601" req="$request" st=$status sz=$body_bytes_sent rt=$request_time ua="$http_user_agent"',
    '$remote_addr;$time_local;$request_method;$request_uri;$status;$body_bytes_sent;"$http_referer";"$http_user_agent"',
    '"$remote_addr","$time_iso8601","$request","$status","$body_bytes_sent","$http_referer","$http_user_agent"',
    '$remote_addr - $remote_user [$time_local] "$host" "$request" $status "$http_user_agent" $request_time $upstream_response_time $pipe',
    '$http_x_forwarded_for $remote_addr [$time_local] "$request" $status "$http_user_agent" "$upstream_cache_status"',
    "$remote_addr:$remote_port [$time_iso8601] ($request_method) <$request_uri> $status/$body_bytes_sent {$http_user_agent}",
    'nginx: $time_iso8601 $server_name $remote_addr "$request" => $status in $request_time s by "$http_user_agent"',
    '$request_time $status $time_local $remote_addr "$request" "$http_user_agent"',
    "[$time_local] [$remote_addr] [$status] [$request_time] [$request] [$http_user_agent]",
    '$time_iso8601 $remote_addr "$request_method https://$host$request_uri" $status "$http_user_agent"',
    '$remote_addr $time_iso8601 $request_method "$uri$is_args$args" $status "$http_user_agent"',
    "$remote_addr [$time_local] '$request' $status $body_bytes_sent '$http_user_agent'",
    '$geoip2_data_country_code $remote_addr $ssl_protocol [$time_local] "$request" $status "$http_user_agent" "$http_if_none_match"',
    '$time_iso8601\t$remote_addr\t"$request"\t$status\t"$http_user_agent"\t"$http_x_forwarded_for"',
]
WHEN = datetime(2026, 11, 23, 18, 45, 19, 909_000, UTC)
REQUESTS: list[dict[str, Any]] = [
    {
        "method": "GET",
        "path": "/v2/acme/app/manifests/latest",
        "query": "ns=docker&x=%20",
        "user_agent": "docker/24.0.7 (linux)",
    },
    {
        "method": "HEAD",
        "path": "/",
        "user_agent": 'pip/24.0 {"ci":null,"cpu":"x86_64"}',
        "referer": "https://a.example/?q=1",
    },
    {"method": "POST", "path": "/caf\u00e9", "user_agent": "a\\b \u00fc", "xff": "203.0.113.9, 10.0.0.4"},
    {"method": "GET", "path": "/x.tar.gz", "query": "a=[1]"},
]


def _escaped(text: str, mode: str) -> str:
    if mode == "json":
        return text.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(
        c if " " <= c <= "~" and c not in '"\\' else "".join(f"\\x{b:02X}" for b in c.encode()) for c in text
    )


def _line(spec: str, request: dict[str, Any], mode: str) -> str:
    """What nginx writes for a request."""
    query = request.get("query")
    target = request["path"] + (f"?{query}" if query else "")
    empty = "" if mode == "json" else "-"
    texts = {
        "remote_addr": "2001:db8::7", "remote_port": "41000", "host": "pull.example.org", "server_name": "pull.example.org",
        "remote_user": empty, "time_iso8601": "2026-11-23T18:45:19+00:00", "time_local": "23/Nov/2026:18:45:19 +0000",
        "msec": "1795459519.909", "request": f"{request['method']} {target} HTTP/1.1", "request_method": request["method"],
        "request_uri": target, "uri": request["path"], "is_args": "?" if query else "", "args": query or "",
        "server_protocol": "HTTP/1.1", "status": "200", "body_bytes_sent": "88", "request_time": "0.012",
        "http_referer": request.get("referer", empty), "http_user_agent": request.get("user_agent", empty),
        "http_x_forwarded_for": request.get("xff", empty), "request_id": "r-0001", "upstream_response_time": "0.001, 0.011",
        "upstream_cache_status": "HIT", "pipe": ".", "geoip2_data_country_code": "DE", "ssl_protocol": "TLSv1.3",
        "http_if_none_match": empty,
    }  # fmt: skip
    return re.sub(r"\$([a-z0-9_]+)", lambda match: _escaped(texts[match[1]], mode), spec)


def _expected(spec: str, request: dict[str, Any]) -> dict[str, Any]:
    """The record of the request, as far as the format tells."""
    told = {
        "client_ip": "2001:db8::7", "host": "pull.example.org", "status": 200, "bytes": 88, "request_time": 0.012,
        "request_id": "r-0001", "country": "DE", "tls": "TLSv1.3", **request,
    }  # fmt: skip
    needs = {
        "client_ip": "remote_addr", "host": "host|server_name", "bytes": "body_bytes_sent", "request_time": "request_time",
        "request_id": "request_id", "country": "geoip2_data_country_code", "tls": "ssl_protocol", "referer": "http_referer",
        "xff": "http_x_forwarded_for", "user_agent": "http_user_agent",
    }  # fmt: skip
    kept = {c: v for c, v in told.items() if c not in needs or re.search(rf"\$(?:{needs[c]})\b", spec)}
    return {"outcome": "parsed", "time": WHEN if "$msec" in spec else WHEN.replace(microsecond=0), **kept}


def _read(entry: Entry, line: str) -> dict[str, Any]:
    return open_reader(entry).read(pl.Series([line], dtype=pl.String)).row(0, named=True)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request["path"])
@pytest.mark.parametrize("spec", INVENTED)
def test_an_invented_log_format_is_read(spec: str, request_: dict[str, Any]) -> None:
    assert not differences(_expected(spec, request_), _read(custom(spec), _line(spec, request_, "default")))


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request["path"])
@pytest.mark.parametrize("spec", [spec for spec in INVENTED if spec.startswith("{")])
def test_an_invented_json_log_format_is_read_with_its_own_escapes(spec: str, request_: dict[str, Any]) -> None:
    entry = custom(f"log_format mine escape=json '{spec}';")
    assert not differences(_expected(spec, request_), _read(entry, _line(spec, request_, "json")))


CONFIGURATION = r"""
http {
    log_format unused '$remote_addr $time_local';
    # log_format wrong '$nothing';
    log_format  main  '$remote_addr - $remote_user [$time_local] "$request" '   # first half
                      '$status $body_bytes_sent "$http_referer" "$http_user_agent" '
                      '"$http_x_forwarded_for" $request_time';
    access_log  /var/log/nginx/access.log  main buffer=32k;
    server { access_log off; location / { access_log /var/log/nginx/a.log main; } }
    server { access_log /var/log/nginx/plain.log; }
}
"""
MAIN = '192.0.2.3 - - [23/Nov/2026:18:45:19 +0000] "GET /v2/ HTTP/1.1" 200 2 "-" "skopeo" "203.0.113.9" 0.012'


def test_the_log_format_in_use_is_found_in_a_configuration() -> None:
    record = _read(nginx_conf(CONFIGURATION), MAIN)
    assert (record["xff"], record["request_time"], record["user_agent"]) == ("203.0.113.9", 0.012, "skopeo")


def test_a_configuration_that_names_no_format_has_combined_in_use() -> None:
    assert nginx_conf("server { access_log /var/log/nginx/a.log; }").name == "nginx-combined"


def test_a_configuration_without_logs_is_refused_with_the_cure() -> None:
    with pytest.raises(PullstatsError, match="neither a log_format nor an access_log"):
        nginx_conf("server { listen 80; access_log off; }")


PASTED = {
    "bare": '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"',
    "escaped quotes": r"$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \"$http_referer\" \"$http_user_agent\"",
    "quoted lines": "'$remote_addr - $remote_user [$time_local] \"$request\" '\n  '$status $body_bytes_sent \"$http_referer\" '\n  '\"$http_user_agent\"';",
    "double quotes": r'"$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \"$http_referer\" \"$http_user_agent\""',
    "broken lines": '$remote_addr - $remote_user [$time_local] "$request"\n   $status $body_bytes_sent "$http_referer" "$http_user_agent"\n',
    "braces": '${remote_addr} - $remote_user [$time_local] "$request" ${status} $body_bytes_sent "$http_referer" "$http_user_agent"',
    "LogFormat": r'LogFormat "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"" combined',
    "LogFormat, bare": '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
    "LogFormat, strftime": '%h %l %u [%{%d/%b/%Y:%H:%M:%S %z}t] "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
    "GoAccess": '%h %^ %^ [%d:%t %^] "%r" %s %b "%R" "%u"',
}
COMBINED = '192.0.2.3 - - [23/Nov/2026:18:45:19 +0000] "GET /v2/ HTTP/1.1" 200 2 "-" "skopeo/1.14"'


@pytest.mark.parametrize("how", PASTED)
def test_a_format_is_taken_as_it_is_pasted(how: str) -> None:
    record = _read(custom(PASTED[how]), COMBINED)
    assert (record["client_ip"], record["path"], record["status"]) == ("192.0.2.3", "/v2/", 200)
    assert (record["bytes"], record["user_agent"]) == (2, "skopeo/1.14")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nginx-combine", "no such log format.*did you mean nginx-combined"),
        ("$remote_addr $status", "has no time"),
        ("%h %>s", "has no time"),
        ("$ 5", "has no nginx variable"),
        ("%h %{%A}t", "a time that pullstats cannot read"),
    ],
)
def test_a_format_that_is_none_is_refused_with_the_cure(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        custom(text)


def test_json_with_own_keys_is_read_by_a_map() -> None:
    line = '{"when":"2026-11-23T18:45:19Z","who":"192.0.2.3","what":"/v2/?n=1","verb":"GET","code":200,"http_user_agent":"x"}'
    record = _read(mapped({"time": "when", "client_ip": "who", "target": "what", "status": "code"}), line)
    assert (record["client_ip"], record["path"], record["query"], record["user_agent"]) == (
        "192.0.2.3",
        "/v2/",
        "n=1",
        "x",
    )


def test_a_map_of_an_unknown_field_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UsageError, match="did you mean user_agent"):
        mapped({"useragent": "ua"})


def test_a_format_in_pullstats_toml_is_read_like_a_known_one() -> None:
    (entry,) = own({"mine": {"kind": "fields", "separator": "|", "spec": "iso client_ip method target status"}})
    record = _read(entry, "2026-11-23T18:45:19Z|192.0.2.3|GET|/v2/?n=1|200")
    assert (record["client_ip"], record["path"], record["query"], record["status"]) == ("192.0.2.3", "/v2/", "n=1", 200)


def test_a_pattern_in_pullstats_toml_that_is_none_is_refused() -> None:
    with pytest.raises(PullstatsError, match=r"\[mine\] spec or fields cannot be read"):
        own({"mine": {"kind": "regex", "spec": "(?P<iso>[0-9"}})


def test_a_mistake_in_pullstats_toml_names_the_table() -> None:
    with pytest.raises(PullstatsError, match=r"pullstats\.toml: \[mine\] kind = 'ngnix'; it must be one of nginx"):
        own({"mine": {"kind": "ngnix"}})


def test_a_key_may_hold_a_text_in_one_record_and_an_object_in_another() -> None:
    (mine,) = own({"mine": {"kind": "json", "fields": {"ts": "at", "path": ["request", "request>url"]}}})
    lines = ['{"at":1706781600,"request":"/a"}', '{"at":1706781600,"request":{"url":"/b"}}']
    assert open_reader(mine).read(pl.Series(lines))["path"].to_list() == ["/a", "/b"]


WRONG = {
    "a pattern that is a number": ({"only": {"a": 5}}, "only = {'a': 5}; it must be a table, each a text"),
    "a table in a table": ({"skip": {"a": "b"}}, "skip = {'a': 'b'}; it must be a table, each a table, each a text"),
    "a list of numbers": ({"null": [1]}, "null = [1]; it must be a list, each a text"),
    "an event that says too little": ({"stands_for": [{"path": "/"}]}, "a table of only, method, path, status"),
    "a pattern that only Python knows": ({"only": {"a": "(?=x)"}}, "spec or fields cannot be read"),
    "a pattern that is none": ({"tell": "("}, "spec or fields cannot be read"),
    "a column that is none": ({"fields": {"ts": "at", "colour": "c"}}, "[mine] fields has 'colour': no such field"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_value_in_pullstats_toml_is_refused_with_its_shape(what: str) -> None:
    table, says = WRONG[what]
    with pytest.raises(PullstatsError, match=re.escape(says)):
        own({"mine": {"kind": "json", "fields": {"ts": "at"}, **table}})


@pytest.mark.parametrize("kind", ["json", "logfmt", "ltsv", "csv"])
def test_a_date_and_its_time_may_stand_in_two_keys(kind: str) -> None:
    table = {
        "kind": kind,
        "spec": "day,clock,uri",
        "signature": ["day", "clock"],
        "fields": {"ts": "day+clock", "path": "uri"},
    }
    line = {
        "json": '{"day":"2026-11-23","clock":"18:45:19","uri":"/a"}',
        "logfmt": "day=2026-11-23 clock=18:45:19 uri=/a",
        "ltsv": "day:2026-11-23\tclock:18:45:19\turi:/a",
        "csv": "2026-11-23,18:45:19,/a",
    }[kind]
    (mine,) = own({"mine": table})
    assert _read(mine, line)["path"] == "/a"


@pytest.mark.parametrize("kind", ["logfmt", "ltsv", "csv"])
def test_a_key_in_an_object_is_for_json_only(kind: str) -> None:
    with pytest.raises(PullstatsError, match="'a>b': .* has no objects and no lists; name the key as it stands"):
        own({"mine": {"kind": kind, "fields": {"ts": "a>b"}}})
