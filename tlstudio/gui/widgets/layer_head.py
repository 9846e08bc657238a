"""Over the layer tree: the model's name, the size it is looked at with, the depth, the filter, and a menu."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QIntValidator, QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QBoxLayout, QFrame, QLineEdit

from tlstudio.gui import theme
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import GAP, TIGHT, SearchField, Segments, ToolButton, label, row, widget
from tlstudio.gui.words import count

NARROW, WIDE = 520, 680  # below the first the tools stand under the title, below the second one word is left out
BOTH = 380  # from there on name and sizes have room in one line
LARGEST, MOST = 4096, 4096  # pixels, images


class LayerHead(QFrame):
    """objectNames layerSize, layerBatch, layerDepth, layerFilter, layerMenu."""

    size_given, batch_given, depth_given = Signal(int), Signal(int), Signal(int)
    typed = Signal()
    stepped = Signal(int)
    """On to the next match (1) or back (-1)."""
    left = Signal()
    """On from the filter into the tree."""
    menu_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.title, self.facts, self.matches = ElidedLabel("section"), label("", "small"), label("", "small")
        self.size_ = CountField("layerSize", self.tr("Input size"), LARGEST, 32)
        self.size_.setToolTip(
            self.tr("Side in pixels of the picture that the model sees; training takes the same. Larger shows more and takes longer.")
        )
        self.batch = CountField("layerBatch", self.tr("Batch"), MOST, 1)
        self.batch.setToolTip(
            self.tr("Images at once that the tree is worked out for: mult-adds and megabytes grow with it. Training has its own.")
        )
        self.size_.given.connect(self.size_given)
        self.batch.given.connect(self.batch_given)
        self.filter = self._filter()
        words = {"1": "1", "2": "2", "3": "3", "0": self.tr("All")}
        tips = {str(depth): self.tr("Open the tree %1 deep").replace("%1", str(depth)) for depth in (1, 2, 3)}
        tips["0"] = self.tr("Open everything, weights and biases too")
        self._word = label(self.tr("Depth"), "small")
        self.depths = Segments(words, "2", lambda depth: self.depth_given.emit(int(depth)), name="layerDepth", tips=tips)
        self.more = ToolButton("dots-three-vertical", self.tr("Columns, and the tree as a file"), role="muted", on=self.menu_asked.emit)
        self.more.setObjectName("layerMenu")
        input_, batch = label(self.tr("Input"), "small"), label(self.tr("Batch"), "small")
        input_.setBuddy(self.size_)
        batch.setBuddy(self.batch)
        self._sizes = widget(row(input_, self.size_, label("px", "small"), 4, batch, self.batch, spacing=4))
        self._names = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._names.setSpacing(2)
        self._names.setContentsMargins(0, 0, 0, 0)
        self._names.addLayout(row((self.title, 1), self.facts, self.matches), 1)
        self._names.addLayout(row(self._sizes, None))
        tools = widget(row(self._word, self.depths, 2, (self.filter, 1), self.more, spacing=4))
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setContentsMargins(GAP, TIGHT, 6, 0)
        self._row.setSpacing(TIGHT)
        self._row.addLayout(self._names, 1)
        self._row.addWidget(tools)
        self.setLayout(self._row)

    def _filter(self) -> SearchField:
        field = SearchField(self.tr("Filter layers"), "layerFilter")
        field.setToolTip(
            self.tr("Part of a layer's name or type, or frozen, or learns; with a dot, of its path (Ctrl+F). Enter goes to the next match.")
        )
        field.setMinimumWidth(theme.px(96))
        field.setMaximumWidth(theme.px(136))
        field.textChanged.connect(self.typed)
        for key, does in (
            (Qt.Key.Key_Escape, field.clear),
            (Qt.Key.Key_Down, self.left.emit),
            (Qt.Key.Key_Return, lambda: self.stepped.emit(1)),
            (Qt.Key.Key_Enter, lambda: self.stepped.emit(1)),
            (Qt.KeyboardModifier.ShiftModifier | Qt.Key.Key_Return, lambda: self.stepped.emit(-1)),
        ):
            shortcut = QShortcut(QKeySequence(key), field)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(does)
        return field

    def show_facts(self, text: str, tip: str) -> None:
        """A word or two beside the model's name."""
        self.facts.setText(text)
        self.facts.setToolTip(tip)

    def show_matches(self, matches: int | None, at: int = 0, *, rows: int) -> None:
        """What the filter found among so many rows, in the place of the facts; None gives it back. at: the one looked at, from 1."""
        said = tip = ""
        if matches is not None:
            said = self.tr("%1 of %2").replace("%1", f"{at:,}").replace("%2", f"{matches:,}")
            said = said if at else count(matches, self.tr("match"), self.tr("matches"))
            tip = self.tr("%1 of %2 rows match; Enter goes to the next").replace("%1", f"{matches:,}").replace("%2", f"{rows:,}")
        self.matches.setText(said)
        self.matches.setToolTip(tip)
        self.matches.setAccessibleName(tip)
        self.facts.setVisible(not said)

    def show_sizes(self, size: int, batch: int) -> None:
        for field, value in ((self.size_, size), (self.batch, batch)):
            field.show_value(value)

    def show_tree(self, there: bool) -> None:
        """Whether there is a tree to work with. The sizes stay: one of them may be what keeps it away."""
        for control in (self.filter, self.depths, self.more):
            control.setEnabled(there)

    def show_low(self, low: bool) -> None:
        """In a low window the sizes stand beside the name where there is room for both."""
        beside = low and theme.px(BOTH) <= self.width() < theme.px(NARROW)
        self._names.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < theme.px(NARROW)
        self._word.setVisible(theme.px(BOTH) <= self.width() < theme.px(NARROW) or self.width() >= theme.px(WIDE))
        self._row.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)


class CountField(QLineEdit):
    """A small field for a count: Enter takes what was typed, Up and Down step; what is no count goes back to what was there."""

    given = Signal(int)

    def __init__(self, name: str, word: str, most: int, step: int) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(word)
        self._most, self._step, self._value = most, step, 1
        self.setValidator(QIntValidator(1, most, self))
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.setStyleSheet("QLineEdit { padding: 0 2px; min-height: 0; } QLineEdit:focus { padding: 0 1px; }")
        self.editingFinished.connect(lambda: self._give(int(self.text())))
        self._fit()

    def show_value(self, value: int) -> None:
        self._value = value
        if self.text() != str(value):
            self.setText(str(value))

    def _give(self, value: int) -> None:
        if value != self._value:
            self.show_value(value)
            self.given.emit(value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            up = event.key() == Qt.Key.Key_Up  # to the next whole step, from wherever one is
            steps = self._value // self._step + 1 if up else -(-self._value // self._step) - 1
            self._give(max(1, min(self._most, steps * self._step)))
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if not self.hasAcceptableInput():
            self.setText(str(self._value))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._fit()

    def _fit(self) -> None:
        self.setFont(theme.font(9))
        self.setFixedSize(theme.px(42), theme.px(22))
