"""A network and a loss that a recipe can be measured with, without a run, its weights and its images."""

from __future__ import annotations

from tlstudio.control import Control, Tell
from tlstudio.models.network import Network, build
from tlstudio.recipe import Recipe
from tlstudio.training import losses


def network_of(recipe: Recipe, classes: int, tell: Tell, control: Control) -> Network:
    """With random weights: nothing needs to be downloaded to know how long it takes."""
    model = recipe.model
    return build(
        model.name,
        classes=classes,
        head=recipe.head,
        weights="random",
        cut=model.cut,
        aux=model.aux,
        task=recipe.data.task,
        one_logit=losses.one_logit(recipe.loss),
        tell=tell,
        control=control,
    )


def criterion_of(recipe: Recipe, classes: int) -> losses.Criterion:
    """The recipe's loss without its class weights, which cost nothing and go by names that are not known here."""
    options = {key: value for key, value in recipe.loss.options.items() if key not in ("class_weights", "weights")}
    return losses.make(recipe.loss.model_copy(update={"options": options}), [str(i) for i in range(classes)], [1] * classes)
