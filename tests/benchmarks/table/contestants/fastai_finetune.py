"""fastai as its quick start has it: photos resized to 224, batches of 64, `fine_tune(1)`: an epoch of the head, then one of everything.

The learner is what `vision_learner` makes (body and fastai's own head, two groups of parameters, BatchNorm of the frozen body learns), made
by its parts because the backbone is none of its list.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import fastai
import torch
from fastai.callback.core import Callback
from fastai.callback.schedule import Learner  # with fine_tune
from fastai.data.transforms import Normalize
from fastai.layers import apply_init
from fastai.losses import CrossEntropyLossFlat
from fastai.metrics import accuracy
from fastai.torch_core import params, set_seed
from fastai.vision.augment import Resize
from fastai.vision.data import ImageDataLoaders
from fastai.vision.learner import create_head
from torch import nn

from table import said
from table.lite0 import FEATURES, MEAN, SIZE, STD, lite0
from table.photo_tensors import arguments


class Told(Callback):
    """Says each epoch after the recorder has it."""

    order = 90

    def before_fit(self) -> None:
        self.done = getattr(self, "done", 0)

    def before_epoch(self) -> None:
        self.began = self.trained = time.perf_counter()

    def after_train(self) -> None:
        self.trained = time.perf_counter()

    def after_epoch(self) -> None:
        self.done += 1
        dls = self.learn.dls
        seen = len(dls.train_ds) // dls.train.bs * dls.train.bs  # fastai leaves the last, smaller batch out
        said.epoch(
            self.done,
            float(self.learn.recorder.values[-1][-1]),
            len(dls.valid_ds),
            seconds=time.perf_counter() - self.began,
            images_per_second=seen / (self.trained - self.began),
            stage="head" if self.done == 1 else "everything",
        )


def main() -> None:
    asked = arguments(__doc__ or "", "full", epochs=1)
    said.versions(fastai=fastai.__version__, torch=torch.__version__)
    said.mark("imported")
    set_seed(asked.seed)
    dls = ImageDataLoaders.from_folder(
        asked.photos, train="train", valid="val", item_tfms=Resize(SIZE), batch_tfms=Normalize.from_stats(MEAN, STD), bs=asked.batch
    )
    body = lite0(2, asked.seed)
    body.global_pool, body.classifier = nn.Identity(), nn.Identity()
    model = nn.Sequential(body, create_head(FEATURES, dls.c))
    apply_init(model[1], nn.init.kaiming_normal_)
    learn = Learner(
        dls,
        model,
        loss_func=CrossEntropyLossFlat(),
        splitter=lambda m: [params(m[0]), params(m[1])],
        metrics=accuracy,
        cbs=[Told()],
    )
    learn.freeze()
    with learn.no_bar(), learn.no_logging():
        learn.fine_tune(asked.epochs)
    said.mark("done")


if __name__ == "__main__":
    main()
