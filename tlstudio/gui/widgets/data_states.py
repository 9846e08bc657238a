"""The Data page when there is nothing to show yet: empty, busy, failed."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QProgressBar, QScrollArea, QSizePolicy, QWidget

from tlstudio.errors import StudioError, sentences
from tlstudio.events import Progress
from tlstudio.gui import theme
from tlstudio.gui.loading import Loading
from tlstudio.gui.widgets.drop_zone import DropZone, data_in
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import GAP, MARGIN, TIGHT, Button, IconLabel, column, label, row, widget
from tlstudio.gui.widgets.state_panel import MARK
from tlstudio.gui.words import remaining

_WIDTH = 560


def tr(text: str) -> str:
    return QCoreApplication.translate("data", text)


class _Centred(QScrollArea):
    """One under the other in the middle of the page, not wider than text reads well; scrolls where the page is too small."""

    def __init__(self, *items: QWidget | int) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._inside = widget(column(*items, spacing=0))
        self._inside.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setWidget(widget(column(None, row(None, (self._inside, 10), None, margins=(24, 24, 24, 24)), None)))
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_inside"):
            self._fit()

    def _fit(self) -> None:
        self._inside.setMaximumWidth(theme.px(_WIDTH))


class _Actions(QWidget):
    """Buttons beside each other, or one below the other where they do not fit."""

    def __init__(self, *buttons: Button, middle: bool = False) -> None:
        super().__init__()
        self._buttons = buttons
        self._box = row(*buttons)
        self._side = Qt.AlignmentFlag.AlignHCenter if middle else Qt.AlignmentFlag.AlignLeft
        self._box.setAlignment(self._side)
        self.setLayout(self._box)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        needed = sum(button.sizeHint().width() + 8 for button in self._buttons if button.isVisibleTo(self))
        down = needed > self.width() + 8
        self._box.setDirection(QBoxLayout.Direction.TopToBottom if down else QBoxLayout.Direction.LeftToRight)
        for button in self._buttons:
            self._box.setAlignment(button, self._side if down else Qt.AlignmentFlag.AlignVCenter)

    def minimumSizeHint(self) -> QSize:
        widest = max(button.sizeHint().width() for button in self._buttons)
        return QSize(widest, super().minimumSizeHint().height())


class EmptyState(QWidget):
    """objectName dataEmpty. One sentence on what can be opened, a place to drop it, and two buttons."""

    another_asked = Signal()
    file_asked = Signal()
    dropped = Signal(str)
    sample_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("dataEmpty")
        middle = Qt.AlignmentFlag.AlignHCenter
        layouts = self.tr(
            "A folder with one sub-folder a class, with or without train, val and test; a folder with a CSV that names each image's class; "
            "a folder of images and one of masks; or a .zip or .tar of any."
        )
        folder = Button(self.tr("Open a folder…"), "primary", "folder-open", on=self.another_asked.emit)
        folder.setToolTip(self.tr("Choose a folder of images (Ctrl+O)"))
        folder.setObjectName("openImagesButton")
        sample = Button(self.tr("Take the leaves sample"), "", "leaf", on=self.sample_asked.emit)
        sample.setToolTip(self.tr("200 pictures of leaves of five species, drawn by this program"))
        sample.setObjectName("takeSampleButton")
        file = Button(self.tr("Open an archive or CSV file…"), "quiet", tip=self.tr("Choose a .zip, .tar or .csv"), on=self.file_asked.emit)
        inside = column(
            row(None, IconLabel("image-square", "muted", MARK), None),
            GAP,
            label(self.tr("Drop your images here"), "figure", align=middle),
            TIGHT,
            label(layouts, "muted", wrap=True, align=middle),
            MARGIN,
            _Actions(folder, sample, middle=True),
            TIGHT,
            _Actions(file, middle=True),
            spacing=0,
            margins=(32, 32, 32, 24),
        )
        zone = DropZone(data_in, inside, "dataDropZone")
        zone.dropped.connect(lambda paths: self.dropped.emit(paths[0]))
        private = label(self.tr("Nothing leaves this computer."), "small", align=middle)
        self.setLayout(column(_Centred(zone, 12, private)))


class BusyState(QWidget):
    """objectName dataBusy. What is being read, how far, how fast, how long still; Cancel."""

    cancel_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("dataBusy")
        middle = Qt.AlignmentFlag.AlignHCenter
        self._what, self._path = label("", "figure", wrap=True, align=middle), ElidedLabel("muted")
        self._path.setAlignment(middle)
        self._bar = QProgressBar()
        self._bar.setObjectName("scanProgress")
        self._bar.setAccessibleName(self.tr("Progress of reading"))
        self._bar.setTextVisible(False)
        self._how = label("", "muted")
        cancel = Button(self.tr("Cancel"), on=self.cancel_asked.emit)
        cancel.setToolTip(self.tr("Stop reading and go back to what was open; what was read is remembered"))
        cancel.setObjectName("cancelScan")
        mark, foot = widget(row(None, IconLabel("hourglass", "accent", MARK), None)), widget(row((self._how, 1), cancel))
        self.setLayout(column(_Centred(mark, GAP, self._what, TIGHT, self._path, GAP, self._bar, GAP, foot)))

    def show_loading(self, loading: Loading) -> None:
        progress = loading.progress
        sample = loading.what == "sample"
        self._what.setText(busy_words(progress, sample))
        self._path.show_text(tr("Generated leaves, drawn by this program") if sample else loading.what)
        self._bar.setRange(0, progress.total if progress else 0)
        if progress:
            self._bar.setValue(progress.done)
        said = []
        if progress and progress.per_second:
            speed = tr("%1 images/s") if progress.unit == "images" else tr("%1 files/s")
            said.append(speed.replace("%1", f"{progress.per_second:,.0f}"))
        if progress and progress.remaining:
            said.append(remaining(progress.remaining))
        self._how.setText("  ·  ".join(said))


def busy_words(progress: Progress | None, sample: bool) -> str:
    """ "Reading 412 of 1,200 files"."""
    if progress is None or (not progress.total and not progress.done):
        return tr("Drawing the leaves…") if sample else tr("Looking for images…")
    if progress.phase == "unpack":
        said = tr("Unpacking %1 of %2 files") if progress.unit == "files" else tr("Unpacking the archive")
    elif progress.phase == "sample":
        said = tr("Drawing %1 of %2 leaves")
    else:
        said = tr("Reading %1 of %2 files") if progress.total else tr("Found %1 files so far")
    return said.replace("%1", f"{progress.done:,}").replace("%2", f"{progress.total:,}")


class FailedState(QWidget):
    """objectName dataFailed. What happened, why, what mends it."""

    another_asked = Signal()
    sample_asked = Signal()
    again_asked = Signal()
    back_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("dataFailed")
        self._details = ""
        middle = Qt.AlignmentFlag.AlignHCenter
        self._what, self._why = label("", "figure", wrap=True, align=middle), label("", "muted", wrap=True, align=middle)
        self._do = label("", "muted", wrap=True, align=middle)
        for said in (self._what, self._why, self._do):
            said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard)
        mark = widget(row(None, IconLabel("warning", "bad", MARK), None))
        another = Button(self.tr("Open another folder…"), "primary", "folder-open", on=self.another_asked.emit)
        another.setToolTip(self.tr("Choose another folder of images (Ctrl+O)"))
        sample = Button(self.tr("Take the leaves sample"), "", "leaf", on=self.sample_asked.emit)
        sample.setToolTip(self.tr("200 pictures of leaves of five species, drawn by this program"))
        copy = Button(self.tr("Copy details"), "quiet", "copy", tip=self.tr("Put all that is known of it on the clipboard"), on=self._copy)
        self._again = Button(
            self.tr("Try again"), "quiet", "arrow-clockwise", tip=self.tr("Read the same images once more"), on=self.again_asked.emit
        )
        self._again.setObjectName("readAgain")
        self._back = Button(
            self.tr("Back to what was open"), "quiet", tip=self.tr("The images that were open before"), on=self.back_asked.emit
        )
        self.setLayout(
            column(
                _Centred(
                    mark,
                    GAP,
                    self._what,
                    TIGHT,
                    self._why,
                    self._do,
                    MARGIN,
                    _Actions(another, sample, middle=True),
                    TIGHT,
                    _Actions(self._again, copy, self._back, middle=True),
                )
            )
        )

    def show_error(self, error: StudioError, what: str, *, back: bool) -> None:
        """what: the path that was to be opened; back: whether there is something that was open before."""
        self._back.setVisible(back)
        self._again.setVisible(what != "sample")  # there the button above does that
        self._what.setText(error.what)
        self._why.setText(sentences(error.why))
        self._do.setText(sentences(error.do))
        self._why.setVisible(bool(error.why))
        self._do.setVisible(bool(error.do))
        self._details = "\n".join(part for part in (what, str(error), error.details) if part)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._details)
