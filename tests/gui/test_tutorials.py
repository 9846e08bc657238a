"""The recipes of the tutorials: which there are, and that they leave the images alone."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from tlstudio.gui.main_window import MainWindow
from tlstudio.gui.session import Session
from tlstudio.gui.tutorials import on_data_of, tutorials
from tlstudio.recipe import Recipe


def test_those_that_can_be_trained_are_there_by_name() -> None:
    names = [recipe.name for recipe in tutorials()]
    assert names == sorted(names, key=str.lower)
    assert {"Feature extraction", "Fine-tuning", "MLP with log-softmax"} <= set(names)
    assert "DeepLab" not in names


def test_images_with_masks_have_tutorials_of_their_own() -> None:
    assert [recipe.name for recipe in tutorials("segmentation")] == ["DeepLab"]
    now = Recipe().set({"data.path": "/scenes", "data.task": "segmentation", "data.class_names": ["sky", "road"], "data.ignore": [11]})
    taken = on_data_of(tutorials("segmentation")[0], now)
    assert (taken.data.class_names, taken.data.ignore, taken.data.task) == (("sky", "road"), (11,), "segmentation")


def test_the_images_stay() -> None:
    now = Recipe().set({"data.path": "/photos", "data.exclude": ("a.jpg",), "data.split_seed": 3, "training.epochs": 99})
    taken = on_data_of(next(recipe for recipe in tutorials() if recipe.name == "A layer on top of the old output"), now)
    assert (taken.data.path, taken.data.exclude, taken.data.split_seed) == ("/photos", ("a.jpg",), 3)
    assert taken.data.resize == "pad"  # which belongs to the tutorial
    assert taken.training.epochs == 20


def test_the_menu_takes_one_and_undo_brings_the_old_back(session: Session, qtbot: QtBot) -> None:
    window = MainWindow(session)
    qtbot.addWidget(window)
    before = session.recipe
    menu = window.findChild(QMenu, "tutorialMenu")
    menu.aboutToShow.emit()
    menu.aboutToShow.emit()
    names = [action.text() for action in menu.actions()]
    assert names == [recipe.name for recipe in tutorials()]
    menu.actions()[names.index("MLP with log-softmax")].trigger()
    assert (session.recipe.model.name, session.recipe.head.kind, session.recipe.loss.kind) == ("vgg16", "mlp_log_softmax", "nll")
    assert session.undo.undoText() == "take MLP with log-softmax"
    session.undo.undo()
    assert session.recipe == before
