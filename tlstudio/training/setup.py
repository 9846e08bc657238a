"""What a run is made of, from its recipe: images, network, what learns and what does not, the optimizer."""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence

import torch

from tlstudio.control import Control
from tlstudio.events import Event, RunStarted
from tlstudio.models.network import Network, build
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training import losses, mask_tiles, schedules
from tlstudio.training.image_size import check_image_size
from tlstudio.training.kept_features import KeptFeatures, fits
from tlstudio.training.learner import Learner
from tlstudio.training.mask_measure import MeasuredMasks, Seen, measured_masks
from tlstudio.training.measure import Measured, measured
from tlstudio.training.prepare import Images, device_of, images_of, streamed
from tlstudio.training.receipt import device_name
from tlstudio.training.source import Source, WholeNetwork, cut

Result = Measured | MeasuredMasks
"""What judging a split gives: figures of classes of whole images, or of masks."""


class Setup(Learner):
    """A learner with its images, and the plan of its rates. cuts: where an epoch is cut into batches. Raises InputError as Learner."""

    def __init__(self, recipe: Recipe, images: Images, network: Network, device: torch.device) -> None:
        super().__init__(recipe, network, device, losses.make(recipe.loss, images.classes, images.counts))
        self.images = images
        if self.keep_features and recipe.data.task == "segmentation":
            views, (height, width) = images.judged_views, images.shape
            # What is looked at through windows has maps of its own; and maps are larger than rows of features.
            pixels = self.n("train") * height * width + sum(views)
            self.keep_features = max(views) <= mask_tiles.WHOLE and fits(network, images.shape, pixels, device)
        self.cuts = cut(self.n("train"), recipe.training.batch_size)
        self.factor: schedules.Factor = schedules.factor_of(recipe, len(self.cuts))
        if any(end - start == 1 for start, end in self.cuts):
            self.try_one_image(images.shape)

    def n(self, split: str) -> int:
        """Images in a split."""
        return len(self.images.sets[split])

    def rates(self, step: int, judged: Sequence[float]) -> tuple[float, float]:
        """The rates of head and backbone in training step 0, 1, ... of the run. judged: validation losses of the epochs before it."""
        factor = self.factor(step, judged)
        return self.recipe.optimizer.lr * factor, self.recipe.optimizer.backbone_lr * factor

    def source(self, control: Control) -> Source:
        """Where the steps get their inputs from. One that keeps features has to be filled first."""
        sets, pipeline = self.images.sets, self.images.pipeline
        if self.keep_features:
            return KeptFeatures(self.network, sets, pipeline, self.device, control=control)
        return WholeNetwork(self.network, sets, pipeline, self.device, augment=self.recipe.augment.enabled, control=control)

    def measuring(
        self, source: Source, split: str, *, edges: bool = False, wanted: Collection[int] = (), seen: Seen | None = None
    ) -> Generator[int, None, Result]:
        """Judge the weights as they stand on a split, see `measured` and `measured_masks`; edges, wanted and seen are for masks."""
        if self.recipe.data.task == "segmentation":
            views = source.views(split)
            return measured_masks(self.network, source.module, views, self.images.classes, edges=edges, wanted=wanted, seen=seen)
        return measured(source.module, source.plain(split))

    def started(self, run: Run, resumed_from: tuple[int, int] | None) -> RunStarted:
        params, learning = self.params()
        return RunStarted(
            run=str(run.path),
            name=self.recipe.name,
            task=self.recipe.data.task,
            model=self.recipe.model.name,
            strategy=self.recipe.frozen.strategy,
            epochs=self.recipe.training.epochs,
            steps_per_epoch=len(self.cuts),
            n_train=self.n("train"),
            n_val=self.n("val"),
            n_test=self.n("test"),
            classes=self.images.classes,
            device=device_name(self.device),
            params=params,
            params_learning=learning,
            cached=self.keep_features,
            resumed_from=resumed_from,
        )


def set_up(recipe: Recipe, control: Control) -> Generator[Event, None, Setup]:
    """Scan, split, build; scans and downloads tell their progress. Raises InputError and StudioError with sentences for the user."""
    images = yield from streamed(lambda tell: images_of(recipe, tell, control), control)
    device = device_of(recipe)
    network = yield from streamed(
        lambda tell: build(
            recipe.model.name,
            classes=len(images.classes),
            head=recipe.head,
            weights=recipe.model.weights,
            seed=recipe.training.seed,
            cut=recipe.model.cut,
            aux=recipe.model.aux,
            task=recipe.data.task,
            one_logit=losses.one_logit(recipe.loss),
            tell=tell,
            control=control,
        ),
        control,
    )
    yield from check_image_size(network, min(images.shape))
    return Setup(recipe, images, network, device)
