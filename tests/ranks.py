"""Several processes that train together, as torchrun starts them, for tests: forked from one server that has imported torch already."""

from __future__ import annotations

import multiprocessing
import os
import socket
import sys
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["timm", "tlstudio.training.fit", "tlstudio.training.together", "tlstudio.api", "tlstudio.cli"])


def _troubled() -> None:
    """The first loss that is read is no number, on all ranks; and the second rank cannot read the pictures of a folder "spoiled"."""
    from tlstudio.data.datasets import ImageSet
    from tlstudio.data.images import ImageProblem
    from tlstudio.training import steps

    finite, load, first = steps.check_finite, ImageSet.load, [float("nan")]

    def check(loss: float, epoch: int) -> None:
        finite(first.pop() if first else loss, epoch)

    def loaded(self: ImageSet, i: int, epoch: int, augment: bool) -> Any:
        if "spoiled" in self.path(i).parts:
            raise ImageProblem("unreadable", self.path(i), "it went away")
        return load(self, i, epoch, augment)

    steps.check_finite = check
    if os.environ["RANK"] == "1":
        ImageSet.load = loaded  # type: ignore[method-assign]


def _rank(argv: Sequence[str], environment: dict[str, str], said: str, troubled: bool) -> None:
    os.environ.clear()
    os.environ.update(environment)
    file = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)
    import torch

    torch.set_num_threads(1)
    from tlstudio.__main__ import main

    if troubled:
        _troubled()
    sys.argv = ["tlstudio", *argv]
    main()


class Together:
    """Ranks that run one command line. said: what each wrote on stdout and stderr. troubled: see `_troubled`."""

    def __init__(self, folder: Path, argv: Sequence[str], size: int = 2, troubled: bool = False) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        everywhere = {**os.environ, "WORLD_SIZE": str(size), "LOCAL_WORLD_SIZE": str(size), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        self._said = [folder / f"said-{port}-{rank}" for rank in range(size)]
        self.ranks: list[BaseProcess] = []
        for rank, said in enumerate(self._said):
            own = {**everywhere, "RANK": str(rank), "LOCAL_RANK": str(rank)}
            process = _SERVER.Process(target=_rank, args=(list(argv), own, str(said), troubled), daemon=True)
            process.start()
            self.ranks.append(process)

    @property
    def said(self) -> list[str]:
        return [path.read_text() if path.exists() else "" for path in self._said]

    def codes(self, seconds: float = 100.0) -> list[int | None]:
        """Exit codes of the ranks, None for one that does not end within that time; such are killed."""
        for process in self.ranks:
            process.join(seconds)
        out = [process.exitcode for process in self.ranks]
        for process in self.ranks:
            process.kill()
        return out
