"""One editor for one value, made from the description of a pydantic field: a spin box, a line, a list of words, a tick, a table.

An editor knows no session: it shows a value, says which one the user gave, and can be told what is wrong with it. Text that
cannot be used stays where it was typed, with a red frame and the sentence as its tooltip.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QAbstractSpinBox, QCheckBox, QComboBox, QDoubleSpinBox, QHBoxLayout, QLineEdit, QSizePolicy, QSpinBox, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.field_spec import Spec
from tlstudio.gui.widgets.number_table import NumberTable
from tlstudio.gui.widgets.parts import CONTROL, label, row

NARROW, WIDE = 88, 176  # a number; words or several numbers
_INT = 2**31 - 1  # what a spin box can hold


def tr(text: str) -> str:
    return QCoreApplication.translate("editors", text)


class Editor(QWidget):
    """An editor with its unit beside it. `given` says the value the user gave; `refused` that what stands there cannot be used."""

    given = Signal(object)
    refused = Signal(str)
    """The sentence, or "" once it is mended."""

    def __init__(
        self, spec: Spec, *, words: Mapping[str, str] | None = None, empty: str = "", width: int = 0, caption: str = "", fill: bool = False
    ) -> None:
        """words: how the words of a choice are said. empty: what an empty line means. caption: text of a tick. fill: what holds words
        or several numbers takes the width there is."""
        super().__init__()
        self.spec, self._words, self._empty = spec, dict(words or {}), empty
        self._fill = spec.form == "table" or (fill and spec.form in ("words", "numbers", "text"))
        self._width = width or (WIDE if spec.form in ("words", "numbers", "text") else NARROW)
        self._shown: Any = None
        self._wrong = ""
        self.input = self._make(caption)
        self.input.setAccessibleName(spec.title)
        self.input.setAccessibleDescription(" ".join(part for part in (spec.help, spec.unit) if part))
        self.input.installEventFilter(self)
        self.setFocusProxy(self.input)
        unit = label(spec.unit, "small")
        unit.setVisible(bool(spec.unit))
        box: QHBoxLayout = row((self.input, 1), unit) if self._fill else row(self.input, unit, None)
        self.setLayout(box)
        self._tell()
        self._fit()

    def show_words(self, words: Mapping[str, str]) -> None:
        """Say the words of a choice in another way."""
        for word, said_ in words.items():
            at = self.input.findData(word) if isinstance(self.input, QComboBox) else -1
            if isinstance(self.input, QComboBox) and at >= 0 and self.input.itemText(at) != said_:
                self._words[word] = said_
                self.input.setItemText(at, said_)

    def show_empty(self, text: str) -> None:
        """What an empty line means now."""
        if isinstance(self.input, QLineEdit):
            self.input.setPlaceholderText(text)

    # what it shows

    def show_value(self, value: Any) -> None:
        """Show the value in force. What the user typed and what cannot be used stays until another value is in force."""
        if self._wrong and value == self._shown:
            return
        self._shown = value
        self.mark("")
        blocked = self.input.blockSignals(True)
        self._put(value)
        self.input.blockSignals(blocked)

    def mark(self, sentence: str) -> None:
        """Say what is wrong with what stands there; "" takes it back."""
        if sentence != self._wrong:
            self._wrong = sentence
            self.input.setProperty("wrong", bool(sentence))
            self.input.style().unpolish(self.input)
            self.input.style().polish(self.input)
        self._tell()

    @property
    def wrong(self) -> str:
        """What is wrong with what stands there, or ""."""
        return self._wrong

    def _tell(self) -> None:
        self.input.setToolTip(self._wrong or self.spec.help)

    # the user

    def _give(self, value: Any) -> None:
        if value != self._shown or self._wrong:
            self.given.emit(value)

    def _refuse(self, sentence: str) -> None:
        self.mark(sentence)
        self.refused.emit(sentence)

    def _typed(self) -> None:
        line = self.input
        assert isinstance(line, QLineEdit)
        try:
            value = self._parsed(line.text())
        except ValueError:
            self._refuse(self.spec.sentence())
            return
        self._give(value)

    def _parsed(self, text: str) -> Any:
        """Raises ValueError for what is not of the field's form or out of its bounds."""
        spec, text = self.spec, text.strip()
        if spec.optional and not text:
            return None
        if spec.form == "text":
            return text
        if spec.form == "numbers":
            parts = [part for part in text.replace(";", ",").split(",") if part.strip()]
            return tuple(int(part) if spec.whole else float(part) for part in parts)
        value = float(text.replace(",", "."))
        self._bounded(value)
        return value

    def _bounded(self, value: float) -> None:
        """Raises ValueError for a number out of the field's bounds."""
        spec = self.spec
        low, high = spec.low, spec.high
        if not math.isfinite(value) or (low is not None and (value < low or (spec.above and value == low))):
            raise ValueError(value)
        if high is not None and (value > high or (spec.below and value == high)):
            raise ValueError(value)

    # the widget inside

    def _make(self, caption: str) -> QWidget:
        spec = self.spec
        if spec.form == "bool":
            tick = QCheckBox(caption)
            tick.toggled.connect(self._give)
            return tick
        if spec.form == "words":
            combo = QComboBox()
            for word in spec.words:
                combo.addItem(self._words.get(word, word.capitalize()), word)
            combo.activated.connect(lambda at: self._give(combo.itemData(at)))
            return combo
        if spec.form == "int":
            spin = QSpinBox()
            spin.setRange(int(spec.low if spec.low is not None else -_INT), int(spec.high if spec.high is not None else _INT))
            spin.setSpecialValueText(self._words.get(str(spin.minimum()), ""))
            spin.lineEdit().setTextMargins(8, 0, 0, 0)  # its figures start where those of a line do
            spin.setKeyboardTracking(False)
            spin.valueChanged.connect(self._give)
            return spin
        if spec.form == "float":
            number = Number()
            # a bound that is itself out is kept away from by the smallest step that is shown
            number.setRange(spec.low if spec.low is not None else -1e9, (spec.high if spec.high is not None else 1e9) - 1e-4 * spec.below)
            number.lineEdit().setTextMargins(8, 0, 0, 0)
            number.setKeyboardTracking(False)
            number.valueChanged.connect(self._give)
            return number
        if spec.form == "table":
            table = NumberTable(tr("Number"), self._bounded)
            table.given.connect(self._give)
            table.refused.connect(lambda: self._refuse(spec.sentence()))
            return table
        line = QLineEdit()
        line.setPlaceholderText(self._empty)
        line.editingFinished.connect(self._typed)
        line.textEdited.connect(self._retyped)
        return line

    def _retyped(self, text: str) -> None:
        """While one mends it, the red frame goes as soon as it fits."""
        if self._wrong:
            try:
                self._parsed(text)
            except ValueError:
                return
            self._refuse("")

    def _put(self, value: Any) -> None:
        widget = self.input
        if isinstance(widget, QCheckBox):
            widget.setChecked(bool(value))
        elif isinstance(widget, QComboBox):
            widget.setCurrentIndex(widget.findData(value))
        elif isinstance(widget, QSpinBox):
            widget.setValue(int(value))
        elif isinstance(widget, QDoubleSpinBox):
            widget.setValue(float(value))
        elif isinstance(widget, QLineEdit):
            widget.setText(said(value))
        elif isinstance(widget, NumberTable):
            widget.show_numbers(value)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.StyleChange and watched is self.input:
            self._fit()  # a new style sheet has just put its own least height on it
        # a wheel that scrolls the page must not turn the numbers it passes
        if event.type() == QEvent.Type.Wheel and watched is self.input and not self.input.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._fit()

    def _fit(self) -> None:
        if self._fill:
            self.input.setMinimumWidth(theme.px(NARROW))
            self.input.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        if not isinstance(self.input, QCheckBox | NumberTable):
            self.input.setFixedHeight(theme.px(CONTROL))
            if not self._fill:
                self.input.setFixedWidth(theme.px(self._width))
        if isinstance(self.input, QAbstractSpinBox | QComboBox):
            self.input.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


class Number(QDoubleSpinBox):
    """A spin box for a float that shows no zeros behind the last figure; a step is a tenth of the value's size."""

    def __init__(self) -> None:
        super().__init__()
        self.setDecimals(4)
        self.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)

    def textFromValue(self, value: float) -> str:
        return f"{value:.4f}".rstrip("0").rstrip(".")


def said(value: Any) -> str:
    """A value as text in a field: 0.001, 1e-06, 0.6, 1."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {said(part)}" for name, part in value.items()) or tr("none")
    if isinstance(value, tuple | list):
        return ", ".join(said(part) for part in value)
    return f"{value:.10g}" if isinstance(value, float) else str(value)
