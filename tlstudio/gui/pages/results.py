"""Results: how good a run is, on which images, where it is wrong; and one's own picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QBoxLayout, QFileDialog

from tlstudio import places
from tlstudio.errors import InputError
from tlstudio.gui import result_words, theme
from tlstudio.gui.measurements import Measurements
from tlstudio.gui.metric import MASKS
from tlstudio.gui.page import Page
from tlstudio.gui.result_words import split_word
from tlstudio.gui.run_list import Row, RunList
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.no_runs import NoRuns
from tlstudio.gui.widgets.parts import GAP, MARGIN, column, row, widget
from tlstudio.gui.widgets.scrolling import scrolling
from tlstudio.gui.widgets.state_panel import Offer
from tlstudio.gui.widgets.tab_order import tab_after

if TYPE_CHECKING:
    from tlstudio.gui.widgets.longer_popover import LongerPopover
    from tlstudio.gui.widgets.mask_cards import MaskCards
    from tlstudio.gui.widgets.measured_cards import MeasuredCards
    from tlstudio.gui.widgets.picture_dialog import PictureDialog

TRY, TALL = 296, 284  # width of the Try it card; least height of what stands beside it


class ResultsPage(Page):
    """The cards stand in three, two or one columns, as the width allows."""

    key = "results"
    icon_name = "target"
    order = 4

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._list = RunList.of(session)
        self._asked = Measurements(session, self)
        self._chosen, self._split, self._picture = "", "val", ""
        self._before: tuple[bool, str] = (False, "")
        self._built = False
        self._beside = True
        self._shown_cards: dict[bool, MeasuredCards | MaskCards] = {}
        self._dialog: PictureDialog | None = None
        self._list.changed.connect(self._list_changed)
        self._asked.changed.connect(self._measured)
        session.result_changed.connect(self._asked_for)
        session.run_turned.connect(self._training_changed)

    def word(self) -> str:
        return self.tr("Results")

    def mark(self) -> tuple[str, str]:
        row_ = self._list.find(self._chosen) or next(iter(self._list.finished), None)
        live = bool(self._chosen) and self._chosen == self.session.trained.run
        before = self.session.training and not live
        return result_words.mark(self._asked.loading, row_, chosen=bool(self._chosen), before=before)

    def guide(self) -> str:
        return self.tr(
            "How good a run is. Accuracy always says on which images and how sure it is; the matrix says what is called what. Of masks "
            "mean IoU says how much of prediction and truth overlaps; a cell of the matrix, or a class of the table, shows where it is "
            "worst.\n"
            "Arrow keys walk the confusion matrix and the bars; Enter opens the pictures behind a cell or a bar.\n"
            "Ctrl+V pastes a picture into Try it; one can also drop or choose a file."
        )

    def entered(self) -> None:
        self._list.ask()
        self._build()
        if not self._chosen:
            self._choose_newest()

    @property
    def busy(self) -> bool:
        """Whether results are still being measured."""
        return self._asked.loading.state == "busy" or (not self._chosen and self._list.loading.state == "busy")

    def show_run(self, run: str, split: str = "val", picture: str = "") -> None:
        """Look at a run (a folder). It is measured at once, so that the figures are there when somebody comes to see.

        picture: the file of one of the split's images, which is opened as soon as that is known.
        """
        self._chosen, self._split, self._picture = run, split, picture
        self._build()
        self._try.set_run(run)
        self._asked.look(run, split)
        self._show_heading()

    def present(self, on: bool) -> None:
        super().present(on)
        if self._built:
            self._heading.present(on)
            self._arrange()

    def _asked_for(self) -> None:
        picture, self.session.result_picture = self.session.result_picture, ""
        self.show_run(self.session.result_run, picture=picture)

    def _training_changed(self) -> None:
        """What there is belongs to the run before, once another trains."""
        now = (self.session.training, self.session.trained.run)
        if now != self._before:
            self._before = now
            self.mark_changed.emit()

    # building

    def _build(self) -> None:
        if self._built:
            return
        self._built = True
        # numpy and Pillow come with these: the window is on the screen before.
        from tlstudio.gui.widgets.result_heading import ResultHeading
        from tlstudio.gui.widgets.try_it import TryIt

        self._longer: LongerPopover | None = None
        self._heading = ResultHeading()
        self._heading.present(self.presented)
        self._heading.run_chosen.connect(lambda run: self.show_run(run, self._split if self._split != "test" else "val"))
        self._heading.replay_asked.connect(lambda: self.session.replay(self._chosen))
        self._heading.longer_asked.connect(self._train_longer)
        self._heading.split_chosen.connect(lambda split: self.show_run(self._chosen, split))
        self._state = NoRuns(self._list, "resultsState")
        self._try = TryIt(self.session)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), self, self._try.paste)  # while the page is in sight
        self._left = column((self._state, 1), spacing=0)
        self._cards = row((self._left, 1), self._try, spacing=GAP)
        inside = widget(column(self._heading, 8, (self._cards, 1), spacing=0, margins=(MARGIN, GAP, MARGIN, GAP)))
        self.setLayout(column(scrolling(inside), spacing=0))
        self._arrange()
        self._measured()

    def _cards_for(self, document: dict[str, Any]) -> MeasuredCards | MaskCards:
        """Those of the document's task; made when they are first needed."""
        from tlstudio.gui.widgets.mask_cards import MaskCards
        from tlstudio.gui.widgets.measured_cards import MeasuredCards

        task = str(document.get("task", ""))
        if (task == MASKS) not in self._shown_cards:
            cards: MeasuredCards | MaskCards
            if task == MASKS:
                cards = MaskCards()
                cards.overlay_asked.connect(lambda: self.session.show_masks(self._chosen, self._split))
            else:
                cards = MeasuredCards()
                cards.opened.connect(self._open)
            cards.set_side_by_side(self._beside)
            self._shown_cards[task == MASKS] = cards
            self._left.addWidget(cards, 1)
            tab_after(cards, self._try)
        return self._shown_cards[task == MASKS]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._built:
            self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and getattr(self, "_built", False):
            self._arrange()

    def _arrange(self) -> None:
        """Three columns (accuracy, confusion, Try it), two, or one."""
        width = self.width() - 2 * MARGIN
        left = width - theme.px(TRY) - GAP
        columns = 3 if left >= theme.px(640) else 2 if left >= theme.px(380) else 1
        self._heading.set_wide(width >= self._heading.minimum_wide())
        self._state.setMinimumHeight(theme.px(TALL))
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._beside = columns == 3
        for cards in self._shown_cards.values():
            cards.set_side_by_side(self._beside)
        self._cards.setDirection(across if columns > 1 else down)
        self._try.setMaximumWidth(theme.px(TRY) if columns > 1 else 16_777_215)
        self._try.setMinimumWidth(theme.px(TRY) if columns > 1 else 0)

    # what is shown

    def _list_changed(self) -> None:
        if self._built:
            if not self._chosen and self.isVisible():
                self._choose_newest()
            elif self._chosen and self._list.loading.ready and not self._there(self._chosen):
                self._chosen = self.session.result_run = ""
                self._asked.clear()
                self._choose_newest()
            self._show_heading()
            self._show_state()
        self.mark_changed.emit()

    def _there(self, run: str) -> bool:
        """Whether the run is in the list, may be about to come, or was never there (a folder somewhere else)."""
        return self._list.find(run) is not None or self._list.pending or not run.startswith(str(places.runs()))

    def _choose_newest(self) -> None:
        wanted = self.session.result_run or next((run["path"] for run in self._list.finished), "")
        if wanted and self._list.loading.ready:
            self.show_run(wanted)

    def _row(self) -> Row | None:
        return self._list.find(self._chosen) if self._chosen else None

    def _train_longer(self) -> None:
        from tlstudio.gui.widgets.longer_popover import LongerPopover

        if self._longer is None:
            self._longer = LongerPopover(self.session, self)
        button = self._heading.longer
        self._longer.ask(button.mapToGlobal(button.rect().bottomLeft()), self._chosen)

    def _show_heading(self) -> None:
        runs, row_ = self._list.finished, self._row()
        if row_ is not None and row_ not in runs:  # an unfinished one can be looked at too
            runs = [row_, *runs]
        self._heading.show_runs(runs, self._chosen)
        self._heading.show_run(row_, self._split)

    def _measured(self) -> None:
        if self._built:
            measurement = self._asked.measurement
            if measurement is not None and self._asked.loading.ready:
                cards = self._cards_for(measurement.document)
                cards.show_measurement(measurement, split_word(measurement.document["split"]))
                self._show_state()
                self._open_wanted(cards)
            else:
                self._show_state()
        self.mark_changed.emit()

    def _show_state(self) -> None:
        """The cards, or in their place what is missing."""
        loading = self._asked.loading
        ready = loading.ready
        wanted = self._cards_for(loading.document) if ready else None
        for cards in self._shown_cards.values():
            cards.setVisible(cards is wanted)
        self._state.setVisible(not ready)
        self._try.setVisible(bool(self._chosen))
        again = Offer(self.tr("Measure again"), self.tr("Ask the run about all images of the split"), self._again, "arrow-clockwise")
        if loading.state == "busy":
            cancel = Offer(self.tr("Cancel"), self.tr("Stop measuring"), self._asked.cancel)
            on = split_word(self._split)
            self._state.show_busy(self.tr("Measuring on the %1 images").replace("%1", on), loading.progress, [cancel])
        elif loading.state == "failed" and loading.error is not None:
            moved = Offer(
                self.tr("Show where the images are…"),
                self.tr("If the folder of the images was moved or renamed, choose where it is now"),
                self._find_images,
                "folder-open",
            )
            self._state.show_error(loading.error, [again, moved])
        elif self._chosen and loading.error is not None:
            self._state.show_state("target", "muted", self.tr("Measuring was cancelled"), "", [again])
        elif not ready:
            more = self.tr("Once a run has finished, its accuracy, its mistakes and a place to try your own pictures stand here.")
            self._state.show_list("target", self.tr("Results need a trained run"), more)

    def _again(self) -> None:
        self.show_run(self._chosen, self._split)

    def _find_images(self) -> None:
        dialog = QFileDialog(self, self.tr("Where are the images now?"))
        dialog.setObjectName("findImages")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda folder: self._asked.look(self._chosen, self._split, data=folder))
        dialog.open()

    def _open(self, order: list[int], place: int) -> None:
        measurement = self._asked.measurement
        if measurement is not None and measurement.predictions is not None and 0 <= place < len(order):
            if self._dialog is None:
                from tlstudio.gui.widgets.picture_dialog import PictureDialog

                self._dialog = PictureDialog(self)
            self._dialog.show_from(measurement.predictions, order, place)

    def _open_wanted(self, cards: MeasuredCards | MaskCards) -> None:
        """Open the picture that was asked for, once."""
        picture, self._picture = self._picture, ""
        if picture and not cards.show_picture(picture):
            why = self.tr("It is not among the images that this run was measured on just now")
            self.session.trouble.emit(InputError(self.tr("%1 cannot be opened here").replace("%1", picture), why))


PAGE = ResultsPage
