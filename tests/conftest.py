"""What every test stands on: a home of its own, no screen, no network."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("PYTEST_QT_API", "pyside6")

_numbers = itertools.count()


@pytest.fixture(scope="session", autouse=True)
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the homes lie. What is made once for several tests has one there, too."""
    path = tmp_path_factory.mktemp("homes")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TLSTUDIO_HOME", str(path / "shared"))
        yield path


@pytest.fixture(autouse=True)
def home(homes: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Runs, caches and settings of a test lie in a folder of its own, which goes with it: thousands would fill a disk."""
    path = homes / str(next(_numbers))
    path.mkdir()
    monkeypatch.setenv("TLSTUDIO_HOME", str(path))
    yield path
    shutil.rmtree(path, ignore_errors=True)
