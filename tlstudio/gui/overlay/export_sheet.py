"""Writing masks to files for other programs: in which format, of which pictures, where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QBoxLayout, QButtonGroup, QCheckBox, QDialog, QFileDialog, QLineEdit, QProgressBar, QRadioButton, QWidget

from tlstudio.errors import sentences
from tlstudio.exporting.export import formats
from tlstudio.gui import theme
from tlstudio.gui.overlay.collection import Collection
from tlstudio.gui.overlay.picture import Look
from tlstudio.gui.overlay.task import Task
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import MARGIN, Button, Segments, column, hairline, label, row, widget
from tlstudio.gui.widgets.scrolling import scrolling
from tlstudio.gui.words import count

WIDE, TALL = 600, 600


class ExportSheet(QDialog):
    """objectName exportSheet. Closing it while it writes cancels; what is written stays."""

    def __init__(self, session: Session, collection: Collection, look: Look, picture: str, parent: QWidget) -> None:
        """picture: the path of the one that is open."""
        super().__init__(parent)
        self.setObjectName("exportSheet")
        self.setWindowTitle(self.tr("Export masks"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session, self._collection, self._look, self._picture = session, collection, look, picture
        self._all, self._which = True, "prediction" if collection.has_predictions else "truth"
        self._task = Task(self)
        self._made = ""
        self._make()
        self._task.changed.connect(self._follow)
        self._follow()
        room = parent.window().size()
        self.resize(min(theme.px(WIDE), room.width() - 2 * MARGIN), min(theme.px(TALL), room.height() - 2 * MARGIN))

    def _make(self) -> None:
        self.formats = QButtonGroup(self)
        choices: list[QWidget | QBoxLayout | int] = []
        for i, (key, one) in enumerate(formats().items()):
            choice = QRadioButton(one.title)
            choice.setObjectName(f"export_{key}")
            choice.setProperty("format", key)
            choice.setToolTip(one.help)
            choice.setChecked(i == 0)
            self.formats.addButton(choice)
            choices += [choice, row(24, (label(one.help, "small", wrap=True), 1), spacing=0), 4]
        kinds = {"prediction": self.tr("Predictions"), "truth": self.tr("True masks")}
        self._kinds = Segments(kinds, self._which, self._choose_kind, name="exportWhich")
        self._kinds.buttons["prediction"].setEnabled(self._collection.has_predictions)
        self._kinds.buttons["truth"].setEnabled(any(entry.get("truth") for entry in self._collection.entries))
        n = len(self._collection.entries)
        reach = {"all": count(n, self.tr("picture"), self.tr("pictures")), "one": self.tr("This picture")}
        which = Segments(reach, "all", self._choose_reach, name="exportPictures")
        which.setVisible(n > 1)
        self.corrected = QCheckBox(self.tr("With corrections by hand"))
        self.corrected.setObjectName("exportCorrected")
        self.corrected.setToolTip(self.tr("Predictions that were corrected are written so; unticked: all as they were predicted"))
        self.corrected.setChecked(True)
        self.corrected.setVisible(self._collection.has_corrected and self._which == "prediction")
        self.folder = QLineEdit(str(Path.home() / self.tr("masks")))
        self.folder.setObjectName("exportFolder")
        self.folder.setAccessibleName(self.tr("Folder to write into"))
        self.folder.setToolTip(self.tr("It is made where it is not there; only files of an earlier export are replaced in it"))
        choose = Button(self.tr("Choose…"), "", "folder-open", tip=self.tr("Look for the folder"), on=self._ask)
        choose.setAutoDefault(False)
        self._begin_button = Button(self.tr("Export"), "primary", tip=self.tr("Write the files"), on=self._begin)
        self._begin_button.setObjectName("beginExport")
        self._begin_button.setDefault(True)
        self._cancel = Button(self.tr("Cancel"), tip=self.tr("Stop; what is written stays"), on=self._task.cancel)
        self._close = Button(self.tr("Close"), tip=self.tr("Back to the pictures (Escape)"), on=self.reject)
        self._show = Button(self.tr("Show in folder"), "", "folder-open", tip=self.tr("Open the folder with the files"), on=self._open)
        self._show.setObjectName("showExport")
        for button in (self._cancel, self._close, self._show):
            button.setAutoDefault(False)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Progress"))
        self._said, self._wrong = ElidedLabel("small"), label("", "bad", wrap=True)
        area = scrolling(widget(column(*choices, None, spacing=2)))
        self._what = widget(row(self._kinds, which, self.corrected, None, spacing=12))
        self.setLayout(
            column(
                label(self.tr("Export masks"), "title"), 4, (area, 1), hairline(), self._what,
                row(label(self.tr("Folder"), "muted"), (self.folder, 1), choose), self._bar, self._said, self._wrong,
                row(self._show, None, self._close, self._cancel, self._begin_button),
                spacing=10, margins=(MARGIN, 16, MARGIN, 16),
            )
        )  # fmt: skip

    def reject(self) -> None:
        self._task.close()
        super().reject()

    def _choose_kind(self, key: str) -> None:
        self._which = key
        self.corrected.setVisible(self._collection.has_corrected and key == "prediction")

    def _choose_reach(self, key: str) -> None:
        self._all = key == "all"

    def _ask(self) -> None:
        dialog = QFileDialog(self, self.tr("Folder to write into"), self.folder.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.folder.setText)
        dialog.open()

    def _begin(self) -> None:
        chosen = self.formats.checkedButton()
        assert chosen is not None
        args: dict[str, Any] = {
            "source": self._document(),
            "format": chosen.property("format"),
            "out": str(Path(self.folder.text()).expanduser()),
            "paths": [] if self._all else [self._picture],
            "which": self._which,
            "look": look_json(self._look),
        }
        self._task.begin(self._session.librarian, "export_masks", args, self.tr("Writing"), self._done)

    def _document(self) -> dict[str, Any]:
        document = dict(self._collection.document)
        if self.corrected.isChecked():
            images = document["images"]
            document["images"] = [{**image, "prediction": image.get("corrected") or image.get("prediction")} for image in images]
        return document

    def _done(self, said: dict[str, Any]) -> None:
        self._made = said["folder"]
        words = count(said["files"], self.tr("file"), self.tr("files"))
        self._said.show_text(self.tr("%1 written into %2").replace("%1", words).replace("%2", said["folder"]))
        left_out = said["left_out"]
        if left_out:
            words = self.tr("%1 left out: %2").replace("%1", count(len(left_out), self.tr("picture"), self.tr("pictures")))
            self._wrong.setText(words.replace("%2", left_out[0]["error"]))
        self._wrong.setVisible(bool(left_out))
        self._show.show()

    def _follow(self) -> None:
        loading = self._task.loading
        busy = loading.state == "busy"
        for part in (self._begin_button, self._what, self.folder):
            part.setEnabled(not busy)
        self._cancel.setVisible(busy)
        self._bar.setVisible(busy)
        self._show.setVisible(False)
        progress = loading.progress
        share = progress.overall if progress is not None else None
        self._bar.setRange(0, 0 if share is None else 1000)
        self._bar.setValue(round(1000 * (share or 0)))
        words = ""
        if busy and progress is not None and progress.total:
            words = self.tr("%1 of %2").replace("%1", f"{progress.done:,}").replace("%2", f"{progress.total:,}")
        elif loading.state == "cancelled":
            words = self.tr("Stopped; what is written stays")
        self._said.show_text(words)
        error = loading.error if loading.state == "failed" else None
        self._wrong.setText(sentences(error.what, error.why, error.do) if error is not None else "")
        self._wrong.setVisible(error is not None)

    def _open(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._made))


def look_json(look: Look) -> dict[str, Any]:
    """As `exporting.look.Look.from_json` takes it: what is seen on the canvas, so that a composite is the same."""
    classes = [
        {
            "colour": [one.colour.red(), one.colour.green(), one.colour.blue()],
            "hatched": one.hatched,
            "visible": look.shows(i),
            "opacity": one.opacity,
        }
        for i, one in enumerate(look.classes)
    ]
    return {"opacity": look.opacity, "contour": round(look.contour) if look.mode == "contour" else 0, "classes": classes}
