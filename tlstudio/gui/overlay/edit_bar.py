"""The bar with which a mask is corrected: tools, the brush's size, the class that is painted, the way back, and saving."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QButtonGroup, QFrame, QSizePolicy, QSpinBox, QWidget

from tlstudio.data.masks import IGNORE
from tlstudio.gui.overlay import edit_keys
from tlstudio.gui.overlay.class_combo import ClassCombo
from tlstudio.gui.overlay.edit import MaskEditor
from tlstudio.gui.overlay.edit_keys import EditKeys
from tlstudio.gui.overlay.edit_tools import Brush, Fill, Polygon
from tlstudio.gui.overlay.picture import ClassLook
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import Button, IconLabel, ToolButton, column, hairline, row, widget

MAX_RADIUS = 200
_SIDE = 8
_ICONS = {"brush": "paint-brush", "eraser": "eraser", "fill": "paint-bucket", "polygon": "polygon"}


class EditBar(QFrame):
    """objectName editBar. Floats on its parent, whose keys it watches while it is visible.

    Give it an editor with `set_editor`, what there is to paint with `show_classes`, and the state with `set_state`: after every step
    it shows by itself what the editor can do. It paints nothing: `tool_chosen` carries a tool for the canvas.
    """

    tool_chosen = Signal(object)
    """What the canvas is to be given with `set_tool`: a tool for the present editor, or None."""
    save_asked = Signal()
    add_asked = Signal()
    discard_asked = Signal()
    undo_asked = Signal()
    redo_asked = Signal()
    radius_changed = Signal(int)
    label_chosen = Signal(int)
    """Another class to paint, chosen here; the list of classes may mark it."""

    def __init__(self, parent: QWidget, zoom: Callable[[], float] = lambda: 1.0) -> None:
        """zoom: tells the screen pixels per picture pixel of the canvas."""
        super().__init__(parent)
        self.setObjectName("editBar")
        self.setAccessibleName(self.tr("Correct the mask"))
        self.setProperty("kind", "card")
        self._zoom = zoom
        self._editor: MaskEditor | None = None
        self._tool: Brush | Fill | Polygon | None = None
        self._saved_as, self._busy, self._failed, self._may_add = "", "", "", ""
        self._added = False
        self._make()
        self._show()

    # what the page tells

    @property
    def tool(self) -> str:
        """brush, eraser, fill, polygon, or "" while none is in hand."""
        return next((key for key, button in self.buttons.items() if button.isChecked()), "")

    def set_editor(self, editor: MaskEditor | None) -> None:
        """Another mask, or none. The tool in hand stays, for the new one."""
        if self._editor is not None:
            self._editor.stepped = lambda: None
        self._editor = editor
        self._saved_as = self._busy = self._failed = ""
        self._added = False
        if editor is not None:
            editor.stepped = self._stepped
            editor.label = max(0, self.classes.currentIndex())
        self._take(self.tool if editor is not None else "")
        self._show()

    def show_classes(self, looks: Sequence[ClassLook]) -> None:
        """What can be painted, in the colours in which it is shown."""
        self.classes.show_classes(looks)
        self.erased.setItemText(1, self.tr("Class %1").replace("%1", looks[0].name) if looks else "")
        self._show()

    def set_label(self, label: int) -> None:
        """The class that is painted, as it was marked in the list of classes."""
        if 0 <= label < self.classes.count():
            self.classes.setCurrentIndex(label)

    def take_brush(self) -> None:
        """Have the brush in hand, unless another tool is."""
        if not self.tool:
            self._take("brush")

    def set_state(self, dirty: bool, can_undo: bool, can_redo: bool, saved_as: str, *, added: bool = False) -> None:
        """saved_as: the file that holds what was saved last, or ""; added: it is one of the training set."""
        self._saved_as, self._added, self._busy, self._failed = saved_as, added, "", ""
        self._show_steps(dirty, can_undo, can_redo)

    def set_busy(self, words: str) -> None:
        """Something is being saved or added, as these words say; the next `set_state` or `set_failed` ends it."""
        self._busy, self._failed = words, ""
        self._show()

    def set_failed(self, sentence: str) -> None:
        """What was being done failed; nothing is lost."""
        self._busy, self._failed = "", sentence
        self._show()

    def set_add(self, why_not: str) -> None:
        """Why the picture cannot be added to a training set; "" where it can."""
        self._may_add = why_not
        self._show()

    # inside

    def _make(self) -> None:
        self.buttons: dict[str, ToolButton] = {}
        group = QButtonGroup(self)
        group.setExclusive(False)
        for key, tip in self._tips().items():
            button = ToolButton(_ICONS[key], tip, shortcut=edit_keys.TOOLS[key], on=functools.partial(self._pressed, key))
            button.setObjectName(f"{key}Tool")
            button.setCheckable(True)
            group.addButton(button)
            self.buttons[key] = button
        self.radius = QSpinBox()
        self.radius.setObjectName("brushRadius")
        self.radius.setRange(1, MAX_RADIUS)
        self.radius.setValue(8)
        self.radius.setSuffix(self.tr(" px"))
        self.radius.lineEdit().setTextMargins(5, 0, 0, 0)  # as far from the edge as the words of the lists beside it
        self.radius.setAccessibleName(self.tr("Radius of the brush"))
        self.radius.setToolTip(self.tr("Radius of brush and eraser in pixels of the picture; 1 is a single pixel (keys , and .)"))
        self.radius.valueChanged.connect(self._resized)
        painted = self.tr("The class that brush, fill and polygon paint; a click in the list of classes chooses it too")
        left = self.tr("What the eraser leaves: nothing said, which training leaves out, or the first class")
        self.classes = ClassCombo("paintedClass", self.tr("The class that is painted"), painted)
        self.erased = ClassCombo("erasedTo", self.tr("What the eraser leaves"), left)
        self.classes.currentIndexChanged.connect(self._chosen)
        self.erased.addItems([self.tr("Nothing said"), ""])
        self.erased.currentIndexChanged.connect(lambda: self._take(self.tool))
        self.undo = ToolButton("arrow-counter-clockwise", self.tr("Undo"), shortcut=edit_keys.UNDO, on=self.undo_asked.emit)
        self.redo = ToolButton("arrow-clockwise", self.tr("Redo"), shortcut=edit_keys.REDO, on=self.redo_asked.emit)
        self.discard = ToolButton("trash", self.tr("Back to what was saved last; can be undone"), on=self.discard_asked.emit)
        self.save = Button(self.tr("Save"), icon_name="floppy-disk", on=self.save_asked.emit)
        self.save.setAccessibleName(self.tr("Save the corrected mask"))
        self.add = ToolButton("folder-simple-plus", "", on=self.add_asked.emit)
        self.add.setAccessibleName(self.tr("Add to training set"))
        names = {
            "editUndo": self.undo,
            "editRedo": self.redo,
            "editDiscard": self.discard,
            "editSave": self.save,
            "addToTraining": self.add,
        }
        for name, pressed in names.items():
            pressed.setObjectName(name)
        self._mark, self._state = IconLabel("check"), ElidedLabel("small")
        self._state.setObjectName("editState")
        self._state.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        tools, what = row(*self.buttons.values(), None, spacing=4), row(self.radius, (self.classes, 1), (self.erased, 1), spacing=4)
        first = self._first = row(widget(tools), (widget(what), 1), spacing=4)
        second = row(self.undo, self.redo, self.discard, 4, self._mark, (self._state, 1), self.add, self.save, spacing=4)
        self.setLayout(column(first, hairline(), second, spacing=4, margins=(_SIDE, 6, _SIDE, 6)))
        plain = {key: functools.partial(self.buttons[name].click) for name, key in edit_keys.TOOLS.items()}
        sizes = {edit_keys.SMALLER: -1, edit_keys.LARGER: 1}
        in_hand: dict[str, Callable[[], object]] = {key: functools.partial(self._grow, by) for key, by in sizes.items()}
        in_hand |= {edit_keys.UNDO: self._back, edit_keys.REDO: self.redo.click, edit_keys.SAVE: self.save.click}
        in_hand |= {edit_keys.ESCAPE: self._escape, edit_keys.RETURN: self._enter, edit_keys.ENTER: self._enter}
        EditKeys(self, dict(plain), in_hand, lambda: self._tool is not None)

    def _tips(self) -> dict[str, str]:
        return {
            "brush": self.tr("Brush: paint the chosen class"),
            "eraser": self.tr("Eraser: take away what the mask says"),
            "fill": self.tr("Fill: give a whole patch the chosen class"),
            "polygon": self.tr("Polygon: click corner by corner, or drag; Enter or a click on the first corner closes it"),
        }

    def _pressed(self, key: str) -> None:
        self._take(key if self.buttons[key].isChecked() else "")

    def _take(self, key: str) -> None:
        """Have that tool in hand, or none."""
        for name, button in self.buttons.items():
            button.setChecked(name == key)
        self._tool = self._made(key)
        self._show()
        self.tool_chosen.emit(self._tool)

    def _made(self, key: str) -> Brush | Fill | Polygon | None:
        editor = self._editor
        if editor is None or not key:
            return None
        if key == "fill":
            return Fill(editor)
        if key == "polygon":
            return Polygon(editor, self._zoom)
        erased = IGNORE if self.erased.currentIndex() == 0 else 0
        return Brush(editor, self.radius.value(), erased if key == "eraser" else None)

    def _resized(self, radius: int) -> None:
        if isinstance(self._tool, Brush):
            self._tool.radius = radius
        self.radius_changed.emit(radius)

    def _grow(self, by: int) -> None:
        radius = self.radius.value()
        self.radius.setValue(radius + by * max(1, round(radius / 8)))

    def _chosen(self, label: int) -> None:
        if self._editor is not None and label >= 0:
            self._editor.label = label
        self.label_chosen.emit(label)

    def _back(self) -> None:
        """Take back the last corner of an open polygon, else the last step."""
        if isinstance(self._tool, Polygon) and self._tool.back():
            self.tool_chosen.emit(self._tool)  # the canvas draws what is left of it
        else:
            self.undo.click()

    def _escape(self) -> None:
        """Drop the corners that were set; where there are none, lay the tool down."""
        if not (isinstance(self._tool, Polygon) and self._tool.cancelled()):
            self._take("")
        else:
            self.tool_chosen.emit(self._tool)

    def _enter(self) -> None:
        if isinstance(self._tool, Polygon):
            self._tool.close()

    def _stepped(self) -> None:
        self._failed, self._added = "", False
        self._show()

    def _show(self) -> None:
        editor = self._editor
        if editor is None:
            self._show_steps(False, False, False)
        else:
            self._show_steps(editor.dirty, editor.can_undo, editor.can_redo)

    def _show_steps(self, dirty: bool, can_undo: bool, can_redo: bool) -> None:
        there = self._editor is not None and self.classes.count() > 0
        for part in (*self.buttons.values(), self.radius, self.classes, self.erased):
            part.setEnabled(there)
        self.classes.setVisible(self.tool != "eraser")
        self.erased.setVisible(self.tool == "eraser")
        self.radius.setEnabled(there and self.tool not in ("fill", "polygon"))
        self.undo.setEnabled(can_undo)
        self.redo.setEnabled(can_redo)
        self.discard.setEnabled(dirty and not self._busy)
        self.save.setEnabled(dirty and not self._busy)
        tip = self.tr("Write the corrected mask beside the original, which stays as it is (%1)").replace("%1", edit_keys.SAVE)
        self.save.setToolTip(tip if dirty else self.tr("There is nothing to save"))
        self.add.setEnabled(there and not self._may_add and not self._busy)
        self.add.setToolTip(self._may_add or self.tr("Add to training set: picture and mask are copied into the data set"))
        words, icon_name, role = self._state_words(dirty)
        self._mark.setVisible(bool(words))
        self._mark.show_icon(icon_name, role)
        self._mark.setToolTip(self._failed or words)
        short = self.tr("Added") if self._added else self.tr("Saved")
        self._state.show_text(words, self._failed or self._saved_as, short=short if icon_name == "check-circle" else "")

    def _state_words(self, dirty: bool) -> tuple[str, str, str]:
        if self._busy:
            return self._busy, "spinner", "muted"
        if self._failed:
            return self._failed, "warning-circle", "bad"
        if dirty and not self._added:
            return self.tr("Not saved"), "circle", "warn"
        if self._saved_as:
            words = self.tr("Added as %1") if self._added else self.tr("Saved as %1")
            return words.replace("%1", Path(self._saved_as).name), "check-circle", "good"
        return "", "check", "muted"

    def size_for(self, most: int) -> QSize:
        """How large the bar is where it may be at most so wide: what is painted gets a line of its own where that is too little."""
        sides = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._first.setDirection(sides[0])
        if self._first.minimumSize().width() + 2 * _SIDE + 2 > most:
            self._first.setDirection(sides[1])
        layout = self.layout()
        assert layout is not None
        layout.invalidate()  # it does not hear of what its part does
        hint = self.sizeHint()
        return QSize(min(most, hint.width()), hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is no room for its word, the button is its icon."""
        super().resizeEvent(event)
        self.save.setText(self.tr("Save"))
        if self.minimumSizeHint().width() > event.size().width():
            self.save.setText("")
