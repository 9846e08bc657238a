"""What would go wrong if one pressed Start now, line by line, and what mends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication

from tlstudio import places
from tlstudio.errors import InputError, sentences
from tlstudio.gui.loading import Loading
from tlstudio.gui.metric import MASKS
from tlstudio.gui.model_choice import entry_of
from tlstudio.gui.words import count, megabytes
from tlstudio.recipe import Recipe
from tlstudio.recipe.plan import parts

_LEFT_OUT = (
    *("unreadable", "truncated", "empty_file", "not_image", "bomb", "missing_file", "no_label", "bad_split", "conflict"),
    *("missing_mask", "mask_size", "mask_value", "only_ignored"),
)


_PLAIN = ("sgd",)  # optimizers whose steps are as long as the gradient, so that their rates are higher
_STILL = 1e-7


def tr(text: str) -> str:
    return QCoreApplication.translate("checks", text)


@dataclass(frozen=True)
class Check:
    """One line. level: good, warn (a run is possible), bad (it is not), wait (not yet).

    action: the word on its button, "" for none. What the button does: put `changes` into the recipe, or go to the page `page`,
    or, where `remedy` is "leak", leave out the training copies of duplicates; where it is "find", look for a learning rate.
    """

    key: str
    level: str
    text: str
    tip: str = ""
    action: str = ""
    page: str = ""
    remedy: str = ""
    changes: dict[str, Any] = field(default_factory=dict)


def checks(data: Mapping[str, Any], layers: Mapping[str, Any], recipe: Recipe, objections: Mapping[str, str]) -> list[Check]:
    """data: the `data` document; layers: the `layers` document or {}; objections: what forms hold that cannot be used."""
    classes = [entry["name"] for entry in data["classes"]]
    chosen = [_weights(recipe), _head(recipe), loss(recipe, classes), _rates(recipe)]
    found = [_objection(objections), *_images(data, recipe), _task(data, recipe), _leak(data), *chosen]
    return [check for check in (*found, _batchnorm(recipe, layers), _disk(layers), _seed(recipe)) if check is not None]


def missing_images(data: Loading) -> list[Check]:
    """Why there are no images to speak of: they are being read, or could not be."""
    if data.error is not None:
        return [Check("data", "bad", data.error.what, sentences(data.error.why, data.error.do), tr("Show"), "data")]
    return [Check("data", "wait", tr("The images are being read"), data.what)]


def refusal(data: Loading, obstacles: Sequence[Check], objections: Mapping[str, str]) -> InputError | None:
    """Why no run can be started now, if so."""
    if data.state == "busy":
        return InputError(tr("The images are still being read"), "", tr("Start once they are"))
    if not data.ready:
        return InputError(tr("Training needs images"), "", tr("Open a folder, or take the sample"))
    if not obstacles:
        return None
    why, do = ("", tr("Mend the field with the red frame")) if objections else (obstacles[0].tip, "")
    return InputError(obstacles[0].text, why, do)


def _objection(objections: Mapping[str, str]) -> Check | None:
    if not objections:
        return None
    return Check("fields", "bad", next(iter(objections.values())), "\n".join(objections.values()))


def _images(data: Mapping[str, Any], recipe: Recipe) -> list[Check]:
    counts: Mapping[str, int] = data.get("problem_counts", {})
    images, classes, splits = data["images"], data["classes"], data["splits"]
    out = []
    left = sum(counts.get(kind, 0) for kind in _LEFT_OUT)
    if counts.get("lossy_mask"):  # those with no file are about all masks, which are used
        left += sum(bool(problem["path"]) for problem in data["problems"] if problem["kind"] == "lossy_mask")
    if left:
        text = tr("%1 of %2 files are left out").replace("%1", f"{left:,}").replace("%2", f"{images + left:,}")
        why = tr("They, or their masks, cannot be used.") if data.get("task") == MASKS else tr("They cannot be read or have no class.")
        out.append(Check("images", "warn", text, why, tr("Show"), "data"))
    else:
        out.append(Check("images", "good", tr("%1 can be read").replace("%1", count(images, tr("image"), tr("images")))))
    if len([entry for entry in classes if entry["count"]]) < 2:
        text, tip = tr("There is only one class"), tr("Nothing can be told apart. Open a folder with one sub-folder a class.")
        if data.get("task") == MASKS:
            tip = tr("Nothing can be told apart: the masks show one class only.")
        out.append(Check("classes", "bad", text, tip, tr("Show"), "data"))
    elif counts.get("few_images"):
        text = count(counts["few_images"], tr("class has few images"), tr("classes have few images"))
        out.append(Check("classes", "warn", text, tr("Expect little of a class with fewer than 5 images."), tr("Show"), "data"))
    if not splits.get("train"):
        out.append(Check("train", "bad", tr("No images are left to learn from"), "", tr("Show"), "data"))
    if not splits.get("val"):
        mends = {"data.val_share": 0.2} if data.get("split_source") == "carved" and recipe.data.val_share < 0.2 else {}
        text = tr("No images are kept for validation")
        tip = tr("Without them nobody can say how good the model is, or which epoch is the best.")
        out.append(Check("val", "bad", text, tip, tr("Keep 20%") if mends else tr("Show"), "" if mends else "data", "", mends))
    return out


def _task(data: Mapping[str, Any], recipe: Recipe) -> Check | None:
    try:
        entry = entry_of(recipe)
    except InputError:
        return None  # told where the weights are
    if entry.task == data.get("task", entry.task):
        return None
    masks = entry.task == "segmentation"
    text = tr("%1 makes masks, and these images have none") if masks else tr("%1 tells classes, and these images have masks")
    tip = tr("Choose a model for what your images show.")
    return Check("task", "bad", text.replace("%1", entry.title), tip, tr("Choose"), "model")


def _leak(data: Mapping[str, Any]) -> Check | None:
    leaks = data.get("problem_counts", {}).get("leak", 0)
    if not leaks:
        return None
    text = count(leaks, tr("duplicate across splits"), tr("duplicates across splits"))
    tip = tr("The same picture is learned from and tested on: validation looks better than it is. Fix leaves the copies out.")
    return Check("leak", "warn", text, tip, tr("Fix"), "", "leak")


def _weights(recipe: Recipe) -> Check | None:
    said = recipe.model.weights
    if said == "random":
        return Check("weights", "good", tr("Starts from random weights"))
    if said != "pretrained":
        if Path(said).expanduser().is_file():
            return Check("weights", "good", tr("Weights: %1").replace("%1", Path(said).name), said)
        return Check("weights", "bad", tr("The file with the weights is gone"), said, tr("Choose"), "model")
    try:
        entry = entry_of(recipe)
    except InputError as error:
        return Check("weights", "bad", error.what, error.do, tr("Choose"), "model")
    state = entry.weights_state()
    if state == "download":
        text = tr("Weights: %1 to fetch first").replace("%1", megabytes(entry.weights_bytes))
        return Check(
            "weights",
            "warn",
            text,
            tr("They come from the internet, once. With no network choose the built-in model."),
            tr("Choose"),
            "model",
        )
    if state == "none":
        return Check("weights", "bad", tr("There are no pretrained weights for this model"), "", tr("Choose"), "model")
    built_in = state == "bundled"
    return Check("weights", "good", tr("Pretrained weights are built in") if built_in else tr("Pretrained weights are on this computer"))


def loss(recipe: Recipe, classes: Sequence[str] = ()) -> Check | None:
    """Where head and loss do not go together, or the loss weighs classes that the images do not have (classes: their names)."""
    from tlstudio.training import losses

    if (clash := _loss_of_task(recipe, classes)) is not None:
        return clash
    options = recipe.loss.options
    weights: dict[str, float] = options.get("weights", {})
    kept = {key: value for key, value in options.items() if key in ("class_weights", "weights")}
    try:
        losses.check_fits(recipe)
    except InputError as error:
        better, word = ("cross_entropy", tr("Use cross-entropy")) if recipe.loss.kind == "nll" else ("nll", tr("Use NLL"))
        text = tr("Loss and head clash")
        return Check("loss", "bad", text, sentences(error.what, error.why), word, "", "", {"loss.kind": better, "loss.options": kept})
    unknown = sorted(weights.keys() - set(classes))
    if not (classes and unknown and options.get("class_weights") == "own"):
        return None
    text = tr("The loss weighs %1, which the images do not have").replace("%1", ", ".join(unknown[:3]))
    known = {name: weight for name, weight in weights.items() if name in classes}
    return Check("loss", "bad", text, "", tr("Take out"), "", "", {"loss.options": {**options, "weights": known}})


def _loss_of_task(recipe: Recipe, classes: Sequence[str]) -> Check | None:
    """Where the loss is for another task, or for two classes, and there are others."""
    from tlstudio.training import losses

    kind = losses.REGISTRY.kinds().get(recipe.loss.kind)
    mend = {"loss.kind": "cross_entropy", "loss.options": {}}
    if kind is not None and not kind.suits(recipe.data.task):
        text = tr("%1 is a loss for masks") if kind.task == MASKS else tr("%1 is a loss for classes of whole images")
        return Check("loss", "bad", text.replace("%1", kind.title), "", tr("Use cross-entropy"), "", "", mend)
    if kind is not None and kind.one_logit and len(classes) not in (0, 2):
        text = tr("%1 is for two classes, and there are %2").replace("%1", kind.title).replace("%2", str(len(classes)))
        return Check(
            "loss", "bad", text, tr("It has a single output: the score of the second class."), tr("Use cross-entropy"), "", "", mend
        )
    return None


def _rates(recipe: Recipe) -> Check | None:
    """Rates with which a run can only run away, or stand still."""
    stages = parts(recipe)
    limit, limit_deep = (3.0, 0.5) if recipe.optimizer.kind in _PLAIN else (0.3, 0.03)
    head = max(stages, key=lambda stage: stage.recipe.optimizer.lr).recipe.optimizer.lr
    deep = max((stage.recipe.optimizer.backbone_lr for stage in stages if stage.learns != "head"), default=0.0)
    if recipe.frozen.strategy == "head" and not recipe.stages.own:
        deep = 0.0
    usual = tr("Usual are 0.0001 to 0.03 for new layers and a tenth of that for pretrained ones. Find tries rising rates on a copy.")
    for rate, high, text in (
        (head, limit, tr("The head's rate, %1, is far too high")),
        (deep, limit_deep, tr("The backbone's rate, %1, is far too high")),
    ):
        if rate > high:
            tip = tr("The loss would most likely run away, or jump about at chance.") + " " + usual
            return Check("rates", "warn", text.replace("%1", f"{rate:g}"), tip, tr("Find"), "", "find")
    if head < _STILL:
        text = tr("The head's rate, %1, is so low that nothing will move").replace("%1", f"{head:g}")
        return Check("rates", "warn", text, usual, tr("Find"), "", "find")
    return None


def _head(recipe: Recipe) -> Check | None:
    from tlstudio.models import heads

    try:
        entry = entry_of(recipe)
        heads.check_fits(recipe.head.kind, entry)
    except InputError as error:
        return Check("head", "bad", error.what, sentences(error.why, error.do), tr("Choose"), "model")
    return None


def _batchnorm(recipe: Recipe, layers: Mapping[str, Any]) -> Check | None:
    if recipe.frozen.strategy in ("full", "scratch"):
        return None
    if layers and not any(row.get("batchnorm") for row in layers.get("rows", ())):
        return None
    if recipe.frozen.batchnorm == "eval":
        return Check("batchnorm", "good", tr("Frozen BatchNorm stays in eval"), tr("It keeps the averages it learned."))
    text = tr("Frozen BatchNorm's averages move") if recipe.frozen.batchnorm == "adapt" else tr("Frozen BatchNorm learns")
    tip = tr("What is called frozen changes all the same; with few images that often costs accuracy.")
    return Check("batchnorm", "warn", text, tip, tr("Freeze"), "", "", {"frozen.batchnorm": "eval"})


def _disk(layers: Mapping[str, Any]) -> Check | None:
    import psutil

    folder = places.runs()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        free = psutil.disk_usage(str(folder)).free
    except OSError:
        return None
    room = tr("Disk: %1 free").replace("%1", megabytes(free))
    params = layers.get("totals", {}).get("params")
    if not params:
        return Check("disk", "good", room) if free > 5e8 else Check("disk", "warn", room, str(folder))
    # 4 bytes a parameter: the best weights; the last ones, and for each Adam's two means; one more while a file is replaced
    needs = params * 4 * 5
    text = tr("%1, needs %2").replace("%1", room).replace("%2", megabytes(needs))
    if free < needs:
        return Check("disk", "bad", text, tr("Make room at %1, or set TLSTUDIO_HOME to another place.").replace("%1", str(folder)))
    return Check("disk", "good", text, str(folder))


def _seed(recipe: Recipe) -> Check:
    tip = tr("The same recipe on the same computer gives the same run.")
    return Check("seed", "good", tr("Seed %1: can be repeated").replace("%1", str(recipe.training.seed)), tip)
