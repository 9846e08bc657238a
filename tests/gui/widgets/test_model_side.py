"""The right of the model page: the selected layer, its inside and activations, and a head that fits the model."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from tlstudio.gui.session import Session
from tlstudio.gui.ticks import Ticks
from tlstudio.gui.widgets import activations_dialog, layer_inside
from tlstudio.gui.widgets.layer_tree.layer_model import LayerModel
from tlstudio.gui.widgets.model_side import ModelSide
from tlstudio.gui.widgets.tile_grid import TileGrid
from tlstudio.gui.widgets.weight_histogram import WeightHistogram


@pytest.fixture
def side(qtbot: QtBot, session: Session, monkeypatch: pytest.MonkeyPatch) -> ModelSide:
    monkeypatch.setattr(layer_inside, "PAUSE", 0)
    monkeypatch.setattr(activations_dialog, "PAUSE", 0)
    made = ModelSide(session)
    qtbot.addWidget(made)
    made.resize(248, 600)
    made.show()
    return made


def select(side: ModelSide, document: dict[str, Any], path: str) -> None:
    model = LayerModel()
    model.load(document["rows"], Ticks(document["rows"]))
    side.show_layer(model, model.ticks.row_of[path], document)


def test_arguments_stand_with_the_facts(qtbot: QtBot, side: ModelSide, jobs: Any, layers_document: dict[str, Any]) -> None:
    select(side, layers_document, "stem")
    qtbot.waitUntil(lambda: any(job.job == "layer_detail" for job in jobs))
    arguments = [
        {"key": "in_channels", "name": "Channels in", "value": "3"},
        {"key": "kernel_size", "name": "Kernel", "value": "3 × 3"},
        {"key": "stride", "name": "Stride", "value": "2 × 2"},
    ]
    jobs.last("layer_detail").done.emit({"path": "stem", "arguments": arguments, "weights": [], "weights_state": "here"})
    assert side.layer._words["kernel"][1].whole == "3 × 3, stride 2"
    assert side.layer._arguments.text() == "Channels\u00a0in\u00a03"
    select(side, layers_document, "pool")
    assert side.layer._arguments.isHidden(), "those of the layer before are gone"


def test_what_is_told_of_a_layer_has_its_room_before_it_is_painted(
    qtbot: QtBot, side: ModelSide, jobs: Any, layers_document: dict[str, Any], tmp_path: Path
) -> None:
    select(side, layers_document, "stem")
    qtbot.waitUntil(lambda: any(job.job == "layer_detail" for job in jobs))
    Image.new("RGB", (48, 30), "grey").save(tmp_path / "tiles.png")
    tiles = {"file": str(tmp_path / "tiles.png"), "n": 40, "columns": 8, "rows": 5, "tile": [4, 4], "gap": 2}
    names = ("Channels in", "Channels out", "Kernel", "Padding", "Dilation", "Groups", "Bias", "Padding mode")
    arguments = [{"key": "kernel_size" if name == "Kernel" else name, "name": name, "value": "3 × 3"} for name in names]
    histogram = {"edges": [-1.0, 0.0, 1.0], "counts": [1, 2]}
    weight = {"path": "stem.weight", "shape": [40, 3, 4, 4], "origin": "pretrained", "n": 3, "mean": 0.0, "std": 1.0, "min": -1.0}
    weight |= {"max": 1.0, "zeros": 0.0, "histogram": histogram}
    told = {"path": "stem", "arguments": arguments, "weights": [weight], "kernels": tiles, "weights_state": "here"}
    jobs.last("layer_detail").done.emit(told)
    inside = side.widget()  # no event has passed since
    parts = [part for kind in (QLabel, TileGrid, WeightHistogram, QPushButton) for part in inside.findChildren(kind) if part.isVisible()]
    assert {TileGrid, WeightHistogram} <= {type(part) for part in parts}
    for part in parts:
        needed = part.heightForWidth(part.width()) if part.hasHeightForWidth() else part.sizeHint().height()
        assert part.height() >= needed, part.accessibleName()
    boxes = [QRect(part.mapTo(inside, QPoint(0, 0)), part.size()) for part in parts]
    assert [pair for pair in combinations(boxes, 2) if pair[0].intersects(pair[1])] == []


def test_activations_follow_the_selection(qtbot: QtBot, side: ModelSide, jobs: Any, layers_document: dict[str, Any]) -> None:
    select(side, layers_document, "stem")
    side.maps.click()
    assert side._activations is not None
    assert side._activations.path == "stem"
    select(side, layers_document, "blocks.0")
    assert side._activations.path == "blocks.0"
    select(side, layers_document, "stem.weight")
    assert not side.maps.isEnabled(), "a parameter answers nothing"


def test_a_head_of_logarithms_takes_its_loss_along_and_back(side: ModelSide, session: Session) -> None:
    side.head_form._choose("mlp_log_softmax")
    assert session.recipe.loss.kind == "nll"
    side.head_form._choose("linear")
    assert session.recipe.loss.kind == "cross_entropy"
    session.edit({"loss.kind": "focal"}, "loss")
    side.head_form._choose("mlp")
    assert session.recipe.loss.kind == "focal"


def test_a_model_for_masks_brings_a_head_for_masks(side: ModelSide, session: Session) -> None:
    session.choose_model("fcn_resnet50")
    assert session.recipe.head.kind == "fcn"
    assert set(side.head_form.kinds) >= {"deeplab", "fcn"}
    assert "lraspp" not in side.head_form.kinds  # which takes two maps of features, and this model gives one
    assert not side._masks.isHidden()
    session.choose_model("resnet18")
    assert session.recipe.head.kind == "linear"
    assert side._masks.isHidden()
