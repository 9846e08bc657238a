"""Weights from a file: read without ever running what is in it, and matched to a network name by name."""

from __future__ import annotations

import pickle
import pickletools
import re
import warnings
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from tlstudio.errors import InputError
from tlstudio.models.catalogue import Entry
from tlstudio.models.download import fetch
from tlstudio.models.segmenter import BACKBONE

__all__ = ["Report", "fetch", "judged", "load", "named_for", "read"]

SUFFIXES = (".safetensors", ".pt", ".pth", ".bin", ".ckpt")
# What wrappers (DataParallel, torch.compile) put in front of every name, and where training scripts keep the weights.
_PREFIXES = ("module.", "_orig_mod.")
_NESTED = ("state_dict", "model_state_dict", "state_dict_ema", "model", "model_ema", "net", "weights")
# Older files lack it, and nothing is computed from it.
_COUNTER = "num_batches_tracked"


@dataclass(frozen=True)
class Report:
    """What of a file fitted a network; names are the network's, shapes are tuples.

    matched: taken. missed: in the network, not in the file. reshaped: in both with another shape (file's, network's), left out.
    unexpected: in the file, not in the network. head: the names of the three last that belong to the head.
    """

    source: str
    matched: tuple[str, ...]
    missed: tuple[str, ...]
    unexpected: tuple[str, ...]
    reshaped: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...]
    head: tuple[str, ...]

    @property
    def backbone_incomplete(self) -> bool:
        """Whether a tensor of the backbone keeps its random weights."""
        return any(name not in self.head for name in (*self.missed, *(name for name, _, _ in self.reshaped)))

    def sentence(self) -> str:
        said = [f"{len(self.matched)} of {len(self.matched) + len(self.missed) + len(self.reshaped)} tensors were taken from {self.source}"]
        backbone = [n for n in (*self.missed, *(name for name, _, _ in self.reshaped)) if n not in self.head]
        if backbone:
            said.append(f"{len(backbone)} of the backbone start at random, {backbone[0]} among them")
        if self.head:
            said.append("the head is new")
        return "; ".join(said)

    def to_json(self) -> dict[str, Any]:
        reshaped = [{"name": name, "file": list(file), "network": list(own)} for name, file, own in self.reshaped]
        lists = {key: list(getattr(self, key)) for key in ("matched", "missed", "unexpected", "head")}
        return {"source": self.source, **lists, "reshaped": reshaped, "sentence": self.sentence()}


def read(path: Path) -> dict[str, Tensor]:
    """The tensors of a .safetensors or .pt/.pth file by name, on the CPU, without the prefixes of wrappers.

    Nothing in the file is ever executed. Raises InputError for a file that is absent, of another kind, damaged, or that asks
    for more than tensors.
    """
    if not path.is_file():
        raise InputError(f"There is no weights file {path}", "", "Check the path; .safetensors, .pt and .pth are read")
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"{path} is not a weights file", "", "Give a .safetensors, .pt or .pth file")
    try:
        if path.suffix.lower() == ".safetensors":
            return _stripped(load_file(path))
        with warnings.catch_warnings():
            # torch wonders about pickles of other makers before it refuses them.
            warnings.simplefilter("ignore")
            said = torch.load(path, map_location="cpu", weights_only=True)
        return _stripped(_tensors(said, path))
    except InputError:
        raise
    except pickle.UnpicklingError as error:
        raise _refused(path, error) from None
    except OSError as error:
        raise InputError(f"{path} cannot be read", error.strerror or str(error), "Check its permissions") from None
    except Exception as error:  # torch, safetensors and zipfile raise whatever the file's bytes lead them to
        raise _damaged(path, error) from None


def load(module: nn.Module, state: Mapping[str, Tensor], *, head_path: str, source: str, title: str) -> Report:
    """Copy into the module every tensor whose name and shape fit, and tell what did not.

    title: the network's name for the user. Raises InputError if fewer than half of the backbone's tensors fit: then it is the
    file of another architecture; and for values that are infinite or no numbers. The module is untouched then.
    """
    report, state, refusal = judged(module.state_dict(), state, head_path=head_path, source=source, title=title)
    if refusal is not None:
        raise refusal
    module.load_state_dict({name: state[name] for name in report.matched}, strict=False)
    return report


def judged(
    own: Mapping[str, Tensor], state: Mapping[str, Tensor], *, head_path: str, source: str, title: str
) -> tuple[Report, Mapping[str, Tensor], InputError | None]:
    """What of a file fits a network with those tensors, the file's tensors without a trainer's module around them, and the refusal."""
    state = _unwrapped(state, own)
    report = _compared(own, state, head_path, source)
    return report, state, _foreign(report, own, head_path, title) or _unfit(report, own, state)


def named_for(state: dict[str, Tensor], own: Collection[str], entry: Entry, published: Callable[[], nn.Module]) -> dict[str, Tensor]:
    """A file's tensors under the names of a network whose own are given, where it can be seen how; as they are if not.

    published: constructs the network as it was published, whole. Known are a model's published weights under other names, and the file
    of a classification network where that is the backbone of one that makes masks.
    """
    below = {name.removeprefix(f"{BACKBONE}.") for name in own} if entry.role == "encoder" else set(own)
    if entry.rename and not state.keys() & {*own, *below}:
        with suppress(ValueError):
            state = entry.rename(state, published())
    if entry.role == "encoder" and not any(name.startswith(f"{BACKBONE}.") for name in _stripped(state)):
        state = {f"{BACKBONE}.{name}": tensor for name, tensor in state.items()}
    return state


def _compared(own: Mapping[str, Tensor], state: Mapping[str, Tensor], head_path: str, source: str) -> Report:
    matched = tuple(name for name, tensor in state.items() if name in own and own[name].shape == tensor.shape)
    reshaped = tuple(
        (name, tuple(tensor.shape), tuple(own[name].shape)) for name, tensor in state.items() if name in own and name not in matched
    )
    missed = tuple(name for name in own if name not in state and not name.endswith(_COUNTER))
    unexpected = tuple(name for name in state if name not in own)
    left = (*missed, *(name for name, _, _ in reshaped), *unexpected)
    head = tuple(name for name in left if head_path and name.startswith(f"{head_path}."))
    return Report(source, matched, missed, unexpected, reshaped, head)


def _foreign(report: Report, own: Mapping[str, Tensor], head_path: str, title: str) -> InputError | None:
    """The refusal of a file in which fewer than half of the backbone's tensors fit, that is of another architecture; else None."""
    matched = set(report.matched)
    backbone = [name for name in own if not head_path or not name.startswith(f"{head_path}.")]
    fits = sum(name in matched for name in backbone)
    if 2 * fits >= len(backbone):
        return None
    return InputError(
        f"{report.source} holds the weights of another architecture, not of {title}",
        f"{fits} of its {len(backbone)} backbone tensors are there in the right shape",
        "Choose the model that the file was made with, or another file",
    )


def _unfit(report: Report, own: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> InputError | None:
    """The refusal of a file whose tensors have the right shapes but cannot be weights; else None."""
    for name in report.matched:
        tensor, dtype = state[name], own[name].dtype
        plain = tensor.layout == torch.strided and not tensor.is_meta and not tensor.is_quantized
        if not plain or (dtype.is_floating_point and not tensor.is_floating_point()):
            return InputError(
                f"{report.source} does not hold plain weights",
                f"those of {name} are {_kind(tensor)}, as of a network that was made smaller for use or is not complete",
                "Choose the file from before that, with floating-point weights",
            )
        if dtype.is_floating_point and not torch.isfinite(tensor.to(dtype)).all():
            return InputError(
                f"{report.source} holds values that are no numbers",
                f"those of {name} among them; its training most likely went wrong",
                "Choose another file",
            )
    return None


def _kind(tensor: Tensor) -> str:
    if tensor.is_meta:
        return "empty"
    if tensor.is_quantized:
        return "quantised"
    return "sparse" if tensor.layout != torch.strided else f"of the type {str(tensor.dtype).removeprefix('torch.')}"


def _unwrapped(state: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Without a first part that all names share and that the network does not know: a trainer's own module around it."""
    first = {name.partition(".")[0] for name in state}
    if len(first) != 1 or state.keys() & own.keys() or not all("." in name for name in state):
        return state
    return _unwrapped({name.partition(".")[2]: tensor for name, tensor in state.items()}, own)


def _tensors(said: Any, path: Path) -> dict[str, Tensor]:
    """The mapping of names to tensors in what a pickle held: itself, or under one of the usual keys."""
    for found in (said, *(said.get(key) for key in _NESTED if isinstance(said, Mapping))):
        if isinstance(found, Mapping):
            tensors = {str(name): value for name, value in found.items() if isinstance(value, Tensor)}
            if tensors:
                return tensors
    raise InputError(
        f"{path} holds no weights", "no table of named tensors was found in it", "Save the model's state_dict() and choose that"
    )


def _stripped(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    for prefix in _PREFIXES:
        if state and all(name.startswith(prefix) for name in state):
            return _stripped({name.removeprefix(prefix): tensor for name, tensor in state.items()})
    return dict(state)


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(
        f"{path} cannot be read as weights",
        "it is damaged, cut short, or of another kind",
        "Get the file again; .safetensors and files of torch.save(model.state_dict(), ...) are read",
        details=f"{type(error).__name__}: {error}",
    )


def _refused(path: Path, error: pickle.UnpicklingError) -> InputError:
    """torch's restricted unpickler stopped: because of what the file asks for, or because it is no pickle at all."""
    named = re.search(r"GLOBAL ([\w.]+)", str(error))
    asked = named.group(1) if named else _called(path)
    if not asked:
        return _damaged(path, error)
    return InputError(
        f"{path} was refused and nothing in it was run",
        f"opening it would call {asked}; a weights file needs to hold numbers only",
        "Ask its maker for .safetensors, or for torch.save(model.state_dict(), ...)",
        details=str(error),
    )


def _called(path: Path) -> str:
    """The first function or class that a bare pickle names, found by reading its opcodes; "" if it names none or is no pickle."""
    words: list[str] = []
    with path.open("rb") as file, suppress(ValueError):
        for code, argument, _ in pickletools.genops(file):
            if code.name == "GLOBAL":
                return str(argument).replace(" ", ".")
            if code.name == "STACK_GLOBAL":
                return ".".join(words[-2:])
            if isinstance(argument, str):
                words.append(argument)
    return ""
