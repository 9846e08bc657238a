"""`tlstudio` and `tlstudio demo`: the app."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from tlstudio.errors import InputError, StudioError


def _version(wanted: bool) -> None:
    if wanted:
        import tlstudio

        sys.stdout.write(f"tlstudio {tlstudio.__version__}\n")
        raise typer.Exit


def start(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
    present: Annotated[bool, typer.Option("--present", help="Begin as a presentation: the whole screen, large type.")] = False,
) -> None:
    """From a folder of images to a trained, understood vision model. With no command: the app."""
    if context.invoked_subcommand is None:
        _needs_display()
        raise typer.Exit(_open_app(["--present"] if present else []))


def demo(
    task: Annotated[str, typer.Option("--task", help="classification or segmentation.")] = "classification",
    run: Annotated[
        bool, typer.Option("--run", help="Press Start, wait, save a screenshot of every page; works without a display.")
    ] = False,
) -> None:
    """Open the app on a generated sample of leaves."""
    if task not in ("classification", "segmentation"):
        raise InputError(f"There is no sample for the task '{task}'", "", "Say --task classification or --task segmentation")
    if not run:
        _needs_display()
        raise typer.Exit(_open_app(["--sample", task]))
    try:
        from tlstudio.gui.demo import run as run_demo
    except ImportError as error:
        raise _no_qt(error) from None
    raise typer.Exit(run_demo(task))


def replay(
    run: Annotated[str, typer.Argument(help="Folder or name of a run; 'recorded' is the one that comes with the program.")],
    speed: Annotated[int, typer.Option("--speed", help="Times as fast as it was: 1, 2, 4, 8 or 16.")] = 4,
    present: Annotated[bool, typer.Option("--present", help="On the whole screen, in large type.")] = False,
) -> None:
    """Open the app and play a run as if it were trained now."""
    folder = _run_to_replay(run)
    if speed not in (1, 2, 4, 8, 16):
        raise InputError(f"A replay cannot run at {speed} times the speed", "", "Say --speed 1, 2, 4, 8 or 16")
    _needs_display()
    raise typer.Exit(_open_app([*(["--present"] if present else []), "--replay", folder, str(speed)]))


def _run_to_replay(run: str) -> str:
    """Its folder. Raises InputError where there is none."""
    from tlstudio import places, runs
    from tlstudio.gui.recorded import RECORDED, recorded_run

    shipped = recorded_run() if run == RECORDED and not (places.runs() / run).exists() else None
    return shipped or str(runs.Run.open(run).path)


def _open_app(argv: list[str]) -> int:
    try:
        from tlstudio.gui.app import main
    except ImportError as error:
        raise _no_qt(error) from None
    return main(argv)


def _no_qt(error: ImportError) -> StudioError:
    return StudioError(
        "The window cannot be opened", str(error), "Run 'tlstudio doctor', which names what is missing and the command that mends it"
    )


def _needs_display() -> None:
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise StudioError(
            "There is no display to open the window on",
            "",
            "Use the commands ('tlstudio --help'), or 'tlstudio demo --run', which needs none",
        )
