"""The window: title strip 40, rail 184, page, run bar 56. It holds the pages together and knows none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QCoreApplication, Qt, QThreadPool, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent
from PySide6.QtWidgets import QMainWindow, QMessageBox, QStackedWidget, QWidget

from tlstudio.errors import StudioError, sentences
from tlstudio.gui import background
from tlstudio.gui.page import Page, page_classes
from tlstudio.gui.session import Session
from tlstudio.gui.studies.study_strip import StudyStrip
from tlstudio.gui.widgets.drop_zone import data_in
from tlstudio.gui.widgets.parts import column, row, widget
from tlstudio.gui.widgets.rail import KEY, Rail
from tlstudio.gui.widgets.run_bar import RunBar
from tlstudio.gui.widgets.title_strip import TitleStrip

if TYPE_CHECKING:
    from tlstudio.gui.presentation.mode import Presentation

SIZE, SMALLEST = (1280, 800), (960, 640)


class MainWindow(QMainWindow):
    """All pages in one window. `painted` comes once, after the first paint: heavy things start then."""

    painted = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setWindowTitle("Transfer Learning Studio")
        self._painted = False
        self._closing = False
        self.rail, self.stack, self.pages = Rail(), QStackedWidget(), dict[str, Page]()
        for kind in page_classes():
            page = kind(session)
            self.pages[page.key] = page
            self.rail.add(page.key, page.word(), page.icon_name)
            self.stack.addWidget(page)
            page.mark_changed.connect(lambda page=page: self._mark(page))
            self._mark(page)
        self.strip = TitleStrip(session, self)
        self.run_bar = RunBar(session)
        self.study_strip = StudyStrip(session)
        self.replay_bar: QWidget | None = None
        self._presentation: Presentation | None = None
        self._dressed = False, False
        self._front = QStackedWidget()  # the pages, or what a presentation shows in their place
        self._front.addWidget(self.stack)
        self._whole = column(self.strip, (row(self.rail, (self._front, 1), spacing=0), 1), self.study_strip, self.run_bar, spacing=0)
        self.setCentralWidget(widget(self._whole))
        self.painted.connect(self._prepare)
        self.rail.currentRowChanged.connect(self._show)
        session.asked_for.connect(self.rail.show_page)
        session.trouble.connect(self.say)
        session.recipe_changed.connect(self._title)
        session.run_changed.connect(self._dress_for_replay)
        self.rail.setCurrentRow(0)
        self.page.setFocus()  # nothing is marked until a key is used
        self.resize(*SIZE)
        self.setMinimumSize(*SMALLEST)
        self.setAcceptDrops(True)
        self._title()
        geometry = session.settings.value("window/geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)

    @property
    def page(self) -> Page:
        page = self.stack.currentWidget()
        assert isinstance(page, Page)
        return page

    def _show(self, row_: int) -> None:
        page = self.pages[self.rail.item(row_).data(KEY)]
        self.stack.setCurrentWidget(page)
        self._show_front()
        page.entered()
        if not self.rail.hasFocus():  # arrow keys in the rail go on; else the page's own keys work at once, and nothing is marked
            page.setFocus()

    @property
    def presentation(self) -> Presentation:
        """The presentation, made when it is first wanted: plots come with it."""
        if self._presentation is None:
            from tlstudio.gui.presentation.mode import Presentation

            self._presentation = made = Presentation(self)
            self._front.addWidget(made.training)
            self._whole.addWidget(made.foot)
        return self._presentation

    def present(self) -> None:
        """Begin or end the presentation."""
        self.presentation.toggle()

    @property
    def presenting(self) -> bool:
        return self._presentation is not None and self._presentation.on

    def _dress_for_replay(self) -> None:
        if (self.presenting, self.session.replaying is not None) != self._dressed:
            self.dress()

    def dress(self) -> None:
        """Show what belongs around the page: the chrome, or in a presentation one quiet line; the bar of the run, or of a replay."""
        presenting, replaying = self._dressed = self.presenting, self.session.replaying is not None
        if replaying and self.replay_bar is None:
            from tlstudio.gui.widgets.replay_bar import ReplayBar

            self.replay_bar = ReplayBar(self.session)
            self._whole.insertWidget(self._whole.indexOf(self.run_bar), self.replay_bar)
        for part in (self.strip, self.rail):
            part.setVisible(not presenting)
        self.study_strip.keep_quiet(presenting)
        self.run_bar.setVisible(not presenting and not replaying)
        if self.replay_bar is not None:
            self.replay_bar.setVisible(replaying and not presenting)
            if replaying and not presenting:
                self.replay_bar.setFocus()  # its keys work at once
        if self._presentation is not None:
            self._presentation.foot.setVisible(presenting)
        self._show_front()
        self._mark(self.pages["train"])

    def _show_front(self) -> None:
        """In a presentation training has a view of its own, and every page says in its last line where it is."""
        front: QWidget = self.stack
        if self._presentation is not None and self._presentation.on:
            front = self._presentation.training if self.page.key == "train" else front
            self._presentation.foot.show_page(self.page.key)
        self._front.setCurrentWidget(front)

    def _prepare(self) -> None:
        for i, page in enumerate(self.pages.values()):
            QTimer.singleShot(150 + 50 * i, page, page.prepare)  # one after the other: hands come first

    def _mark(self, page: Page) -> None:
        played = self.session.replaying
        replay = ("running", self.tr("Replay")) if played is not None and page.key == "train" else None
        self.rail.show_mark(page.key, *(replay or page.mark()))

    def _title(self) -> None:
        name = self.session.recipe.name
        self.setWindowTitle(f"{name} – Transfer Learning Studio" if name else "Transfer Learning Studio")

    def say(self, error: StudioError) -> None:
        """A trouble that has no place of its own on a page; does not block. In a presentation nothing pops up."""
        if self._presentation is not None and self._presentation.on:
            self._presentation.say(error)
            return
        box = QMessageBox(QMessageBox.Icon.Warning, self.tr("Transfer Learning Studio"), error.what, parent=self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setInformativeText(sentences(error.why, error.do))
        box.setDetailedText(error.details)
        box.open()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if data_in(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """A folder, archive or CSV file may be dropped anywhere."""
        paths = data_in(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.session.open_data(paths[0])

    def closeEvent(self, event: QCloseEvent) -> None:
        """While a run or a study is training, ask first: stop and keep the best, or stay."""
        if self._presentation is not None:
            self._presentation.leave()
        if self.session.training and not self._closing:
            event.ignore()
            self._ask_before_closing()
            return
        self.session.settings.setValue("window/geometry", self.saveGeometry())
        self.hide()  # the engines take a moment to end
        self.session.close()
        background.forget_all()
        QThreadPool.globalInstance().waitForDone(2000)
        event.accept()
        # Qt ends the loop by itself only if no other window is in sight at this moment; else nothing would be left to close
        QTimer.singleShot(0, QCoreApplication.quit)

    def _ask_before_closing(self) -> None:
        session = self.session
        study, begun = session.studying.active, bool(session.trained.run)  # its folder is there
        title = self.tr("A study is training") if study else self.tr("A run is training") if begun else self.tr("A run is starting")
        if study:
            said = self.tr("If you close now, its finished runs stay. You can go on with it next time, under Run, Studies and the queue.")
            go_on = self.tr("Go on with the study")
        elif begun:
            said = self.tr(
                "If you close now, it stops and keeps the best so far. You can also leave it unfinished and resume it from Home next time."
            )
            go_on = self.tr("Go on training")
        else:
            said, go_on = self.tr("It has learned nothing yet. If you close now, nothing of it is kept."), self.tr("Go on training")
        box = QMessageBox(QMessageBox.Icon.Question, title, title, parent=self)
        box.setObjectName("closeQuestion")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setInformativeText(said)
        stops = begun and not study
        stop = box.addButton(self.tr("Stop, keep the best, close"), QMessageBox.ButtonRole.AcceptRole) if stops else None
        later = self.tr("Close, go on later") if study else self.tr("Close, resume later") if begun else self.tr("Close")
        leave = box.addButton(later, QMessageBox.ButtonRole.DestructiveRole)
        stay = box.addButton(go_on, QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(stay)
        box.setEscapeButton(stay)
        ended = session.studying.ended if study else session.trained.ended

        def over() -> None:
            if box.isVisible():
                box.reject()  # it ended by itself: nothing is left to ask

        def answered() -> None:
            ended.disconnect(over)
            if stop is not None and box.clickedButton() is stop:
                ended.connect(self._close_now)
                session.trained.stop()
                if not session.trained.active:
                    self._close_now()
            elif box.clickedButton() is leave:
                self._close_now()

        ended.connect(over)
        box.finished.connect(answered)
        box.open()

    def _close_now(self) -> None:
        self._closing = True
        QTimer.singleShot(0, self.close)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self.painted.emit)
