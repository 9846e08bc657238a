"""The line at the top of the class panel: what is open, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QMenu, QWidget

from tlstudio.gui import theme
from tlstudio.gui.overlay.collection import Collection
from tlstudio.gui.overlay.menu_button import MenuButton
from tlstudio.gui.run_list import Row
from tlstudio.gui.widgets.elided_label import elide
from tlstudio.gui.widgets.parts import ToolButton, row

MOST = 20  # runs that the menu offers; the others are reached from the Runs page
_NARROW = 230  # width below which only the menu and the pencil are left


class SourceBar(QWidget):
    """objectNames overlaySource (a menu), predictMasks, exportMasks, editMask."""

    folder_asked = Signal()
    sample_asked = Signal()
    run_chosen = Signal(str)
    split_chosen = Signal(str)
    predict_asked = Signal()
    export_asked = Signal()
    edit_asked = Signal()
    opening = Signal()
    """The menu is about to be shown."""
    video_asked = Signal()
    camera_asked = Signal(str)
    watcher_chosen = Signal(str)
    """The run that is to look at the video."""

    def __init__(self) -> None:
        super().__init__()
        self._source = MenuButton("overlaySource", "", points=9.5, bold=True, role="text")
        self._menu = self._source.menu()
        self.predict = ToolButton("magic-wand", self.tr("Predict masks of these pictures with a trained run"), on=self.predict_asked.emit)
        self.export = ToolButton("export", self.tr("Write the masks to files, for other programs"), on=self.export_asked.emit)
        self.edit = ToolButton("pencil-simple", self.tr("Correct the mask of this picture"), shortcut="E", on=self.edit_asked.emit)
        self.edit.setCheckable(True)
        for button, name in ((self.predict, "predictMasks"), (self.export, "exportMasks"), (self.edit, "editMask")):
            button.setObjectName(name)
            button.setStyleSheet("QToolButton { padding: 4px; }")
        self.setLayout(row((self._source, 1), self.predict, self.edit, self.export, spacing=2, margins=(9, 0, 7, 0)))
        self._collection: Collection | None = None
        self._runs: Sequence[Row] = ()
        self._cameras: Sequence[tuple[str, str]] = ()
        self._menu.aboutToShow.connect(self._fill)
        self._draw()

    def show_collection(self, collection: Collection | None) -> None:
        self._collection = collection
        still = collection is not None and collection.reel is None
        masks = still and any(entry.get("prediction") or entry.get("truth") for entry in collection.entries)  # type: ignore[union-attr]
        self.export.setEnabled(bool(masks))
        self.predict.setEnabled(collection is None or collection.reel is None or not collection.reel.live)
        self._draw()

    def show_runs(self, runs: Sequence[Row]) -> None:
        """The runs that can be looked at, the newest first."""
        self._runs = runs

    def show_cameras(self, cameras: Sequence[tuple[str, str]]) -> None:
        """(source, name) of each; the menu says nothing of cameras where there is none."""
        self._cameras = cameras

    def can_edit(self, why_not: str) -> None:
        """Why the mask of the picture cannot be corrected; "" where it can."""
        self.edit.setEnabled(not why_not)
        self.edit.setToolTip(why_not or self.tr("Correct the mask of this picture (E)"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for button in (self.predict, self.export):  # they are in the menu, too
            button.setVisible(self.width() >= theme.px(_NARROW))

    def _draw(self) -> None:
        collection = self._collection
        self._source.show_text(collection.title if collection is not None else self.tr("Nothing is open"))
        said = []
        if collection is not None:
            said = [collection.title, collection.source]
            if collection.split:
                said.insert(1, self._split_words().get(collection.split, collection.split))
        self._source.setToolTip("\n".join([*said, self.tr("Click to open something else")]))

    def _split_words(self) -> dict[str, str]:
        return {"val": self.tr("Validation pictures"), "test": self.tr("Test pictures"), "train": self.tr("Training pictures")}

    def _fill(self) -> None:
        """The menu, each time that it is opened: runs come and go."""
        menu, collection = self._menu, self._collection
        self.opening.emit()
        menu.clear()
        for old in (*menu.findChildren(QMenu), *menu.findChildren(QActionGroup)):  # these are not cleared with it
            old.deleteLater()
        menu.addAction(self.tr("Open a folder of images and masks…"), self.folder_asked.emit)
        menu.addAction(self.tr("Open a video…"), self.video_asked.emit)
        for source, name in self._cameras:
            words = self.tr("Camera") if len(self._cameras) == 1 else self.tr("Camera: %1").replace("%1", name)
            action = menu.addAction(elide(words, theme.px(300), self).replace("&", "&&"))
            action.setObjectName("openCamera")
            action.setToolTip(self.tr("%1. Its picture is looked at live; nothing is recorded").replace("%1", name))
            action.triggered.connect(lambda _=False, source=source: self.camera_asked.emit(source))
        menu.addAction(self.tr("Show the sample with its masks"), self.sample_asked.emit)
        menu.addSeparator()
        video = collection is not None and collection.reel is not None
        words = self.tr("Predict the whole video…") if video else self.tr("Predict masks…")
        menu.addAction(words, self.predict_asked.emit).setEnabled(self.predict.isEnabled())
        menu.addAction(self.tr("Export masks…"), self.export_asked.emit).setEnabled(self.export.isEnabled())
        if collection is not None and collection.run and collection.split:
            menu.addSeparator()
            self._choices(menu, list(self._split_words().items()), collection.split, self.split_chosen.emit)
        if self._runs:
            menu.addSeparator()
            titles = [(str(run["path"]), str(run.get("title") or run["name"])) for run in self._runs[:MOST]]
            if collection is not None and collection.reel is not None:
                inside = menu.addMenu(self.tr("Predict with"))
                self._choices(inside, [*titles, ("", self.tr("Nothing, the picture alone"))], collection.reel.run, self.watcher_chosen.emit)
                menu = menu.addMenu(self.tr("Open a run"))
            self._choices(menu, titles, collection.source if collection is not None else "", self.run_chosen.emit)

    def _choices(self, menu: QMenu, choices: Sequence[tuple[str, str]], chosen: str, call: Callable[[str], object]) -> None:
        group = QActionGroup(menu)
        for key, word in choices:
            action = QAction(elide(word, theme.px(300), self).replace("&", "&&"), menu)
            action.setCheckable(True)
            action.setChecked(key == chosen)
            action.triggered.connect(lambda _=False, key=key: call(key))
            group.addAction(action)
            menu.addAction(action)
