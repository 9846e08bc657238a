"""The line of buttons above the table of runs, and the menu behind the last one: what can be done with what is selected."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from tlstudio.gui.run_list import Row
from tlstudio.gui.widgets.parts import Button, ToolButton, row, widget


class RunsTools(QWidget):
    """objectNames lookButton, cloneButton, rerunButton, rerunChoice, resumeButton, deleteButton, moreButton. `asked` brings a word: look,
    clone, rerun, next_seed, resume, delete, replay, columns, studies, open, copy, export, trash."""

    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        tr = self.tr
        self.look = self._button("look", tr("Look"), "target", tr("Open the selected run on the Results page (Enter)"))
        self.clone = self._button("clone", tr("Clone"), "copy", tr("Take the selected run's recipe, to change it and train it anew"))
        self.rerun = self._button("rerun", tr("Rerun"), "arrow-clockwise", tr("Take the selected run's recipe and train it again"))
        self.resume = self._button("resume", tr("Resume"), "play", tr("Go on with the selected unfinished run from its last checkpoint"))
        self.delete = self._button("delete", tr("Delete"), "trash", tr("Move the selected runs to the trash (Delete); can be undone"))
        self.choice = ToolButton("caret-down", tr("Rerun with which seed"))
        self.choice.setObjectName("rerunChoice")
        self.choice.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.choice.setMenu(self._seeds())
        self.more = ToolButton("dots-three", tr("More: replay, studies, columns, open a run folder, copy, export, trash"))
        self.more.setObjectName("moreButton")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu, self.actions_ = QMenu(self), dict[str, QAction]()
        for word, text in self._more().items():
            if word.startswith("-"):
                menu.addSeparator()
                continue
            self.actions_[word] = menu.addAction(text)
            self.actions_[word].triggered.connect(lambda _=False, word=word: self.asked.emit(word))
        self.more.setMenu(menu)
        again = widget(row(self.rerun, self.choice, spacing=0))
        self.buttons: tuple[QWidget, ...] = (self.look, self.clone, again, self.resume, self.delete, self.more)
        self.stops = (self.look, self.clone, self.rerun, self.choice, self.resume, self.delete, self.more)
        """The same in the order of the Tab key."""

    def _more(self) -> dict[str, str]:
        return {
            "replay": self.tr("Replay the selected run"), "studies": self.tr("Studies and the queue…"), "-0": "",
            "columns": self.tr("Columns…"), "-1": "", "open": self.tr("Open a run folder…"), "-2": "",
            "copy": self.tr("Copy the table as text"), "export": self.tr("Save the table as CSV or JSON…"), "-3": "",
            "trash": self.tr("Trash…"),
        }  # fmt: skip

    def _button(self, word: str, text: str, icon: str, tip: str) -> Button:
        out = Button(text, "", icon, tip=tip, on=lambda: self.asked.emit(word))
        out.setObjectName(f"{word}Button")
        return out

    def _seeds(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction(self.tr("With the same seed: the same run again")).triggered.connect(lambda: self.asked.emit("rerun"))
        menu.addAction(self.tr("With the next seed: how much is chance?")).triggered.connect(lambda: self.asked.emit("next_seed"))
        return menu

    def offer(self, chosen: Sequence[Row], *, training: bool) -> None:
        """Which buttons make sense for what is selected."""
        one = chosen[0] if len(chosen) == 1 else None
        readable = one is not None and not one.get("error")
        self.look.setEnabled(one is not None and one["state"] == "finished")
        self.clone.setEnabled(readable)
        self.rerun.setEnabled(readable and not training)
        self.choice.setEnabled(self.rerun.isEnabled())
        self.actions_["replay"].setEnabled(readable and not training)
        self.resume.setEnabled(readable and one is not None and one["state"] == "unfinished" and not training)
        self.delete.setEnabled(bool(chosen) and all(row["state"] != "live" for row in chosen))
        away = bool(chosen) and all(row.get("elsewhere") for row in chosen)
        self.delete.setText(self.tr("Remove") if away else self.tr("Delete"))

    def popup(self, where: QPoint) -> None:
        """The same as a menu, at a right click on a row."""
        menu = QMenu(self)
        menu.setObjectName("runMenu")
        entries = {"look": self.look, "clone": self.clone, "rerun": self.rerun, "resume": self.resume, "delete": self.delete}
        for word, button in entries.items():
            action = menu.addAction(button.icon(), button.text())
            action.setEnabled(button.isEnabled())
            action.triggered.connect(lambda _=False, word=word: self.asked.emit(word))
        replay = menu.addAction(self.tr("Replay"))
        replay.setEnabled(self.actions_["replay"].isEnabled())
        replay.triggered.connect(lambda: self.asked.emit("replay"))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(where)
