"""What a presentation shows of training before there is a run: one large button."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QWidget

from tlstudio.gui import theme
from tlstudio.gui.recorded import recorded_run
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.parts import Button, column, label, row


class NothingYet(QWidget):
    """objectNames presentSample, presentStart, presentRecorded."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._waiting = False
        centre = Qt.AlignmentFlag.AlignCenter
        self._title, self._text = label("", "hero", wrap=True, align=centre), label("", "muted", wrap=True, align=centre)
        self.sample = Button("", "primary", "play", on=self.begin)
        self.recorded = Button(self.tr("Play a recorded run"), "", "clock-counter-clockwise", on=self.play_recorded)
        self.recorded.setObjectName("presentRecorded")
        self.recorded.setToolTip(self.tr("A run on the sample, recorded before: nothing is trained"))
        self.recorded.setVisible(recorded_run() is not None)
        self.setLayout(column(None, self._title, 8, self._text, 24, row(None, self.sample, self.recorded, None, spacing=16), None))
        session.data_changed.connect(self._data_changed)
        self._refresh()

    def begin(self) -> None:
        """Train on the open images, or open the sample and train on that."""
        if self.session.data.ready:
            self.session.start()
            return
        self._waiting = True
        self.session.open_sample()
        self.session.asked_for.emit("train")
        self._refresh()

    def play_recorded(self) -> None:
        run = recorded_run()
        if run is not None:
            self.session.replay(run)

    def _data_changed(self) -> None:
        state = self.session.data.state
        if self._waiting and state in ("ready", "failed"):
            self._waiting = False
            if state == "ready" and self.isVisible():
                self.session.start()
        self._refresh()

    def _refresh(self) -> None:
        data = self.session.data
        if data.state == "busy":
            self._title.setText(self.tr("Opening the images"))
            self._text.setText(self.tr("Training begins as soon as they are read") if self._waiting else "")
        elif data.ready:
            self._title.setText(self.session.recipe.name or self.tr("The images are ready"))
            text = self.tr("%1 images, %2 classes").replace("%1", f"{data.document.get('images', 0):,}")
            self._text.setText(text.replace("%2", f"{len(self.session.classes):,}"))
        else:
            self._title.setText(self.tr("Teach a network to tell leaves apart"))
            self._text.setText(self.tr("The sample is drawn by this program and trains in under a minute. Nothing leaves this computer."))
        self.sample.setText(self.tr("Start training") if data.ready else self.tr("Try the sample"))
        self.sample.setObjectName("presentStart" if data.ready else "presentSample")
        self.sample.setToolTip(
            self.tr("Open the generated leaves and train on them") if not data.ready else self.tr("Train on the open images")
        )
        self.sample.setEnabled(data.state != "busy")
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "recorded"):
            self._fit()

    def _fit(self) -> None:
        for button in (self.sample, self.recorded):
            button.setFixedSize(button.sizeHint().width() + theme.px(24), theme.px(44))
