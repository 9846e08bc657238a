"""What of a weights file fits the model, said before it is taken: which tensors matched, are missing, or have another shape."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from PySide6.QtCore import QCoreApplication, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QDialog, QHeaderView, QProgressBar, QTreeWidget, QTreeWidgetItem, QWidget

from tlstudio.errors import Cancelled, StudioError, sentences
from tlstudio.gui import theme
from tlstudio.gui.jobs import JobHandle
from tlstudio.gui.metric import MASKS
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import MARGIN, TIGHT, Button, IconLabel, Segments, column, label, row
from tlstudio.models import catalogue

WIDE, TALL, ROW = 620, 480, 24
PATIENCE = 150  # ms


def tr(text: str) -> str:
    return QCoreApplication.translate("weights_sheet", text)


class WeightsSheet(QDialog):
    """objectName weightsSheet; its buttons takeWeights, otherWeights. Examines one file for the recipe's model."""

    taken = Signal(str)
    """The user goes on with that file."""
    other_wanted = Signal()
    """The user wants to choose another file."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("weightsSheet")
        self.setModal(True)
        self.file = ""
        self._handle: JobHandle | None = None
        self._title = ElidedLabel("title")
        self._mark, self._said = IconLabel("check-circle", "good", 20), label("", wrap=True)
        self._said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._bar = QProgressBar()
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("The file is being read"))
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE)
        self._patience.timeout.connect(self._bar.show)
        self.list = QTreeWidget()
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._groups: tuple[_Group, ...] = ()
        self.choice = Segments({}, "", self._show_group)
        self._choices = row(self.choice, None)
        self.take = Button(self.tr("Use these weights"), "primary", tip=self.tr("Training starts from what fits"), on=self._take)
        self.take.setObjectName("takeWeights")
        self.other = Button(self.tr("Choose another…"), tip=self.tr("Look at another file"), on=self._other)
        self.other.setObjectName("otherWeights")
        cancel = Button(self.tr("Cancel"), tip=self.tr("Keep the weights there were (Escape)"), on=self.reject)
        self.setLayout(
            column(
                self._title,
                row(self._mark, (self._said, 1)),
                self._bar,
                self._choices,
                (self.list, 1),
                row(cancel, None, self.other, self.take),
                spacing=TIGHT,
                margins=(MARGIN, 16, MARGIN, 16),
            )
        )
        room = parent.window().size()
        self.resize(min(theme.px(WIDE), room.width() - 2 * MARGIN), min(theme.px(TALL), room.height() - 2 * MARGIN))

    def examine(self, file: str) -> None:
        """Read the file and show what fits; nothing in it is run."""
        self.file = file
        self._forget()
        model = self.session.recipe.model.name
        name = Path(file).name
        self.setWindowTitle(name)
        self._title.show_text(name, file)
        self._say("hourglass", "accent", self.tr("Comparing the file with %1…").replace("%1", catalogue.find(model).title))
        self._bar.hide()
        self._patience.start()
        asked = {"model": model, "file": file}
        if self.session.recipe.data.task == MASKS:
            asked["task"] = MASKS  # the encoder has other names than the classifier
        self._handle = self.session.inspector.submit("examine_weights", asked)
        self._handle.connect_to(None, self._show, self._failed)
        if not self.isVisible():
            self.open()

    def _say(self, mark: str, role: str, text: str, *, usable: bool = False) -> None:
        self._mark.show_icon(mark, role)
        self._said.setText(text)
        self.take.setEnabled(usable)
        self.choice.hide()
        self.list.hide()

    def _show(self, document: dict[str, Any]) -> None:
        self._handle = None
        self._patience.stop()
        self._bar.hide()
        self._groups = _groups(document)
        head = set(document["head"])
        whole = all(name in head for name, *_ in (*self._groups[1].rows, *self._groups[2].rows))
        fits = document["fits"]
        mark = ("x-circle", "bad") if not fits else ("check-circle", "good") if whole else ("warning", "warn")
        self._say(*mark, document["sentence"], usable=fits)
        at = 0 if whole else 1 if self._groups[1].rows else 2
        words = {str(i): f"{group.word} {len(group.rows):,}" for i, group in enumerate(self._groups)}
        tips = {str(i): group.tip for i, group in enumerate(self._groups)}
        old, self.choice = self.choice, Segments(words, str(at), self._show_group, name="weightsGroups", tips=tips)
        self._choices.replaceWidget(old, self.choice)
        old.deleteLater()
        self._show_group(str(at))
        self.list.show()
        (self.take if fits else self.other).setFocus()

    def _show_group(self, key: str) -> None:
        """The names of one group, and where shapes differ both of them."""
        group = self._groups[int(key)]
        wide = len(group.rows[0]) if group.rows else 1
        self.list.clear()
        self.list.setAccessibleName(group.word)
        self.list.setColumnCount(wide)
        self.list.setHeaderLabels([self.tr("Tensor"), self.tr("In the file"), self.tr("In the model")][:wide])
        items = [QTreeWidgetItem(list(cells)) for cells in group.rows]
        for item in items:
            item.setSizeHint(0, QSize(0, theme.px(ROW)))
        self.list.addTopLevelItems(items)
        header = self.list.header()
        header.setStretchLastSection(False)
        for at in range(wide):
            header.setSectionResizeMode(at, QHeaderView.ResizeMode.ResizeToContents if at else QHeaderView.ResizeMode.Stretch)

    def _failed(self, error: StudioError) -> None:
        self._handle = None
        self._patience.stop()
        self._bar.hide()
        if not isinstance(error, Cancelled):
            self._say("x-circle", "bad", sentences(error.what, error.why, error.do))
            self.other.setFocus()

    def _forget(self) -> None:
        self._patience.stop()
        if self._handle is not None:
            self._handle.forget()
            self._handle = None

    def _take(self) -> None:
        self.accept()
        self.taken.emit(self.file)

    def _other(self) -> None:
        self._forget()
        self.other_wanted.emit()

    def done(self, result: int) -> None:
        self._forget()
        super().done(result)


class _Group(NamedTuple):
    word: str
    tip: str
    rows: list[tuple[str, ...]]


def _groups(document: dict[str, Any]) -> tuple[_Group, ...]:
    """The lists of an `examine_weights` document: what is taken, has another shape, is missing, is not needed."""
    reshaped: list[tuple[str, ...]] = [(one["name"], _shapes(one["file"]), _shapes(one["network"])) for one in document["other_shape"]]

    def names(key: str) -> list[tuple[str, ...]]:
        return [(name,) for name in document[key]]

    return (
        _Group(tr("Matched"), tr("Taken from the file"), names("matched_names")),
        _Group(tr("Another shape"), tr("In both, but with different shapes: these start at random"), reshaped),
        _Group(tr("Missing"), tr("Not in the file: these start at random"), names("missing")),
        _Group(tr("Not needed"), tr("In the file, not in the model: left out"), names("unexpected")),
    )


def _shapes(dims: Sequence[int]) -> str:
    return "\u2009×\u2009".join(str(side) for side in dims) or "1"
