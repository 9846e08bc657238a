"""The box of classes: marks in the colours of the look, the choice kept when they change."""

from __future__ import annotations

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tlstudio.gui import theme
from tlstudio.gui.overlay.class_combo import ClassCombo
from tlstudio.gui.overlay.picture import ClassLook


def _mark(combo: ClassCombo, place: int) -> QColor:
    image = combo.itemIcon(place).pixmap(14, 14).toImage()
    return image.pixelColor(image.width() // 2, image.height() // 2)


def test_other_colours_keep_the_choice_and_other_classes_the_place(qapp: QApplication, qtbot: QtBot) -> None:
    theme.apply(qapp, theme.LIGHT)
    combo = ClassCombo("box", "Class", "Which class")
    qtbot.addWidget(combo)
    combo.show_classes([ClassLook("sky", QColor("#ff0000")), ClassLook("road", QColor("#00ff00"))])
    combo.setCurrentIndex(1)
    told: list[int] = []
    combo.currentIndexChanged.connect(told.append)
    combo.show_classes([ClassLook("sky", QColor("#0000ff")), ClassLook("road", QColor("#123456"))])
    assert (combo.currentIndex(), _mark(combo, 0), _mark(combo, 1)) == (1, QColor("#0000ff"), QColor("#123456"))
    combo.show_classes([ClassLook("sky", QColor("#0000ff"))])
    assert (combo.currentText(), told) == ("sky", [])
    combo.show_classes([])
    assert combo.currentIndex() == -1


def test_marks_grow_with_the_text(qapp: QApplication, qtbot: QtBot) -> None:
    theme.apply(qapp, theme.LIGHT)
    combo = ClassCombo("box", "Class", "Which class")
    qtbot.addWidget(combo)
    combo.show_classes([ClassLook("sky", QColor("#ff0000"))])
    before = combo.itemIcon(0).availableSizes()[0].width()
    theme.apply(qapp, theme.DARK, 2.0)
    assert combo.itemIcon(0).availableSizes()[0].width() == 2 * before
    theme.apply(qapp, theme.LIGHT)
