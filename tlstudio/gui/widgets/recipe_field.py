"""The editor of one field of the recipe, or of one option of a kind: edits go through the session, and the recipe is followed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QCoreApplication

from tlstudio import recipe
from tlstudio.errors import InputError
from tlstudio.gui import metric
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.editors import Editor, said
from tlstudio.gui.widgets.field_spec import Spec
from tlstudio.gui.widgets.number_table import NumberTable
from tlstudio.gui.words import layout_word
from tlstudio.registry import Kind


def tr(text: str) -> str:
    return QCoreApplication.translate("form", text)


def _words(key: str, task: str) -> dict[str, str]:
    """How the words of a choice are said to people who learn that task."""
    return {
        "training.device": {
            "auto": tr("Automatic"),
            "cpu": tr("Processor (CPU)"),
            "cuda": tr("NVIDIA (CUDA)"),
            "mps": tr("Apple (MPS)"),
            "xpu": tr("Intel (XPU)"),
        },
        "training.cache": {"auto": tr("Computed once, kept"), "exact": tr("Anew each time")},
        "training.precision": {"auto": tr("Automatic"), "float32": tr("32 bits"), "mixed": tr("Mixed, 16 bits")},
        "training.threads": {"0": tr("auto")},
        "training.gpus": {"0": tr("all")},
        "training.patience": {"0": tr("off")},
        "training.micro_batch": {"0": tr("auto")},
        "training.best_by": {"metric": metric.validation_word([task]), "loss": tr("Validation loss")},
        "frozen.batchnorm": {
            "eval": tr("Keeps its averages"),
            "adapt": tr("Averages follow your images"),
            "train": tr("Scale and shift learn too"),
        },
        "data.pad_place": {"centre": tr("In the centre"), "corner": tr("Upper left corner")},
        "data.layout": {word: layout_word(word) for word in recipe.choices("data.layout")},
        "data.task": {"classification": tr("Classes"), "segmentation": tr("Masks")},
    }.get(key, {})


def _option_words() -> dict[str, str]:
    """Those of options, whatever kind they belong to; others are said with a capital letter."""
    return {"relu": "ReLU", "gelu": "GELU", "silu": "SiLU", "own": tr("My own")}


class BoundField(Editor):
    """An editor that is bound to a key of the session's recipe, both ways."""

    def __init__(
        self, session: Session, key: str, spec: Spec, *, words: Mapping[str, str] | None, caption: str, width: int, fill: bool = False
    ) -> None:
        empty = tr("the model's own") if spec.optional else ""
        super().__init__(spec, words=words, empty=empty, width=width, caption=caption, fill=fill)
        self.session, self.key = session, key
        self.setObjectName(key)
        self.input.setObjectName(key)
        if isinstance(self.input, NumberTable):
            session.data_changed.connect(self._name_rows)
            self._name_rows()
        self.given.connect(self._edit)
        self.refused.connect(lambda sentence: session.object_to(key, sentence))
        session.recipe_changed.connect(self.refresh)
        self.refresh()

    def current(self) -> Any:
        return self.session.recipe.get(self.key)

    def refresh(self) -> None:
        self.show_words(_words(self.key, self.session.recipe.data.task))
        self.show_value(self.current())
        if not self.wrong:
            self.session.object_to(self.key, "")

    def _name_rows(self) -> None:
        if isinstance(self.input, NumberTable) and self.key.startswith("loss."):
            self.input.show_names(self.session.classes)

    def _edit(self, value: Any) -> None:
        if self.spec.form == "bool":
            told = tr("on") if value else tr("off")
        else:
            told = self._words.get(value, said(value)) if isinstance(value, str) else said(value)
        text = tr("set %1 to %2").replace("%1", self.spec.title).replace("%2", told)
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


class RecipeField(BoundField):
    """The editor of one field of the recipe: RecipeField(session, "optimizer.lr").

    Edits go through the session (and can be undone); every change of the recipe is shown. Text that cannot be used stays as typed,
    marked, and keeps a run from starting.
    """

    def __init__(self, session: Session, key: str, *, words: Mapping[str, str] | None = None, caption: str = "", width: int = 0) -> None:
        super().__init__(
            session,
            key,
            Spec.of(recipe.field_info(key)),
            words=words or _words(key, session.recipe.data.task),
            caption=caption,
            width=width,
        )


class OptionField(BoundField):
    """The editor of one option of a kind: its bounds stand in the kind's Options, not in the recipe."""

    def __init__(self, session: Session, section: str, kind: Kind, name: str, *, fill: bool) -> None:
        self._section, self._kind, self._name = section, kind, name
        spec = Spec.of(kind.Options.model_fields[name])
        super().__init__(session, f"{section}.options.{name}", spec, words=_option_words(), caption=spec.title, width=0, fill=fill)

    def current(self) -> Any:
        part = getattr(self.session.recipe, self._section)
        default = self._kind.Options.model_fields[self._name].get_default(call_default_factory=True)
        # while another kind is in force, this form is about to go
        return part.options.get(self._name, default) if part.kind == self._kind.kind else default

    def check(self, value: Any) -> None:
        try:
            self._kind.Options.model_validate({**getattr(self.session.recipe, self._section).options, self._name: value})
        except ValidationError as error:
            said_ = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise InputError(f"{self.key} cannot be used: {said_}") from None
