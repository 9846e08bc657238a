"""The catalogue: search, choice, where weights are."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tlstudio.gui import theme
from tlstudio.gui.widgets.catalogue_list import CatalogueList
from tlstudio.models import catalogue


@pytest.fixture
def models(qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CatalogueList:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    theme.apply(qapp, theme.LIGHT)
    made = CatalogueList()
    qtbot.addWidget(made)
    made.resize(208, 600)
    made.show_model("efficientnet_lite0")
    made.show()
    return made


def titles(models: CatalogueList) -> list[str]:
    return [models.models.index(i).data() for i in range(models.models.rowCount())]


def test_all_models_and_the_recipes_marked(models: CatalogueList) -> None:
    assert titles(models) == [entry.title for entry in catalogue.entries()]
    assert models.table.currentIndex().data() == "EfficientNet-Lite0"


def test_search_by_words_in_any_order(qtbot: QtBot, models: CatalogueList) -> None:
    qtbot.keyClicks(models.search, "18 resnet")
    assert titles(models) == ["ResNet-18"]
    models.search.setText("")
    assert len(titles(models)) == len(catalogue.entries())
    assert models.table.currentIndex().data() == "EfficientNet-Lite0"


def test_nothing_found_is_said(models: CatalogueList) -> None:
    models.search.setText("<b>foo")
    assert titles(models) == []
    assert "<b>foo" in models._nothing.text()
    assert models._nothing.isVisible()


def test_searching_chooses_nothing(qtbot: QtBot, models: CatalogueList) -> None:
    with qtbot.assertNotEmitted(models.chosen, wait=350):
        models.search.setText("resnet")


def test_a_click_chooses_at_once(qtbot: QtBot, models: CatalogueList) -> None:
    rect = models.table.visualRect(models.models.index(models.models.place("resnet18")))
    with qtbot.waitSignal(models.chosen, timeout=100) as chosen:
        qtbot.mouseClick(models.table.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert chosen.args == ["resnet18"]


def test_arrows_choose_after_a_rest_and_only_the_last(qtbot: QtBot, models: CatalogueList) -> None:
    asked: list[str] = []
    models.chosen.connect(asked.append)
    models.table.setFocus()
    qtbot.keyClick(models.table, Qt.Key.Key_Down)
    qtbot.keyClick(models.table, Qt.Key.Key_Down)
    assert asked == []
    qtbot.waitUntil(lambda: bool(asked))
    assert asked == [catalogue.entries()[2].name]


def test_enter_in_the_search_takes_the_first(qtbot: QtBot, models: CatalogueList) -> None:
    models.search.setText("mobilenet")
    with qtbot.waitSignal(models.chosen) as chosen:
        qtbot.keyClick(models.search, Qt.Key.Key_Return)
    assert chosen.args == ["mobilenet_v3_small"]


def test_where_weights_are_is_told_in_words(models: CatalogueList, tmp_path: Path) -> None:
    entry = catalogue.find("resnet18")
    index = models.models.index(models.models.place("resnet18"))
    said = Qt.ItemDataRole.AccessibleTextRole
    assert index.data(said) == "ResNet-18, 46.8 MB"
    assert models.models.index(0).data(said) == "EfficientNet-Lite0, built in"
    path = entry.cache_path
    assert path is not None
    path.parent.mkdir(parents=True)
    path.write_bytes(b"weights")
    models.look_again()
    assert index.data(said) == "ResNet-18, on disk"


def test_it_paints(qtbot: QtBot, qapp: QApplication, models: CatalogueList) -> None:
    light = models.grab().toImage()
    theme.apply(qapp, theme.DARK)
    assert models.grab().toImage() != light
    theme.apply(qapp, theme.LIGHT)
