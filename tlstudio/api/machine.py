"""The machine: engines made ready, what is installed and what is missing."""

from __future__ import annotations

from tlstudio.api.given import Document
from tlstudio.control import Control, Tell, silent


def warm(engine: str = "inspector", *, tell: Tell = silent, control: Control | None = None) -> Document:
    """Import what the jobs of an engine (inspector, trainer) need, so that the first one begins at once."""
    import importlib

    import torch

    for module in _NEEDS[engine]:
        importlib.import_module(module)
    if engine == "trainer":
        from tlstudio.models.network import build

        with torch.inference_mode():  # the costs of torch's first call
            build("efficientnet_lite0", classes=2).module.eval()(torch.zeros(1, 3, 224, 224))
    return {"torch": torch.__version__, "threads": torch.get_num_threads()}


_NEEDS = {
    "trainer": ("tlstudio.training.fit",),
    "inspector": (
        *("timm", "tlstudio.models.tree", "tlstudio.models.activations"),
        *("tlstudio.data.previews", "tlstudio.data.transforms", "tlstudio.evaluation.evaluate"),
    ),
}


def doctor() -> Document:
    """Versions, devices, fonts, libraries, weights on disk; what is missing and the command that mends it."""
    from tlstudio.doctor import examine
    from tlstudio.models import catalogue

    said = examine()
    for problem in catalogue.problems():
        said["checks"].append({"name": "model source", "state": "warn", "message": problem, "mend": "Update or uninstall that package"})
    return said
