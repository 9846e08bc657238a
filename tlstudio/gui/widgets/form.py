"""Forms made from the recipe's fields: what a field is called, what it takes and what it is good for stands once, in the recipe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QSizePolicy, QWidget

from tlstudio import recipe
from tlstudio.gui import theme
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.editors import WIDE, Editor
from tlstudio.gui.widgets.parts import CONTROL, TIGHT, Segments, column, label
from tlstudio.gui.widgets.recipe_field import OptionField, RecipeField
from tlstudio.registry import Kind

__all__ = ["KindForm", "RecipeField", "RecipeForm"]

LABEL = 112  # width of the words before the editors
NARROW_LABEL = 72  # the same in a form without a title


def tr(text: str) -> str:
    return QCoreApplication.translate("form", text)


class _Rows(QWidget):
    """Rows of label and editor; labels stand in one column, `words` wide."""

    def __init__(self, words: int = LABEL, *, even: bool = False) -> None:
        """even: editors stand under those of other forms, however long a label is: it takes two lines."""
        super().__init__()
        self._words, self._even = words, even
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(TIGHT)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self.setLayout(self._grid)
        self.editors: dict[str, Editor] = {}
        self._beside: dict[str, QLabel] = {}
        self._fit()

    def add(self, key: str, editor: Editor) -> None:
        at = self._grid.rowCount()
        self.editors[key] = editor
        if editor.spec.form == "bool":
            self._grid.addWidget(editor, at, 0, 1, 2)
            return
        beside = self._beside[key] = _beside(editor.spec.title, editor.spec.help, editor)
        if editor.spec.form == "table":  # which has a head of its own
            self._grid.addWidget(beside, at, 0, 1, 2)
            self._grid.addWidget(editor, at + 1, 0, 1, 2)
            return
        self._grid.addWidget(beside, at, 0)
        self._grid.addWidget(editor, at, 1)

    def show_row(self, key: str, wanted: bool) -> None:
        self.editors[key].setVisible(wanted)
        if key in self._beside:
            self._beside[key].setVisible(wanted)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._fit()

    def _fit(self) -> None:
        self._grid.setColumnMinimumWidth(0, theme.px(self._words))
        for beside in self._beside.values() if self._even else ():
            beside.setFixedWidth(theme.px(self._words))


def _beside(text: str, help: str, editor: QWidget) -> QLabel:
    out = label(text, wrap=True)
    out.setBuddy(editor)
    out.setToolTip(help)
    return out


class RecipeForm(_Rows):
    """Rows of fields of the recipe: RecipeForm(session, ["training.epochs", "optimizer.lr"], name="optimizerForm")."""

    def __init__(self, session: Session, keys: Sequence[str], *, name: str = "", even: bool = False) -> None:
        super().__init__(even=even)
        self.setObjectName(name)
        self.session = session
        self._task_of: dict[str, str] = {}
        for key in keys:
            info = recipe.field_info(key)
            extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
            if task := str(extra.get("task") or ""):
                self._task_of[key] = task
            self.add(key, RecipeField(session, key, caption=info.title or ""))
        self._fit()
        if self._task_of:
            session.recipe_changed.connect(self._show_rows)
            self._show_rows()

    def _show_rows(self) -> None:
        """A field of another task is left out."""
        for key, task in self._task_of.items():
            self.show_row(key, task == self.session.recipe.data.task)


class KindForm(QWidget):
    """The kind of one section of the recipe ("head", "optimizer", "schedule") and a form of that kind's options.

    Two kinds stand side by side, more in a list. Another kind starts with its defaults. titled: the title stands before the choice; a
    narrow card that says it already does without, and has a list as wide as itself with a line on what is chosen. task: kinds for that
    task alone. fits: whether a kind can be chosen, asked again by `show_task`. also: what else changes with a kind, as keys of the recipe.
    """

    def __init__(
        self,
        session: Session,
        section: str,
        *,
        name: str = "",
        title: str = "",
        titled: bool = True,
        task: str = "",
        fits: Callable[[Kind], bool] | None = None,
        also: Callable[[Kind], dict[str, Any]] | None = None,
    ) -> None:
        super().__init__()
        from tlstudio import api

        self.session, self.section = session, section
        self.setObjectName(name)
        self._also, self._fits = also, fits
        self._all: dict[str, Kind] = api.kinds(section)
        self.kinds = self._of(task)
        info = recipe.field_info(f"{section}.kind")
        self._title = title or info.title or ""
        self._titled = titled
        self._shown = ""
        self.options: _Rows | None = None
        if len(self.kinds) <= 2 and titled:
            tips = {key: kind.help for key, kind in self.kinds.items()}
            self._segments = Segments({key: kind.title for key, kind in self.kinds.items()}, "", self._choose, tips=tips)
            self._segments.setAccessibleName(self._title)
            self.choice: QWidget = self._segments
        else:
            combo = self._combo = QComboBox()
            self._fill()
            combo.activated.connect(lambda at: self._choose(combo.itemData(at)))
            combo.setAccessibleName(self._title)
            combo.setObjectName(f"{section}.kind")
            self.choice = combo
        self._line = label("", "small", wrap=True)
        if titled:
            self._line.hide()
        self._column = column(spacing=TIGHT)
        if titled:
            rows = _Rows()
            rows._grid.addWidget(_beside(self._title, info.description or "", self.choice), 0, 0)
            rows._grid.addWidget(self.choice, 0, 1, Qt.AlignmentFlag.AlignLeft)
            self._column.addWidget(rows)
        else:
            self.choice.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self._column.addWidget(self.choice)
            self._column.addWidget(self._line)
        self.setLayout(self._column)
        session.recipe_changed.connect(self.refresh)
        self.refresh()
        self._fit()

    def show_task(self, task: str) -> None:
        """Offer the kinds for another task, or for what they have to fit on now."""
        found = self._of(task)
        if found.keys() != self.kinds.keys():
            self.kinds = found
            self._shown = ""
            if isinstance(self.choice, QComboBox):
                self._fill()
            self.refresh()

    def _of(self, task: str) -> dict[str, Kind]:
        return {key: kind for key, kind in self._all.items() if kind.suits(task) and (self._fits is None or self._fits(kind))}

    def _fill(self) -> None:
        self._combo.clear()
        for at, (key, kind) in enumerate(self.kinds.items()):
            self._combo.addItem(kind.title, key)
            self._combo.setItemData(at, kind.help, Qt.ItemDataRole.ToolTipRole)

    def refresh(self) -> None:
        """Show the kind in force and, if it is another than before, the form of its options."""
        kind = getattr(self.session.recipe, self.section).kind
        if kind != self._shown and kind in self.kinds:
            self._show(kind)
        if kind == self._shown:
            self._show_rows()

    def _show_rows(self) -> None:
        """An option that says when it counts (`when`: another option and its value) is seen only then."""
        fields = self.kinds[self._shown].Options.model_fields
        given = getattr(self.session.recipe, self.section).options
        for field, info in fields.items():
            extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
            when = extra.get("when")
            if self.options and isinstance(when, dict):
                self.options.show_row(field, all(given.get(other, fields[other].default) == value for other, value in when.items()))

    def _show(self, kind: str) -> None:
        self._shown = kind
        if isinstance(self.choice, QComboBox):
            self._combo.setCurrentIndex(self._combo.findData(kind))
        else:
            self._segments.show_choice(kind)
        self.choice.setToolTip(self.kinds[kind].help)
        self._line.setText(self.kinds[kind].help)
        if self.options is not None:
            for field in self.options.editors:
                self.session.object_to(f"{self.section}.options.{field}", "")
            self._column.removeWidget(self.options)
            self.options.hide()
            self.options.deleteLater()
            self.options = None
        if self.kinds[kind].Options.model_fields:
            self.options = _Rows(LABEL if self._titled else NARROW_LABEL)
            for field in self.kinds[kind].Options.model_fields:
                self.options.add(field, OptionField(self.session, self.section, self.kinds[kind], field, fill=not self._titled))
            self._column.addWidget(self.options)

    def _choose(self, kind: str) -> None:
        if kind != self._shown:
            text = tr("set %1 to %2").replace("%1", self._title).replace("%2", self.kinds[kind].title)
            more = self._also(self.kinds[kind]) if self._also else {}
            self.session.edit({f"{self.section}.kind": kind, f"{self.section}.options": {}, **more}, text)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._fit()

    def _fit(self) -> None:
        if isinstance(self.choice, QComboBox):
            self.choice.setFixedHeight(theme.px(CONTROL))
            if self._titled:
                self.choice.setFixedWidth(theme.px(WIDE - 24))
