"""A panel on the picture that tells how a long job stands; one goes on looking meanwhile."""

from __future__ import annotations

from PySide6.QtCore import QSize, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QProgressBar, QWidget

from tlstudio.gui import theme
from tlstudio.gui.overlay.floating import Floating
from tlstudio.gui.overlay.task import Task
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import Button, IconLabel, ToolButton, column, label, row
from tlstudio.gui.words import remaining

WIDTH = 400


class TaskNotice(Floating):
    """objectName overlayTask. Hidden while there is nothing to tell."""

    def __init__(self, task: Task, parent: QWidget) -> None:
        super().__init__(parent, "overlayTask")
        self._task = task
        self._mark = IconLabel("hourglass", "accent")
        self._words, self._more = ElidedLabel("section"), label("", "small", wrap=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Progress"))
        self._cancel = Button(self.tr("Cancel"), "quiet", tip=self.tr("Stop; what is finished stays"), on=task.cancel)
        self._resume = Button(self.tr("Resume"), "quiet", tip=self.tr("Go on; what is finished is not done again"), on=task.again)
        self._close = ToolButton("x", self.tr("Close this note"), on=task.close)
        self._open = Button(self.tr("Open the folder"), "quiet", tip=self.tr("Show what was written"), on=self._show_folder)
        names = (self._cancel, "cancelTask"), (self._resume, "resumeTask"), (self._open, "openTaskFolder"), (self._close, "closeTask")
        for button, name in names:
            button.setObjectName(name)
        head = row(self._mark, (self._words, 1), self._cancel, self._resume, self._open, self._close, spacing=8)
        self.set_content(column(head, self._bar, self._more, spacing=6, margins=(10, 4, 6, 6)))
        task.changed.connect(self._follow)
        self._follow()

    @property
    def wanted(self) -> bool:
        """Whether there is anything to tell."""
        return self._task.loading.state in ("busy", "failed", "cancelled") or bool(self._task.folder)

    def size_for(self, most: int) -> QSize:
        """For the most width that it may have."""
        width = min(theme.px(WIDTH), most)
        layout = self.layout()
        assert layout is not None
        for part in reversed(self.findChildren(QWidget)):  # what was just shown or hidden counts at once
            part.updateGeometry()
        layout.invalidate()
        tall = layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.totalSizeHint().height()
        return QSize(width, tall)

    def _follow(self) -> None:
        loading = self._task.loading
        busy, progress = loading.state == "busy", loading.progress
        icons = {"busy": ("hourglass", "accent"), "failed": ("warning", "bad"), "cancelled": ("pause-circle", "warn")}
        self._mark.show_icon(*icons.get(loading.state, ("check-circle", "good")))
        words = self.tr("%1: stopped").replace("%1", loading.what) if loading.state == "cancelled" else loading.what
        self._words.show_text(words)
        more = ""
        if self._task.stopping:
            more = self.tr("Stopping after this picture…")
        elif loading.state == "failed" and loading.error is not None:
            more = str(loading.error)
        elif progress is not None and progress.total:
            more = self.tr("%1 of %2").replace("%1", f"{progress.done:,}").replace("%2", f"{progress.total:,}")
            left = remaining(progress.remaining) if busy else ""
            more += f", {left}" if left else ""
        elif busy:
            more = self._task.first
        elif self._task.folder:
            more = self._task.folder
        self._more.setText(more)
        self._more.setVisible(bool(more))
        share = progress.overall if progress is not None else None
        self._bar.setRange(0, 0 if share is None else 1000)
        self._bar.setValue(round(1000 * (share or 0)))
        self._bar.setVisible(busy)
        self._cancel.setVisible(busy)
        self._cancel.setEnabled(not self._task.stopping)
        self._resume.setVisible(loading.state in ("failed", "cancelled"))
        again = self.tr("Resume") if self._task.resumes else self.tr("Begin again")
        tip = self.tr("Go on; what is finished is not done again") if self._task.resumes else self.tr("From the beginning")
        self._resume.setText(again)
        self._resume.setToolTip(tip)
        self._open.setVisible(bool(self._task.folder))
        self._close.setVisible(not busy)
        self.setAccessibleName(f"{words}. {more}")

    def _show_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._task.folder))
