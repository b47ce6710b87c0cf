"""Where newer network data is fetched from: addresses, and the keys that they need."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from pullstats.errors import PullstatsError, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCHEMES = ("https", "http", "file")
KEY, MONTH = "{key}", "{month}"
ANY_ACCOUNT, ANY_KEY = "PULLSTATS_GEO_ACCOUNT", "PULLSTATS_GEO_KEY"
ENTRY = {
    "url": "a text or a list of texts",
    "provider": "a text",
    "account": "a text",
    "key": "a text",
    "sha256": "a text",
}
_SECRET = re.compile(r"(?i)[?&;][\w-]*(key|token|secret|password|passwd|signature|sig)=(?!\{key\})[^&;]")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Download:
    """One address of network data.

    Attributes:
        name: of the provider or the entry; the address itself where it was only given.
        url: with KEY and MONTH in the place of what they stand for.
        sha256: the checksum, its address, or a text that makes it of the file's; None: there is none.
        account: sent with the key (HTTP Basic); None: the key stands alone.
        key: the secret, in no message.
        needs: how to give the key, for messages.
    """

    name: str
    url: str
    sha256: str | None = None
    account: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)
    needs: str = ""

    @property
    def shown(self) -> str:
        """The address without what may be secret in it."""
        return shown(self.url)


def shown(url: str) -> str:
    """An address without user, query and fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that are no IPv6
        return url.partition("://")[0] + "://..."
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def downloads(word: str, entries: Mapping[str, Any], environ: Mapping[str, str]) -> list[Download] | None:
    """The addresses that a word names; None where it names a folder or file.

    Args:
        word: a URL, the name of an entry or of a provider, a folder or a file.
        entries: [geo.NAME] of pullstats.toml.
        environ: where keys can stand.

    Raises:
        UsageError: an address or entry is wrong, or holds a secret that all users of the machine see.
        PullstatsError: there is no key.
    """
    if "://" in word:
        if _SECRET.search(word) or "@" in word.partition("://")[2].partition("/")[0]:
            raise UsageError(
                f"{shown(word)}: everybody on this machine sees a key that is on the command line",
                f"write the address into [geo.NAME] of pullstats.toml, or {KEY} in its place and the key in {ANY_KEY}",
            )
        return list(_of_entry(shown(word), {"url": word}, environ))
    if word in entries or word in providers():
        return list(_of_entry(word, entries.get(word, {}), environ))
    if Path(word).exists():
        return None
    near = did_you_mean(word, [*entries, *providers()])
    raise PullstatsError(
        f"{word}: no such folder, entry [geo.{word}] or provider",
        near or f"give a folder, an address or one of {', '.join(providers())}",
    )


@cache
def providers() -> dict[str, dict[str, Any]]:
    """Who offers network data, by name."""
    return tomllib.loads(Path(__file__).with_name("providers.toml").read_text("utf-8"))


def check(where: str, entries: Any) -> None:
    """Refuse [geo] tables that name no address.

    Raises:
        UsageError: an entry is wrong; `where` says in which file.
    """
    if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
        raise UsageError(f"{where} needs a table for each source", "write [geo.NAME] and below it url = ...")
    for name, entry in entries.items():
        at = f"{where.removesuffix(']')}.{name}]"
        for key, value in entry.items():
            if key not in ENTRY:
                near = did_you_mean(key, list(ENTRY))
                raise UsageError(f"{at}: unknown key '{key}'", near or f"known are {', '.join(ENTRY)}")
            texts = value if isinstance(value, list) and key == "url" else [value]
            if not texts or not all(
                isinstance(text, str) or (key == "account" and type(text) is int) for text in texts
            ):
                raise UsageError(f"{at}: {key} is no text", f"give {ENTRY[key]}")
        if entry.get("provider", "dbip") not in providers():
            raise UsageError(f"{at}: unknown provider", f"known are {', '.join(providers())}")
        if "url" not in entry and "url" not in providers().get(entry.get("provider", name), {}):
            raise UsageError(f"{at} has no url", "write url = and the address that your provider shows you")


def _of_entry(name: str, entry: Mapping[str, Any], environ: Mapping[str, str]) -> Iterator[Download]:
    provider = providers().get(entry.get("provider", name), {})
    urls = entry.get("url") or provider.get("url")
    if not urls:
        raise UsageError(
            f"{name}: its addresses are not known", f"write those that it shows you as url = [...] below [geo.{name}]"
        )
    variables = [provider.get("account", ANY_ACCOUNT), provider.get("key", ANY_KEY)]
    account, key = (
        _secret(name, entry.get(word) or environ.get(variable))
        for word, variable in zip(("account", "key"), variables, strict=True)
    )
    asked = [variable for word, variable in zip(("account", "key"), variables, strict=True) if word in provider]
    needs = f"set {' and '.join(asked or variables[1:])}, or write them below [geo.NAME] in pullstats.toml"
    for url in [urls] if isinstance(urls, str) else urls:
        found = Download(name, _sound(url), entry.get("sha256") or provider.get("sha256"), account, key, needs)
        if ("account" in provider and not account) or ((KEY in url or "key" in provider) and not key):
            raise PullstatsError(f"{name}: needs a key", needs)
        yield found


def _sound(url: str) -> str:
    """The address, if it can be fetched.

    Raises:
        UsageError: it cannot.
    """
    try:
        parts = urlsplit(url)
        whole = parts.scheme in SCHEMES and bool(parts.hostname or parts.scheme == "file") and parts.port != 0
    except ValueError:
        whole = False
    if not whole or not url.isascii() or not url.isprintable() or " " in url:
        raise UsageError(f"{shown(url) if '://' in url else 'url'}: is no address", "write it as https://HOST/FILE")
    return url


def _secret(name: str, text: Any) -> str | None:
    secret = str(text).strip() if text else ""
    if not secret.isascii() or not secret.isprintable():
        raise UsageError(f"{name}: the key has letters that no key has", "copy it again")
    return secret or None


def sends_openly(download: Download) -> bool:
    """Whether the key would go through the network unencrypted."""
    parts = urlsplit(download.url)
    return parts.scheme == "http" and bool(download.key) and parts.hostname not in _LOOPBACK


def checksum_address(download: Download, url: str) -> str | None:
    """Where the checksum of a file stands; None: nowhere, or it is known."""
    if download.sha256 is None or _SHA256.fullmatch(download.sha256):
        return None
    return download.sha256 if "://" in download.sha256 else url + download.sha256
