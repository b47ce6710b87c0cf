"""The command line: built from the declarations of questions and commands; no logic."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

from pullstats import __version__
from pullstats.commands import Argument, Command, commands
from pullstats.errors import FAILURE, INTERRUPTED, USAGE, PullstatsError, UsageError, did_you_mean, printable
from pullstats.words import OPTIONS, Option

CLOSED_PIPE = 141


def main() -> NoReturn:
    """Run the program."""
    sys.exit(run(sys.argv[1:]))


def run(words: list[str]) -> int:
    """Run one command line; its exit code."""
    try:
        code = _run(words)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except PullstatsError as error:
        return _fail(str(error), error.code)
    except OSError as error:
        return _fail(f"{error.filename or 'pullstats'}: {error.strerror or error}", FAILURE)
    except BaseException as error:
        if isinstance(error, SystemExit | GeneratorExit) or os.environ.get("PULLSTATS_DEBUG"):
            raise
        text = (str(error).splitlines() or [""])[0]
        again = "run again with PULLSTATS_DEBUG=1 and report it"
        return _fail(f"internal error: {type(error).__name__}: {printable(text)}; {again}", FAILURE)
    return code


def _fail(text: str, code: int) -> int:
    if text:
        print(f"pullstats: {printable(text, 600)}", file=sys.stderr)  # noqa: T201 - the one line of an error
    return code


def _run(words: list[str]) -> int:
    if words[:1] == ["--version"]:
        print(f"pullstats {__version__}")  # noqa: T201
        return 0
    completing = "_PULLSTATS_COMPLETE" in os.environ
    asked = _asks_for_help(words)
    if asked is not None and not completing:
        from pullstats.helptext import page

        print(page(asked, commands()))  # noqa: T201
        return 0
    return _parsed(words if completing else _with_command(words))


def _asks_for_help(words: list[str]) -> list[str] | None:
    """The words before --help; None where help is not asked for."""
    if not words or words[0] == "help":
        return words[1:]
    for place, word in enumerate(words):
        if word == "--":
            return None
        if word in ("--help", "-h"):
            return [each for each in words[:place] if not each.startswith("-")]
    return None


def _with_command(words: list[str]) -> list[str]:
    """`pullstats access.log` is `pullstats summary access.log`."""
    first = words[0]
    names = {each.name.split()[0] for each in commands()}
    if first in names or (first.startswith("--") and first not in ("--",)):
        return words
    if first == "-" or Path(first).exists():
        return ["summary", *words]
    near = did_you_mean(first, sorted(names))
    raise UsageError(f"no command {first!r}", near or "all commands: pullstats --help")


def _parsed(words: list[str]) -> int:
    import typer

    try:
        result = _app()(args=words, standalone_mode=False, prog_name="pullstats")
    except typer.Exit as error:
        return error.exit_code
    except typer.Abort:
        return INTERRUPTED
    except typer.TyperException as error:
        return _fail(_one_line(error.format_message()), USAGE)
    return int(result or 0)


def _one_line(text: str) -> str:
    """Typer's message in the words of ours."""
    line = " ".join(text.split()).removesuffix(".")
    return line[:1].lower() + line[1:]


def _app() -> Any:
    import typer

    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=True)
    groups: dict[str, Any] = {}
    for each in commands():
        name, _, rest = each.name.partition(" ")
        if rest and name not in groups:
            groups[name] = typer.Typer(rich_markup_mode=None)
            app.add_typer(groups[name], name=name)
        target = groups[name] if rest else app
        target.command(rest or name)(_function(each))
    return app


def _function(declared: Command) -> Any:
    """A function with the signature that Typer reads: words first, then options, all None when not given."""
    import inspect

    parameters = [_argument(each) for each in declared.arguments] + [
        _option(OPTIONS[name]) for name in declared.options
    ]

    def call(**given: Any) -> int:
        from pullstats.settings import load

        taken = [given.pop(each.name.lower()) for each in declared.arguments]
        words = [word for each in taken for word in ([each] if isinstance(each, str) else each or [])]
        return declared.run(load(given), words)

    call.__signature__ = inspect.Signature(parameters)  # pyright: ignore[reportFunctionMemberAccess]
    call.__annotations__ = {each.name: each.annotation for each in parameters}
    call.__doc__ = declared.about
    return call


def _argument(declared: Argument) -> Any:
    import inspect

    import typer

    kind: Any = list[str] if declared.many else str
    default = inspect.Parameter.empty if declared.needed else None
    note = typer.Argument(metavar=declared.name, help=declared.about, show_default=False)
    return inspect.Parameter(
        declared.name.lower(),
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind if declared.needed else kind | None, note],
    )


def _option(declared: Option) -> Any:
    import inspect

    import typer

    types: dict[str, Any] = {"text": str | None, "number": int | None, "flag": bool, "words": list[str] | None}
    flags = [f"--{declared.name.replace('_', '-')}", *([f"-{declared.short}"] if declared.short else [])]
    note = typer.Option(*flags, help=declared.about, show_default=False, callback=_chosen(declared))
    return inspect.Parameter(
        declared.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=False if declared.type == "flag" else None,
        annotation=Annotated[types.get(declared.type, str | None), note],
    )


def _chosen(declared: Option) -> Any:
    def check(value: Any) -> Any:
        if declared.choices and value is not None and value not in declared.choices:
            name = declared.name.replace("_", "-")
            near = did_you_mean(str(value), declared.choices)
            raise UsageError(f"--{name} {value!r}", f"{near + ' ' if near else ''}choose {', '.join(declared.choices)}")
        return value

    return check
