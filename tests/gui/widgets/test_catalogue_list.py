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
    assert titles(models) == [entry.title for entry in catalogue.entries() if entry.task == "classification"]
    assert models.table.currentIndex().data() == "EfficientNet-Lite0"


def test_search_by_words_in_any_order(qtbot: QtBot, models: CatalogueList) -> None:
    qtbot.keyClicks(models.search, "18 resnet")
    assert "ResNet-18" in titles(models)
    assert all("resnet" in title.lower() and "18" in title for title in titles(models))
    models.search.setText("")
    assert len(titles(models)) == len([entry for entry in catalogue.entries() if entry.task == "classification"])
    assert models.table.currentIndex().data() == "EfficientNet-Lite0"


def test_nothing_found_is_said(models: CatalogueList) -> None:
    models.search.setText("<b>foo")
    assert titles(models) == []
    assert "<b>foo" in models._none.text()
    assert models._empty.isVisible()
    models.clear.click()
    assert titles(models) == [entry.title for entry in catalogue.entries()]
    assert not models._empty.isVisible()


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
    assert asked == [models.models.entries[2].name]


def test_enter_in_the_search_takes_the_first(qtbot: QtBot, models: CatalogueList) -> None:
    models.search.setText("mobilenet v3 small")
    with qtbot.waitSignal(models.chosen) as chosen:
        qtbot.keyClick(models.search, Qt.Key.Key_Return)
    assert chosen.args == ["mobilenet_v3_small"]


def test_where_weights_are_is_told_in_words(models: CatalogueList, tmp_path: Path) -> None:
    entry = catalogue.find("resnet18")
    index = models.models.index(models.models.place("resnet18"))
    said = Qt.ItemDataRole.AccessibleTextRole
    assert index.data(said) == "ResNet-18, to download, 46.8 MB"
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


def test_chips_narrow_and_the_heading_follows(models: CatalogueList) -> None:
    chips = models.chips.buttons
    chips["classification"].click()
    chips["segmentation"].click()
    assert {entry.task for entry in models.models.entries} == {"segmentation"}
    assert models.heading.buttons["score"].text() == "mean IoU"
    assert models.models.facts(models.models.entries[0])[2].endswith("%")
    chips["classification"].click()
    assert models.heading.buttons["score"].text() == "ImageNet"
    assert len(titles(models)) == len(catalogue.entries())
    chips["small"].click()
    assert all(entry.params < 10_000_000 for entry in models.models.entries)
    chips["on_disk"].click()
    assert titles(models) == ["EfficientNet-Lite0"]
    assert models._count.text() == "1 model"


def test_a_heading_sorts_turns_round_and_lets_go(models: CatalogueList) -> None:
    own = titles(models)
    button = models.heading.buttons["params"]
    button.click()
    sizes = [entry.params for entry in models.models.entries]
    assert sizes == sorted(sizes)
    assert button.accessibleName() == "params, smallest first"
    button.click()
    assert [entry.params for entry in models.models.entries] == sorted(sizes, reverse=True)
    button.click()
    assert titles(models) == own
    models.heading.buttons["score"].click()
    assert models.models.entries[0].accuracy == max(entry.accuracy or 0 for entry in models.models.entries)


def test_ranges_in_the_popover(qtbot: QtBot, models: CatalogueList) -> None:
    models.more.click()
    assert models.filter.isVisible()
    qtbot.keyClicks(models.filter.params.high, "5")
    models.filter.mult_adds.low.setText("0,3")
    models.filter.source.setCurrentIndex(models.filter.source.findData("torchvision"))
    found = models.models.entries
    assert found
    assert all(entry.params <= 5e6 and (entry.mult_adds or 0) >= 3e8 and entry.source == "torchvision" for entry in found)
    assert models.more.isChecked()
    assert models.more.accessibleName() == "More filters, 3 in force"
    models.filter.params.high.setText("five")
    assert models.filter.params.high.property("wrong") is True
    models.filter.clear_button.click()
    assert not models.more.isChecked()
    qtbot.keyClick(models.filter, Qt.Key.Key_Escape)
    assert not models.filter.isVisible()


def test_keys_between_search_and_list(qtbot: QtBot, models: CatalogueList) -> None:
    models.search.setFocus()
    models.search.setText("resnet")
    qtbot.keyClick(models.search, Qt.Key.Key_Escape)
    assert models.search.text() == ""
    qtbot.keyClick(models.search, Qt.Key.Key_Down)
    assert models.table.hasFocus()


def test_licence_and_source_of_the_accuracy_are_in_the_tooltip(models: CatalogueList) -> None:
    tip = models.models.index(models.models.place("resnet50")).data(Qt.ItemDataRole.ToolTipRole)
    for part in ("80.9%", "torchvision", "Licence: ", "25,557,032 parameters"):
        assert part in tip


def test_models_that_can_learn_masks(models: CatalogueList) -> None:
    models.show_task("segmentation")
    shown = {entry.name: entry for entry in models.models.entries}
    assert len(shown) == len(catalogue.entries("segmentation"))
    lite, whole = shown["efficientnet_lite0"], shown["fcn_resnet50"]
    assert models.models.facts(lite)[2] == "encoder"
    assert models.models.facts(whole)[2].endswith("%")
    assert "Only the encoder is pretrained" in models.models._tip(lite)
    assert models.chips.buttons["classification"].isHidden()
    models.show_task("classification")
    assert {entry.task for entry in models.models.entries} == {"classification"}
    assert not models.chips.buttons["classification"].isHidden()
