"""A training step that makes do with the memory there is: where a batch does not fit, it goes through the network in smaller pieces,
whose gradients are added up."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import torch
from torch.nn.modules.batchnorm import _BatchNorm

from tlstudio.errors import StudioError
from tlstudio.training.distributed import ranks
from tlstudio.training.features import Features, joined, mapped, tensors

if TYPE_CHECKING:
    from tlstudio.training.learner import Learner
    from tlstudio.training.mask_tiles import Windows

T = TypeVar("T")
F = TypeVar("F")
_SAID = ("DefaultCPUAllocator", "out of memory", "ALLOC_FAILED")
_OF_ONEDNN = ("could not create a primitive", "could not create a memory object")
"""All that oneDNN says where it finds no room for its own buffers; more words follow where it cannot do a thing at all."""


class Fitting:
    """The steps of a learner, each made again where it did not fit into memory."""

    def __init__(self, learner: Learner) -> None:
        self._learner = learner
        norms = [child for child in learner.training_modules() if isinstance(child, _BatchNorm)]
        buffers = [buffer for child in norms for buffer in child.buffers(recurse=False)]
        alike = [[one for one in buffers if one.is_floating_point() == floating] for floating in (True, False)]
        self._averages = [(group, [torch.empty_like(one) for one in group]) for group in alike if group]
        """What a forward pass changes: a few numbers a layer, so that a copy before each step costs next to nothing."""

    def made(self, n: int, step: Callable[[], T]) -> Generator[int, None, T]:
        """What `step`, a training step over n images, comes to. Where it runs out of memory it is made again from the same averages, with
        half as many images at once; yields that number, to which the learner is limited from then on.

        Raises StudioError where not even one image fits.
        """
        learner = self._learner
        with torch.no_grad():
            for buffers, before in self._averages:
                torch._foreach_copy_(before, buffers)
        while True:
            try:
                return step()
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                if ranks().size > 1:  # the others are in the middle of theirs
                    raise StudioError(
                        f"{_who(learner.device)} ran out of memory with {learner.at_once(n)} images at once",
                        "of several processes that train together none can go on with fewer by itself",
                        "Choose a smaller training.batch_size, and a training.accumulate that makes up for it",
                        details=str(error),
                    ) from None
                details = str(error)
            # Outside of `except`: the failed pass, whose frames held all that it had computed, is gone.
            learner.optimizer.zero_grad(set_to_none=True)
            with torch.no_grad():
                for buffers, before in self._averages:
                    torch._foreach_copy_(buffers, before)
            let_go(learner.device)
            at_once = learner.at_once(n)
            if at_once == 1:
                raise _nothing_fits(learner.device, " with a single image", details)
            learner.limit(at_once // 2)
            yield at_once // 2

    def fitted(self, n: int, step: Callable[[], T], halved: Callable[[int], None] = lambda images: None) -> T:
        """What `made` comes to. halved: told each number that it yields, before the step is made again."""
        making = self.made(n, step)
        while True:
            try:
                halved(next(making))
            except StopIteration as made:
                out: T = made.value
                return out


@contextmanager
def moving_weights(device: torch.device) -> Iterator[None]:
    """Inside, the optimizer moves the weights, which cannot be begun anew: smaller pieces would not help it either."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise StudioError(
            f"{_who(device)} ran out of memory while the weights were moved",
            "weights, gradients and what the optimizer remembers of each do not fit together",
            "Freeze more layers, choose a smaller model, or the optimizer sgd, which remembers least",
            details=str(error),
        ) from None


@contextmanager
def said_in_words(device: torch.device) -> Iterator[None]:
    """What runs out of memory inside, and cannot make do with less, does so with a sentence."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise _nothing_fits(device, "", str(error)) from None


def fewer(n: int, work: Callable[[int], T], device: torch.device) -> T:
    """work(n), with n images; with half as many, and so on, where so many at once do not fit into memory. Raises what work(1) raises."""
    while True:
        try:
            return work(n)
        except (RuntimeError, MemoryError) as error:
            if n < 2 or not is_out_of_memory(error):
                raise
        let_go(device)  # outside of `except`, as in `Fitting.made`
        n //= 2


def in_halves(forward: Callable[[Features], F], inputs: Features) -> F:
    """forward(inputs), one or several (B, ...), without gradients; of halves, and of theirs, where all at once do not fit into memory: a
    network that learns from a few images at a time may have to judge them so, or to look at them once. Rounding may then be another.
    Raises what one image alone raises."""
    try:
        return forward(inputs)
    except (RuntimeError, MemoryError) as error:
        first, n = tensors(inputs)[0], len(tensors(inputs)[0])
        if n < 2 or not is_out_of_memory(error):
            raise
    let_go(first.device)
    parts = [slice(0, n // 2), slice(n // 2, n)]
    halves = [mapped(lambda tensor, part=part: tensor[part], inputs) for part in parts]  # type: ignore[misc]
    out: F = joined([in_halves(forward, half) for half in halves])
    return out


def let_go(device: torch.device) -> None:
    """Have torch let go of what it holds of a card for later: in pieces of other sizes it may not find room in that."""
    if device.type != "cpu":
        getattr(torch, device.type).empty_cache()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether it says that memory ran out, on whichever device."""
    said = str(error)
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or any(words in said for words in _SAID) or said in _OF_ONEDNN


def in_words(learner: Learner, n: int, was: int, now: int) -> str:
    """What to tell the user: of a step of n images `was` at once were too many, it goes on with `now`."""
    times = -(-n // now)
    more = "twice the accumulation" if times == 2 else f"the gradients of {times} passes added up"
    where = f"{'at batch' if was == n else 'with pieces of'} {was}"
    said = f"{_who(learner.device)} ran out of memory {where}. Training goes on with {now} and {more}"
    if any(isinstance(child, _BatchNorm) for child in learner.training_modules()):
        return f"{said}; results may differ slightly, because BatchNorm now sees {now} at a time."
    if learner.recipe.data.task == "segmentation":
        return f"{said}; results may differ slightly, because the loss of masks now looks at {now} at a time."
    return f"{said}."


def about_pieces(device: torch.device, was: int, now: int) -> str:
    """What to say of figures that were measured `now` images at a time, because `was` at once did not fit into memory."""
    return (
        f"{_who(device)} has not enough memory for {was} images at once: measured with {now} at a time, whose gradients are added up, as "
        "training would go on."
    )


def about_windows(device: torch.device, windows: Windows, then: str) -> str:
    """What to say where pictures do not fit into memory whole. then: what else follows."""
    return (
        f"{_who(device)} ran out of memory while a picture was judged. Pictures that come to the model with more than {windows.whole:,} "
        f"pixels are looked at through overlapping windows of {windows.side} x {windows.side} from now on; {then}."
    )


def too_large(device: torch.device, view: tuple[int, int], details: str) -> StudioError:
    """For a picture that is too large even for the smallest windows, or for windows that several processes would have to agree on."""
    return StudioError(
        f"{_who(device)} ran out of memory with a picture that comes to the model with {view[1]} x {view[0]} pixels",
        "what the network makes of it does not fit, or other programs take too much",
        "Close other programs and try again, a run goes on from its last checkpoint; or train with a smaller data.image_size or model",
        details=details,
    )


def _nothing_fits(device: torch.device, with_what: str, details: str) -> StudioError:
    return StudioError(
        f"{_who(device)} ran out of memory{with_what}",
        "what the network makes of an image does not fit, or other programs take too much",
        "Choose a smaller data.image_size or a smaller model, freeze more layers, or close other programs",
        details=details,
    )


def _who(device: torch.device) -> str:
    return "The computer" if device.type == "cpu" else "The graphics card"
