"""Inside the selected layer: asked of the inspector once, the newest alone; kernels, histograms, and what to do without weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QTableWidget
from pytestqt.qtbot import QtBot

from tlstudio.errors import InputError
from tlstudio.gui import theme
from tlstudio.gui.session import Session
from tlstudio.gui.widgets import layer_inside
from tlstudio.gui.widgets.layer_inside import LayerInside
from tlstudio.gui.widgets.tile_grid import TileGrid
from tlstudio.gui.widgets.weight_histogram import WeightHistogram
from tlstudio.gui.widgets.weight_spread import WeightSpread


def spread(mean: float = -0.031) -> dict[str, Any]:
    histogram = {"edges": [-2.0, -1.0, 0.0, 1.0, 2.0], "counts": [1, 40, 58, 1]}
    return {"n": 100, "mean": mean, "std": 0.771, "min": -2.0, "max": 2.0, "zeros": 0.0, "histogram": histogram}


@pytest.fixture
def tiles(tmp_path: Path) -> dict[str, Any]:
    """Three tiles of 4 x 4 pixels, red, green and blue, two in a line."""
    whole = Image.new("RGB", (10, 10), "grey")
    for at, colour in (((0, 0), "#ff0000"), ((6, 0), "#00ff00"), ((0, 6), "#0000ff")):
        whole.paste(Image.new("RGB", (4, 4), colour), at)
    whole.save(tmp_path / "tiles.png")
    return {"file": str(tmp_path / "tiles.png"), "n": 3, "columns": 2, "rows": 2, "tile": [4, 4], "gap": 2, "of": 5}


@pytest.fixture
def document(tiles: dict[str, Any]) -> dict[str, Any]:
    weight = {"path": "stem.weight", "shape": [5, 3, 2, 2], "origin": "pretrained", **spread()}
    return {
        "path": "stem", "type": "Conv2d", "weights_state": "here", "weights": [weight], "running": None, "kernels": tiles,
        "arguments": [{"key": "kernel_size", "name": "Kernel", "value": "2 × 2"}, {"key": "stride", "name": "Stride", "value": "2 × 2"}],
    }  # fmt: skip


@pytest.fixture
def inside(qtbot: QtBot, session: Session, monkeypatch: pytest.MonkeyPatch) -> LayerInside:
    monkeypatch.setattr(layer_inside, "PAUSE", 0)
    monkeypatch.setattr(layer_inside, "PATIENCE", 1)
    made = LayerInside(session)
    qtbot.addWidget(made)
    made.resize(216, 600)
    made.show()
    return made


def asked(jobs: Any) -> list[str]:
    return [job.args["path"] for job in jobs if job.job == "layer_detail"]


def spreads(inside: LayerInside) -> list[str]:
    return [part.numbers.text() for part in inside.findChildren(WeightSpread) if not part.isHidden()]


def test_a_layer_is_asked_for_and_told(qtbot: QtBot, inside: LayerInside, jobs: Any, document: dict[str, Any]) -> None:
    inside.show_path("stem")
    qtbot.waitUntil(lambda: asked(jobs) == ["stem"])
    assert jobs.last("layer_detail").args["classes"] is None
    qtbot.waitUntil(inside._bar.isVisible)
    with qtbot.waitSignal(inside.told) as told:
        jobs.last("layer_detail").done.emit(document)
    assert told.args == [document]
    assert not inside._bar.isVisible()
    qtbot.waitUntil(lambda: spreads(inside) == ["mean −0.031, sd 0.77"])
    assert inside._caption.text() == "3 of 5 kernels, 2 × 2, as colours"
    assert inside._kernels.isVisible()


def test_the_newest_layer_alone_and_known_ones_at_once(qtbot: QtBot, inside: LayerInside, jobs: Any, document: dict[str, Any]) -> None:
    inside.show_path("stem")
    qtbot.waitUntil(lambda: asked(jobs) == ["stem"])
    first = jobs.last("layer_detail")
    inside.show_path("bn")
    assert first.cancelled
    first.done.emit(document)
    assert spreads(inside) == [], "the answer of the layer before is not shown under this one"
    qtbot.waitUntil(lambda: asked(jobs) == ["stem", "bn"])
    running = {"mean": spread(0.5), "var": spread(2.0), "batches": 0}
    jobs.last("layer_detail").done.emit({**document, "path": "bn", "kernels": None, "running": running})
    qtbot.waitUntil(lambda: spreads(inside) == ["mean −0.031, sd 0.77", "mean 0.5, sd 0.77", "mean 2, sd 0.77"])
    assert not inside._kernels.isVisible()
    inside.show_path("stem")
    qtbot.waitUntil(lambda: asked(jobs) == ["stem", "bn", "stem"])
    jobs.last("layer_detail").done.emit(document)
    inside.show_path("bn")
    qtbot.waitUntil(lambda: len(spreads(inside)) == 3)
    assert asked(jobs) == ["stem", "bn", "stem"]


def test_without_weights_a_download_is_offered(qtbot: QtBot, inside: LayerInside, jobs: Any, document: dict[str, Any]) -> None:
    inside.show_path("stem")
    qtbot.waitUntil(lambda: asked(jobs) == ["stem"])
    nothing = {**document["weights"][0], **dict.fromkeys(("mean", "std", "min", "max", "zeros", "histogram", "origin"))}
    jobs.last("layer_detail").done.emit({**document, "weights_state": "absent", "weights": [nothing], "kernels": None})
    assert "not downloaded" in inside._note.text()
    with qtbot.waitSignal(inside.wants_download):
        qtbot.mouseClick(inside.download, Qt.MouseButton.LeftButton)
    inside.look_again()
    qtbot.waitUntil(lambda: asked(jobs) == ["stem", "stem"])
    jobs.last("layer_detail").done.emit(document)
    assert not inside.download.isVisible()


@pytest.mark.parametrize(("origin", "word"), [("random", "nothing has been learned"), ("new", "The head is new")])
def test_weights_that_nobody_trained_are_said(
    qtbot: QtBot, inside: LayerInside, jobs: Any, document: dict[str, Any], origin: str, word: str
) -> None:
    inside.show_path("stem")
    qtbot.waitUntil(lambda: asked(jobs) == ["stem"])
    jobs.last("layer_detail").done.emit({**document, "weights": [{**document["weights"][0], "origin": origin}]})
    assert word in inside._note.text()


def test_another_head_asks_anew_and_shows_the_old_until_then(
    qtbot: QtBot, inside: LayerInside, session: Session, jobs: Any, document: dict[str, Any]
) -> None:
    inside.show_path("stem")
    qtbot.waitUntil(lambda: asked(jobs) == ["stem"])
    jobs.last("layer_detail").done.emit(document)
    session.edit({"head.kind": "dropout_linear"}, "head")
    qtbot.waitUntil(lambda: asked(jobs) == ["stem", "stem"])
    qtbot.wait(20)
    assert len(spreads(inside)) == 1


def test_a_failure_is_sentences_and_can_be_tried_again(qtbot: QtBot, inside: LayerInside, jobs: Any) -> None:
    inside.show_path("stem")
    qtbot.waitUntil(lambda: asked(jobs) == ["stem"])
    jobs.last("layer_detail").failed.emit(InputError("It cannot be read", "", "Choose another file"))
    assert inside._note.text() == "It cannot be read. Choose another file."
    inside.again.click()
    qtbot.waitUntil(lambda: asked(jobs) == ["stem", "stem"])


def test_tiles_flow_into_the_width_and_pixels_stay_pixels(qtbot: QtBot, session: Session, tiles: dict[str, Any]) -> None:
    grid = TileGrid(side=24)
    qtbot.addWidget(grid)
    grid.resize(100, 10)
    grid.show_tiles(tiles, (4, 4), "Kernels")
    grid.show()
    assert grid.height() == 24, "three tiles stand in one line here, not in two as in the file"
    seen = grid.grab().toImage()
    colours = [seen.pixelColor(12 + at * 26, 12) for at in range(3)]
    assert colours == [QColor("#ff0000"), QColor("#00ff00"), QColor("#0000ff")]
    edge = seen.pixelColor(23, 23)
    assert edge == QColor("#ff0000"), "nothing is smoothed at the edge of a tile"
    grid.resize(30, 10)
    assert grid.height() == 3 * 24 + 2 * 2


def test_the_histogram_has_its_numbers_as_a_table(qtbot: QtBot, qapp: QApplication, session: Session) -> None:
    bars = WeightHistogram()
    qtbot.addWidget(bars)
    bars.resize(200, 64)
    bars.show_histogram(spread()["histogram"])
    bars.show()
    assert "0 to 1: 58" in bars.accessibleDescription()
    light = bars.grab().toImage()
    theme.apply(qapp, theme.DARK)
    assert bars.grab().toImage() != light
    theme.apply(qapp, theme.LIGHT)
    bars.setFocus()
    qtbot.keyClick(bars, Qt.Key.Key_Return)
    rows = bars.findChild(QTableWidget)
    assert rows is not None
    assert rows.rowCount() == 4
    assert [rows.item(2, c).text() for c in (0, 1)] == ["0 to 1", "58"]
