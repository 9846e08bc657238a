"""The picture, as large as the page, and the panels that float on it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QMargins, QRect, QTimer
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

from tlstudio.gui import theme
from tlstudio.gui.overlay import mode_bar, time_slider
from tlstudio.gui.overlay.arrangement import BETWEEN, Arrangement, Sizes, arrange
from tlstudio.gui.overlay.canvas import OverlayCanvas
from tlstudio.gui.overlay.class_panel import WIDTH, ClassPanel
from tlstudio.gui.overlay.colour_tables import FALSE_COLOUR, FOUND_COLOUR, MISSED_COLOUR
from tlstudio.gui.overlay.edit_bar import EditBar
from tlstudio.gui.overlay.film_strip import FilmStrip
from tlstudio.gui.overlay.looking import Looking
from tlstudio.gui.overlay.minimap import Minimap
from tlstudio.gui.overlay.mode_bar import ModeBar
from tlstudio.gui.overlay.picture import Mode, Picture
from tlstudio.gui.overlay.task import Task
from tlstudio.gui.overlay.task_notice import TaskNotice
from tlstudio.gui.overlay.time_slider import TimeSlider
from tlstudio.gui.overlay.timeline import Timeline
from tlstudio.gui.overlay.viridis import viridis
from tlstudio.gui.overlay.words import mode_words
from tlstudio.gui.widgets.parts import label
from tlstudio.gui.widgets.state_panel import StatePanel

_HEAT_STOPS = 9
_LEAST = 200  # height that the class panel has to have, or the film strip gives way
_FILLED = 0.6  # share of a picture that has to stay in sight where it fills the page
_GAP = 2  # between the two pictures of Side by side


class Panels(QWidget):
    """canvas, beside (the second canvas of Side by side), bar, classes, film, timeline, time, minimap, edit, notice, trouble.

    has_picture, has_past, editing: what there is to show; `arrange` follows them.
    """

    def __init__(self, looking: Looking, head: QWidget, task: Task) -> None:
        super().__init__()
        self.setObjectName("overlayPanels")
        self._looking = looking
        self.canvas, self.beside = OverlayCanvas(self), OverlayCanvas(self)
        self.beside.setObjectName("overlayBeside")
        self._titles = [self._chip(), self._chip()]
        self.bar = ModeBar(self)
        scale = viridis()
        heat = [QColor(*scale[round(255 * i / (_HEAT_STOPS - 1))].tolist()) for i in range(_HEAT_STOPS)]
        self.classes = ClassPanel(looking, head, heat, (FOUND_COLOUR, FALSE_COLOUR, MISSED_COLOUR), self)
        self.minimap = Minimap(self.canvas, self)
        self.edit = EditBar(self, lambda: self.canvas.zoom)
        self.notice = TaskNotice(task, self)
        self.time = TimeSlider(self)
        self.film, self.timeline = FilmStrip(self), Timeline(self)
        self.trouble = StatePanel("overlayTrouble")
        self.trouble.setParent(self)
        for part in (self.beside, self.edit, self.time, self.timeline, self.trouble):
            part.hide()
        self.arrangement: Arrangement | None = None
        self._linked = False
        self.editing = self.has_past = self.has_picture = False
        looking.changed.connect(self.show_look)
        task.changed.connect(self.arrange)
        self.classes.lines_changed.connect(self.arrange)
        self._shown: tuple[object, ...] = ()

    def show_picture(self, picture: Picture | None, *, keep_view: bool = False, passing: bool = False) -> None:
        """On both canvases; None empties them. passing: the next one is on its way."""
        self.has_picture = picture is not None
        self.trouble.hide()
        for canvas in (self.canvas, self.beside):
            canvas.set_picture(picture, keep_view, passing=passing)
        self.show_look()

    def settle(self) -> None:
        """The picture that was passing stays."""
        for canvas in (self.canvas, self.beside):
            canvas.settle()

    def show_trouble(self) -> None:
        """The panel in the middle, with what `trouble` was given to say."""
        self.show_picture(None)
        self.trouble.show()
        self.arrange()

    def fill_page(self) -> None:
        """Let the picture fill the page, unless that would hide much of it."""
        picture, page = self.canvas.view.picture, self.canvas.view.screen
        ratios = sorted([picture[0] / picture[1], page[0] / page[1]])
        if ratios[0] / ratios[1] >= _FILLED:
            self.canvas.fill()
        else:
            self.canvas.fit()

    def show_look(self) -> None:
        """Look as `looking` says; Side by side is two canvases, each with a mode of its own."""
        look, missing = self._looking.look, self._looking.missing
        side = look.mode == "side"
        if side:
            first: Mode = "prediction" if "prediction" not in missing else "image"
            second: Mode = "truth" if "truth" not in missing else "image"
            for canvas, mode, title in zip((self.canvas, self.beside), (first, second), self._titles, strict=True):
                canvas.set_look(replace(look, mode=mode))
                picture = self.canvas.picture
                by_hand = mode == "prediction" and picture is not None and picture.by_hand
                title.setText(self.tr("Corrected") if by_hand else mode_words()[mode])
        else:
            self.canvas.set_look(look)
        if side != self.beside.isVisibleTo(self):
            self.beside.setVisible(side)
            if not side:
                self.canvas.unlink()
                self._linked = False
        shown = (look.mode, *missing, self.has_picture, self.has_past)
        if shown != self._shown:  # not while an opacity is being dragged
            self._shown = shown
            self.bar.show_mode(look.mode, missing)
            self.arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "editing"):
            QTimer.singleShot(0, self, self._restyled)

    def _restyled(self) -> None:
        """Every panel has its new fonts by now; each gets the change after this widget."""
        self.classes.forget_sizes()
        self.bar.forget_sizes()
        self.arrange()

    def arrange(self) -> None:
        """Put every panel in its place; those without room give way."""
        px, runs = theme.px, self.timeline.reel is not None
        asked = Sizes(
            bar=(self.bar.width_needed(0), self.bar.width_needed(1), self.bar.width_needed(2)),
            bar_height=px(mode_bar.HEIGHT),
            least=px(_LEAST),
            classes_width=px(WIDTH),
            classes=self.classes.size_for,
            film=self.timeline.height_for(self.size()) if runs else self.film.sizeHint().height(),
            film_stays=runs,
            time=px(time_slider.HEIGHT) if self.has_past and not self.editing else None,
            minimap=self.minimap.sizeHint() if self.has_picture and not self.beside.isVisibleTo(self) else None,
            edit=self.edit.size_for if self.editing else None,
            notice=self.notice.size_for if self.notice.wanted else None,
        )
        now = self.arrangement = arrange(self.size(), asked)
        self.bar.set_level(now.level)
        self.classes.size_for(now.classes.width(), now.classes.height())
        for panel, box in (
            (self.bar, now.bar),
            (self.classes, now.classes),
            (self.film, None if runs else now.film),
            (self.timeline, now.film if runs else None),
            (self.time, now.time),
            (self.minimap, now.minimap),
            (self.edit, now.edit),
            (self.notice, now.notice),
        ):
            if box is None and panel.isAncestorOf(self.focusWidget() or self):
                self.canvas.setFocus()  # else the next button that happens to be there would get it
            _put(panel, box)
        self._place_canvases(now)
        free = QRect(0, now.bar.bottom(), now.classes.left(), self.height() - now.insets[3] - now.bar.bottom())
        box = QRect(0, 0, max(200, free.width() - 32), min(free.height() - 32, max(200, self.trouble.sizeHint().height())))
        box.moveCenter(free.center())
        self.trouble.setGeometry(box)

    # inside

    def _place_canvases(self, now: Arrangement) -> None:
        left, top, right, bottom = now.insets
        side = self.beside.isVisibleTo(self)
        for title in self._titles:
            title.setVisible(side)
        if not side:
            self.canvas.setGeometry(self.rect())
            self.canvas.set_insets(QMargins(left, top, right, bottom))
            return
        # The panel of classes stands beside them: over one of two equal views it would hide what the other shows.
        half = (self.width() - right - _GAP) // 2
        self.canvas.setGeometry(0, 0, half, self.height())
        self.beside.setGeometry(half + _GAP, 0, half, self.height())
        under = max(box.bottom() for box in (now.bar, now.edit, now.notice) if box is not None) + BETWEEN
        for canvas, title in zip((self.canvas, self.beside), self._titles, strict=True):
            title.adjustSize()
            title.move(canvas.geometry().right() - title.width() - BETWEEN, under)
            canvas.set_insets(QMargins(8, under + title.height() + 8, 8, bottom))
        if not self._linked:
            self._linked = True
            self.canvas.link(self.beside)

    def _chip(self) -> QLabel:
        chip = label("", "chip")
        chip.setParent(self)
        chip.setStyleSheet("QLabel { background: palette(base); border: 1px solid palette(mid); border-radius: 6px; padding: 3px 10px; }")
        chip.hide()
        return chip


def _put(panel: QWidget, box: QRect | None) -> None:
    panel.setVisible(box is not None)
    if box is not None:
        panel.setGeometry(box)
