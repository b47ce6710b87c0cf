"""Every route reads its examples; any path gives a row and never an error."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pullstats.enrich import artifacts as enrich
from pullstats.enrich.artifacts import COLUMNS, Route, resources, routes, user_routes
from pullstats.enrich.artifacts.table import Role, check_patterns
from pullstats.errors import UsageError

ROLES = get_args(Role)
EXAMPLES = [(route, example) for route in routes() for example in route.examples]


def read(
    path: str | None, host: str | None = None, query: str | None = None, extra: tuple[Route, ...] = ()
) -> dict[str, str | None]:
    frame = pl.DataFrame(
        {"host": [host], "path": [path], "query": [query]}, schema=dict.fromkeys(("host", "path", "query"), pl.String())
    )
    return resources(frame, extra).row(0, named=True)


@pytest.mark.parametrize(
    ("route", "example"), EXAMPLES, ids=lambda each: each.name if isinstance(each, Route) else each["path"][-40:]
)
def test_an_example_is_read_by_its_own_route(route: Route, example: Mapping[str, str]) -> None:
    found = read(example["path"], example.get("host"), example.get("query"))
    assert found["evidence"] == route.name
    expected = {name: value for name, value in example.items() if name in COLUMNS and name != "path"}
    assert {name: found[name] for name in expected} == expected
    assert found["path"] == example.get("masked", example["path"])


def test_every_mask_hides_its_example() -> None:
    masks = tomllib.loads((Path(enrich.__file__).parent / "masks.toml").read_text("utf-8"))
    assert {name: read(each["path"])["path"] for name, each in masks.items()} == {
        name: each["masked"] for name, each in masks.items()
    }


def test_what_is_secret_in_a_path_is_no_artifact() -> None:
    token = "0123456789abcdef" * 3
    found = read(f"/repo/{token}/index.yaml")
    assert not [value for value in found.values() if value and token in value]


@pytest.mark.parametrize(
    ("path", "query", "namespace"),
    [
        ("/v2/library/nginx/manifests/latest", "ns=docker.io", "docker.io"),
        ("/v2/library/nginx/manifests/latest", "a=1&ns=r.example%3A5000", "r.example:5000"),
        ("/v2/library/nginx/manifests/latest", "ns=alice%40example.com%2Fsecret", None),
        ("/acme-1.0.zip", "ns=secret-value", None),
    ],
)
def test_only_a_registrys_name_is_kept_of_a_query(path: str, query: str, namespace: str | None) -> None:
    assert read(path, query=query)["namespace"] == namespace


@pytest.mark.parametrize("path", ["/sitemap.xml.gz", "/assets/app.js.gz", "/.env.zip"])
def test_what_web_sites_serve_is_no_download(path: str) -> None:
    assert read(path)["role"] != "content"


def test_every_route_has_an_example() -> None:
    assert not [route.name for route in routes() if not route.examples]


@pytest.mark.parametrize(
    "path",
    [
        "/.env",
        "/wp-login.php",
        "/",
        "",
        None,
        "/index.html",
        "/v2/../../x",
        "/robots.txt",
        "/api/v1/pods",
        "/login?x",
        "\x16\x03\x01",
    ],
)
def test_what_is_no_artifact_is_other(path: str | None) -> None:
    assert (read(path)["role"], read(path)["artifact"]) == ("other", None)


def test_the_name_ends_at_the_last_manifests_segment() -> None:
    assert read("/v2/acme/manifests/app/manifests/1.0")["artifact"] == "acme/manifests/app"


def test_official_images_have_no_library() -> None:
    assert (
        read("/v2/library/nginx/manifests/latest")["artifact"]
        == read("/v2/nginx/manifests/latest")["artifact"]
        == "nginx"
    )


@pytest.mark.parametrize(
    ("path", "stored"),
    [
        ("/dl/s3cr3tT0kenS3cr3tT0ken99s3cr3tT0ken/acme-1.0.zip", "/dl/***/acme-1.0.zip"),
        ("/dl/ops@corp.example/acme-1.0.zip", "/dl/***/acme-1.0.zip"),
        ("/ip/203.0.113.77/acme-1.0.zip", "/ip/***/acme-1.0.zip"),
        ("/ip/2001:db8::1/acme-1.0.zip", "/ip/***/acme-1.0.zip"),
        ("/dl/1.2.3.4/acme-1.0.zip", "/dl/1.2.3.4/acme-1.0.zip"),
        ("/a/a-name-of-many-words-and-no-number-at-all/x.zip", "/a/a-name-of-many-words-and-no-number-at-all/x.zip"),
        ("/t/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc/x.zip", "/t/***/x.zip"),
    ],
)
def test_what_may_be_a_secret_is_masked(path: str, stored: str) -> None:
    assert read(path)["path"] == stored


def test_a_digest_is_no_secret() -> None:
    path = "/v2/acme/app/blobs/sha256:" + "0a" * 32
    assert read(path)["path"] == path


def test_a_route_of_the_user_comes_first() -> None:
    extra = user_routes({"get": {"pattern": "^/get/(?P<artifact>[a-z]+)/(?P<version>[0-9.]+)$"}})
    found = read("/get/tool/1.2", extra=extra)
    assert (found["artifact"], found["version"], found["role"]) == ("tool", "1.2", "content")


@pytest.mark.parametrize(
    "row", [{}, {"pattern": "x", "colour": "red"}, {"pattern": "x", "role": "boss"}, {"pattern": "^/get/("}, "text"]
)
def test_a_wrong_route_of_the_user_is_named(row: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="get"):
        user_routes({"get": row})


@given(
    st.lists(
        st.text(max_size=60) | st.sampled_from([example["path"] for _, example in EXAMPLES]) | st.none(), max_size=20
    )
)
@settings(max_examples=60, deadline=None)
def test_any_path_gives_a_row(paths: list[str | None]) -> None:
    frame = pl.DataFrame(
        {"host": [None] * len(paths), "path": paths, "query": [None] * len(paths)},
        schema=dict.fromkeys(("host", "path", "query"), pl.String()),
    )
    found = resources(frame)
    assert len(found) == len(paths)
    assert found.columns == list(COLUMNS)
    assert set(found["role"]) <= set(ROLES)
    assert all(dtype == pl.String for dtype in found.dtypes)


@pytest.mark.parametrize(
    "path", ["/" + "a/" * 30_000, "/v2/" + "a-" * 30_000, "/" + "%41" * 20_000, "/x" + ".tar" * 16_000 + ".gz"]
)
def test_long_paths_take_no_time(path: str) -> None:
    assert read(path)["role"] in ROLES


@pytest.mark.parametrize("route", routes(), ids=lambda route: route.name)
def test_every_pattern_can_be_used(route: Route) -> None:
    check_patterns(route)
