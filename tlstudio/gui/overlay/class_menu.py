"""What can be done with one class: hide it, show it alone, another colour, an opacity of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QMenu, QWidget, QWidgetAction

from tlstudio.gui import theme
from tlstudio.gui.overlay.looking import Looking
from tlstudio.gui.overlay.words import whole_percent
from tlstudio.gui.widgets.jump_slider import JumpSlider
from tlstudio.gui.widgets.parts import column, label, row, widget


def tr(text: str) -> str:
    return QCoreApplication.translate("class_menu", text)


def class_menu(parent: QWidget, looking: Looking, label_: int, choose_colour: Callable[[int], Any]) -> QMenu:
    """objectName classMenu; the slider in it is classOpacity."""
    look, one = looking.look, looking.look.classes[label_]
    menu = QMenu(parent)
    menu.setObjectName("classMenu")
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.addAction(tr("Hide") if one.visible else tr("Show"), lambda: looking.set_class(label_, visible=not one.visible))
    menu.addAction(tr("Show all") if look.solo == label_ else tr("Show alone"), lambda: looking.toggle_solo(label_))
    menu.addAction(tr("Colour…"), lambda: choose_colour(label_))
    menu.addSeparator()
    slider, said = JumpSlider(), label(whole_percent(one.opacity), "small")
    slider.setObjectName("classOpacity")
    slider.setAccessibleName(tr("Opacity of this class"))
    slider.setRange(0, 100)
    slider.setPageStep(10)
    slider.setValue(round(100 * one.opacity))
    slider.setMinimumWidth(theme.px(160))
    said.setMinimumWidth(said.fontMetrics().horizontalAdvance("100 %") + 2)

    def changed(value: int) -> None:
        said.setText(whole_percent(value / 100))
        looking.set_class(label_, opacity=value / 100)

    slider.valueChanged.connect(changed)
    title = label(tr("Opacity of this class, times that of all"), "small")
    action = QWidgetAction(menu)
    action.setDefaultWidget(widget(column(title, row((slider, 1), said), spacing=4, margins=(12, 4, 12, 8))))
    menu.addAction(action)
    return menu
