"""Lines that belong to a log but are no client's request are ignored, with a reason, and never counted."""

from __future__ import annotations

import polars as pl
import pytest

from pullstats.formats.entry import entry
from pullstats.formats.parse import open_reader
from pullstats.tables import IGNORED

# fmt: off
OTHERS = [
    ("aws-s3", "36c1 acme [10/Sep/2019:15:11:07 +0000] 192.0.2.9 arn:aws:iam::1:user/a 8CD7 BATCH.DELETE.OBJECT a.war - 204 - - 344017 - - - - - IeDW= SigV4 ECDHE AuthHeader s3.example.com TLSv1.2",
     "object of a batch, whose request has a line of its own"),
    ("aws-s3", 'b854 acme [25/Mar/2025:19:28:02 +0000] - AmazonS3 366D S3.EXPIRE.OBJECT a.sst "-" - - - 317 - - "-" "-" qsEq DMlP= - - - - - - -',
     "operation of S3 itself"),
    ("cloudflare", '{"ClientIP":"192.0.2.9","ClientRequestMethod":"GET","ClientRequestURI":"/a","EdgeResponseStatus":200,"EdgeStartTimestamp":"2022-05-25T13:25:26Z","RayID":"710e","WorkerSubrequest":true}',
     "sub-request of a worker"),
    ("verdaccio", '{"level":"http","time":1763890233123,"sub":"out","request":{"method":"GET","url":"https://up.example/acme"},"status":200,"msg":"200, req: GET"}',
     "a request to an uplink"),
    ("verdaccio", '{"level":"info","time":1763890233123,"sub":"in","req":{"method":"GET","url":"/acme"},"ip":"192.0.2.9","msg":"192.0.2.9 requested GET /acme"}',
     "the request, before it is done"),
    ("verdaccio", '{"level":"warn","time":1763890233123,"msg":"http address - http://localhost:4873/"}', "application log"),
    ("verdaccio-text", " http --> 200, req: 'GET https://registry.example.org/acme' (streaming)", "a request to an uplink"),
    ("forgejo", "2025/08/18 07:59:01 ...eb/routing/logger.go:47:func1() [I] router: slow      GET /acme for 10.0.0.1:18329, elapsed 3000.3ms @ repo/repo.go:318(repo.Home)",
     "a request that goes on"),
    ("forgejo", "2025/08/18 07:59:01 cmd/web.go:242:runWeb() [I] Starting Forgejo on PID: 7", "application log"),
    ("uvicorn", "INFO:     Application startup complete.", "application log"),
]
# fmt: on


@pytest.mark.parametrize(("name", "line", "reason"), OTHERS, ids=lambda value: str(value)[:30])
def test_what_is_no_request_is_ignored(name: str, line: str, reason: str) -> None:
    row = open_reader(entry(name)).read(pl.Series([line])).row(0, named=True)
    assert (row["outcome"], row["reason"]) == (IGNORED, reason)
