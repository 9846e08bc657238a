"""Correcting the mask of the open picture: brings editor, bar and canvas together, saves beside the original, adds to the data set."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QModelIndex, QObject, QRect, QTimer
from PySide6.QtWidgets import QWidget

from tlstudio import places
from tlstudio.data import masks
from tlstudio.errors import StudioError
from tlstudio.gui.background import Background
from tlstudio.gui.overlay.edit import MaskEditor
from tlstudio.gui.overlay.edit_question import EditQuestion
from tlstudio.gui.overlay.picture import ClassLook, Mode
from tlstudio.gui.overlay.source_bar import SourceBar
from tlstudio.gui.overlay.viewer import Viewer
from tlstudio.gui.session import Session

_RECOUNT = 300  # ms after a stroke


class Editing(QObject):
    """What is painted is a copy; the prediction is corrected, or the truth where that is what one looks at, or all there is."""

    def __init__(self, session: Session, viewer: Viewer, source: SourceBar, page: QWidget) -> None:
        super().__init__(page)
        self._session, self._viewer, self._source, self._page = session, viewer, source, page
        self._bar, self._canvas = viewer.panels.edit, viewer.panels.canvas
        self.editor: MaskEditor | None = None
        self._of: Mode = "prediction"
        self._saved_as = ""
        self._shown: tuple[ClassLook, ...] = ()
        self._asking: EditQuestion | None = None
        self._recount = QTimer(self, singleShot=True, interval=_RECOUNT)
        self._recount.timeout.connect(viewer.labels_edited)
        source.edit_asked.connect(self.toggle)
        viewer.guard = self.may_leave
        viewer.picture_shown.connect(self._picture_shown)
        viewer.looking.changed.connect(self._show_classes)
        session.data_changed.connect(self._show_add)
        bar = self._bar
        bar.tool_chosen.connect(self._canvas.set_tool)
        bar.undo_asked.connect(lambda: self._do(MaskEditor.undo))
        bar.redo_asked.connect(lambda: self._do(MaskEditor.redo))
        bar.discard_asked.connect(lambda: self._do(MaskEditor.discard))
        bar.save_asked.connect(self.save)
        bar.add_asked.connect(self._add)
        bar.label_chosen.connect(self._mark_class)
        viewer.panels.classes.list.clicked.connect(self._class_clicked)

    @property
    def on(self) -> bool:
        return self._viewer.panels.editing

    @property
    def unsaved(self) -> bool:
        """Whether there are strokes that would be lost; leaving the page keeps them."""
        return self.editor is not None and self.editor.dirty

    def toggle(self) -> None:
        """Begin to correct, or end it."""
        if self.on:
            self.end()
        elif self._viewer.picture is not None and not self._why_not():
            self._viewer.panels.editing = True
            self._page.window().installEventFilter(self)
            self._begin()
            self._bar.set_label(self._to_paint())
            self._bar.take_brush()
        self._source.edit.setChecked(self.on)

    def leave(self) -> None:
        """Escape: end correcting, else show all classes again."""
        look = self._viewer.looking.look
        if self.on:
            self.toggle()
        elif look.solo is not None:
            self._viewer.looking.toggle_solo(look.solo)

    def end(self) -> None:
        """Lay the tools away; asks first where something is not saved."""
        if self.may_leave(self.end):
            self.close()

    def close(self) -> None:
        """Lay the tools away without asking; what is not saved is lost."""
        viewer = self._viewer
        if not self.on:
            return
        viewer.panels.editing = False
        self.editor = None
        self._bar.set_editor(None)
        self._canvas.set_tool(None)
        self._page.window().removeEventFilter(self)
        self._source.edit.setChecked(False)
        viewer.loader.again(viewer.place)
        viewer.panels.arrange()
        if viewer.picture is not None:
            viewer.loader.want(viewer.place)

    def may_leave(self, then: Callable[[], Any]) -> bool:
        """Whether nothing would be lost; else the user is asked, and `then` is called if it is to go on."""
        if not self.unsaved:
            return True
        if self._asking is None:
            self._ask(then)
        return False

    def save(self, then: Callable[[], Any] | None = None) -> None:
        """Write the corrected mask beside the one that it corrects."""
        editor, entry, of = self.editor, self._entry, self._of
        coding = self._coding
        if editor is None or coding is None:
            return
        editor.finish()

        def done(said: dict[str, Any]) -> None:
            self._saved_as = said["mask"]
            if of == "truth":
                entry["truth"] = said["mask"]  # what is looked at from now on
            else:
                entry.update(corrected=said["mask"], corrected_iou=self._viewer.counts.mean_iou)
                self._viewer.correction = True
            self._viewer.panels.film.refresh()
            self._viewer.loader.again(self._viewer.place)
            if self.editor is editor:
                editor.saved()
                self._bar.set_state(False, editor.can_undo, editor.can_redo, self._saved_as)
            if then is not None:
                then()

        self._job("correct_mask", {"beside": entry.get(self._of) or ""}, self.tr("Saving…"), done)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The window is not closed over what is not saved, either."""
        if event.type() != QEvent.Type.Close or not isinstance(watched, QWidget) or not self.unsaved:
            return False
        if not self._page.isVisible():
            self._session.asked_for.emit("overlay")  # what is asked about is to be seen
        self.may_leave(watched.close)
        event.ignore()
        return True

    # inside

    @property
    def _entry(self) -> dict[str, Any]:
        collection = self._viewer.collection
        assert collection is not None
        entry = collection.entries[self._viewer.place]
        assert isinstance(entry, dict)
        return entry

    @property
    def _coding(self) -> masks.Coding | None:
        """Of the file that is corrected."""
        collection = self._viewer.collection
        if collection is None:
            return None
        return collection.own_coding if self._of == "prediction" else collection.coding

    def _why_not(self) -> str:
        """Why the mask of the open picture cannot be corrected."""
        picture, collection = self._viewer.picture, self._viewer.collection
        if collection is not None and collection.reel is not None:
            return self.tr("The masks of a video cannot be corrected; predict the whole video, and open the folder with its masks")
        if picture is None or (picture.prediction is None and picture.truth is None):
            return self.tr("There is no mask of this picture to correct")
        return ""

    def _picture_shown(self) -> None:
        self._source.can_edit(self._why_not())
        if self.on:
            if self._why_not():
                self.close()
            else:
                self._begin()

    def _begin(self) -> None:
        """An editor for the open picture's mask."""
        viewer, picture = self._viewer, self._viewer.picture
        assert picture is not None
        truth = picture.prediction is None or (viewer.looking.look.mode == "truth" and picture.truth is not None)
        self._of = "truth" if truth else "prediction"
        said = picture.corrected if picture.corrected is not None else picture.prediction  # what was corrected is corrected on
        labels = (picture.truth if truth else said).copy()  # type: ignore[union-attr]
        picture = replace(picture, truth=labels) if truth else replace(picture, prediction=labels, by_hand=True)
        if viewer.looking.look.mode not in (self._of, "contour", "difference", "side"):
            viewer.looking.set_mode(self._of)
        viewer.take_edited(picture)
        self._saved_as = ""
        self.editor = MaskEditor(labels, self._painted, label=0)
        self._show_classes()
        self._bar.set_editor(self.editor)
        self._show_add()
        viewer.panels.arrange()

    def _to_paint(self) -> int:
        """The class that is painted first: the marked one, else the one that is seen most; never one that would not be seen."""
        looks = self._viewer.looking.look.classes
        editor, marked = self.editor, self._viewer.panels.classes.list.currentIndex().row()
        labels = self._viewer.panels.classes.list.lines.labels
        seen = [label for label, look in enumerate(looks) if look.visible]
        if 0 <= marked < len(labels) and labels[marked] in seen:
            return labels[marked]
        if editor is None or not seen:
            return 0
        counts = np.bincount(editor.labels[::4, ::4].ravel(), minlength=256)
        return max(seen, key=lambda label: int(counts[label]))

    def _painted(self, part: QRect) -> None:
        self._canvas.labels_changed(part)
        self._viewer.panels.beside.labels_changed(part)
        self._recount.start()

    def _do(self, what: Callable[[MaskEditor], Any]) -> None:
        if self.editor is not None:
            what(self.editor)

    def _show_classes(self) -> None:
        classes = self._viewer.looking.look.classes
        if self.on and classes != self._shown:  # not while an opacity is being dragged
            self._shown = classes
            self._bar.show_classes(classes)

    def _mark_class(self, label: int) -> None:
        classes = self._viewer.panels.classes.list
        if label in classes.lines.labels:
            classes.setCurrentIndex(classes.lines.index(classes.lines.labels.index(label)))

    def _class_clicked(self, index: QModelIndex) -> None:
        if self.on:
            self._bar.set_label(self._viewer.panels.classes.list.lines.labels[index.row()])

    def _show_add(self) -> None:
        document = self._session.data.document
        ready = self._session.data.ready and document.get("task") == "segmentation"
        self._bar.set_add("" if ready else self.tr("Open the images with masks that it is to be added to on the Data page first"))

    def _add(self) -> None:
        data = self._session.recipe.data

        def done(said: dict[str, Any]) -> None:
            if self.editor is not None:
                self._bar.set_state(self.editor.dirty, self.editor.can_undo, self.editor.can_redo, said["mask"], added=True)
            self._session.scan(data.path)

        args = {"data": data.path, "recipe": self._session.recipe.model_dump(mode="json")}
        self._job("add_to_training", args, self.tr("Adding…"), done)

    def _job(self, job: str, args: dict[str, Any], words: str, done: Callable[[dict[str, Any]], Any]) -> None:
        """Write the labels where an engine finds them, then ask it."""
        editor, coding, viewer = self.editor, self._coding, self._viewer
        if editor is None or coding is None or viewer.collection is None:
            return
        self._bar.set_busy(words)
        picture, labels, own = str(self._entry["path"]), editor.labels.copy(), viewer.collection.own_coding
        name = hashlib.blake2b(picture.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
        file = places.cache() / "edited" / f"{name}.png"

        def failed(error: StudioError) -> None:
            self._bar.set_failed(str(error))

        def written(_: object) -> None:
            whole = {"picture": picture, "labels": str(file), "coding": coding.to_json(), **args}
            self._session.librarian.submit(job, whole).connect_to(None, done, failed)

        Background(lambda: _write(file, labels, own), written, failed)

    def _ask(self, then: Callable[[], Any]) -> None:
        box = EditQuestion(self._page)
        self._asking = box

        def answered() -> None:
            self._asking = None
            box.deleteLater()
            if box.clickedButton() is box.save:
                self.save(then)
            elif box.clickedButton() is box.drop and self.editor is not None:
                self.editor.discard()
                then()

        box.finished.connect(answered)
        box.open()


def _write(file: Path, labels: masks.Labels, coding: masks.Coding) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    masks.write(file, labels, coding)
