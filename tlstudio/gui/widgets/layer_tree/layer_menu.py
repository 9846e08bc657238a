"""The menu of a row of the layer tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from tlstudio.gui.ticks import State

if TYPE_CHECKING:
    from tlstudio.gui.widgets.layer_tree.layer_view import LayerTree


def tr(text: str) -> str:
    return QCoreApplication.translate("layer_menu", text)


def row_menu(tree: LayerTree, row: int) -> QMenu:
    """What can be done with a row, and with the other selected ones if it is one of them."""
    layers, index = tree.layers, tree.layers.index_of(row)
    menu = QMenu(tree)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setToolTipsVisible(True)
    rows = tree.selected() if row in tree.selected() else [row]
    state = layers.state(row)
    freeze = menu.addAction(tr("Freeze"), lambda: layers.ticked.emit(rows, True))
    free = menu.addAction(tr("Let learn"), lambda: layers.ticked.emit(rows, False))
    freeze.setEnabled(state in (State.LEARNS, State.MIXED))
    free.setEnabled(state in (State.FROZEN, State.MIXED))
    rate = menu.addAction(tr("Learning rate of this layer…"), lambda: tree.rate_wanted.emit(rows))
    rate.setToolTip(tr("Let it learn faster or more slowly than the rest"))
    rate.setEnabled(state != State.NONE)
    menu.addSeparator()
    cut = menu.addAction(tr("Use features from here"), lambda: tree.cut_wanted.emit(row))
    cut.setToolTip(tr("The network ends at this layer, with the head on top; what comes after it is left out"))
    cut.setEnabled(tree.can_end and layers.rows[row]["kind"] == "module" and bool(layers.rows[row]["output"]))
    if twins := layers.twins(row):
        after = next((twin for twin in twins if twin > row), twins[0])
        jump = menu.addAction(tr("Go to the layer that shares these weights"), lambda: tree.pick(after))
        jump.setToolTip(layers.ticks.paths[after])
    menu.addSeparator()
    inside = bool(layers.ticks.children[row])
    menu.addAction(tr("Expand all in it"), lambda: tree.expandRecursively(index)).setEnabled(inside)
    menu.addAction(tr("Collapse"), lambda: tree.collapse(index)).setEnabled(inside and tree.isExpanded(index))
    menu.addSeparator()
    menu.addAction(tr("Copy path"), QKeySequence(QKeySequence.StandardKey.Copy), tree.copy_paths)
    return menu
