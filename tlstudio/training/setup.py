"""What a run is made of, from its recipe: images, network, what learns and what does not, the optimizer."""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from tlstudio.control import Control
from tlstudio.data.picture_store import PictureStore
from tlstudio.data.row_store import limit, usage
from tlstudio.events import Event, Progress, RunStarted
from tlstudio.models.freezing import freeze, frozen_paths, still_names
from tlstudio.models.network import Network, build
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training import losses, schedules
from tlstudio.training.agreement import lots_of, receipt_for_all, refuse_small
from tlstudio.training.cached import Cached
from tlstudio.training.distributed import ranks
from tlstudio.training.image_size import check_image_size
from tlstudio.training.keeping import Choice, Kept, choose, expected, none
from tlstudio.training.learner import Learner
from tlstudio.training.machine_probe import Chosen, probe, usual
from tlstudio.training.mask_measure import MeasuredMasks, Seen, measured_masks
from tlstudio.training.measure import Measured, measured
from tlstudio.training.measured_together import measured_together, pictures_of
from tlstudio.training.pieces import not_in_pieces
from tlstudio.training.prepare import Images, device_of, images_of, streamed
from tlstudio.training.receipt import device_name
from tlstudio.training.source import Source, WholeNetwork, cut
from tlstudio.training.stages import Stage, plan

Result = Measured | MeasuredMasks
"""What judging a split gives: figures of classes of whole images, or of masks."""


class Setup(Learner):
    """A learner with its images, and the plan of its rates: of one stage of a run.

    recipe: of the stage, see `stages`. cuts: where an epoch is cut into batches.
    stage: None for the only one. warm: in it the head learns alone, before deeper layers.
    lots: so many times training.batch_size x training.accumulate images are in a step, as many ranks as the run began with. A step's
    images lie in memory together; what the network makes of them, which is far more, only batch_size at a time.
    moving: all that moves in any stage of the run, still: what never does. Raises InputError as Learner.
    """

    def __init__(
        self,
        recipe: Recipe,
        images: Images,
        network: Network,
        device: torch.device,
        *,
        stage: Stage | None = None,
        moving: Collection[str] = (),
        chosen: Chosen | None = None,
        lots: int = 1,
    ) -> None:
        together = ranks()
        criterion = together.weighed(losses.make(recipe.loss, images.classes, images.counts))
        super().__init__(recipe, network, device, criterion, chosen)
        self.images, self.choice = images, Choice()
        self.first_epoch, self.warm = (stage.first, stage.warm) if stage else (1, False)
        self._of_stage = self.moving
        every = {**self.moving, **self.still}
        self.moving = {name: tensor for name, tensor in every.items() if name in self._of_stage or name in moving}
        self.still = {name: tensor for name, tensor in every.items() if name not in self.moving}
        self.lots = lots
        self.cuts = cut(self.n("train"), recipe.training.batch_size * recipe.training.accumulate * lots, together.least)
        refuse_small(self.cuts)
        self.factor: schedules.Factor = schedules.factor_of(recipe, len(self.cuts))
        if any((end - start) // together.size == 1 for start, end in self.cuts):
            self.try_one_image(images.shape)

    @property
    def trained(self) -> dict[str, Tensor]:
        """The moving tensors as training moves them, also inside `as_judged`."""
        of_stage = super().trained
        return self.moving if of_stage is self.moving else {**self.moving, **of_stage}

    def level(self) -> None:
        """Take rank 0's averages of BatchNorm, which each rank makes of its own images, so that all judge the same network."""
        if ranks().size > 1:
            parameters = {name for name, _ in self.module.named_parameters(remove_duplicate=False)}
            ranks().level(tensor for name, tensor in self.moving.items() if name not in parameters)

    def n(self, split: str) -> int:
        """Images in a split."""
        return len(self.images.sets[split])

    def rates(self, step: int, judged: Sequence[float]) -> tuple[float, float]:
        """The rates of head and backbone in training step 0, 1, ... of the run. judged: validation losses of the epochs before it."""
        before = self.first_epoch - 1
        factor = self.factor(step - before * len(self.cuts), judged[before:])
        return self.recipe.optimizer.lr * factor, self.recipe.optimizer.backbone_lr * factor

    def noise(self, n: int) -> tuple[Tensor, Tensor]:
        """A training batch of n images that show nothing, and labels; on the device."""
        chance = torch.Generator().manual_seed(0)
        pixels = torch.randint(0, 256, (n, 3, *self.images.shape), dtype=torch.uint8, generator=chance).to(self.device)
        shape = (n, *self.images.shape) if self.recipe.data.task == "segmentation" else (n,)
        labels = torch.randint(0, len(self.images.classes), shape, generator=chance).to(self.device)
        return self.images.pipeline.normalise(pixels).contiguous(memory_format=self.layout), labels

    def source(self, control: Control, as_before: dict[str, Any] | None = None) -> Source | Cached:
        """Where the steps get their inputs from. One that keeps rows has to be filled first; `choice` says why one does not.

        as_before: how a resumed run kept them, `Choice.to_json`.
        """
        disk = max(0, limit() - usage().get("pictures", 0))
        found = choose(self, self.images, disk=disk, as_before=Choice(**as_before) if as_before else None)
        found = self._as_agreed(found, disk)
        if isinstance(found, Kept):
            return Cached(self, self.images, found, control)
        self.choice = found
        return self.whole(control)

    def _as_agreed(self, found: Kept | Choice, disk: int) -> Kept | Choice:
        """What rank 0 found: how much room there is differs from process to process."""
        own = found.choice if isinstance(found, Kept) else found
        first = ranks().same(lambda: own)
        if first.how == "none":
            found = none(first.why)
        elif isinstance(found, Kept) and first.how == own.how:
            found = replace(found, choice=first)
        elif first != own:
            found = choose(self, self.images, disk=disk, as_before=first)
        lacking = first.how != "none" and not isinstance(found, Kept)
        return none("not all processes could cut the network") if ranks().most(lacking) else found

    def whole(self, control: Control) -> WholeNetwork:
        """A source in which every batch runs through the whole network."""
        augment = self.recipe.augment.enabled
        return WholeNetwork(
            self.network, self.images.sets, self.images.pipeline, self.device, augment=augment, control=control, layout=self.layout
        )

    def measuring(
        self, source: Source, split: str, *, edges: bool = False, wanted: Collection[int] = (), seen: Seen | None = None
    ) -> Generator[int, None, Result]:
        """Judge the weights as they stand on a split, see `measured` and `measured_masks`; edges, wanted and seen are for masks."""
        if self.recipe.data.task == "segmentation":
            chosen = pictures_of(self.n(split), wanted)
            return measured_masks(
                self.network,
                lambda: (source.judged, source.views(split, chosen)),
                self.images.classes,
                windows=self.windows,
                edges=edges,
                wanted=wanted,
                seen=seen,
                among=chosen,
                n=self.n(split),
            )
        if ranks().size > 1:
            return measured_together(source.judged, source, split, self.images.sets[split].labels)  # type: ignore[union-attr]
        return measured(source.judged, source.plain(split))


def started(
    setup: Setup, stages: Sequence[Stage], recipe: Recipe, run: Run, resumed_from: tuple[int, int] | None, best: int | None = None
) -> RunStarted:
    """The event of a run's begin, or of its going on. recipe: of the run."""
    return RunStarted(
        run=str(run.path),
        name=recipe.name,
        task=recipe.data.task,
        model=recipe.model.name,
        strategy=recipe.frozen.strategy,
        epochs=stages[-1].last,
        steps_per_epoch=len(setup.cuts),
        n_train=setup.n("train"),
        n_val=setup.n("val"),
        n_test=setup.n("test"),
        classes=setup.images.classes,
        device=device_name(setup.device),
        params=setup.params()[0],
        params_learning=learning_of(setup.network, stages[-1].recipe),
        cached=expected(setup, setup.images),
        resumed_from=resumed_from,
        best=best,
    )


def learning_of(network: Network, recipe: Recipe) -> int:
    """Parameters that learn under a recipe, whatever learns of the network now."""
    module = network.module
    before = [(parameter, parameter.requires_grad) for parameter in module.parameters()]
    freeze(module, frozen_paths(network, recipe.frozen), recipe.frozen.batchnorm)
    learning = sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)
    for parameter, learns in before:
        parameter.requires_grad_(learns)
    return learning


def moving_in(network: Network, stages: Sequence[Stage]) -> set[str]:
    """Names in the state dict that may move in any of the stages."""
    module, out = network.module, set[str]()
    names = set(module.state_dict())
    for stage in stages:
        frozen = stage.recipe.frozen
        out |= names - still_names(module, frozen_paths(network, frozen), frozen.batchnorm)
    return out


@dataclass(frozen=True)
class Ground:
    """What all stages of a run stand on."""

    recipe: Recipe
    images: Images
    network: Network
    device: torch.device
    stages: list[Stage]
    moving: set[str]
    chosen: Chosen | None = None
    lots: int = 1

    def setup(self, stage: Stage) -> Setup:
        """Of one stage, from the weights as they stand."""
        made = Setup(
            stage.recipe, self.images, self.network, self.device, stage=stage, moving=self.moving, chosen=self.chosen, lots=self.lots
        )
        if made.chosen.micro_batch and not_in_pieces(made):  # they were chosen for another stage
            made.choose(replace(made.chosen, micro_batch=0))
        return made

    def tries(self, before: dict[str, Any] | None) -> bool:
        """Whether `choosing` may try out what is fastest, which takes seconds. before: as there."""
        head = self.stages[-1].recipe.frozen.strategy == "head"
        return ranks().size == 1 and not head and Chosen.from_receipt(before, self.device) is None

    def choosing(self, before: dict[str, Any] | None, control: Control) -> Ground:
        """The same, with what it computes with chosen: as in the receipt of a run that goes on, else tried out where the run is long.

        What is tried is the last stage, in which most learns. Of several ranks the first decides, and nothing is tried: they would
        be in each other's way.
        """
        if ranks().size > 1:
            return self._choosing_together(before)
        chosen = Chosen.from_receipt(before, self.device)
        self = replace(self, lots=lots_of(before) or 1)
        last = self.stages[-1]
        if self.tries(before):
            setup = self.setup(last)
            images = setup.n("train") * sum(stage.recipe.training.epochs for stage in self.stages if not stage.warm)
            chosen = probe(setup, images, setup.noise, control)
        return replace(self, chosen=chosen)

    def _choosing_together(self, before: dict[str, Any] | None) -> Ground:
        """As `choosing`, with rank 0's receipt."""
        first, threads = receipt_for_all(before, self.device, self.images), self.recipe.training.threads or torch.get_num_threads()
        ground = replace(self, lots=lots_of(first) or ranks().size)
        chosen = ranks().same(lambda: Chosen.from_receipt(first, self.device) or usual(ground.setup(self.stages[-1])))
        return replace(ground, chosen=replace(chosen, threads=threads))


def set_up(recipe: Recipe, control: Control) -> Generator[Event, None, Ground]:
    """Scan, split, build, plan; what is done is told as it begins, and scans and downloads tell how far they are. Raises InputError and
    StudioError with sentences for the user."""
    yield Progress(phase="scan", done=0)
    images = yield from streamed(lambda tell: images_of(recipe, tell, control, store=PictureStore()), control)
    yield Progress(phase="network", done=0)
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
    stages = plan(recipe, network)
    return Ground(recipe, images, network, device, stages, moving_in(network, stages))
