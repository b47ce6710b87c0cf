"""Where a setting's value comes from: command line > PULLSTATS_* > pullstats.toml > the user's config > default."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pullstats.errors import UsageError, did_you_mean
from pullstats.words import OPTIONS, Option

NAME = "pullstats.toml"
TABLES = ("labels", "routes", "formats", "geo")
YES, NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
COMMAND_LINE, DEFAULT = "command line", "default"
# Options that make sense on one call only.
ONCE = ("json", "now", "output", "rejects", "show")


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
        value = self.given.get(name)
        if value is not None and value is not False and value != []:
            return value, COMMAND_LINE
        if name not in ONCE:
            variable = f"PULLSTATS_{name.upper()}"
            if os.environ.get(variable):
                return typed(option, os.environ[variable], variable), variable
            for path, values in self.files:
                if name in values:
                    return typed(option, values[name], f"{shown(path)}: {name}"), str(path)
        return option.default, DEFAULT

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

    def placed(self, error: UsageError) -> UsageError:
        """The error of an option, with the place that gave its value where that is not the command line."""
        word = error.what.partition(" ")[0]
        name = next((name for name, option in OPTIONS.items() if word in option.flags), None)
        where = self.find(name)[1] if name else COMMAND_LINE
        return error if where in (COMMAND_LINE, DEFAULT) else UsageError(f"{where}: {error.what}", error.fix)


def shown(path: Path) -> str:
    """A file's name as people know it: without the folder that they are in."""
    return path.name if path.parent == Path.cwd() else str(path)


def typed(option: Option, value: Any, where: str) -> Any:
    """The value of an option in its type.

    Args:
        option: the option.
        value: as the command line, the environment or a file has it.
        where: how to call the place in an error.

    Raises:
        UsageError: it is no number, no flag, or none of the option's choices.
    """
    if option.type == "flag":
        return _flag(value, where)
    if option.type == "number":
        return _number(value, where)
    if option.type == "words":
        return [_text(each, where) for each in (value if isinstance(value, list) else [value])]
    if option.choices and value not in option.choices:
        near, known = did_you_mean(str(value), option.choices), ", ".join(option.choices)
        raise UsageError(f"{where} '{value}': " + (f"{near} ({known})" if near else f"choose one of {known}"))
    return _text(value, where)


def _text(value: Any, where: str) -> str:
    text = str(value)
    try:
        text.encode()
    except UnicodeEncodeError:  # bytes of the command line that are no characters
        raise UsageError(f"{where} '{text}' is not UTF-8") from None
    return text


def _number(value: Any, where: str) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise UsageError(f"{where} '{value}' is not a whole number") from None


def _flag(value: Any, where: str) -> bool:
    text = str(value).lower()
    if text not in (*YES, *NO):
        raise UsageError(f"{where} '{value}'", "write true or false")
    return text in YES


def load(given: dict[str, Any]) -> Settings:
    """The settings of a call, with the configuration files that apply here.

    Raises:
        UsageError: a file is no TOML, or has an unknown key.
    """
    named = _named()
    paths = [named] if named else [*_upwards(), *_user()]
    return Settings(given, tuple((path, _read(path)) for path in paths))


def _named() -> Path | None:
    named = os.environ.get("PULLSTATS_CONFIG")
    return Path(named) if named else None


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

    name = shown(path)
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        why = "no such file" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
        raise UsageError(f"{name}: {why}", "PULLSTATS_CONFIG names it" * (path == _named())) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: is not UTF-8 (byte {error.start:,})") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(_misread(name, str(error))) from error
    _check(name, values)
    return values


def _misread(name: str, told: str) -> str:
    """`pullstats.toml:7:12: expected ...`, as compilers say it."""
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", told)
    what, line, column = found.groups() if found else (told, None, None)
    place = f":{line}:{column}" if line else " at its end"
    return f"{name}{place}: {what[:1].lower()}{what[1:]}"


def _check(name: str, values: dict[str, Any]) -> None:
    """Refuse unknown keys, and values that are none of their option."""
    known = [*TABLES, *(option for option in OPTIONS if option not in ONCE)]
    for key, value in values.items():
        if key not in known:
            near = did_you_mean(key, known)
            raise UsageError(f"{name}: unknown key '{key}'", near or f"known keys: {', '.join(sorted(known))}")
        if key in TABLES:
            _CHECKS[key](f"{name}: [{key}]", value)
        elif isinstance(value, dict) or (isinstance(value, list) and OPTIONS[key].type != "words"):
            raise UsageError(f"{name}: {key} takes one value", f"write {key} = ...")
        else:
            typed(OPTIONS[key], value, f"{name}: {key}")


def _check_ranges(where: str, table: Any) -> None:
    """Labels are names with lists of address ranges; the ranges are read where addresses are."""
    if not isinstance(table, dict):
        raise UsageError(
            f"{where} is a table", f"write {where.rpartition(' ')[2]} and below it: our-ci = ['10.0.0.0/8']"
        )
    for label, ranges in table.items():
        if not isinstance(ranges, list) or not all(isinstance(each, str) for each in ranges):
            raise UsageError(f"{where} {label} is no list of address ranges", f"write {label} = ['10.0.0.0/8']")


def _check_routes(where: str, table: Any) -> None:
    """Routes are tables, each with a pattern; the patterns are read where paths are."""
    if not isinstance(table, dict) or not all(isinstance(each, dict) and "pattern" in each for each in table.values()):
        raise UsageError(f"{where} needs a pattern below each name", "write [routes.NAME] and pattern = '^/get/...'")


def _check_formats(where: str, table: Any) -> None:
    """Formats are tables like those of known formats, and read where these are."""
    if not isinstance(table, dict) or not all(isinstance(each, dict) for each in table.values()):
        raise UsageError(f"{where} needs a table for each name", "write [formats.NAME], about, kind, source and spec")


def _check_geo(where: str, table: Any) -> None:
    """Sources of network data, each a table with its address."""
    from pullstats.enrich.downloads import check

    check(where, table)


_CHECKS = {"geo": _check_geo, "labels": _check_ranges, "routes": _check_routes, "formats": _check_formats}
