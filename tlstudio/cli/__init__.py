"""The command line. Thin: each command is one call of api, in an engine where it needs torch.

Documents go to stdout, everything else to stderr. Exit 0: done; 2: wrong input, with one line that says what to do; 1: failed.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import typer

from tlstudio.cli import (
    cache,
    catalogue,
    dataset,
    examples,
    export,
    find_rate,
    health,
    results,
    run_folders,
    studies,
    training,
    window,
)
from tlstudio.errors import StudioError

app = typer.Typer(
    name="tlstudio",
    add_completion=False,
    rich_markup_mode=None,
    epilog=examples.of(""),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
app.callback(invoke_without_command=True)(window.start)
_COMMANDS: tuple[Callable[..., Any], ...] = (  # in the order in which one needs them
    *(window.demo, dataset.data, catalogue.models, catalogue.layers),
    *(find_rate.find_rate, training.train, training.resume),
    *(results.evaluate, results.predict, export.export),
    *(results.runs, run_folders.note, run_folders.trash, results.compare, studies.verdict),
    *(window.replay, cache.cache, health.doctor),
)
for _command in _COMMANDS:
    app.command(epilog=examples.of(_command.__name__))(_command)
app.add_typer(studies.study, name="study", epilog=examples.of("study"))


def run(argv: Sequence[str]) -> int:
    """Run a command line (without the program's name); the exit code."""
    end = argv.index("--") if "--" in argv else len(argv)
    debug = "--debug" in argv[:end]  # is heard wherever it stands
    words = [*(word for word in argv[:end] if word != "--debug"), *argv[end:]]
    command = typer.main.get_command(app)
    try:
        code = command.main(words, prog_name="tlstudio", standalone_mode=False)
        _flush()
    except (typer.Abort, KeyboardInterrupt):
        return _failed(StudioError("Cancelled"), debug)
    except BrokenPipeError:  # `tlstudio models | head`
        _let_go()
        return 1
    except Exception as error:
        # typer's errors of usage are those of click, its own copy or the installed one: known by what they can do
        usage = getattr(error, "format_message", None)
        if usage is not None:
            sentence = usage().rstrip(".")
            return _complain(f"{sentence}{'' if sentence.endswith('?') else '.'} See 'tlstudio {_topic(words)}--help'.", 2)
        return _failed(error, debug, words[0] if words else "tlstudio")
    return code if isinstance(code, int) else 0


def _flush() -> None:
    """What was printed is out. Left to Python's own end, a reader who is gone or a full disk would be a traceback and exit 120."""
    try:
        sys.stdout.flush()
    except OSError:
        _let_go()
        raise


def _let_go() -> None:
    """What still waits to be printed goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _failed(error: Exception, debug: bool, job: str = "") -> int:
    from tlstudio.engine.failures import explain

    failure = explain(error, job)
    with suppress(OSError):  # which is told already, if that is what failed
        _flush()
    if debug:
        traceback.print_exception(error, file=sys.stderr)
        if failure.details:
            sys.stderr.write(f"{failure.details}\n")
    return _complain(str(failure), failure.exit_code)


def _complain(sentence: str, code: int) -> int:
    sys.stderr.write(f"tlstudio: {' '.join(sentence.split())}\n")
    return code


def _topic(words: Sequence[str]) -> str:
    names = [command.callback.__name__.replace("_", "-") for command in app.registered_commands if command.callback is not None]
    names += [group.name for group in app.registered_groups if group.name]
    return f"{words[0]} " if words and words[0] in names else ""
