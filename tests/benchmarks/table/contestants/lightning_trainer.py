"""Lightning's Trainer, batches of 32, one worker a core that lives through the epochs, AdamW with tlstudio's rates, the best epoch's
weights kept by ModelCheckpoint. Frozen as its documentation shows it: the backbone in evaluation mode, under no_grad."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import lightning
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor, nn
from torch.nn import functional

from table import said
from table.lite0 import FEATURES, lite0
from table.photo_tensors import arguments, image_folders

HEAD_LR, HEAD_LR_WITH_BACKBONE, BACKBONE_LR = 0.01, 0.002, 0.0002


class Classifier(lightning.LightningModule):
    def __init__(self, classes: int, seed: int, frozen: bool) -> None:
        super().__init__()
        self.backbone = lite0(classes, seed)
        self.backbone.classifier = nn.Identity()
        torch.manual_seed(seed)
        self.head = nn.Linear(FEATURES, classes)
        self.frozen = frozen
        if frozen:
            self.backbone.requires_grad_(False)
        self.correct = self.seen = 0
        self.epochs = 0
        self.began = self.trained = 0.0

    def forward(self, inputs: Tensor) -> Tensor:
        if not self.frozen:
            return self.head(self.backbone(inputs))
        self.backbone.eval()
        with torch.no_grad():
            features = self.backbone(inputs)
        return self.head(features)

    def on_train_epoch_start(self) -> None:
        self.began = time.perf_counter()

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        return functional.cross_entropy(self(batch[0]), batch[1])

    def on_validation_epoch_start(self) -> None:
        self.trained = time.perf_counter()
        self.correct = self.seen = 0

    def validation_step(self, batch: tuple[Tensor, Tensor], index: int) -> None:
        self.correct += int((self(batch[0]).argmax(1) == batch[1]).sum())
        self.seen += len(batch[1])

    def on_validation_epoch_end(self) -> None:
        accuracy = self.correct / self.seen
        self.log("val_accuracy", accuracy)
        self.epochs += 1
        speed = len(self.trainer.train_dataloader.dataset) / (self.trained - self.began)
        said.epoch(self.epochs, accuracy, self.seen, seconds=time.perf_counter() - self.began, images_per_second=speed)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        if self.frozen:
            return torch.optim.AdamW(self.head.parameters(), lr=HEAD_LR)
        rates = [{"params": self.backbone.parameters(), "lr": BACKBONE_LR}, {"params": self.head.parameters(), "lr": HEAD_LR_WITH_BACKBONE}]
        return torch.optim.AdamW(rates)


def main() -> None:
    asked = arguments(__doc__ or "", "full", "head", epochs=5)
    warnings.simplefilter("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    said.versions(lightning=lightning.__version__, torch=torch.__version__)
    said.mark("imported")
    lightning.seed_everything(asked.seed, workers=True, verbose=False)
    train, val = image_folders(asked.photos)
    workers = {"num_workers": os.cpu_count() or 1, "persistent_workers": True}
    loaders = [
        torch.utils.data.DataLoader(train, batch_size=asked.batch, shuffle=True, **workers),
        torch.utils.data.DataLoader(val, batch_size=asked.batch, **workers),
    ]
    model = Classifier(len(train.classes), asked.seed, frozen=asked.learns == "head")
    with tempfile.TemporaryDirectory() as folder:
        trainer = lightning.Trainer(
            accelerator="cpu",
            max_epochs=asked.epochs,
            default_root_dir=folder,
            callbacks=[ModelCheckpoint(folder, monitor="val_accuracy", mode="max")],
            logger=False,
            num_sanity_val_steps=0,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(model, *loaders)
    said.mark("done")


if __name__ == "__main__":
    main()
