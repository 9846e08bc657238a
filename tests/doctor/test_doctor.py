"""The doctor: its document, and that it notices what is missing."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import subprocess
import sys
from collections import namedtuple
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil
import pytest

from tlstudio import doctor, places
from tlstudio.doctor import computing, desktop, room, software

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")


def test_the_document() -> None:
    document = json.loads(json.dumps(doctor.examine()))
    assert set(document) == {"ok", "checks", "versions", "devices", "places"}
    for check in document["checks"]:
        assert set(check) == {"name", "state", "message", "mend"}
        assert check["state"] in ("ok", "warn", "bad")
        assert check["message"]
        assert bool(check["mend"]) == (check["state"] != "ok"), check
    assert document["ok"] == all(check["state"] != "bad" for check in document["checks"])
    assert document["versions"]["torch"] == metadata.version("torch")
    assert document["devices"][0]["device"] == "cpu"
    assert all(Path(place).is_absolute() for place in document["places"].values())


def test_it_imports_neither_torch_nor_qt() -> None:
    code = "import sys; from tlstudio import doctor; doctor.examine(); sys.exit(any(m in sys.modules for m in ('torch', 'PySide6')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_missing_package_comes_with_the_pip_command() -> None:
    bad = [check for check in software.checks({"python": "3.12", "tlstudio": "1", "timm": None, "rich": None}) if check.state == "bad"]
    assert bad[0].message == "missing: timm, rich"
    assert bad[0].mend.endswith("-m pip install timm rich")


@linux
def test_missing_libraries_come_with_the_apt_command(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ctypes.CDLL

    def load(name: str) -> Any:
        if name in ("libEGL.so.1", "libxcb-cursor.so.0"):
            raise OSError(name)
        return real(name)

    monkeypatch.setattr(ctypes, "CDLL", load)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.delenv("DISPLAY", raising=False)
    found = {check.name: check for check in desktop.checks()}
    assert found["Qt"].state == "bad"
    assert "libegl1" in found["Qt"].mend.split()
    assert found["Qt on X11"].state == "warn"  # no X11 here, so nobody misses it
    assert "libxcb-cursor0" in found["Qt on X11"].mend.split()
    monkeypatch.setenv("DISPLAY", ":0")
    assert {check.name: check.state for check in desktop.checks()}["Qt on X11"] == "bad"
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "sudo apt-get" not in desktop.install(["libegl1"])


@linux
def test_no_font_is_bad_unless_the_program_has_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(desktop, "_has_font", lambda folder: False)
    assert {check.name: check.state for check in desktop.checks()}["fonts"] == "bad"
    monkeypatch.setattr(desktop, "_has_font", lambda folder: folder == places.resources() / "fonts")
    assert {check.name: check.state for check in desktop.checks()}["fonts"] == "ok"


@linux
def test_display() -> None:
    assert not desktop.has_display({})
    assert desktop.has_display({"WAYLAND_DISPLAY": "wayland-0"})
    assert desktop.has_display({"QT_QPA_PLATFORM": "offscreen"})


def test_a_torch_that_cannot_be_imported_is_bad(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('libcudart.so: cannot open shared object file')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    devices, check = computing.devices()
    assert devices == []
    assert check.state == "bad"
    assert "libcudart.so" in check.message


def test_a_torch_that_hangs_is_bad(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("import time; time.sleep(60)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert computing.devices(timeout=0.5)[1].state == "bad"


def test_little_memory_and_little_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = namedtuple("memory", "available total")
    disk = namedtuple("disk", "free")
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory(1 << 30, 8 << 30))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: disk(100 << 20))
    found = {check.name: check for check in room.checks()}
    assert found["memory"].state == "warn"
    assert "smaller batch" in found["memory"].mend
    assert found["disk"].state == "bad"
    assert "TLSTUDIO_HOME" in found["disk"].mend


def test_a_place_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(room.tempfile, "TemporaryFile", refuse)
    assert {check.name: check.state for check in room.checks()}["places"] == "bad"


def test_a_file_where_the_places_should_be_is_bad(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TLSTUDIO_HOME", str(tmp_path / "file" / "home"))
    check = {check.name: check for check in room.checks()}["places"]
    assert (check.state, str(tmp_path / "file") in check.message) == ("bad", True)


def test_downloaded_weights_are_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert "none yet" in {check.name: check.message for check in room.checks()}["downloaded weights"]
    places.torch_weights().mkdir(parents=True)
    (places.torch_weights() / "resnet18-f37072fd.pth").write_bytes(bytes(2_000_000))
    assert "1 model, 2 MB" in {check.name: check.message for check in room.checks()}["downloaded weights"]


def test_a_folder_that_may_not_be_entered_is_said_not_raised(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As with TLSTUDIO_HOME below somebody else's home."""
    closed = tmp_path / "closed"
    closed.mkdir()
    monkeypatch.setenv("TLSTUDIO_HOME", str(closed / "home"))
    stat = os.stat

    def refuse(path: Any, *args: Any, **options: Any) -> os.stat_result:
        if str(path).startswith(f"{closed}/"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return stat(path, *args, **options)

    def no_file(dir: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "stat", refuse)
    monkeypatch.setattr(room.tempfile, "TemporaryFile", no_file)
    check = {check.name: check for check in room.checks()}["places"]
    assert (check.state, check.message) == ("bad", f"cannot write to {closed}")
