"""A box to choose from: a long entry is cut in its middle with a sign, and whole where one points."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from tlstudio.gui import theme
from tlstudio.gui.widgets.elided_combo import WIDEST, ElidedCombo

LONG = "Generated leaves of five species, head only, today 16:49"


def test_a_long_entry_is_cut_in_its_middle_and_whole_in_its_tooltip_and_list(qapp: QApplication, qtbot: QtBot) -> None:
    theme.apply(qapp, theme.LIGHT)
    combo = ElidedCombo(letters=8)
    qtbot.addWidget(combo)
    combo.setToolTip("Which run")
    combo.addItems([LONG, "Ants"])
    combo.resize(160, 30)
    combo.show()
    first, _, last = combo.shown().partition("…")
    assert LONG.startswith(first)
    assert LONG.endswith(last)
    assert first
    assert last
    assert combo.fontMetrics().horizontalAdvance(combo.shown()) < 130
    assert combo.minimumSizeHint().width() < 160
    QApplication.sendEvent(combo, QHelpEvent(QEvent.Type.ToolTip, QPoint(5, 5), combo.mapToGlobal(QPoint(5, 5))))
    assert QToolTip.text() == f"{LONG}\nWhich run"
    QToolTip.hideText()
    combo.showPopup()
    assert 160 < combo.view().width() <= WIDEST + 20
    combo.hidePopup()
    combo.setCurrentIndex(1)
    assert combo.shown() == "Ants"
    combo.resize(600, 30)
    combo.setCurrentIndex(0)
    assert combo.shown() == LONG
