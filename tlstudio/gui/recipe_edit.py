"""A change of the recipe that can be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QUndoCommand

from tlstudio.recipe import Recipe

if TYPE_CHECKING:
    from tlstudio.gui.session import Session


class RecipeEdit(QUndoCommand):
    """From one recipe to the next and back."""

    def __init__(self, session: Session, before: Recipe, after: Recipe, text: str) -> None:
        super().__init__(text)
        self._session, self._before, self._after = session, before, after

    def redo(self) -> None:
        self._session.set_recipe(self._after)

    def undo(self) -> None:
        self._session.set_recipe(self._before)

    def id(self) -> int:
        return 1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, RecipeEdit) or other.text() != self.text():
            return False
        if other._after.data.path != self._after.data.path:  # two sets of images may have one name
            return False
        self._after = other._after
        return True
