"""The machine: engines made ready, what is installed and what is missing."""

from __future__ import annotations

from tlstudio.api.given import Document
from tlstudio.control import Control, Tell, silent
from tlstudio.errors import InputError


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
    """Versions, devices, fonts, libraries, weights on disk, what is kept; what is missing and the command that mends it."""
    from tlstudio.doctor import examine
    from tlstudio.models import catalogue

    said = examine()
    for problem in catalogue.problems():
        said["checks"].append({"name": "model source", "state": "warn", "message": problem, "mend": "Update or uninstall that package"})
    held = kept()
    message = f"{held['bytes'] / 1e9:.2f} of at most {held['cap'] / 1e9:.3g} GB, in {held['folder']}"
    said["checks"].append({"name": "kept pictures and layers", "state": "ok", "message": message, "mend": ""})
    return said


def kept() -> Document:
    """What is kept on the disk so that it is not made again: {bytes, cap, folder, kinds: [{kind, bytes, stores}]}, sizes in bytes.

    kind: "pictures", decoded and scaled, or "prefix", what frozen layers give. cap: what all may take. stores: how many, one for each
    way in which rows are made.
    """
    from tlstudio import places
    from tlstudio.data.row_store import shelf

    kinds = []
    for kind in shelf.KINDS:
        stores = shelf.stores(kind)
        kinds.append({"kind": kind, "bytes": sum(store.nbytes for store in stores), "stores": len(stores)})
    return {"bytes": sum(row["bytes"] for row in kinds), "cap": shelf.limit(), "folder": str(places.cache()), "kinds": kinds}


def forget_kept(kind: str = "") -> Document:
    """Delete what is kept, all or of one kind, but for what is in use; the document of `kept` after it, and {freed: bytes}.

    Raises InputError for a kind there is not.
    """
    from tlstudio.data.row_store import shelf

    if kind and kind not in shelf.KINDS:
        raise InputError(f"There is no kind of kept data '{kind}'", "", f"Name one of {', '.join(shelf.KINDS)}")
    freed = shelf.clear(kind)
    return {**kept(), "freed": freed}
