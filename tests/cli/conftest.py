"""A command line whose jobs are those of `fake_api`; engines and their streams are real."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tlstudio import cli
from tlstudio.engine import foreground


@dataclass
class Said:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """stdout as the one JSON document that it has to be."""
        return json.loads(self.out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))


Command = Callable[..., Said]


@pytest.fixture
def tlstudio(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    here = Path(__file__).parent
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(p for p in (str(here), os.environ.get("PYTHONPATH")) if p))
    monkeypatch.syspath_prepend(str(here))
    monkeypatch.setattr(foreground, "run_job", partial(foreground.run_job, jobs="fake_api"))
    monkeypatch.setattr(foreground, "run_here", partial(foreground.run_here, jobs="fake_api"))

    def command(*words: str | Path) -> Said:
        capfd.readouterr()
        code = cli.run([str(word) for word in words])
        return Said(code, *capfd.readouterr())

    return command


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder that is there; the fake jobs do not look into it."""
    folder = tmp_path / "images"
    folder.mkdir()
    return folder
