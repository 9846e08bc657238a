"""`tlstudio study` and `tlstudio verdict`: what takes several runs to find out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from tlstudio import events
from tlstudio.cli import examples, output
from tlstudio.control import Tell
from tlstudio.errors import InputError

study = typer.Typer(help="Fair comparisons and sweeps: several runs, one question.", rich_markup_mode=None)

_File = Annotated[str | None, typer.Argument(metavar="RECIPE.toml", help="The recipe to begin with; or name the images with --data.")]
_Data = Annotated[str | None, typer.Option("--data", metavar="PATH", help="Folder of images, CSV file, .zip or .tar.")]
_Model = Annotated[str, typer.Option("--model", help="Name from the catalogue.")]
_Epochs = Annotated[int | None, typer.Option("--epochs", min=1, help="Of every run, all its stages together.")]
_Changes = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any key of the recipe, for all runs alike; repeatable.")
]
_Seeds = Annotated[int, typer.Option("--seeds", metavar="K", min=1, help="Runs of each choice, with seeds of their own.")]
_Shares = Annotated[str, typer.Option("--shares", metavar="S,S,...", help="Shares of the training images: 0.1,0.25,0.5,1.")]
_Split = Annotated[str, typer.Option("--split", help="Whose images judge: val or test.")]
_Name = Annotated[str, typer.Option("--name", help="Of the study; one that asks the same goes on.")]


@study.command(epilog=examples.of("study compare"))
def compare(
    recipe: _File = None,
    data: _Data = None,
    arms: Annotated[
        str, typer.Option("--arms", metavar="A,B,...", help="Choices: head, last-block, gradual, full, scratch, pretrained.")
    ] = "head,full",
    seeds: _Seeds = 5,
    shares: _Shares = "1",
    epochs: _Epochs = None,
    model: _Model = "",
    changes: _Changes = None,
    split: _Split = "val",
    name: _Name = "",
    json: Annotated[bool, output.Json] = False,
) -> None:
    """Compare choices fairly, and say what the difference is worth.

    Each is trained with several seeds, on the same split, for as many epochs. Ctrl+C keeps what is done.
    """
    _compare(recipe, data, model, changes, _words(arms), seeds, shares, epochs, split, name, "", json)


@study.command(epilog=examples.of("study scratch"))
def scratch(
    recipe: _File = None,
    data: _Data = None,
    seeds: _Seeds = 5,
    shares: _Shares = "0.1,0.25,0.5,1",
    epochs: _Epochs = None,
    model: _Model = "",
    changes: _Changes = None,
    split: _Split = "val",
    name: _Name = "",
    json: Annotated[bool, output.Json] = False,
) -> None:
    """Pretrained against from scratch, with more and more images.

    By default with 10, 25, 50 and 100 % of the training images. Ctrl+C keeps what is done.
    """
    question = "What is pretraining worth?"
    _compare(recipe, data, model, changes, ["pretrained", "scratch"], seeds, shares, epochs, split, name, question, json)


def _compare(
    file: str | None,
    data: str | None,
    model: str,
    changes: list[str] | None,
    arms: list[str],
    seeds: int,
    shares: str,
    epochs: int | None,
    split: str,
    name: str,
    question: str,
    json: bool,
) -> None:
    from tlstudio.cli.training import wanted_recipe

    made = wanted_recipe(file, data, model, "", None, changes or [], "")
    parts = [_number(word) for word in _words(shares)]
    args = {"arms": arms, "seeds": seeds, "shares": parts, "epochs": epochs, "split": split, "name": name, "question": question}
    _worked_out(_worked("compare_choices", {"recipe": made.model_dump(mode="json"), **args}), json)


@study.command(epilog=examples.of("study sweep"))
def sweep(
    recipe: _File = None,
    data: _Data = None,
    vary: Annotated[
        list[str] | None,
        typer.Option("--vary", metavar="KEY=VALUES", help="optimizer.lr=1e-4..1e-1:log or training.batch_size=8,16,32; repeatable."),
    ] = None,
    trials: Annotated[int, typer.Option("--trials", min=1, help="Of the whole study, whoever makes them.")] = 20,
    storage: Annotated[
        str, typer.Option("--storage", metavar="URL", help="An Optuna storage that several computers share; with the same --name.")
    ] = "",
    pruner: Annotated[str, typer.Option("--pruner", help="median: cut poor trials short; none: let them end.")] = "median",
    seed: Annotated[int, typer.Option("--seed", help="Of what is tried.")] = 0,
    epochs: Annotated[int | None, typer.Option("--epochs", min=1, help="How often every training image is seen.")] = None,
    model: _Model = "",
    strategy: Annotated[str, typer.Option("--strategy", help="What learns: head, last-block, gradual, full, scratch.")] = "",
    changes: _Changes = None,
    name: _Name = "",
    json: Annotated[bool, output.Json] = False,
) -> None:
    """Look for the best values of some fields, with Optuna.

    Ctrl+C keeps what is done; several processes may work on one study.
    """
    from tlstudio.cli.training import wanted_recipe
    from tlstudio.studies.space import parsed

    made = wanted_recipe(recipe, data, model, strategy, epochs, changes or [], "")
    ranges = dict(parsed(one) for one in vary or [])
    args = {"vary": ranges, "trials": trials, "storage": storage, "pruner": pruner, "seed": seed, "name": name}
    _worked_out(_worked("sweep", {"recipe": made.model_dump(mode="json"), **args}), json)


@study.command("list", epilog=examples.of("study list"))
def list_(json: Annotated[bool, output.Json] = False) -> None:
    """All studies, newest first."""
    output.show(output.here("studies", {}), json, _draw_rows)


@study.command(epilog=examples.of("study show"))
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Study or its folder.")], json: Annotated[bool, output.Json] = False
) -> None:
    """What a study has found so far."""
    _show(output.here("study", {"name": name}), json)


@study.command(epilog=examples.of("study resume"))
def resume(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Study or its folder.")], json: Annotated[bool, output.Json] = False
) -> None:
    """Go on with a study; what failed is tried again."""
    output.here("study", {"name": name})  # what cannot be gone on with is refused before an engine starts
    _worked_out(_worked("resume_study", {"name": name}), json)


def verdict(
    runs: Annotated[list[str], typer.Argument(metavar="RUN RUN ...", help="Run folders or their names.")],
    split: _Split = "val",
    json: Annotated[bool, output.Json] = False,
) -> None:
    """What the difference between runs is worth. Runs that differ in the seed alone count as one choice."""
    from tlstudio.runs import Run

    args = {"runs": [str(Run.open(run).path) for run in runs], "split": split}
    output.show(output.in_engine("verdict", args), json, _draw_verdict)


def _worked(job: str, args: Mapping[str, Any]) -> Any:
    """Run a job of many runs in an engine: a line a run and the progress of the whole on stderr."""
    from tlstudio.cli.progress import shown
    from tlstudio.engine import foreground

    with shown() as tell:
        return foreground.run_job(job, args, _in_short(tell))


def _in_short(tell: Tell) -> Tell:
    """Of the runs' own events only what needs eyes, and that once."""
    said: set[str] = set()

    def heard(event: events.Event) -> None:
        if isinstance(event, events.StudyStep):
            tell(events.Note(message=_step(event), level="warn" if event.state == "failed" else "info"))
        elif isinstance(event, events.Progress):
            if event.phase == "study":
                tell(event)
        elif isinstance(event, events.Note) and event.level != "info" and event.message not in said:
            said.add(event.message)
            tell(event)

    return heard


def _step(step: events.StudyStep) -> str:
    which = f"run {step.index} of {step.of}"
    if step.state == "running":
        return f"{which}: {step.title}"
    ended = {"done": "", "pruned": "cut short, ", "failed": "failed"}.get(step.state, step.state)
    return f"{which}: {ended}{'' if step.value is None else output.percent(step.value)}"


def _show(document: dict[str, Any], json: bool) -> None:
    output.show(document, json, _draw)


def _worked_out(document: dict[str, Any], json: bool) -> None:
    """What came out; exit 1 where every run failed."""
    _show(document, json)
    if document["failed"] and not document["done"]:
        raise typer.Exit(1)


def _draw(document: dict[str, Any]) -> None:
    failed = f", {document['failed']} failed" if document["failed"] else ""
    output.line(f"{document['study']}: {document['state']}, {document['done']} of {document['of']} runs{failed}")
    if document["kind"] == "sweep":
        _draw_sweep(document)
    elif document["verdict"] is not None and document["verdict"]["arms"]:
        _draw_verdict(document["verdict"])
    if document["why"]:
        output.line(document["why"])
    for entry in document["entries"]:
        if entry["state"] == "failed":
            output.line(f"{entry['title']} failed: {entry['why']}")
    if document["state"] in ("unfinished", "waiting"):
        output.line(f"Go on with 'tlstudio study resume {document['study']}'")


def _draw_verdict(document: dict[str, Any]) -> None:
    output.line(f"{document['headline']}.")
    word = "mean IoU" if document["metric"] == "mean_iou" else "accuracy"
    several = len({arm["share"] for arm in document["arms"]}) > 1
    rows = []
    for arm in document["arms"]:
        low, high = arm["interval"] or (None, None)
        between = None if low is None else f"{output.percent(low)} to {output.percent(high)}"
        seconds = None if arm["seconds"] is None else f"{arm['seconds']:.1f}"
        share = [f"{100 * arm['share']:g} %"] if several else []
        rows.append([arm["name"], *share, len(arm["each"]), output.percent(arm["accuracy"]), between, seconds])
    output.table(["choice", *([">images"] if several else []), ">runs", f">{word}", ">95 % interval", ">seconds a run"], rows)
    if len(document["pairs"]) > 1:
        for pair in document["pairs"]:
            where = f"{100 * pair['share']:g} %: " if several else ""
            output.line(f"{where}{pair['sentence']}" + ("" if pair["p"] is None else f", p = {pair['p']:.2g}"))
    output.line(document["detail"])


def _draw_sweep(document: dict[str, Any]) -> None:
    output.line(document["sentence"])
    keys = list(document["vary"])
    ranked = sorted(document["trials"], key=lambda one: -(one["metric"] if one["metric"] is not None else -1.0))
    rows = [
        [one["number"], one["state"], output.percent(one["metric"]), *(_value(one["values"].get(key)) for key in keys)] for one in ranked
    ]
    output.table([">trial", "state", ">metric", *(f">{key}" for key in keys)], rows)
    for key, share in document["importance"].items():
        output.line(f"{key} explains {output.percent(share)}")


def _draw_rows(rows: list[dict[str, Any]]) -> None:
    if not rows:
        output.line("There are no studies yet")
        return
    output.table(
        ["name", "kind", "state", ">runs", "found"],
        [[row["study"], row["kind"], row["state"], f"{row['done']}/{row['of']}", row["headline"] or None] for row in rows],
    )


def _value(value: Any) -> Any:
    return f"{value:.4g}" if isinstance(value, float) else value


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise InputError(f"'{word}' is no share of the images", "", "Write 0.1,0.25,0.5,1") from None
