"""A run's recipe once more: cloned into the session, or trained again as soon as its images are open."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from tlstudio.errors import StudioError
from tlstudio.gui.run_list import Row
from tlstudio.gui.session import Session
from tlstudio.recipe import Recipe
from tlstudio.runs import Run

MOST_SEED = 2**31 - 1


class RunAgain(QObject):
    """Asks where the images are if they are not where the recipe says, as of a run that was made on another computer."""

    def __init__(self, session: Session, page: QWidget) -> None:
        super().__init__(page)
        self._session, self._page = session, page
        self._starts: str | None = None  # the images that a rerun waits for
        session.data_changed.connect(self._data_came)

    def clone(self, row: Row) -> None:
        """Put its recipe in force, to change and train it; as one step that can be undone."""
        self._take(row, train=False)

    def rerun(self, row: Row, *, next_seed: bool = False) -> None:
        """Train its recipe again, with its own seed or the one after it."""
        self._take(row, train=True, next_seed=next_seed)

    def _take(self, row: Row, *, train: bool, next_seed: bool = False) -> None:
        try:
            recipe = Run(Path(row["path"])).recipe()
        except StudioError as error:
            self._session.trouble.emit(error)
            return
        changes: dict[str, object] = {}
        if next_seed:
            changes["training.seed"] = (recipe.training.seed + 1) % MOST_SEED
        if not train:
            changes |= {"name": _next_name(recipe.name or str(row["title"])), "stages.longer": ()}
        recipe = recipe.set(changes)
        if recipe.data.path and not Path(recipe.data.path).exists() and row.get("elsewhere"):
            self._ask(row, recipe, train=train)
        else:
            self._go(row, recipe, train=train)

    def _go(self, row: Row, recipe: Recipe, *, train: bool) -> None:
        said = self.tr("take the recipe of %1") if train else self.tr("clone %1")
        self._session.take(recipe, said.replace("%1", str(row["title"])))
        if train:
            self._starts = recipe.data.path
            self._data_came()
        else:
            self._session.asked_for.emit("train")

    def _data_came(self) -> None:
        """A rerun starts as soon as its images are open."""
        if self._starts is None or self._session.data.state == "busy":
            return
        path, self._starts = self._starts, None
        if path != self._session.recipe.data.path:
            return  # others were opened meanwhile
        if self._session.data.ready:
            self._session.start()
            self._session.asked_for.emit("train")
        else:
            self._session.asked_for.emit("data")

    def _ask(self, row: Row, recipe: Recipe, *, train: bool) -> None:
        title = self.tr("Its images are not on this computer")
        box = QMessageBox(QMessageBox.Icon.Question, title, title, parent=self._page)
        box.setObjectName("imagesElsewhere")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setInformativeText(
            self.tr("“%1” was trained on %2. Choose the folder where these images lie now, or take the images that are open.")
            .replace("%1", str(row["title"]))
            .replace("%2", recipe.data.path)
        )
        choose = box.addButton(self.tr("Choose the folder…"), QMessageBox.ButtonRole.AcceptRole)
        mine = box.addButton(self.tr("Take the open images"), QMessageBox.ButtonRole.ActionRole) if self._session.data.ready else None
        stay = box.addButton(self.tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(choose)
        box.setEscapeButton(stay)

        def answered() -> None:
            if mine is not None and box.clickedButton() is mine:
                own = self._session.recipe
                self._go(row, recipe.model_copy(update={"data": own.data}), train=train)
            elif box.clickedButton() is choose:
                folder = QFileDialog.getExistingDirectory(self._page, self.tr("Where are the images now?"))
                if folder:
                    self._go(row, recipe.set({"data.path": folder}), train=train)

        box.finished.connect(answered)
        box.open()


def _next_name(name: str) -> str:
    """Ants 2 after Ants, Ants 3 after Ants 2."""
    said = re.fullmatch(r"(.*\S) (\d{1,4})", name)
    return f"{said[1]} {int(said[2]) + 1}" if said else f"{name} 2"
