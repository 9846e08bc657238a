"""What the frozen part makes of scenes that are judged whole, kept in memory; or the scenes themselves where it cannot. See `cached`."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from contextlib import closing

import torch

from tlstudio.control import Control
from tlstudio.data.mask_pipeline import Geometry, MaskPipeline
from tlstudio.training.distributed import ranks
from tlstudio.training.keeping import Kept, through_windows
from tlstudio.training.learner import Learner
from tlstudio.training.prepare import Images
from tlstudio.training.row_maker import RowMaker, put
from tlstudio.training.rows import NoRoom, Row
from tlstudio.training.source import WholeNetwork


class KeptScenes:
    """Of each split the rows of its scenes, which differ in shape, and where in its view each lies. Of classes of images there are none."""

    def __init__(self, learner: Learner, images: Images, kept: Kept, control: Control) -> None:
        self._learner, self._images, self._control = learner, images, control
        masks = isinstance(images.pipeline, MaskPipeline)
        self._go_through = not masks or all(kept.parts.takes(shape) for shape in set(images.judged_shapes))
        self._network: WholeNetwork | None = None
        self.rows: dict[str, list[tuple[Row, Geometry]]] = {}

    @property
    def network(self) -> WholeNetwork | None:
        """Judges scenes of which nothing is kept: their shape does not go through the cut, or they are looked at through windows. None as
        long as what is kept does."""
        if self._go_through and not through_windows(self._learner, self._images):
            return None
        if self._network is None:
            learner, images = self._learner, self._images
            self._network = WholeNetwork(
                learner.network, images.sets, images.pipeline, learner.device, augment=False, control=self._control, layout=learner.layout
            )
            self.rows.clear()
        return self._network

    @property
    def nbytes(self) -> int:
        return sum(tensor.nbytes for kept in self.rows.values() for row, _ in kept for tensor in row)

    def fill(self, maker: RowMaker, split: str, near: torch.device) -> Generator[tuple[int, int], None, None]:
        """Take the rows of a split from the disk, and compute what is not there; yields how many were computed and how many found.

        near: where they are kept. A scene that does not go through for lack of memory ends it: from then on `network` judges them all.
        Raises NoRoom where windows would not help.
        """
        store, keys = maker.stores[split], maker.keys[split][0]
        have, writer = store.have(keys), store.writer()
        found: dict[int, Row] = {}
        for i, key in enumerate(keys):
            if key in have:
                with contextlib.suppress(KeyError):  # a damaged row
                    found[i] = [tensor[0].to(near) for tensor in store.stacked([key])]
        yield 0, len(found)
        missing = [i for i in range(len(keys)) if i not in found]
        try:
            with closing(maker.made(split, 0, missing)) as made:
                for i, crossing in made:
                    found[i] = [tensor[0].contiguous().to(near) for tensor in crossing]
                    put(writer, keys[i : i + 1], [tensor.cpu() for tensor in crossing])
                    yield 1, 0
        except NoRoom:
            too_large = next(i for i in missing if i not in found)
            if ranks().size > 1 or not self._learner.windows.narrow(self._geometry(split, too_large).view):
                raise
            return
        finally:
            writer.commit()
        self.rows[split] = [(found[i], self._geometry(split, i)) for i in range(len(keys))]

    def _geometry(self, split: str, i: int) -> Geometry:
        item = self._images.report.items[getattr(self._images.splits, split)[i]]
        assert isinstance(self._images.pipeline, MaskPipeline)
        return self._images.pipeline.geometry(item.height, item.width)
