"""How the masks of the open images are read: layout, their folder, values that are left out, names of the classes."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFileDialog, QWidget

from tlstudio.gui import theme
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.class_names import ClassNames
from tlstudio.gui.widgets.form import RecipeForm
from tlstudio.gui.widgets.parts import Button, Segments, column, header, label, row
from tlstudio.gui.words import percent

_GROUP = 300  # width that each half needs, at text scale 1


class MasksCard(QWidget):
    """objectName masksCard; data.layout, data.masks, data.ignore, classNames. `folded`: the user put it away."""

    folded = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setObjectName("masksCard")
        tip = self.tr("Put these settings away; they stay as they are")
        close = Button(self.tr("Fold away"), "quiet", "caret-up", edge=True, tip=tip, on=self.folded.emit)
        close.setObjectName("foldMasks")
        self.form = RecipeForm(session, ("data.layout", "data.masks", "data.ignore"))
        choose = Button(self.tr("Choose the folder of the masks…"), "quiet", "folder-open", edge=True, on=self._choose)
        choose.setToolTip(self.tr("Where the masks do not lie beside the pictures"))
        choose.setObjectName("chooseMasks")
        self._ignored = label("", "small", wrap=True)
        self._classes: list[dict[str, Any]] = []
        words = {"segmentation": self.tr("Masks"), "classification": self.tr("Classes")}
        tips = {
            "segmentation": self.tr("The model learns which class each pixel belongs to"),
            "classification": self.tr("The model learns one class for each picture, from the folders that they lie in"),
        }
        self.task = Segments(words, "segmentation", session.choose_task, name="learnFrom", tips=tips)
        self.names = ClassNames()
        self.names.given.connect(self._name)
        self._as_found = Button(self.tr("As the data says"), "quiet", edge=True, on=lambda: self._name(()))
        self._as_found.setToolTip(self.tr("Forget the names that were typed"))
        self._as_found.setObjectName("namesAsFound")
        self._leave = Button(self.tr("Leave out this class"), "quiet", edge=True, on=self._leave_out)
        self._leave.setToolTip(self.tr("Its pixels are neither learned from nor judged: its value joins the ignored ones"))
        self._leave.setObjectName("leaveOutClass")
        for button in (self._as_found, self._leave):  # or the table below would move under the pointer
            policy = button.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            button.setSizePolicy(policy)
        self.names.itemSelectionChanged.connect(self._offer)
        learn = row(label(self.tr("Learn from")), self.task, None)
        left = column(learn, self.form, row(choose, None), self._ignored, None, spacing=8)
        hint = label(self.tr("A double click, or F2, renames a class"), "muted", wrap=True)
        title = row((hint, 1), self._leave, self._as_found)
        self._halves = row((left, 1), (column(title, self.names, None, spacing=4), 1), spacing=24)
        self.setLayout(column(header(self.tr("How the masks are read"), close), self._halves, spacing=8))
        session.recipe_changed.connect(self.refresh)
        self.refresh()

    def show_document(self, document: dict[str, Any]) -> None:
        """document: the `data` document."""
        self._classes = document["classes"]
        self.names.show_classes(self._classes)
        self._offer()
        share = document.get("ignored_share")
        said = self.tr("%1 of all pixels are left out").replace("%1", percent(share))
        self._ignored.setText(said if share else self.tr("Every pixel belongs to a class"))

    def refresh(self) -> None:
        self.task.show_choice(self.session.recipe.data.task)
        self._as_found.setVisible(bool(self.session.recipe.data.class_names))

    def _chosen(self) -> int | None:
        """The selected class, if it can be left out: there are others, and the files write a number for it."""
        rows = self.names.selectionModel().selectedRows()
        at = rows[0].row() if rows else -1
        known = 0 <= at < len(self._classes) and len(self._classes) > 2
        return at if known and isinstance(self._classes[at].get("value"), int) else None

    def _offer(self) -> None:
        self._leave.setVisible(self._chosen() is not None)

    def _leave_out(self) -> None:
        at = self._chosen()
        if at is None:
            return
        data, said = self.session.recipe.data, self._classes[at]
        changes: dict[str, Any] = {"data.ignore": tuple(sorted({*data.ignore, int(said["value"])}))}
        if data.class_names:
            changes["data.class_names"] = tuple(str(one["name"]) for one in self._classes if one is not said)
        self.session.edit(changes, self.tr("leave out %1").replace("%1", str(said["name"])))

    def _name(self, names: tuple[str, ...]) -> None:
        self.session.edit({"data.class_names": names}, self.tr("name the classes"))

    def _choose(self) -> None:
        dialog = QFileDialog(self, self.tr("Where are the masks?"))
        dialog.setObjectName("findMasks")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setDirectory(str(self.session.data.document.get("root", "")))
        dialog.fileSelected.connect(lambda folder: self.session.edit({"data.masks": folder}, self.tr("take the masks of a folder")))
        dialog.open()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_halves"):
            self._fit()

    def _fit(self) -> None:
        wide = self.width() >= 2 * theme.px(_GROUP)
        self._halves.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)
