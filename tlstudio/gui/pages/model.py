"""Model: the catalogue, the layers of the chosen model with ticks that freeze, the selected layer and the head."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QSplitter, QWidget

from tlstudio.gui import theme
from tlstudio.gui.background import Background
from tlstudio.gui.model_choice import entry_of
from tlstudio.gui.page import Page
from tlstudio.gui.piecemeal import Piecemeal
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.parts import GAP, TIGHT, Segments, column, row, widget

NARROW = 780  # below that, in px at the usual text size, one pane is shown at a time


def _load() -> None:
    """What the page is built from, numpy among it; in a thread nobody notices."""
    from tlstudio.gui.widgets import catalogue_list, layer_pane, model_side  # noqa: F401
    from tlstudio.models import catalogue

    catalogue.entries()


class ModelPage(Page):
    """objectName modelPage. Three panes parted by hairlines; in a small window or with large text, one of them at a time."""

    key, icon_name, order = "model", "tree-structure", 2

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._built = False
        self._pieces = Piecemeal(self, self._make())
        self._shown = "layers"
        self._column = column(spacing=0)
        self.setLayout(self._column)
        session.layers_changed.connect(self._layers_changed)
        session.recipe_changed.connect(self._recipe_changed)

    def word(self) -> str:
        return self.tr("Model")

    def mark(self) -> tuple[str, str]:
        layers = self.session.layers
        title = entry_of(self.session.recipe).title
        if layers.state == "failed":
            return "problem", self.tr("Cannot be looked into")
        if self._built and self.layers.fresh:
            return ("problem", self.tr("Nothing learns")) if self.layers.problem else ("ready", title)
        if layers.state == "busy":
            return "running", self.tr("Looking inside…")
        return "", title

    def guide(self) -> str:
        return self.tr(
            "Pick a model on the left. In the middle are its layers: a tick freezes a layer, so that it keeps what it knows; an empty box "
            "learns. The presets above tick for you; Head only is the place to start.\n\n"
            "Once a run has trained this model, the Signal column says how its layers learned; it is dim while others are ticked than "
            "that run froze. Columns for which there is no room go, Mult-adds first.\n\n"
            "The three dots choose columns and save the tree as text, CSV or JSON: what learns as it is ticked now, and in CSV and JSON "
            "the newest signals, with the run and the epoch that they are of.\n\n"
            "Space  freeze or let learn what is selected\n"
            "Shift+click  all rows from the last one to here\n"
            "Left, Right  close, open;  *  open all in it\n"
            "Ctrl+F  filter (name, type, frozen, learns);  Enter  next match;  Esc  all again\n"
            "Menu key or right-click  a rate of its own, features from here, copy the path\n"
            "Ctrl+C  copy the path;  Ctrl+Z  undo"
        )

    def entered(self) -> None:
        self._build()

    # building, while nobody looks, or at the first look or the first document

    def prepare(self) -> None:
        Background(_load, lambda _: self._pieces.begin())

    def _build(self) -> None:
        self._pieces.finish()

    def _make(self) -> Iterator[None]:
        # numpy comes with these: the window is on the screen before.
        from tlstudio.gui.widgets import catalogue_list, model_side
        from tlstudio.gui.widgets.catalogue_list import CatalogueList
        from tlstudio.gui.widgets.layer_pane import LayerPane
        from tlstudio.gui.widgets.model_side import ModelSide

        self._widths = catalogue_list.WIDTH, model_side.WIDTH
        yield
        self.catalogue = CatalogueList()
        yield
        self.layers = LayerPane(self.session)
        yield
        self.side = ModelSide(self.session)
        yield
        words = {"models": self.tr("Models"), "layers": self.tr("Layers"), "side": self.tr("Layer and head")}
        self._tabs = Segments(words, self._shown, self._show_pane, name="modelPanes")
        self._tab_row = widget(row(None, self._tabs, None, margins=(GAP, TIGHT, GAP, TIGHT)))
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        self._panes: dict[str, QWidget] = {"models": self.catalogue, "layers": self.layers, "side": self.side}
        for at, pane in enumerate(self._panes.values()):
            self._splitter.addWidget(pane)
            self._splitter.setStretchFactor(at, int(pane is self.layers))
        yield
        self._built = True
        self._column.addWidget(self._tab_row)
        self._column.addWidget(self._splitter, 1)
        self.catalogue.chosen.connect(self.session.choose_model)
        self.layers.notice.arrived.connect(self.catalogue.look_again)
        self.layers.notice.arrived.connect(self.side.inside.look_again)
        self.side.wants_download.connect(self.layers.notice.download.click)
        self.side.step_wanted.connect(self._step)
        self.layers.tree.picked.connect(lambda at: self.side.show_layer(self.layers.tree.layers, at, self.layers.document))
        self.layers.changed.connect(self._follow)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self._to_filter)  # while the page is in sight
        self._recipe_changed()
        self._follow()
        self._arrange(fresh=True)

    def _to_filter(self) -> None:
        if self._narrow:
            self._tabs.show_choice("layers")
            self._show_pane("layers")
        self.layers.filter.setFocus()
        self.layers.filter.selectAll()

    def _step(self, by: int) -> None:
        """Select the next layer in sight of the tree, or the one before; parameters are passed over."""
        tree = self.layers.tree
        index = tree.currentIndex()
        while (index := tree.indexBelow(index) if by > 0 else tree.indexAbove(index)).isValid():
            row = tree.layers.row(index)
            if tree.layers.rows[row]["kind"] == "module":
                tree.pick(row)
                return

    # following the session

    def _layers_changed(self) -> None:
        if self.session.layers.ready:
            self._build()
        self.mark_changed.emit()

    def _recipe_changed(self) -> None:
        if self._built:
            self.catalogue.show_task(self.session.recipe.data.task)
            self.catalogue.show_model(self.session.recipe.model.name)
        self.mark_changed.emit()

    def _follow(self) -> None:
        """Other layers or other ticks: the right pane and the rail say so too."""
        self.side.show_head(self.layers.document if self.layers.fresh else {})
        if self.layers.fresh:
            current = self.layers.tree.currentIndex()
            if current.isValid():
                tree = self.layers.tree.layers
                self.side.show_layer(tree, tree.row(current), self.layers.document)
        self.side.show_known(self.layers.fresh)
        self.mark_changed.emit()

    # room

    @property
    def _narrow(self) -> bool:
        return self.presented or self.width() < theme.px(NARROW)

    def present(self, on: bool) -> None:
        super().present(on)
        self._arrange(fresh=True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._arrange(fresh=True)

    def _show_pane(self, key: str) -> None:
        self._shown = key
        self._arrange()

    def _arrange(self, *, fresh: bool = False) -> None:
        """Three panes where there is room, else one and the words to choose it by. fresh: widths as at first."""
        if not self._built:
            return
        narrow, px = self._narrow, theme.px
        changed = fresh or narrow == self._tab_row.isHidden()
        self._tab_row.setVisible(narrow)
        for key, pane in self._panes.items():
            pane.setVisible(not narrow or key == self._shown)
        if changed:
            for pane, least, most in ((self.catalogue, 208, 360), (self.side, 248, 440)):
                pane.setMinimumWidth(0 if narrow else px(least))
                pane.setMaximumWidth(16_777_215 if narrow else px(most))
            if not narrow:
                left, right = self._widths
                self._splitter.setSizes([px(left), self.width() - px(left + right), px(right)])


PAGE = ModelPage
