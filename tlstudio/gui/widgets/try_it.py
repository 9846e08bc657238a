"""Try it: one's own picture, dropped, pasted or chosen, and what the chosen run says of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QMimeData, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QGuiApplication, QImage, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QSizePolicy

from tlstudio import places
from tlstudio.errors import InputError, StudioError
from tlstudio.gui import theme
from tlstudio.gui.background import Background
from tlstudio.gui.jobs import JobHandle
from tlstudio.gui.mask_blend import Mask
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import Button, IconLabel, card, column, header, label, row, widget
from tlstudio.gui.widgets.picture import Picture
from tlstudio.gui.widgets.probability_bars import ProbabilityBars
from tlstudio.gui.words import percent

CLASSES = 5  # that get a bar of their own


class TryItDrop(QFrame):
    """objectName tryItDrop: dashed outline, the picture inside, one line on how to bring another."""

    brought = Signal(QMimeData)
    wanted = Signal()
    """The user asks for the file chooser."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("tryItDrop")
        self.setProperty("kind", "dropZone")
        self.setAccessibleName(self.tr("Drop, paste or choose a picture"))
        self.setToolTip(self.tr("Drop a picture here, paste one (Ctrl+V), or click to choose a file"))
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.picture = Picture(fill=False)
        self._icon = IconLabel("image", "muted", 40)
        self._empty = widget(column(None, row(None, self._icon, None), None))
        self.picture.hide()
        hint = label(self.tr("Drop, paste or choose a picture"), "small", wrap=True, align=Qt.AlignmentFlag.AlignHCenter)
        self.setLayout(column((self.picture, 1), (self._empty, 1), hint, spacing=8, margins=(8, 8, 8, 8)))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._measure()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_empty"):
            self._measure()

    def _measure(self) -> None:
        for part in (self.picture, self._empty):
            part.setMinimumHeight(theme.px(200))

    def show_file(self, path: str, mask: Mask | None = None) -> None:
        self.picture.show_file(path, mask)
        self.picture.setAccessibleName(path)
        self.picture.setToolTip(path)
        self.picture.show()
        self._empty.hide()

    def _over(self, over: bool) -> None:
        self.setProperty("over", over)
        self.style().polish(self)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() or event.mimeData().hasImage():
            event.acceptProposedAction()
            self._over(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self._over(False)
        self.brought.emit(event.mimeData())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.wanted.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.wanted.emit()
        else:
            super().keyPressEvent(event)


class TryIt(QFrame):
    """The picture stays when another run is chosen, and is judged again."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.run, self.path = "", ""
        self._folder = ""  # where the last file was chosen
        self._job: JobHandle | None = None
        self.drop = TryItDrop()
        self.drop.brought.connect(self.take)
        self.drop.wanted.connect(self.choose)
        choose = Button(self.tr("Choose…"), "quiet", edge=True, tip=self.tr("Choose a picture file"), on=self.choose)
        self.verdict, self._time = ElidedLabel("figure"), label("", "small")
        self.verdict.setObjectName("tryItVerdict")
        self.bars = ProbabilityBars(CLASSES)
        self.note = label("", "muted", wrap=True)
        self.note.setObjectName("tryItNote")
        inner = card(
            column(
                header(self.tr("Try it"), choose), self.drop, 4, row((self.verdict, 1), self._time), self.bars, self.note, None, spacing=8
            )
        )  # fmt: skip
        self.setLayout(column(inner, spacing=0))
        self._say(self.tr("See what this model says of a picture it has never seen. The picture stays on this computer."))

    def set_run(self, run: str) -> None:
        """Which run (folder) is asked."""
        if run != self.run:
            self.run = run
            if self.path and run:
                self.look_at(self.path)

    def choose(self) -> None:
        dialog = QFileDialog(self, self.tr("Choose a picture"))
        dialog.setObjectName("choosePicture")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        pictures = "*.jpg *.jpeg *.png *.webp *.bmp *.gif *.tif *.tiff"
        dialog.setNameFilters([self.tr("Pictures (%1)").replace("%1", pictures), self.tr("All files (*)")])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if self._folder:
            dialog.setDirectory(self._folder)
        dialog.fileSelected.connect(self._take_file)
        dialog.open()

    def paste(self) -> None:
        """Take what is on the clipboard."""
        self.take(QGuiApplication.clipboard().mimeData())

    def take(self, brought: QMimeData) -> None:
        """A file, or the pixels of a picture (from a browser or a screenshot tool)."""
        files = [url.toLocalFile() for url in brought.urls() if url.isLocalFile()]
        if files:
            self._take_file(files[0])
        elif brought.hasImage():
            self._save(QImage(brought.imageData()))
        else:
            self._fail(InputError(self.tr("There is no picture in that"), "", self.tr("Copy a picture, or the file of one")))

    def _save(self, image: QImage) -> None:
        """The engine reads files: pixels become one, in a thread as large ones take a moment."""

        def save() -> str:
            folder = places.cache() / "pasted"
            file = folder / f"{time.time_ns()}.png"
            try:
                folder.mkdir(parents=True, exist_ok=True)
                kept = sorted(folder.glob("*.png"))
                for old in kept[:-20]:
                    old.unlink(missing_ok=True)
            except OSError as error:
                raise StudioError("The pasted picture could not be kept", str(error), "Save it as a file and drop that") from None
            if not image.save(str(file)):
                raise StudioError("The pasted picture could not be kept", "", "Save it as a file and drop that")
            return str(file)

        Background(save, self.look_at, self._fail)

    def _take_file(self, path: str) -> None:
        self._folder = str(Path(path).parent)
        self.look_at(path)

    def look_at(self, path: str) -> None:
        """Ask the run about that file."""
        if self._job is not None:
            self._job.forget()
            self._job = None
        self.path = path
        if Path(path).is_dir():
            do = self.tr("Drop one picture; a folder of pictures belongs on the Data page")
            self._fail(InputError(self.tr("That is a folder"), "", do))
            return
        self.drop.show_file(path)
        if not self.run:
            return
        self._say(self.tr("Looking…"))
        self._job = self.session.inspector.submit("predict", {"run": self.run, "paths": [path]}).connect_to(None, self._done, self._fail)

    def _done(self, entries: list[dict[str, Any]]) -> None:
        self._job = None
        entry: dict[str, Any] = entries[0] if entries else {"error": self.tr("There is no picture in that")}
        if "error" in entry:
            self._say(str(entry["error"]), bad=True)
            return
        if "mask" in entry:
            self._show_mask(entry)
        else:
            self.verdict.show_text(entry["label"])
            self.bars.show_values(list(entry["probabilities"].items()))
        seconds = entry.get("seconds")
        self._time.setText("" if seconds is None else self.tr("%1 ms").replace("%1", f"{1000 * seconds:.0f}"))
        self._time.setToolTip(self.tr("From reading the file to the answer"))
        self.note.hide()
        for part in (self.verdict, self._time, self.bars):
            part.show()

    def _show_mask(self, entry: dict[str, Any]) -> None:
        """The picture under its mask, and how much of it each class takes."""
        shares: dict[str, float] = entry["classes"]
        self.drop.show_file(self.path, Mask.own(entry["mask"], list(shares)))
        named = {name: share for name, share in shares.items() if share > 0 and name.lower().strip("_") != "background"}
        most = max(named or shares, key=lambda name: shares[name], default="")  # what is there, before what surrounds it
        said = self.tr("%1, %2 of the picture").replace("%2", percent(shares[most], 0)) if most else ""
        self.verdict.show_text(said.replace("%1", most))
        labels = {name: label for label, name in enumerate(shares)}
        self.bars.show_values([(name, share) for name, share in shares.items() if share > 0], labels)

    def _fail(self, error: StudioError) -> None:
        self._job = None
        self._say(str(error), bad=True)

    def _say(self, words: str, *, bad: bool = False) -> None:
        """A sentence in the place of a verdict."""
        for part in (self.verdict, self._time, self.bars):
            part.hide()
        self.note.setText(words)
        self.note.setProperty("kind", "bad" if bad else "muted")
        self.note.style().polish(self.note)
        self.note.show()
