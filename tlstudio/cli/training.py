"""`tlstudio train` and `tlstudio resume`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tlstudio import places
from tlstudio.cli import output
from tlstudio.errors import InputError, StudioError
from tlstudio.quantities import size

if TYPE_CHECKING:
    from tlstudio.recipe import Recipe
    from tlstudio.runs import Run


def train(
    recipe: Annotated[str | None, typer.Argument(metavar="RECIPE.toml", help="The recipe to run; or name the images with --data.")] = None,
    data: Annotated[str | None, typer.Option("--data", metavar="PATH", help="Folder of images, CSV file, .zip or .tar.")] = None,
    model: Annotated[
        str, typer.Option("--model", help="Name of the model; 'tlstudio models' lists them.  [default: efficientnet_lite0]")
    ] = "",
    strategy: Annotated[
        str, typer.Option("--strategy", help="What learns: head, last-block, gradual, full, scratch.  [default: head]")
    ] = "",
    epochs: Annotated[
        int | None, typer.Option("--epochs", help="How often every training image is seen.  [default: what suits the strategy]")
    ] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any key of the recipe, training.seed=3; repeatable.")
    ] = None,
    run_dir: Annotated[
        str | None,
        typer.Option("--run-dir", metavar="PATH", help="The run's folder, absent or empty.  [default: a new one among the runs]"),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="What the run is called.")] = "",
    json: Annotated[bool, output.Json] = False,
) -> None:
    """Train a model. Ctrl+C stops and keeps the best so far."""
    from tlstudio import api, runs

    wanted = wanted_recipe(recipe, data, model, strategy, epochs, changes or [], name)
    folder = None if run_dir is None else runs.absolute(run_dir)
    api.validate(wanted)
    run = runs.Run.create(wanted, folder)
    try:
        with _kept(run):
            summary = output.in_engine("train", {"recipe": wanted.model_dump(mode="json"), "run": str(run.path)})
    except InputError:
        _forget(run)
        raise
    output.show(summary, json, draw)


def wanted_recipe(
    file: str | None, data: str | None, model: str, strategy: str, epochs: int | None, changes: list[str], name: str
) -> Recipe:
    """What the options ask for, in this order: defaults or file, strategy, single options, --set; what nobody named suits the images."""
    from tlstudio import api
    from tlstudio.recipe import Recipe
    from tlstudio.runs import absolute

    recipe = Recipe.load(absolute(file)) if file is not None else Recipe()
    if strategy:
        recipe = recipe.with_strategy(strategy)
    single: dict[str, Any] = {"model.name": model, "training.epochs": epochs, "name": name, "data.path": output.absolute(data)}
    asked = {key: value for key, value in single.items() if value not in ("", None)}
    recipe = recipe.set(asked)
    asked |= dict(_pair(change) for change in changes)
    recipe = recipe.set(asked)
    if not recipe.data.path:
        raise InputError("There are no images to learn from", "", "Give a folder with --data, or a recipe that names one")
    path = absolute(recipe.data.path)
    if not path.exists():
        raise InputError(f"There is nothing at {path}", "", "Give the folder, CSV file or archive of your images")
    if file is None:
        recipe = api.suited(recipe, asked)
    weights = recipe.model.weights
    if weights not in ("pretrained", "random"):
        weights = str(absolute(weights))
    return recipe.set({"data.path": str(path), "model.weights": weights})


def _pair(change: str) -> tuple[str, str]:
    key, equals, value = change.partition("=")
    if not equals:
        raise InputError(f"--set {change} has no value", "", "Write KEY=VALUE, for example training.seed=3")
    return key.strip(), value.strip()


@contextmanager
def _kept(run: Run) -> Iterator[None]:
    """If the work fails after something was learned, say how to go on from there."""
    before = _stamp(run)
    try:
        yield
    except StudioError as error:
        if _stamp(run) != before and not isinstance(error, InputError):
            error.do = f"{error.do.rstrip('.')}. What was learned is kept; go on with 'tlstudio resume {_called(run)}'".removeprefix(". ")
        raise


def _called(run: Run) -> str:
    """What to type for it."""
    return shlex.quote(run.name if run.path.parent == places.runs() else str(run.path))


def _stamp(run: Run) -> int:
    """When the run's last checkpoint was written; 0 where there is none."""
    try:
        return run.last.stat().st_mtime_ns
    except OSError:
        return 0


def _forget(run: Run) -> None:
    """Take back the folder of a run that was refused before it learned anything, so that the mended command can use it."""
    if run.last.exists():
        return
    for file in ("recipe.toml", "events.jsonl", "receipt.json", ".lock", ".owner"):
        (run.path / file).unlink(missing_ok=True)
    with suppress(OSError):  # something of somebody else's is in it
        run.path.rmdir()


def resume(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Run folder or its name.")],
    longer: Annotated[int | None, typer.Option("--longer", metavar="EPOCHS", min=1, help="Train a finished run longer.")] = None,
    share: Annotated[float | None, typer.Option("--share", help="At that share of its last rates; with --longer (default 0.1).")] = None,
    json: Annotated[bool, output.Json] = False,
) -> None:
    """Go on with a run.

    With an unfinished one from its last checkpoint, with a finished or stopped one for some epochs more.
    """
    from tlstudio.runs import Run

    opened = Run.open(run)
    summary = opened.summary()
    if share is not None and longer is None:
        raise InputError("--share says at which rates a finished run goes on", "", "Give --longer EPOCHS with it")
    if longer is not None:
        args = {"run": str(opened.path), "epochs": longer, **({} if share is None else {"share": share})}
        with _kept(opened):
            summary = output.in_engine("train_longer", args)
    elif summary is not None:
        summary = {**summary, "run": str(opened.path)}
        if not json:
            how = "was stopped and keeps its best epoch" if summary.get("reason") == "stopped" else "is finished"
            output.line(f"{opened.name} {how}, there is nothing to resume.")
            output.line(f"To train it longer: tlstudio resume {_called(opened)} --longer 10")
    else:
        with opened.locked():  # a live run is refused here, before an engine starts
            pass
        with _kept(opened):
            summary = output.in_engine("resume", {"run": str(opened.path)})
    output.show(summary, json, draw)


def draw(summary: dict[str, Any]) -> None:
    """What came out, for people."""
    metrics = summary["metrics"]
    said = ", ".join(
        f"{key.removeprefix('val_').replace('_', ' ')} {value:.4f}" for key, value in metrics.items() if isinstance(value, float)
    )
    on = f" of {metrics['val_n']} validation images" if metrics.get("val_n") else ""
    output.line(f"best epoch {summary['best_epoch']} of {summary['epochs']}: {said}{on}")
    memory = f", {size(summary['peak_memory'])} of memory at most" if summary.get("peak_memory") else ""
    output.line(f"{summary['seconds']:.1f} s, {summary['images_per_second'] or 0:,.0f} images/s on {summary['device']}{memory}")
    output.line(f"run {summary['run']}")
