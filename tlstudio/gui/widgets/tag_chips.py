"""Tags as chips: each with a cross that takes it away, and a field that adds one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtWidgets import QCompleter, QLineEdit, QSizePolicy, QToolButton, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.flow_layout import FlowLayout
from tlstudio.run_rows.notes import LONGEST_TAG


class TagChips(QWidget):
    """objectName tagChips, newTag. `changed` brings all tags that stand there now."""

    changed = Signal(list)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("tagChips")
        self.tags: list[str] = []
        self._known = QStringListModel(self)
        self.new = QLineEdit()
        self.new.setObjectName("newTag")
        self.new.setPlaceholderText(self.tr("Add a tag"))
        self.new.setAccessibleName(self.tr("Add a tag"))
        self.new.setToolTip(self.tr("A word to find the run by; Enter adds it"))
        self.new.setMaxLength(LONGEST_TAG)
        completer = QCompleter(self._known, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.new.setCompleter(completer)
        self.new.returnPressed.connect(self._add)
        self._chips: list[QToolButton] = []
        self._flow = FlowLayout()
        self.setLayout(self._flow)
        self._flow.addWidget(self.new)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_tags(self, tags: Sequence[str], known: Sequence[str] = ()) -> None:
        """known: tags of other runs, which the field completes to."""
        self._known.setStringList([tag for tag in known if tag not in tags])
        self.new.setFixedWidth(theme.px(110))
        if list(tags) == self.tags:
            return
        self.tags = list(tags)
        for chip in self._chips:
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self._flow.removeWidget(self.new)
        self._chips = [self._chip(tag) for tag in self.tags]
        for part in (*self._chips, self.new):
            self._flow.addWidget(part)
        self._flow.activate()
        self.updateGeometry()

    def _chip(self, tag: str) -> QToolButton:
        out = QToolButton(self)
        out.setProperty("kind", "segment")
        out.setText(f"{tag}  ×")
        out.setToolTip(self.tr("Take the tag %1 away").replace("%1", tag))
        out.setAccessibleName(self.tr("Take the tag %1 away").replace("%1", tag))
        out.setStyleSheet("QToolButton { background: palette(alternate-base); border-radius: 10px; padding: 2px 8px; }")
        out.clicked.connect(lambda: self.changed.emit([one for one in self.tags if one != tag]))
        out.show()
        return out

    def _add(self) -> None:
        words = [word.strip() for word in self.new.text().split(",") if word.strip()]
        self.new.clear()
        new = [word for word in words if word.casefold() not in (tag.casefold() for tag in self.tags)]
        if new:
            self.changed.emit([*self.tags, *new])
