"""The command line: built from the declarations of questions and commands; no logic."""

from __future__ import annotations

import errno
import gc
import os
import sys
from contextlib import suppress
from io import UnsupportedOperation
from typing import Annotated, Any, NoReturn

from pullstats import __version__, completion
from pullstats.commands import Argument, Command, commands
from pullstats.errors import FAILURE, INTERRUPTED, PullstatsError, UsageError, printable
from pullstats.words import OPTIONS, Option

CLOSED_PIPE = 141
# So many new objects make Python look for circles among all: its own 700 cost a short command a tenth of its time.
GARBAGE = 50_000
# What the system says when standard output cannot be written; the files of others have a name in the error.
NO_OUTPUT = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)


def main() -> NoReturn:
    """Run the program."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by the caller: `pullstats ... >&-`
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - until the end
    gc.set_threshold(GARBAGE)
    sys.exit(run(sys.argv[1:]))


def run(words: list[str]) -> int:
    """Run one command line; its exit code."""
    try:
        code = _run(words)
        sys.stdout.flush()
    except BrokenPipeError:
        _silenced()
        return CLOSED_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except PullstatsError as error:
        return _fail(str(error), error.code)
    except BaseException as error:
        if isinstance(error, OSError) and (error.filename is not None or error.errno in NO_OUTPUT):
            return _fail(_unwritten(error), FAILURE)
        if isinstance(error, SystemExit | GeneratorExit) or os.environ.get("PULLSTATS_DEBUG"):
            raise
        text = (str(error).splitlines() or [""])[0]
        again = "run again with PULLSTATS_DEBUG=1 and report it"
        return _fail(f"internal error: {type(error).__name__}: {printable(text)}; {again}", FAILURE)
    return code


def _silenced() -> None:
    """Nothing more goes to standard output: what is held for it cannot be written."""
    with suppress(UnsupportedOperation):  # standard output of a test is no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _unwritten(error: OSError) -> str:
    """What an error of the system means; without a file it is standard output that cannot be written."""
    reason = "no space left" if error.errno in (errno.ENOSPC, errno.EDQUOT) else error.strerror or type(error).__name__
    if error.filename is not None:
        return f"{os.fspath(error.filename)}: {reason}"
    _silenced()
    return f"cannot write the output: {reason}"


def _fail(text: str, code: int) -> int:
    if text:
        print(f"pullstats: {printable(text, 600)}", file=sys.stderr)  # noqa: T201 - the one line of an error
    return code


def _run(words: list[str]) -> int:
    if words[:1] == ["--version"]:
        print(f"pullstats {__version__}")  # noqa: T201
        return 0
    if words[:1] == ["--show-completion"]:
        completion.show(words[1:])
    if completion.asked() or words[:1] == ["--install-completion"]:
        return _parsed(words, None)
    asked = _asks_for_help(words)
    if asked is not None:
        from pullstats.helptext import page

        print(page(asked, commands()))  # noqa: T201
        return 0
    from pullstats.usage import meant, with_command

    words = with_command(words, commands())
    return _parsed(words, meant(words, commands()))


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


def _parsed(words: list[str], command: Command | None) -> int:
    """Let typer read the words: with one command, or, where a shell asks for completion, with all of them."""
    import typer

    app, args = (_app(), words) if command is None else (_one(command), words[len(command.name.split()) :])
    try:
        result = app(args=args, standalone_mode=False, prog_name="pullstats")
    except typer.Exit as error:
        return error.exit_code
    except typer.Abort:
        return INTERRUPTED
    except typer.TyperException as error:
        from pullstats.usage import wrong

        raise wrong(error, words, commands()) from error
    except SystemExit as error:  # of typer's completion
        return int(error.code or 0)
    return int(result or 0)


def _one(declared: Command) -> Any:
    """An app of one command: making all of them costs a twentieth of a second."""
    import typer

    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
    app.command()(_function(declared))
    return app


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
        settings = load(given)
        try:
            return declared.run(settings, words)
        except UsageError as error:
            raise settings.placed(error) from error
        except BrokenPipeError:  # Typer would make it an exit with 1
            _silenced()
            return CLOSED_PIPE

    call.__signature__ = inspect.Signature(parameters)  # pyright: ignore[reportFunctionMemberAccess]
    call.__annotations__ = {each.name: each.annotation for each in parameters}
    call.__doc__ = declared.about
    return call


def _argument(declared: Argument) -> Any:
    import inspect

    import typer

    kind: Any = list[str] if declared.many else str
    default = inspect.Parameter.empty if declared.needed else None
    name = declared.name.lower()
    note = typer.Argument(
        metavar=declared.name, help=declared.about, show_default=False, autocompletion=completion.offers(name)
    )
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind if declared.needed else kind | None, note],
    )


def _option(declared: Option) -> Any:
    import inspect

    import typer

    types: dict[str, Any] = {"flag": bool, "words": list[str] | None}
    note = typer.Option(
        *declared.flags,
        help=declared.about,
        show_default=False,
        callback=_checked(declared),
        autocompletion=completion.offers(declared.name),
    )
    return inspect.Parameter(
        declared.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=False if declared.type == "flag" else None,
        annotation=Annotated[types.get(declared.type, str | None), note],
    )


def _checked(declared: Option) -> Any:
    from pullstats.settings import typed

    def check(value: Any) -> Any:
        return None if value is None else typed(declared, value, declared.flags[0])

    return check
