"""Where a setting's value comes from: command line > PULLSTATS_* > pullstats.toml > the user's config > default."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pullstats.errors import UsageError, did_you_mean
from pullstats.words import OPTIONS, Option

NAME = "pullstats.toml"
TABLES = ("labels", "routes", "formats", "source")
# Options that make sense on one call only.
ONCE = ("json", "now", "output", "rejects")


@dataclass(frozen=True)
class Settings:
    """The settings of one call.

    Attributes:
        given: what the command line says, by option name; None or empty where it says nothing.
        files: parsed configuration files, the nearest first.
    """

    given: dict[str, Any]
    files: tuple[tuple[Path, dict[str, Any]], ...] = field(default_factory=tuple)

    def find(self, name: str) -> tuple[Any, str]:
        """The value of an option and where it comes from."""
        option = OPTIONS[name]
        if self.given.get(name) not in (None, [], (), False):
            return self.given[name], "command line"
        if name not in ONCE:
            variable = f"PULLSTATS_{name.upper()}"
            if os.environ.get(variable):
                return _typed(option, os.environ[variable], variable), variable
            for path, values in self.files:
                if name in values:
                    return _typed(option, values[name], f"{path}: {name}"), str(path)
        return option.default, "default"

    def __getitem__(self, name: str) -> Any:
        return self.find(name)[0]

    def words(self, name: str) -> tuple[str, ...]:
        """The values of an option that takes several, comma-separated or repeated."""
        value = self[name] or ()
        texts = [value] if isinstance(value, str) else value
        return tuple(word.strip() for text in texts for word in str(text).split(",") if word.strip())

    def table(self, name: str) -> dict[str, Any]:
        """A table of the configuration files; the nearest file that has it counts."""
        return next((values[name] for _, values in self.files if name in values), {})


def _typed(option: Option, value: Any, where: str) -> Any:
    try:
        if option.type == "number":
            return int(value)
        if option.type == "flag":
            return value if isinstance(value, bool) else str(value).lower() in ("1", "true", "yes", "on")
        if option.type == "words":
            return value if isinstance(value, list) else [str(value)]
    except ValueError as error:
        raise UsageError(f"{where}: {value!r} is not a whole number") from error
    text = str(value)
    if option.choices and text not in option.choices:
        raise UsageError(f"{where}: {text!r}", f"choose {', '.join(option.choices)}")
    return text


def load(given: dict[str, Any]) -> Settings:
    """The settings of a call, with the configuration files that apply here.

    Raises:
        UsageError: a file is no TOML, or has an unknown key.
    """
    named = os.environ.get("PULLSTATS_CONFIG")
    paths = [Path(named)] if named else [*_upwards(), *_user()]
    return Settings(given, tuple((path, _read(path)) for path in paths))


def _upwards() -> list[Path]:
    here = Path.cwd()
    near = next((folder / NAME for folder in (here, *here.parents) if (folder / NAME).is_file()), None)
    return [near] if near else []


def _user() -> list[Path]:
    import platformdirs

    path = Path(platformdirs.user_config_dir("pullstats")) / "config.toml"
    return [path] if path.is_file() else []


def _read(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}", "mend the file, or name another with PULLSTATS_CONFIG") from error
    known = [*TABLES, *(name for name in OPTIONS if name not in ONCE)]
    for key in values:
        if key not in known:
            near = did_you_mean(key, known)
            raise UsageError(f"{path}: unknown key {key!r}", near or f"known keys: {', '.join(sorted(known))}")
    return values
