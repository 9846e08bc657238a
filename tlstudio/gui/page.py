"""What every page is: a file in `pages/` whose `PAGE` class says its place in the rail."""

from __future__ import annotations

import importlib
import pkgutil
from typing import ClassVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from tlstudio.gui.session import Session


class Page(QWidget):
    """Base of all pages. Pages know the session and none knows another; `session.asked_for` leads to one."""

    key: ClassVar[str] = ""
    icon_name: ClassVar[str] = ""
    order: ClassVar[int] = 0

    mark_changed = Signal()
    """The page's line in the rail changed."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.presented = False
        self.setObjectName(f"{self.key}Page")

    def word(self) -> str:
        """The page's name in the rail."""
        raise TypeError(f"{type(self).__name__} has no name")

    def mark(self) -> tuple[str, str]:
        """State and quiet line in the rail. State: "" (none shown), "none", "ready", "running", "problem"."""
        return "", ""

    @property
    def busy(self) -> bool:
        """Whether something that the page shows is still being computed or loaded."""
        return False

    def prepare(self) -> None:
        """Once, soon after the window's first paint: build what is too heavy for the start and will be wanted."""

    def entered(self) -> None:
        """The page comes into view."""

    def present(self, on: bool) -> None:
        """A presentation begins or ends: with little room and large text, what one works with gives way to what one shows."""
        self.presented = on

    def guide(self) -> str:
        """What F1 shows: what this page is for and which keys it knows, a few lines of plain text."""
        return ""


def page_classes() -> list[type[Page]]:
    """Every page of the pages folder, in the order of the rail."""
    from tlstudio.gui import pages

    found = []
    for module in pkgutil.iter_modules(pages.__path__):
        page = getattr(importlib.import_module(f"{pages.__name__}.{module.name}"), "PAGE", None)
        if page is not None:
            found.append(page)
    return sorted(found, key=lambda page: page.order)
