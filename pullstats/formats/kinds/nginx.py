"""nginx `log_format` strings: the variables that people log, and the text as it is pasted from a configuration."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from pullstats.errors import UsageError
from pullstats.formats.kinds.tokens import OPTIONAL_QUESTION, Field, Token

if TYPE_CHECKING:
    from collections.abc import Iterator

# variable -> (record column, type, rank)
VARIABLES: dict[str, tuple[str, str, int]] = {
    "remote_addr": ("client_ip", "address", 1),
    "realip_remote_addr": ("client_ip", "address", 2),
    "proxy_protocol_addr": ("client_ip", "address", 0),
    "http_x_forwarded_for": ("xff", "xff", 0),
    "proxy_add_x_forwarded_for": ("xff", "xff", 3),
    "http_x_real_ip": ("xff", "xff", 1),
    "http_true_client_ip": ("xff", "xff", 1),
    "http_cf_connecting_ip": ("xff", "xff", 1),
    "http_fastly_client_ip": ("xff", "xff", 1),
    "remote_user": ("", "user", 0),
    "http_authorization": ("auth", "present", 1),
    "time_local": ("ts", "clf", 2),
    "time_iso8601": ("ts", "iso", 1),
    "msec": ("ts", "epoch", 0),
    "request": ("", "request", 1),
    "request_method": ("method", "method", 0),
    "request_uri": ("", "target", 0),
    "uri": ("path", "path", 2),
    "document_uri": ("path", "path", 2),
    "args": ("query", "query", 2),
    "query_string": ("query", "query", 2),
    "status": ("status", "status", 0),
    "body_bytes_sent": ("bytes", "size", 0),
    "bytes_sent": ("bytes", "size", 1),
    "http_referer": ("referer", "text", 0),
    "http_user_agent": ("user_agent", "text", 0),
    "host": ("host", "host", 1),
    "http_host": ("host", "host", 0),
    "server_name": ("host", "host", 2),
    "request_time": ("request_time", "s", 0),
    "request_id": ("request_id", "word", 0),
    "req_id": ("request_id", "word", 0),
    "http_x_request_id": ("request_id", "word", 1),
    "ssl_protocol": ("tls", "tls", 0),
    "http_if_none_match": ("conditional", "present", 0),
    "geoip_country_code": ("country", "country", 0),
    "geoip2_country_code": ("country", "country", 0),
    "geoip2_data_country_code": ("country", "country", 0),
    "geoip2_data_country_iso_code": ("country", "country", 0),
    "http_cf_ipcountry": ("country", "country", 0),
}
_NUMBER = r"[0-9.]+|-"
_UPSTREAM = r"[^ ,]+(?:(?:,| :) [^ ,]+)*"
_PATTERNS = {
    "request_length": _NUMBER, "connection": _NUMBER, "connection_requests": _NUMBER, "gzip_ratio": _NUMBER,
    "pipe": "[.p]", "scheme": "https?|-?", "server_protocol": r"HTTP/[0-9.]+|-?", "is_args": OPTIONAL_QUESTION,
    "server_port": "[0-9]*|-", "remote_port": "[0-9]*|-", "https": "on|-?",
}  # fmt: skip
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))")
_STATEMENT = re.compile(r"\s*log_format\s+(\S+)\s+(?:escape=(\S+)\s+)?(.*?);?\s*", re.DOTALL)
_STRING = re.compile(r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*;?\s*""", re.DOTALL)
_COMMENT = re.compile(r"""(?m)^((?:[^'"#\n]|'[^'\n]*'|"[^"\n]*")*)#.*$""")
_FORMATS = re.compile(r"""log_format\s+[^;'"]+(?:\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))*\s*;""", re.DOTALL)
_USES = re.compile(r"access_log\s+(?:'[^']*'|\"[^\"]*\"|[^\s;]+)(?:\s+([^\s;=]+)(?=[\s;]))?[^;]*;")
_ESCAPES = {"default": "backslash", "json": "json", "none": "none"}


def unquoted(text: str) -> tuple[str, str]:
    """(format, escape dialect or empty) of a format as pasted: a whole statement, quoted strings, or bare text."""
    escape = ""
    statement = _STATEMENT.fullmatch(text)
    if statement:
        escape, text = _ESCAPES.get(statement[2] or "", ""), statement[3]
    parts, at = [], 0
    while match := _STRING.match(text, at):
        single, double = match.groups()
        quote = "'" if single is not None else '"'
        parts.append(_unescaped(single if single is not None else double, quote))
        at = match.end()
    if parts and at == len(text):
        return "".join(parts), escape
    return _unescaped(re.sub(r"\s*\n\s*", " ", text.strip("\n")), '"'), escape


def in_use(configuration: str) -> tuple[str, str] | None:
    """(name, log_format statement) that most access_log lines of a configuration name; None if they name none.

    The statement is empty for nginx's own `combined`.
    """
    text = _COMMENT.sub(r"\1", configuration)
    formats = {}
    for statement in _FORMATS.findall(text):
        named = _STATEMENT.fullmatch(statement)
        if named:
            formats[named[1]] = statement
    uses = [match[1] or "combined" for match in _USES.finditer(text) if not match[0].split()[1].startswith("off")]
    for name, _ in Counter(uses).most_common():
        if name in formats:
            return name, formats[name]
        if name == "combined":
            return name, ""
    return next(iter(formats.items()), None)


def _unescaped(text: str, quote: str) -> str:
    """What nginx makes of a quoted string of its configuration."""
    letters = {"t": "\t", "r": "\r", "n": "\n", "\\": "\\", quote: quote}
    return re.sub(r"\\(.)", lambda m: letters.get(m[1], m[0]), text, flags=re.DOTALL)


def tokens(spec: str) -> list[Token]:
    """The tokens of a format string.

    Raises:
        UsageError: the string has no variable, or none for a time.
    """
    found = list(_tokens(spec))
    if not any(isinstance(token, Field) for token in found):
        raise UsageError(f"{spec!r}: has no nginx variable", "give the log_format string, such as '$remote_addr ...'")
    return found


def _tokens(spec: str) -> Iterator[Token]:
    end = 0
    for match in _VARIABLE.finditer(spec):
        if match.start() > end:
            yield spec[end : match.start()]
        yield variable(match[1] or match[2])
        end = match.end()
    if end < len(spec):
        yield spec[end:]


def variable(name: str) -> Field:
    """The field of a variable; one that pullstats does not know is skipped."""
    if name in VARIABLES:
        target, type_, rank = VARIABLES[name]
        return Field(target, type_, rank)
    if name.startswith("upstream_"):
        return Field(pattern=_UPSTREAM)
    return Field(pattern=_PATTERNS.get(name, ""))
