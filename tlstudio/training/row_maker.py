"""Rows of what crosses a cut, by picture: where they lie on the disk, and how those that are not there are computed. See `cached`."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing

import torch
from torch import Tensor

from tlstudio.control import Control
from tlstudio.data.mask_pipeline import MaskPipeline
from tlstudio.data.mask_set import MaskSet
from tlstudio.data.row_store import RowStore, Writer, open_store
from tlstudio.training.keeping import Kept, facts
from tlstudio.training.learner import Learner
from tlstudio.training.loader import Loader
from tlstudio.training.measure import BATCH
from tlstudio.training.out_of_memory import is_out_of_memory, let_go
from tlstudio.training.prepare import Images
from tlstudio.training.rows import NoRoom, as_kept
from tlstudio.training.source import filled

_MAPS_BATCH = 8  # pictures of scenes are larger than those of things


class RowMaker:
    """Of the pictures of one stage. Each process has its own, over the same stores on the disk.

    stores: by split, once opened. keys: of each picture's row, by split and view. batch: pictures that are computed together, always the
    same ones, so that a row depends neither on what was missing nor on who computes it.
    """

    def __init__(self, learner: Learner, images: Images, kept: Kept, control: Control) -> None:
        self._learner, self._images, self._kept = learner, images, kept
        self._loader = Loader(images.pipeline, learner.device, control, learner.layout)
        self.masks = isinstance(images.pipeline, MaskPipeline)
        self.batch = _MAPS_BATCH if self.masks else BATCH
        self.stores: dict[str, RowStore] = {}
        self.keys: dict[str, list[list[str]]] = {}

    def open(self, splits: Sequence[str]) -> None:
        """Have the stores as they are now: others may have put rows there."""
        for split in splits:
            if split in self.stores:
                self.stores[split].refresh()
                continue
            self.stores[split] = open_store("prefix", facts(self._learner, self._images, self._kept, self._kept.choice, split))
            self.keys[split] = [self._names(split, view) for view in range(self.views(split))]

    def close(self) -> None:
        for store in self.stores.values():
            store.close()

    def views(self, split: str) -> int:
        return self._kept.choice.views if split == "train" else 1

    def whole(self, split: str) -> bool:
        """Whether its rows are of whole scenes, one at a time, for they differ in shape."""
        return self.masks and split != "train"

    def rows(self, splits: Sequence[str]) -> int:
        """How many there are to be."""
        return sum(len(self._images.sets[split]) * self.views(split) for split in splits)

    def there(self, splits: Sequence[str]) -> int:
        """How many lie in the stores that are open."""
        return sum(key in have for split in splits for keys in self.keys[split] for have in [self.stores[split].have(keys)] for key in keys)

    def share(self, splits: Sequence[str], rank: int, of: int) -> Generator[int, None, None]:
        """See to it that the rows of every of-th batch, from the rank-th on, lie in the stores and are sound. Yields after each batch how
        many rows it has. Ends where the disk takes no more."""
        before = 0
        for split in splits:
            store, size = self.stores[split], 1 if self.whole(split) else self.batch
            for view, keys in enumerate(self.keys[split]):
                starts = range(0, len(keys), size)
                missing = []
                for start in starts[(rank - before) % of :: of]:
                    names = keys[start : start + size]
                    try:
                        store.stacked(names)
                    except (KeyError, ValueError):  # not there, or damaged
                        missing.append(start)
                    else:
                        yield len(names)
                before += len(starts)
                writer = store.writer()
                try:
                    with closing(self.made(split, view, missing)) as made:
                        for start, crossing in made:
                            names = keys[start : start + size]
                            if not put(writer, names, [tensor.cpu() for tensor in crossing]):
                                return
                            yield len(names)
                finally:
                    writer.commit()

    def made(self, split: str, view: int, starts: Sequence[int]) -> Generator[tuple[int, list[Tensor]], None, None]:
        """Compute the batches that begin there: yields where, and what crosses of its pictures, (B, ...) each, on the device; behind it
        the masks (B, H, W) of training views. The last batch is filled up to a whole one."""
        images, n = self._images.sets[split], len(self.keys[split][view])
        if self.whole(split):
            assert isinstance(images, MaskSet)
            with closing(self._loader.views(images, starts)) as scenes:
                for start, (inputs, _, _) in zip(starts, scenes, strict=False):
                    self._tell_apart(split, view, [start])
                    yield start, self._crossing(inputs)
            return
        augment = split == "train" and self._learner.recipe.augment.enabled
        places = [i for start in starts for i in filled(range(start, min(start + self.batch, n)), self.batch)]
        with closing(self._loader(images, places, self.batch, view + 1, augment)) as batches:  # view 0 is that of epoch 1
            for start, (inputs, truth) in zip(starts, batches, strict=False):
                self._tell_apart(split, view, range(start, min(start + self.batch, n)))
                crossing = self._crossing(inputs)
                yield start, [*crossing, truth.to(torch.uint8)] if truth.dim() > 1 else crossing

    def _tell_apart(self, split: str, view: int, places: Iterable[int]) -> None:
        """Rows of files that were changed since the scan get keys that nobody will look for: theirs speak of other pictures."""
        keys, changed = self.keys[split][view], self._images.sets[split].changed
        for i in places:
            if i in changed:
                keys[i] = f"changed-{secrets.token_hex(16)}"

    def _crossing(self, inputs: Tensor) -> list[Tensor]:
        dtype, crossing = getattr(torch, self._kept.choice.dtype), self._through(inputs)
        if crossing is None:  # said here, where the failed pass is gone with all that it had computed
            let_go(self._learner.device)
            raise NoRoom("not even one picture at a time fits into memory")
        return [as_kept(tensor, dtype, last) for tensor, last in zip(crossing, self._kept.last, strict=True)]

    def _through(self, inputs: Tensor) -> list[Tensor] | None:
        """What crosses, None where memory runs out."""
        try:
            return self._kept.parts.front(inputs)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            return None

    def _names(self, split: str, view: int) -> list[str]:
        """The key of each picture's row. What is random follows from (seed, view, place in the set)."""
        report, chosen = self._images.report, getattr(self._images.splits, split)
        chance = split == "train" and self._learner.recipe.augment.enabled
        truth = self.masks and split == "train"
        return [
            report.items[at].digest + (f"-{self._images.mask_digest(at)}" if truth else "") + (f":{view}:{i}" if chance else "")
            for i, at in enumerate(chosen)
        ]


def put(writer: Writer, names: Sequence[str], crossing: Sequence[Tensor]) -> bool:
    """Keep the first rows of a batch, (B, ...) of the CPU, B at least as many as there are names; whether all were taken."""
    return all(writer.add(name, [tensor[i].contiguous() for tensor in crossing]) for i, name in enumerate(names))
