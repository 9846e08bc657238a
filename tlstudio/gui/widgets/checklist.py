"""The card "Before the start": what would go wrong, each line with the button that mends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from tlstudio.gui import theme
from tlstudio.gui.checks import Check
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import GAP, Button, IconLabel, ToolButton, header, label, row, widget

_LOOK = {"good": ("check-circle", "good"), "warn": ("warning", "warn"), "bad": ("x-circle", "bad"), "wait": ("hourglass", "muted")}


class Checklist(QFrame):
    """mend(check) is called when a line's button is pressed."""

    def __init__(self, mend: Callable[[Check], None]) -> None:
        super().__init__()
        self.setProperty("kind", "card")
        self.setObjectName("checklist")
        self._mend = mend
        self._tail, self._tight = label("", "small"), False
        self.fold = ToolButton("caret-right", self.tr("Show what is in order"), role="muted", on=self._show_lines)
        self.fold.setObjectName("checklistFold")
        self.fold.setCheckable(True)
        self.fold.setProperty("edge", True)
        self.fold.hide()
        self._box = QVBoxLayout()
        self._box.setContentsMargins(*[GAP - 1] * 4)
        self._box.setSpacing(1)
        self._box.addWidget(header(self.tr("Before the start"), self._tail, self.fold))
        self._box.addSpacing(4)
        self.setLayout(self._box)
        self._lines: list[QWidget] = []
        self.checks: list[Check] = []
        self.hide()  # until there is something to say

    @property
    def stops(self) -> bool:
        """Whether a run cannot be started like this."""
        return any(check.level == "bad" for check in self.checks)

    def show_checks(self, checks: Sequence[Check]) -> None:
        if list(checks) == self.checks:
            return
        self.checks = list(checks)
        for line in self._lines:
            self._box.removeWidget(line)
            line.hide()
            line.deleteLater()
        self._lines = [self._line(check) for check in self.checks]
        for line in self._lines:
            self._box.addWidget(line)
        self._tail.setText(self._sum())
        self._show_lines()
        self.setVisible(bool(self.checks))

    def set_tight(self, tight: bool) -> None:
        """Where there is little room, lines that are in order are folded away; what needs a hand never is."""
        if tight != self._tight:
            self._tight = tight
            self._show_lines()

    @property
    def folded(self) -> int:
        """Pixels that are saved like that."""
        return sum(line.minimumHeight() + self._box.spacing() for line in self._lines if line.isHidden())

    def _show_lines(self) -> None:
        folded = self._tight and not self.fold.isChecked()
        self.fold.show_icon("caret-right" if folded else "caret-down")
        self.fold.setVisible(self._tight and any(check.level == "good" for check in self.checks))
        for line, check in zip(self._lines, self.checks, strict=True):
            line.setVisible(check.level != "good" or not folded)

    def _sum(self) -> str:
        levels = [check.level for check in self.checks]
        bad, warn = levels.count("bad"), levels.count("warn")
        if "wait" in levels:
            return ""
        if not bad and not warn:
            return self.tr("all in order")
        parts = []
        if bad:
            parts.append(self.tr("1 problem") if bad == 1 else self.tr("%1 problems").replace("%1", str(bad)))
        if warn:
            parts.append(self.tr("1 warning") if warn == 1 else self.tr("%1 warnings").replace("%1", str(warn)))
        return ", ".join(parts)

    def _line(self, check: Check) -> QWidget:
        mark = IconLabel(*_LOOK[check.level])
        words = {"good": self.tr("In order"), "warn": self.tr("Warning"), "bad": self.tr("Problem"), "wait": self.tr("Wait")}
        mark.setAccessibleName(words[check.level])
        bad = check.level == "bad"
        text = label(check.text, "bad", wrap=True) if bad else ElidedLabel()  # what stops the run is read whole
        tip = "\n".join(part for part in (check.text, check.tip) if part)
        if isinstance(text, ElidedLabel):
            text.show_text(check.text, tip)
        text.setToolTip(tip)
        parts: list[QWidget | tuple[QWidget, int]] = [mark, (text, 1)]
        if check.action:
            button = Button(check.action, "quiet", edge=True, tip=check.tip, on=lambda: self._mend(check))
            button.setObjectName(f"mend_{check.key}")
            button.setAccessibleName(f"{check.action}: {check.text}")
            parts.append(button)
        line = widget(row(*parts))
        if bad:
            line.setMinimumHeight(theme.px(28))
        else:
            line.setFixedHeight(theme.px(28))
        return line
