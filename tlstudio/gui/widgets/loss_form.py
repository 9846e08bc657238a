"""The loss with its options; where it does not go with the head, that stands right below it, with the button that mends it."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from tlstudio.errors import sentences
from tlstudio.gui import checks
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.form import KindForm
from tlstudio.gui.widgets.parts import Button, IconLabel, column, label, row, widget


class LossForm(QWidget):
    """objectName lossForm; mendLoss is its button."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setObjectName("lossForm")
        self._check: checks.Check | None = None
        self.form = KindForm(session, "loss", task=session.recipe.data.task)
        self._words = label("", "bad", wrap=True)
        self.mend = Button(self.tr("Mend"), "quiet", edge=True, on=self._mend)
        self.mend.setObjectName("mendLoss")
        mark = column(IconLabel("x-circle", "bad"), None)
        self._notice = widget(row(mark, (column(self._words, row(self.mend, None), spacing=0), 1)))
        self.setLayout(column(self.form, self._notice, spacing=6))
        session.recipe_changed.connect(self.refresh)
        session.data_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        self.form.show_task(self.session.recipe.data.task)
        self._check = check = checks.loss(self.session.recipe, self.session.classes)
        self._notice.setVisible(check is not None)
        if check is not None:
            self._words.setText(check.tip or sentences(check.text))
            self.mend.setText(check.action)
            self.mend.setToolTip(self.tr("Change the recipe so that they go together; it can be undone"))
            self.mend.setAccessibleName(f"{check.action}: {check.text}")

    def _mend(self) -> None:
        if self._check is not None:
            self.session.edit(self._check.changes, self._check.action)
