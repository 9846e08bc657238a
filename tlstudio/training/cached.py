"""The frozen part runs once over every picture; what learns trains from what came out. See `source` and `keeping`."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import torch
from torch import Tensor, nn

from tlstudio.control import Control
from tlstudio.data.mask_set import MaskSet
from tlstudio.events import Event, PrefixCached, Progress
from tlstudio.training import figures
from tlstudio.training.distributed import ranks
from tlstudio.training.keeping import Kept, sentence, wish
from tlstudio.training.kept_scenes import KeptScenes
from tlstudio.training.learner import Learner
from tlstudio.training.measure import BATCH
from tlstudio.training.pace import Pace
from tlstudio.training.prepare import Images
from tlstudio.training.row_maker import RowMaker, put
from tlstudio.training.rows import CannotKeep, InMemory, OnDisk, OutOfRange, Stopped, as_used, without_label
from tlstudio.training.source import Batch, View, filled


class Cached:
    """What crosses the cut is computed once for each view of each picture (`fill`) or found in a store; the rest trains from there.

    Rows lie in a store on disk too, so that a second run with another head, rate or batch size begins at once.
    """

    def __init__(self, learner: Learner, images: Images, kept: Kept, control: Control) -> None:
        self.kept, self.choice = kept, kept.choice
        self.module = kept.parts.module
        self._learner, self._images, self._control = learner, images, control
        self._device = learner.device
        self._maker = RowMaker(learner, images, kept, control)
        self._masks = self._maker.masks
        self._rows: dict[str, list[InMemory | OnDisk]] = {}
        self.computed = self.reused = 0
        self._done = self._total = 0
        self._before: int | None = None
        self._empty = False
        self._silent: dict[tuple[str, int], Tensor] = {}
        """Which rows have a mask without a label, known without a look at the device."""
        self._scenes = KeptScenes(learner, images, kept, control)

    @property
    def judged(self) -> nn.Module:
        return self.module if self._scenes.network is None else self._scenes.network.judged

    @property
    def folded(self) -> bool:
        """Whether measurements are made with `folded_network`."""
        return self.choice.folded and self._scenes.network is None

    @property
    def exact(self) -> bool:
        """Whether measuring from what is kept gives the very figures that `evaluate` gives."""
        return self.choice.exact

    @property
    def empty(self) -> bool:
        return self._empty

    def learn(self) -> None:
        self.kept.parts.learn()

    def judge(self) -> None:
        self._learner.eval_mode()
        if self.choice.how != "features":
            self.module.eval()

    # -- filling

    def fill(self, splits: Sequence[str], pace: Pace, stage: str) -> Generator[Event, None, None]:
        """Compute what is not kept yet, of several ranks each a share; tells its progress, and in the end what is kept. Raises CannotKeep,
        and Stopped where the user wants no more of it; all ranks raise the same."""
        began = time.perf_counter()
        if self._scenes.network is not None:
            splits = [split for split in splits if split == "train"]
        if self.choice.views == 1:  # every picture is looked at once
            for split in splits:
                self._images.sets[split].forget()
        try:
            yield from self._in_shares(splits, pace)
        except OutOfRange:  # float16 ends at 65,504; bfloat16 has the range of float32
            self.choice = replace(self.choice, dtype="bfloat16")
            self.kept = replace(self.kept, choice=self.choice)
            self.close()
            self._maker = RowMaker(self._learner, self._images, self.kept, self._control)
            yield from self._in_shares(splits, pace)
        finally:
            for split in splits:
                self._images.sets[split].forget()
                self._images.sets[split].keep_again()
            told, nbytes = [trouble for store in self._maker.stores.values() for trouble in store.troubles], self._nbytes()
            if self.choice.where != "disk":
                self.close()
        spent = time.perf_counter() - began
        wanted, a_row = wish(self._learner, self._images), self._of_a_row(spent)
        saves = a_row * (wanted.passes - self.computed) if a_row is not None else None
        n = wanted.n_train + wanted.n_val
        yield PrefixCached(
            stage=stage,
            sentence=sentence(self.choice, images=n, nbytes=nbytes, computed=self.computed, saves=saves, pieces=told[:1]),
            how=self.choice.how,
            images=n,
            computed=self.computed,
            reused=self.reused,
            views=self.choice.views,
            bytes=nbytes,
            dtype=self.choice.dtype,
            where=self.choice.where,
            seconds=spent,
            saves_seconds=saves,
        )

    def _of_a_row(self, spent: float) -> float | None:
        """Seconds that a row takes to compute: it took now, or in the run that did so; None where that is not known."""
        key = f"row-{self._maker.stores['train'].folder.name}"
        if ranks().main and self.computed > self.reused:  # of a few the time says little
            figures.note(key, {"seconds": spent / self.computed})
        noted: dict[str, float] = figures.noted(key) or {}
        return spent / self.computed if self.computed else noted.get("seconds")

    def _in_shares(self, splits: Sequence[str], pace: Pace) -> Generator[Event, None, None]:
        self._done, self._total = 0, self._maker.rows(splits)
        yield from ranks().in_shares(lambda rank, of: self._share(splits, pace, rank, of), lambda: self._filled(splits, pace))
        if self._before is not None:  # whoever computed the others
            self.computed, self.reused = self._total - self._before, self._before

    def _share(self, splits: Sequence[str], pace: Pace, rank: int, of: int) -> Generator[Progress, None, None]:
        """One of several ranks' part of what is to be computed, put on the disk for all. Its progress is taken for that of all."""
        self._maker.open(splits)
        self._before = self._maker.there(splits)
        self.judge()
        yield Progress(phase="features", done=0, total=self._total)
        for n in self._maker.share(splits, rank, of):
            yield self._further(n * of, pace)

    def _filled(self, splits: Sequence[str], pace: Pace) -> Generator[Progress, None, None]:
        """Take what is on the disk, and compute what is not."""
        self.computed = self.reused = 0
        self.judge()
        self._maker.open(splits)
        self._rows = {split: [] for split in splits}
        self._scenes.rows.clear()
        yield Progress(phase="features", done=self._done, total=self._total)
        for split in splits:
            for view in range(self._maker.views(split)):
                for n in self._whole(split) if self._maker.whole(split) else self._plain(split, view):
                    yield self._further(n, pace)
        self._learner.train_mode()

    def _further(self, n: int, pace: Pace) -> Progress:
        """So many rows more are there, unless they were counted already. Raises Stopped: of several ranks the first hears that."""
        if self._control.stopping:
            raise Stopped("the run was stopped")
        n = min(n, self._total - self._done)
        self._done += n
        if n:
            pace.add(n)
        done, total = self._done, self._total
        return Progress(phase="features", done=done, total=total, overall=pace.share, remaining=pace.remaining, per_second=pace.per_second)

    def _plain(self, split: str, view: int) -> Generator[int, None, None]:
        """Rows of training views, or of pictures that are judged; whole batches, so that a row never depends on what was missing."""
        store, keys, batch = self._maker.stores[split], self._maker.keys[split][view], self._maker.batch
        have = store.have(keys)
        near = self._near
        rows = InMemory(len(keys), near, pinned=near.type == "cpu" and self._device.type == "cuda")
        on_disk = self.choice.where == "disk"
        writer = store.writer()
        starts = range(0, len(keys), batch)
        missing = [start for start in starts if not have.issuperset(keys[start : start + batch])]
        gone: list[int] = []
        empty = torch.zeros(len(keys), dtype=torch.bool)
        for start in sorted(set(starts) - set(missing)):
            names = keys[start : start + batch]
            try:
                found = store.stacked(names)
            except (KeyError, ValueError):  # damaged rows
                gone.append(start)
                continue
            if not on_disk:
                rows.put(start, found)
            if self._masks:
                empty[start : start + len(names)] = without_label(found[-1])
            self.reused += len(names)
            yield len(names)
        try:
            with closing(self._maker.made(split, view, sorted([*missing, *gone]))) as made:
                for start, crossing in made:
                    names, there = keys[start : start + batch], [tensor.cpu() for tensor in crossing]
                    n = len(names)
                    if not on_disk:
                        rows.put(start, [tensor[:n] for tensor in (there if near.type == "cpu" else crossing)])
                    if self._masks:
                        empty[start : start + n] = without_label(there[-1][:n])
                    if not put(writer, names, there) and on_disk:
                        break
                    self.computed += n
                    yield n
        finally:
            writer.commit()
        if on_disk and not store.have(keys).issuperset(keys):
            raise CannotKeep(writer.why or "the disk took only a part of it")
        self._rows[split].append(OnDisk(store, keys) if on_disk else rows)
        self._silent[split, view] = empty

    def _whole(self, split: str) -> Generator[int, None, None]:
        """Rows of whole scenes, which differ in shape."""
        left = len(self._maker.keys[split][0])
        for computed, reused in self._scenes.fill(self._maker, split, self._near):
            self.computed, self.reused, left = self.computed + computed, self.reused + reused, left - computed - reused
            yield computed + reused
        if left:  # of which nothing is kept
            yield left

    @property
    def _near(self) -> torch.device:
        """Where rows are kept that are kept in memory."""
        return self._device if self.choice.where == "device" else torch.device("cpu")

    def _nbytes(self) -> int:
        return self._scenes.nbytes + sum(rows.nbytes for kept in self._rows.values() for rows in kept)

    # -- using

    def train(self, order: Sequence[int], cuts: Sequence[tuple[int, int]], epoch: int) -> Generator[Batch, None, None]:
        view = (epoch - 1) % self.choice.views
        rows, silent = self._rows["train"][view], self._silent["train", view]
        labels = None if self._masks else self._images.sets["train"].labels.to(self._device)  # type: ignore[union-attr]
        places = torch.as_tensor(order)
        there = places.to(self._device)  # all of them at once: a card would be waited for with each batch
        if isinstance(rows, InMemory):
            near = there if self.choice.where == "device" else places
            for a, b in cuts:
                self._control.check()
                self._empty = self._masks and bool(silent[places[a:b]].all())
                yield self._batch_of(rows.take(near[a:b]), labels, there[a:b])
            return
        with ThreadPoolExecutor(1, thread_name_prefix="rows") as pool:  # the next batch is read while this one is learned from
            ahead = [pool.submit(rows.take, places[a:b]) for a, b in cuts[:1]]
            for at, (a, b) in enumerate(cuts):
                self._control.check()
                found = ahead.pop().result()
                self._empty = self._masks and bool(silent[places[a:b]].all())
                ahead += [pool.submit(rows.take, places[c:d]) for c, d in cuts[at + 1 : at + 2]]
                yield self._batch_of(found, labels, there[a:b])

    def _batch_of(self, found: list[Tensor], labels: Tensor | None, there: Tensor) -> Batch:
        if labels is None:
            *found, mask = found
            return self._inputs(found), mask.to(self._device, non_blocking=self._device.type == "cuda").long()
        return self._inputs(found), labels[there]

    def _inputs(self, rows: Sequence[Tensor]) -> Tensor:
        used = [as_used(tensor, self._device, last) for tensor, last in zip(rows, self.kept.last, strict=True)]
        return self.kept.parts.inputs(used)  # type: ignore[no-any-return]

    def plain(self, split: str, share: tuple[int, int] = (0, 1)) -> Generator[Batch, None, None]:
        (rows,), labels = self._rows[split], self._images.sets[split].labels  # type: ignore[union-attr]
        for start in range(share[0] * BATCH, len(labels), share[1] * BATCH):
            places = torch.as_tensor(filled(range(start, min(start + BATCH, len(labels))), BATCH))
            yield self._inputs(rows.take(places)), labels[start : start + BATCH].to(self._device)

    def views(self, split: str, which: Sequence[int] | None = None) -> Generator[View, None, None]:
        if (network := self._scenes.network) is not None:
            yield from network.views(split, which)
            return
        images = self._images.sets[split]
        assert isinstance(images, MaskSet)
        for i in range(len(images)) if which is None else which:
            row, geometry = self._scenes.rows[split][i]
            self._control.check()
            yield self._inputs([tensor[None] for tensor in row]), geometry, images.labels_of(i)

    def close(self) -> None:
        self._maker.close()
