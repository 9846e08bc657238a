"""The loop of the well-known transfer-learning tutorial, to its semantics: batches of 4, 4 worker processes in both phases, SGD 0.001 with
momentum 0.9, a tenth of the rate every 7 epochs, 25 epochs, the best weights written to a file and read back at the end.

What is frozen takes no gradients; as in the tutorial the whole network is in training mode while it trains.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import torch
import torchvision
from torch import nn, optim
from torch.optim import lr_scheduler

from table import said
from table.lite0 import freeze, lite0
from table.photo_tensors import arguments, image_folders


def main() -> None:
    asked = arguments(__doc__ or "", "head", "last-block", "full", epochs=25)
    said.versions(torch=torch.__version__, torchvision=torchvision.__version__)
    said.mark("imported")
    torch.manual_seed(asked.seed)
    phases = dict(zip(("train", "val"), image_folders(asked.photos), strict=True))
    loaders = {phase: torch.utils.data.DataLoader(images, batch_size=4, shuffle=True, num_workers=4) for phase, images in phases.items()}
    model = lite0(len(phases["train"].classes), asked.seed)
    freeze(model, asked.learns)
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD((p for p in model.parameters() if p.requires_grad), lr=0.001, momentum=0.9)
    scheduler = lr_scheduler.StepLR(optimizer, step_size=7, gamma=0.1)

    with tempfile.TemporaryDirectory() as folder:
        best_file, best = Path(folder) / "best.pt", 0.0
        torch.save(model.state_dict(), best_file)
        for epoch in range(1, asked.epochs + 1):
            began = time.perf_counter()
            speed, accuracy = 0.0, 0.0
            for phase in ("train", "val"):
                model.train(phase == "train")
                phase_began, corrects = time.perf_counter(), 0
                for inputs, labels in loaders[phase]:
                    optimizer.zero_grad()
                    with torch.set_grad_enabled(phase == "train"):
                        outputs = model(inputs)
                        _, predicted = torch.max(outputs, 1)
                        loss = criterion(outputs, labels)
                        if phase == "train":
                            loss.backward()
                            optimizer.step()
                    corrects += int(torch.sum(predicted == labels.data))
                if phase == "train":
                    scheduler.step()
                    speed = len(phases[phase]) / (time.perf_counter() - phase_began)
                else:
                    accuracy = corrects / len(phases[phase])
                    if accuracy > best:
                        best = accuracy
                        torch.save(model.state_dict(), best_file)
            said.epoch(epoch, accuracy, len(phases["val"]), seconds=time.perf_counter() - began, images_per_second=speed)
        model.load_state_dict(torch.load(best_file, weights_only=True))
    said.mark("done")


if __name__ == "__main__":
    main()
