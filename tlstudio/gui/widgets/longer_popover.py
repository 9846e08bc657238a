"""Train a finished run longer: how many epochs, and at which rates."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QGridLayout, QSpinBox, QWidget

from tlstudio import runs
from tlstudio.errors import StudioError
from tlstudio.gui import theme
from tlstudio.gui.session import Session
from tlstudio.gui.stage_plan import plan
from tlstudio.gui.widgets.editors import Number
from tlstudio.gui.widgets.parts import GAP, Button, column, label, row
from tlstudio.gui.widgets.popover import Popover
from tlstudio.gui.widgets.rate_lane import rate_text
from tlstudio.recipe import Longer, Recipe


class LongerPopover(Popover):
    """objectName longerPopover; longerEpochs and longerShare are its fields, longerStart its button."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent, "longerPopover")
        self.session = session
        self._run = ""
        self._recipe: Recipe | None = None
        self._about, self._rates = label("", "small", wrap=True), label("", "small", wrap=True)
        fields = Longer.model_fields
        self.epochs, self.share = QSpinBox(), Number()
        self.epochs.setRange(1, 100_000)
        self.share.setRange(0.0001, 10.0)
        self.share.setPrefix("×\u2009")
        fields_ = QWidget()
        grid = QGridLayout(fields_)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(GAP)
        for at, (editor, name, key) in enumerate(((self.epochs, "longerEpochs", "epochs"), (self.share, "longerShare", "share"))):
            editor.lineEdit().setTextMargins(8, 0, 0, 0)
            editor.setObjectName(name)
            editor.setAccessibleName(fields[key].title or "")
            editor.setToolTip(fields[key].description or "")
            editor.lineEdit().returnPressed.connect(self._go)
            words = label(fields[key].title or "")
            words.setBuddy(editor)
            grid.addWidget(words, at, 0)
            grid.addWidget(editor, at, 1)
        grid.setColumnStretch(1, 1)
        self.share.valueChanged.connect(lambda _: self._say())
        self.start = Button(self.tr("Train longer"), "primary", "play", tip=self.tr("Go on from where the run ended"), on=self._go)
        self.start.setObjectName("longerStart")
        title = label(self.tr("Train longer"), "section")
        self.setLayout(column(title, self._about, fields_, self._rates, 2, row(None, self.start), margins=(GAP, 12, GAP, GAP)))

    def ask(self, where: QPoint, run: str) -> None:
        """Open there (global) for that run's folder."""
        self._run = run
        try:
            self._recipe = runs.Run.open(run).recipe()
        except StudioError as error:
            self.session.trouble.emit(error)
            return
        self._about.setText(
            self.tr(
                "The run goes on from its last weights. Its best so far stays until a better one comes; the epochs follow on the plots."
            )
        )
        for words in (self._about, self._rates):
            words.setFixedWidth(theme.px(320))
        for editor in (self.epochs, self.share):
            editor.setFixedWidth(theme.px(96))
        self.epochs.setValue(Longer().epochs)
        self.share.setValue(Longer().share)
        self._say()
        self.show_at(where, self.epochs)
        self.epochs.selectAll()

    def _say(self) -> None:
        if self._recipe is None:
            return
        last = plan(self._recipe)[-1]
        said = self.tr("Rates begin at: head %1").replace("%1", rate_text(last.lr * self.share.value()))
        if last.backbone_lr is not None:
            said += self.tr(", backbone %1").replace("%1", rate_text(last.backbone_lr * self.share.value()))
        self._rates.setText(said)

    def _go(self) -> None:
        for editor in (self.epochs, self.share):
            editor.interpretText()
        self.hide()
        self.session.steering.train_longer(self._run, self.epochs.value(), self.share.value())
