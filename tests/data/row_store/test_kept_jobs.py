"""The front door to what is kept, and what the doctor says of it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch

from tlstudio import api, places
from tlstudio.data.row_store import open_store
from tlstudio.errors import InputError


def _fill(kind: str) -> None:
    store = open_store(kind, {})
    with store.writer() as writer:
        writer.add("row", [torch.zeros(20_000_000, dtype=torch.uint8)])
    store.close()


def test_kept_and_forgotten_by_kind() -> None:
    for kind in ("pictures", "prefix"):
        _fill(kind)
    said = json.loads(json.dumps(api.JOBS["kept"]()))
    assert [row["stores"] for row in said["kinds"]] == [1, 1]
    assert said["bytes"] == sum(row["bytes"] for row in said["kinds"]) > 40_000_000
    left = json.loads(json.dumps(api.JOBS["forget_kept"](kind="prefix")))
    assert [row["stores"] for row in left["kinds"]] == [1, 0]
    assert left["freed"] > 20_000_000
    assert api.forget_kept()["bytes"] == 0
    with pytest.raises(InputError, match="pictures, prefix"):
        api.forget_kept("shoes")


def test_asking_needs_no_torch() -> None:
    code = "import sys; from tlstudio import api; api.kept(); api.forget_kept(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_doctor_says_how_much_is_kept_and_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tlstudio.doctor.examine", lambda: {"ok": True, "checks": []})
    _fill("pictures")
    check = next(check for check in api.doctor()["checks"] if check["name"] == "kept pictures and layers")
    assert check["state"] == "ok"
    assert check["message"].startswith("0.02 of at most ")
    assert check["message"].endswith(str(places.cache()))
