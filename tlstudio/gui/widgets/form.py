"""Forms made from the recipe's fields: what a field is called, what it takes and what it is good for stands once, in the recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QWidget

from tlstudio import recipe
from tlstudio.errors import InputError
from tlstudio.gui import theme
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.editors import WIDE, Editor, Spec, said
from tlstudio.gui.widgets.parts import CONTROL, TIGHT, Segments, column, label
from tlstudio.registry import Kind

LABEL = 112  # width of the words before the editors
NARROW_LABEL = 72  # the same in a form without a title


def tr(text: str) -> str:
    return QCoreApplication.translate("form", text)


def _words(key: str) -> dict[str, str]:
    """How the words of a choice are said to people."""
    return {
        "training.device": {
            "auto": tr("Automatic"),
            "cpu": tr("Processor (CPU)"),
            "cuda": tr("NVIDIA (CUDA)"),
            "mps": tr("Apple (MPS)"),
            "xpu": tr("Intel (XPU)"),
        },
        "training.best_by": {"metric": tr("Validation accuracy"), "loss": tr("Validation loss")},
        "frozen.batchnorm": {
            "eval": tr("Keeps its averages"),
            "adapt": tr("Averages follow your images"),
            "train": tr("Scale and shift learn too"),
        },
        "data.pad_place": {"centre": tr("In the centre"), "corner": tr("Upper left corner")},
        "data.task": {"classification": tr("Classes"), "segmentation": tr("Masks")},
    }.get(key, {})


class _Bound(Editor):
    """An editor that is bound to a key of the session's recipe, both ways."""

    def __init__(self, session: Session, key: str, spec: Spec, *, words: Mapping[str, str] | None, caption: str, width: int) -> None:
        empty = tr("the model's own") if spec.optional else ""
        super().__init__(spec, words=words, empty=empty, width=width, caption=caption)
        self.session, self.key = session, key
        self.setObjectName(key)
        self.input.setObjectName(key)
        self.given.connect(self._edit)
        self.refused.connect(lambda sentence: session.object_to(key, sentence))
        session.recipe_changed.connect(self.refresh)
        self.refresh()

    def current(self) -> Any:
        return self.session.recipe.get(self.key)

    def refresh(self) -> None:
        self.show_value(self.current())
        if not self.wrong:
            self.session.object_to(self.key, "")

    def _edit(self, value: Any) -> None:
        words = {True: tr("on"), False: tr("off")} if self.spec.form == "bool" else self._words
        text = tr("set %1 to %2").replace("%1", self.spec.title).replace("%2", words.get(value, "") if value in words else said(value))
        try:
            self.check(value)
            self.session.edit({self.key: value}, text)
        except InputError as error:
            self._refuse(error.what.replace(self.key, self.spec.title))
            return
        self.mark("")
        self.session.object_to(self.key, "")

    def check(self, value: Any) -> None:
        """Raises InputError for a value that the recipe itself would not refuse."""


class RecipeField(_Bound):
    """The editor of one field of the recipe: RecipeField(session, "optimizer.lr").

    Edits go through the session (and can be undone); every change of the recipe is shown. Text that cannot be used stays as typed,
    marked, and keeps a run from starting.
    """

    def __init__(self, session: Session, key: str, *, words: Mapping[str, str] | None = None, caption: str = "", width: int = 0) -> None:
        super().__init__(session, key, Spec.of(recipe.field_info(key)), words=words or _words(key), caption=caption, width=width)


class _Option(_Bound):
    """The editor of one option of a kind: its bounds stand in the kind's Options, not in the recipe."""

    def __init__(self, session: Session, section: str, kind: Kind, name: str) -> None:
        self._section, self._kind, self._name = section, kind, name
        spec = Spec.of(kind.Options.model_fields[name])
        super().__init__(session, f"{section}.options.{name}", spec, words=None, caption=spec.title, width=0)

    def current(self) -> Any:
        part = getattr(self.session.recipe, self._section)
        default = self._kind.Options.model_fields[self._name].get_default(call_default_factory=True)
        # while another kind is in force, this form is about to go
        return part.options.get(self._name, default) if part.kind == self._kind.kind else default

    def check(self, value: Any) -> None:
        try:
            self._kind.Options.model_validate({**getattr(self.session.recipe, self._section).options, self._name: value})
        except ValidationError as error:
            raise InputError(f"{self.key} cannot be used: {error.errors()[0]['msg']}") from None


class _Rows(QWidget):
    """Rows of label and editor; labels stand in one column, `words` wide."""

    def __init__(self, words: int = LABEL) -> None:
        super().__init__()
        self._words = words
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(TIGHT)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self.setLayout(self._grid)
        self.editors: dict[str, Editor] = {}
        self._fit()

    def add(self, key: str, editor: Editor) -> None:
        at = self._grid.rowCount()
        self.editors[key] = editor
        if editor.spec.form == "bool":
            self._grid.addWidget(editor, at, 0, 1, 2)
            return
        self._grid.addWidget(_beside(editor.spec.title, editor.spec.help, editor), at, 0)
        self._grid.addWidget(editor, at, 1)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._fit()

    def _fit(self) -> None:
        self._grid.setColumnMinimumWidth(0, theme.px(self._words))


def _beside(text: str, help: str, editor: QWidget) -> QLabel:
    out = label(text, wrap=True)
    out.setBuddy(editor)
    out.setToolTip(help)
    return out


class RecipeForm(_Rows):
    """Rows of fields of the recipe: RecipeForm(session, ["training.epochs", "optimizer.lr"], name="optimizerForm")."""

    def __init__(self, session: Session, keys: Sequence[str], *, name: str = "") -> None:
        super().__init__()
        self.setObjectName(name)
        for key in keys:
            info = recipe.field_info(key)
            self.add(key, RecipeField(session, key, caption=info.title or ""))


class KindForm(QWidget):
    """The kind of one section of the recipe ("head", "optimizer", "schedule") and a form of that kind's options.

    Two or three kinds stand side by side, more in a list. Another kind starts with its defaults. titled: the title stands before the
    choice; a narrow card that says it already does without.
    """

    def __init__(self, session: Session, section: str, *, name: str = "", title: str = "", titled: bool = True) -> None:
        super().__init__()
        from tlstudio import api

        self.session, self.section = session, section
        self.setObjectName(name)
        self.kinds: dict[str, Kind] = api.kinds(section)
        info = recipe.field_info(f"{section}.kind")
        self._title = title or info.title or ""
        self._titled = titled
        self._shown = ""
        self.options: _Rows | None = None
        if len(self.kinds) <= 2:
            tips = {key: kind.help for key, kind in self.kinds.items()}
            self._segments = Segments({key: kind.title for key, kind in self.kinds.items()}, "", self._choose, tips=tips)
            self._segments.setAccessibleName(self._title)
            self.choice: QWidget = self._segments
        else:
            combo = self._combo = QComboBox()
            for key, kind in self.kinds.items():
                combo.addItem(kind.title, key)
                combo.setItemData(combo.count() - 1, kind.help, Qt.ItemDataRole.ToolTipRole)
            combo.activated.connect(lambda at: self._choose(combo.itemData(at)))
            combo.setAccessibleName(self._title)
            combo.setObjectName(f"{section}.kind")
            self.choice = combo
        self._column = column(spacing=TIGHT)
        if titled:
            rows = _Rows()
            rows._grid.addWidget(_beside(self._title, info.description or "", self.choice), 0, 0)
            rows._grid.addWidget(self.choice, 0, 1, Qt.AlignmentFlag.AlignLeft)
            self._column.addWidget(rows)
        else:
            self._column.addWidget(self.choice, 0, Qt.AlignmentFlag.AlignLeft)
        self.setLayout(self._column)
        session.recipe_changed.connect(self.refresh)
        self.refresh()
        self._fit()

    def refresh(self) -> None:
        """Show the kind in force and, if it is another than before, the form of its options."""
        kind = getattr(self.session.recipe, self.section).kind
        if kind == self._shown or kind not in self.kinds:
            return
        self._shown = kind
        if isinstance(self.choice, QComboBox):
            self._combo.setCurrentIndex(self._combo.findData(kind))
        else:
            self._segments.show_choice(kind)
        self.choice.setToolTip(self.kinds[kind].help)
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
                self.options.add(field, _Option(self.session, self.section, self.kinds[kind], field))
            self._column.addWidget(self.options)

    def _choose(self, kind: str) -> None:
        if kind != self._shown:
            text = tr("set %1 to %2").replace("%1", self._title).replace("%2", self.kinds[kind].title)
            self.session.edit({f"{self.section}.kind": kind, f"{self.section}.options": {}}, text)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._fit()

    def _fit(self) -> None:
        if isinstance(self.choice, QComboBox):
            self.choice.setFixedSize(theme.px(WIDE - 24), theme.px(CONTROL))
