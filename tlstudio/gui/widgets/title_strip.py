"""The strip at the top: menus, the recipe's name and whether it is saved, undo, redo, light or dark, help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QUrl
from PySide6.QtGui import QAction, QActionGroup, QDesktopServices, QKeySequence
from PySide6.QtWidgets import QApplication, QFileDialog, QFrame, QMenu, QMenuBar, QMessageBox, QSizePolicy

from tlstudio import __version__, places
from tlstudio.errors import StudioError
from tlstudio.gui import theme
from tlstudio.gui.opening import open_file, open_folder
from tlstudio.gui.recorded import recorded_run
from tlstudio.gui.session import Session
from tlstudio.gui.tutorials import on_data_of, tutorials
from tlstudio.gui.widgets.guide_sheet import GuideSheet
from tlstudio.gui.widgets.parts import IconLabel, ToolButton, label, row, widget
from tlstudio.recipe import Recipe
from tlstudio.runs import write_atomic

if TYPE_CHECKING:
    from tlstudio.gui.main_window import MainWindow

TEXT_SIZES = (1.0, 1.25, 1.5, 2.0)


class TitleStrip(QFrame):
    """Menus and what they do; every action has its shortcut."""

    def __init__(self, session: Session, window: MainWindow) -> None:
        super().__init__()
        self.session, self.window_ = session, window
        self.setProperty("kind", "titleStrip")
        self._path = ""
        self._saved = Recipe()
        menus = QMenuBar()
        menus.setNativeMenuBar(False)
        self._file(menus.addMenu(self.tr("&File")))
        self._edit(menus.addMenu(self.tr("&Edit")))
        self._view(menus.addMenu(self.tr("&View")))
        self._run(menus.addMenu(self.tr("&Run")))
        self._help(menus.addMenu(self.tr("&Help")))
        self._name, self._mark, self._state = label("", "section"), IconLabel("circle", "warn", 14), label("", "small")
        undo = ToolButton("arrow-counter-clockwise", self.tr("Undo"), shortcut="Ctrl+Z", on=session.undo.undo)
        redo = ToolButton("arrow-clockwise", self.tr("Redo"), shortcut="Ctrl+Shift+Z", on=session.undo.redo)
        for button, can, text in (
            (undo, session.undo.canUndoChanged, session.undo.undoTextChanged),
            (redo, session.undo.canRedoChanged, session.undo.redoTextChanged),
        ):
            button.setEnabled(False)
            can.connect(button.setEnabled)
            text.connect(button.name_step)
        self._tone = ToolButton("moon", self.tr("Light or dark"), on=self.toggle_theme)
        present = ToolButton("presentation-chart", self.tr("Present: the whole screen, large type"), shortcut="F11", on=window.present)
        present.setObjectName("presentButton")
        help_ = ToolButton("question", self.tr("This page, explained"), shortcut="F1", on=self.show_guide)
        menus.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        left = widget(row(menus, None, spacing=0))
        middle = widget(row(None, self._name, 4, self._mark, self._state, None, spacing=4))
        right = widget(row(None, undo, redo, 8, self._tone, present, help_, spacing=0))
        self.setLayout(row((left, 1), (middle, 1), (right, 1), margins=(8, 0, 8, 0)))
        session.recipe_changed.connect(self._refresh)
        self._refresh()

    def _action(self, menu: QMenu, text: str, on: object, shortcut: str = "") -> QAction:
        action = QAction(text, self.window_)
        if shortcut:
            action.setShortcut(QKeySequence(shortcut))
        action.triggered.connect(lambda: on())  # type: ignore[operator]
        menu.addAction(action)
        return action

    def _file(self, menu: QMenu) -> None:
        self._action(menu, self.tr("Open a folder of images…"), lambda: open_folder(self.window_, self.session), "Ctrl+O")
        self._action(menu, self.tr("Open an archive or CSV file…"), lambda: open_file(self.window_, self.session))
        self._action(menu, self.tr("Take the leaves sample"), self.session.open_sample)
        menu.addSeparator()
        self._action(menu, self.tr("Open a recipe…"), self.open_recipe)
        self._tutorials = menu.addMenu(self.tr("Tutorial recipes"))
        self._tutorials.setObjectName("tutorialMenu")
        self._tutorials.setToolTipsVisible(True)
        self._tutorials.aboutToShow.connect(self._list_tutorials)  # the files are read when they are wanted
        self._action(menu, self.tr("Save the recipe"), self.save, "Ctrl+S")
        self._action(menu, self.tr("Save the recipe as…"), self.save_as, "Ctrl+Shift+S")
        menu.addSeparator()
        self._action(menu, self.tr("Kept data…"), self.show_kept)
        menu.addSeparator()
        self._action(menu, self.tr("Quit"), self.window_.close, "Ctrl+Q")

    def _edit(self, menu: QMenu) -> None:
        undo = self.session.undo.createUndoAction(self.window_, self.tr("Undo"))
        redo = self.session.undo.createRedoAction(self.window_, self.tr("Redo"))
        undo.setShortcut(QKeySequence("Ctrl+Z"))
        redo.setShortcut(QKeySequence("Ctrl+Shift+Z"))
        menu.addActions([undo, redo])

    def _view(self, menu: QMenu) -> None:
        for i, page in enumerate(self.window_.pages.values()):
            self._action(menu, page.word(), lambda key=page.key: self.session.asked_for.emit(key), f"Ctrl+{i + 1}")
        menu.addSeparator()
        self._action(menu, self.tr("Present"), self.window_.present, "F11")
        menu.addSeparator()
        tones, sizes = QActionGroup(self), QActionGroup(self)
        self._tones: dict[str, QAction] = {}
        for key, text in (("system", self.tr("Follow the system")), ("light", self.tr("Light")), ("dark", self.tr("Dark"))):
            action = self._action(menu, text, lambda key=key: self.set_theme(key))
            action.setCheckable(True)
            action.setChecked(self.session.settings.value("look/theme", "system") == key)
            tones.addAction(action)
            self._tones[key] = action
        menu.addSeparator()
        text_menu = menu.addMenu(self.tr("Text size"))
        for size in TEXT_SIZES:
            action = self._action(text_menu, f"{size:.0%}", lambda size=size: self.set_text_size(size))
            action.setCheckable(True)
            action.setChecked(abs(theme.scale() - size) < 0.01)
            sizes.addAction(action)

    def _run(self, menu: QMenu) -> None:
        session = self.session  # asked when it is chosen: `live` is another run while one is replayed
        start = self._action(menu, self.tr("Start"), self._start, "Ctrl+Return")
        start.setShortcuts([QKeySequence("Ctrl+Return"), QKeySequence("Ctrl+Enter")])
        pause = self._action(menu, self.tr("Pause or go on"), lambda: session.live.toggle())
        stop = self._action(menu, self.tr("Stop, keep the best"), lambda: session.trained.stop())
        menu.addSeparator()
        self._action(menu, self.tr("Compare choices…"), self.compare_choices)
        self._action(menu, self.tr("Sweep…"), self.sweep)
        self._action(menu, self.tr("Studies and the queue…"), self.show_studies)
        menu.addSeparator()
        self._action(menu, self.tr("Replay a run…"), self.choose_replay)
        if recorded_run() is not None:
            self._action(menu, self.tr("Play the recorded demo"), lambda: self.session.replay(str(recorded_run())))

        def refresh() -> None:
            start.setEnabled(not session.training)
            pause.setEnabled(session.live.state in ("running", "paused"))
            stop.setEnabled(session.trained.active)

        self.session.run_turned.connect(refresh)
        refresh()

    def compare_choices(self) -> None:
        from tlstudio.gui.studies.compare_sheet import CompareSheet

        CompareSheet(self.session, self.window_).open()

    def sweep(self) -> None:
        from tlstudio.gui.studies.sweep_sheet import SweepSheet

        SweepSheet(self.session, self.window_).open()

    def show_studies(self) -> None:
        from tlstudio.gui.studies.studies_sheet import StudiesSheet

        StudiesSheet(self.session, self.window_).open()

    def _help(self, menu: QMenu) -> None:
        self._action(menu, self.tr("This page, explained"), self.show_guide, "F1")
        self._action(menu, self.tr("Show the logs"), lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(places.logs()))))
        self._action(menu, self.tr("About"), self.show_about)

    # files

    def open_recipe(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self.window_, self.tr("Open a recipe"), "", self.tr("Recipes (*.toml)"))
        if path:
            self.load(path)

    def load(self, path: str) -> None:
        from pathlib import Path

        try:
            recipe = Recipe.load(Path(path))
        except StudioError as error:
            self.session.trouble.emit(error)
            return
        self._path, self._saved = path, recipe
        self.session.take(recipe, self.tr("open %1").replace("%1", Path(path).name))

    def _list_tutorials(self) -> None:
        self._tutorials.clear()
        for recipe in tutorials(self.session.recipe.data.task):
            action = self._action(self._tutorials, recipe.name, lambda recipe=recipe: self.take_tutorial(recipe))
            action.setParent(self._tutorials)  # so that clearing the menu deletes it
            action.setToolTip(self.tr("Take its model, head, rates and schedule; the images stay. It can be undone."))

    def take_tutorial(self, recipe: Recipe) -> None:
        """Put a tutorial's recipe in force on the images that are open."""
        self._path = ""  # saving it must not overwrite what was open
        self.session.take(on_data_of(recipe, self.session.recipe), self.tr("take %1").replace("%1", recipe.name))

    def save(self) -> None:
        if self._path:
            self._write(self._path)
        else:
            self.save_as()

    def save_as(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self.window_, self.tr("Save the recipe"), f"{self.session.recipe.name or 'recipe'}.toml", "*.toml"
        )
        if path:
            self._write(path)

    def _write(self, path: str) -> None:
        from pathlib import Path

        recipe = self.session.recipe
        try:
            write_atomic(Path(path), lambda file: file.write(recipe.to_toml().encode()))
        except StudioError as error:
            self.session.trouble.emit(error)
            return
        self._path, self._saved = path, recipe
        self._refresh()

    def choose_replay(self) -> None:
        """Ask for a run's folder; any run can be replayed, wherever it was made."""
        folder = QFileDialog.getExistingDirectory(self.window_, self.tr("Choose the folder of a run"), str(places.runs()))
        if folder:
            self.session.replay(folder)

    # look

    def toggle_theme(self) -> None:
        self.set_theme("light" if theme.current() is theme.DARK else "dark")

    def set_theme(self, key: str) -> None:
        self.session.settings.setValue("look/theme", key)
        self._tones[key].setChecked(True)
        self._apply({"light": theme.LIGHT, "dark": theme.DARK}.get(key) or theme.system_theme(), theme.scale())

    def set_text_size(self, size: float) -> None:
        self.session.settings.setValue("look/text", size)
        self._apply(theme.current(), size)

    def _apply(self, tone: theme.Theme, size: float) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply(app, tone, size)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_saved"):  # too low, it would hide the menus of large text
            self._refresh()

    def show_guide(self) -> None:
        page = self.window_.page
        GuideSheet(page.word(), f"{page.guide()}\n{self._keys_everywhere()}", self.window_).open()

    def _keys_everywhere(self) -> str:
        pages = f"Ctrl+1…{len(self.window_.pages)}"
        keys = (
            (pages, self.tr("the pages")),
            ("F11", self.tr("present: the whole screen, large type; Esc leaves, Left and Right or Page Up and Page Down turn the pages")),
            (
                self.tr("In a replay"),
                self.tr("Space pauses, + and − change the speed, Left and Right go an epoch back or on, Home begins again"),
            ),
        )
        return "\n".join("\t".join(pair) for pair in keys)

    def show_kept(self) -> None:
        from tlstudio.gui.widgets.kept_sheet import KeptSheet

        KeptSheet(self.session, self.window_).open()

    def show_about(self) -> None:
        box = QMessageBox(QMessageBox.Icon.NoIcon, self.tr("About"), f"Transfer Learning Studio {__version__}", parent=self.window_)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setInformativeText(self.tr("MIT licence. Nothing leaves this computer: images, models and runs stay on your disk."))
        box.open()

    def _start(self) -> None:
        focus = QApplication.focusWidget()
        if focus is not None:
            focus.clearFocus()  # what is still being typed counts
        self.session.asked_for.emit("train")
        if self.session.data.ready:  # else the page itself says what is missing, and has the buttons that bring it
            self.session.start()

    def _refresh(self) -> None:
        self.setFixedHeight(theme.px(40))
        recipe = self.session.recipe
        untouched = recipe == Recipe()
        saved = recipe == self._saved and bool(self._path)
        self._name.setText(recipe.name or self.tr("Untitled"))
        self._mark.setVisible(not untouched)
        self._state.setVisible(not untouched)
        self._mark.show_icon("check" if saved else "circle", "good" if saved else "warn")
        self._state.setText(self.tr("Saved") if saved else self.tr("Not saved yet"))
        self._tone.show_icon("sun" if theme.current() is theme.DARK else "moon")
