"""`tlstudio find-rate`: the learning rate that suits a recipe, from a range test."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tlstudio.cli import output
from tlstudio.cli.training import wanted_recipe

_LINES = 15  # of the table


def find_rate(
    recipe: Annotated[str | None, typer.Argument(metavar="RECIPE.toml", help="The recipe; or name the images with --data.")] = None,
    data: Annotated[str | None, typer.Option("--data", metavar="PATH", help="Folder of images, CSV file, .zip or .tar.")] = None,
    model: Annotated[str, typer.Option("--model", help="Name of the model.  [default: efficientnet_lite0]")] = "",
    strategy: Annotated[
        str, typer.Option("--strategy", help="What learns: head, last-block, gradual, full, scratch.  [default: head]")
    ] = "",
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any setting of a recipe, as training.batch_size=8; repeatable.")
    ] = None,
    steps: Annotated[int, typer.Option("--steps", min=12, max=1000, help="Training steps to try with, at most.")] = 100,
    json: Annotated[bool, output.Json] = False,
) -> None:
    """Find a learning rate. Trains for a few steps while it rises, until the loss runs away; nothing is kept of it."""
    from tlstudio import api

    wanted = wanted_recipe(recipe, data, model, strategy, None, changes or [], "")
    api.validate(wanted)
    found = output.in_engine("find_rate", {"recipe": wanted.model_dump(mode="json"), "steps": steps})
    output.show(found, json, draw)


def draw(found: dict[str, Any]) -> None:
    """The sentence, the suggestion as it is put into a recipe, and a few points of the curve."""
    from tlstudio.training.rate_curve import figure

    count = len(found["rates"])
    places = sorted({round(i * (count - 1) / (_LINES - 1)) for i in range(_LINES)})
    rows = [
        (
            f"{found['rates'][at]:.2g}",
            *(None if value is None else f"{value:.4f}" for value in (found["losses"][at], found["smoothed"][at])),
        )
        for at in places
    ]
    output.table([">rate", ">loss", ">smoothed"], rows)
    output.line()
    output.line(found["why"])
    if found["suggestion"]:
        said = f"--set optimizer.lr={figure(found['suggestion'])}"
        if found["backbone_share"]:
            said += f" --set optimizer.backbone_lr={figure(found['suggestion'] * found['backbone_share'])}"
        output.line(f"suggestion {figure(found['suggestion'])} ({said})")
