"""Looking at a collection: brings the pictures, keeps panels and canvas of one mind. Knows no session and asks no engine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSettings, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tlstudio.errors import StudioError, sentences
from tlstudio.gui.overlay.collection import Collection
from tlstudio.gui.overlay.film_strip import FilmStrip
from tlstudio.gui.overlay.loader import Loader
from tlstudio.gui.overlay.looking import Looking
from tlstudio.gui.overlay.panels import Panels
from tlstudio.gui.overlay.past import Past
from tlstudio.gui.overlay.picture import Labels, Picture
from tlstudio.gui.overlay.reading import Counts
from tlstudio.gui.overlay.reel import Reel
from tlstudio.gui.overlay.status_line import StatusLine
from tlstudio.gui.overlay.task import Task
from tlstudio.gui.overlay.telling import Telling
from tlstudio.gui.overlay.timeline import Timeline

ZOOM_STEP = 1.25
RECOUNT = 0.3  # seconds between two countings while frames run


class Viewer(QWidget):
    """panels and status are its parts; `place` is the picture that is open, its place in the collection."""

    picture_shown = Signal()
    """Its files were read (or could not be); `picture` is what is seen."""
    opening = Signal()
    """Another picture is wanted."""

    def __init__(self, settings: QSettings, head: QWidget, task: Task) -> None:
        super().__init__()
        self.looking, self.loader, self.past = Looking(settings, self), Loader(self), Past(self)
        self.panels, self.status = Panels(self.looking, head, task), StatusLine()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.panels, 1)
        layout.addWidget(self.status)
        self.collection: Collection | None = None
        self.picture: Picture | None = None
        """What is shown now; its prediction may be that of an earlier epoch, or one that was corrected."""
        self._read: Picture | None = None  # as its files are
        self.correction = True
        """Whether of a prediction that was corrected by hand the correction is shown."""
        self.counts = Counts()
        self.place = -1
        self.begin_at = 0
        """The frame at which the next video is opened."""
        self._seen: tuple[object, ...] = ()
        self._counted_at, self._runs = 0.0, False  # frames of a video that runs are not all counted
        self._telling = Telling(self)
        self.guard: Callable[[Callable[[], None]], bool] = lambda then: True
        """Asked before another picture is opened; where it says no, it may call later what it was given."""
        self._size: tuple[int, int] | None = None  # of the picture before
        self._wire()

    def _wire(self) -> None:
        bar, film, canvas = self.panels.bar, self.panels.film, self.panels.canvas
        bar.stepped.connect(self.step)
        bar.mode_chosen.connect(self.looking.set_mode)
        bar.zoomed.connect(self.zoom)
        bar.fitted.connect(canvas.fit)
        bar.one_to_one.connect(lambda: canvas.one_to_one())
        film.chosen.connect(self.open_picture)
        film.order_changed.connect(self._place_changed)
        canvas.view_changed.connect(lambda: bar.show_zoom(canvas.zoom if self.picture is not None else 1))
        canvas.swiped.connect(self.looking.set_swipe)
        for one in (canvas, self.panels.beside):
            one.hovered.connect(self._telling.hover)
        self.loader.loaded.connect(self._loaded)
        self.loader.failed.connect(lambda _, error: self.show_trouble(error))
        self.loader.counted.connect(self._counted)
        self.looking.changed.connect(self._look_changed)
        self.past.found.connect(self._past_found)
        self.past.brought.connect(self._show_past)
        self.panels.time.epoch_changed.connect(self._want_epoch)
        self.panels.classes.correction_shown.connect(self.show_correction)

    # what is open

    @property
    def strip(self) -> FilmStrip | Timeline:
        """Along which one goes from picture to picture."""
        return self.panels.film if self.collection is None or self.collection.reel is None else self.panels.timeline

    def show_collection(self, collection: Collection) -> None:
        """Open another collection at its first picture."""
        self.collection, self.picture, self._size = collection, None, None
        self._read, self.correction = None, True
        self.place = -1
        self.loader.show_collection(collection)
        self.looking.show_collection(collection)
        self.past.show_collection(collection)
        self.status.show_classes(self.looking.look.classes)
        self.panels.timeline.show_reel(collection.reel)
        if collection.reel is not None:
            self._show_reel(collection.reel)
            return
        self.panels.film.show_collection(collection)
        if self.panels.film.order:
            self.open_picture(self.panels.film.order[0])
        else:
            self.status.show_file("", collection.title, 0, 0)
            self.panels.show_trouble()
            self.panels.trouble.show_state("image", "muted", self.tr("There is no picture in it"))

    def _show_reel(self, reel: Reel) -> None:
        self.panels.bar.show_place(0, 0)
        self.panels.classes.show_figures((), (), None)
        self.status.show_file("", self.collection.title if self.collection is not None else "", 0, 0)
        self.panels.show_trouble()
        if reel.live:
            self.panels.trouble.show_busy(self.tr("Waiting for the camera"), None)
            return
        self.panels.trouble.show_busy(self.tr("The first frame is being read"), None)
        reel.predicts = False  # at once what is there; the model may have to be loaded
        at, self.begin_at = self.begin_at, 0
        self.open_picture(at if at < len(reel) else 0)

    def show_frame(self, place: int, picture: Picture) -> None:
        """A frame of a video that runs, or of a camera."""
        assert self.collection is not None
        assert self.collection.reel is not None
        self.place = 0 if self.collection.reel.live else place
        self._telling.patience.stop()
        self.loader.keep(self.place, picture)
        self.strip.mark(self.place)
        self._place_changed()
        self._runs = True
        self._loaded(self.place, picture)
        self._runs = False

    def open_picture(self, place: int) -> None:
        """Show the picture at that place of the collection as soon as it is read; until then the last one stays."""
        film = self.strip
        self.opening.emit()
        if place != self.place and not self.guard(lambda: self.open_picture(place)):
            film.mark(self.place)
            return
        self.place = place
        film.mark(place)
        self.panels.time.pause()
        self._place_changed()
        near = [film.next_to(place, step) for step in (1, -1)]
        self.loader.want(place, [i for i in near if i is not None])
        if self.loader.busy:
            self._telling.patience.start()

    def show_correction(self, on: bool) -> None:
        """The mask as it was corrected by hand, or as it was predicted."""
        if on != self.correction:
            self.correction = on
            if self._read is not None and not self.panels.editing:
                self._loaded(self.place, self._read)

    def step(self, by: int) -> None:
        """The picture so many further along the strip."""
        to = self.strip.next_to(self.place, by)
        if to is not None:
            self.open_picture(to)

    def zoom(self, steps: int) -> None:
        self.panels.canvas.zoom_by(ZOOM_STEP**steps)

    def take_edited(self, picture: Picture) -> None:
        """The same picture with labels that are painted on in place."""
        self.picture = picture
        self.panels.time.to_end()
        self.panels.show_picture(picture, keep_view=True)
        self._show_figures()
        self.loader.count(self.place, picture)

    def labels_edited(self) -> None:
        """Prediction or truth of the picture was painted on: count anew."""
        if self.picture is not None:
            self.loader.count(self.place, self.picture)

    # what comes

    def _loaded(self, place: int, picture: Picture) -> None:
        self._read = picture
        if self.correction and picture.corrected is not None:
            picture = replace(picture, prediction=picture.corrected, by_hand=True)
        self.picture = picture
        if not self._runs:
            self.counts = Counts()  # of frames that run, those of the frame before stand until it is counted
        self.looking.show_picture(picture)
        self.panels.time.show_epochs(self.past.epochs(place), best=not self._of_an_epoch)
        self.panels.has_past = place in self.past.places
        size = picture.width, picture.height
        self.panels.show_picture(picture, keep_view=True, passing=self._runs)
        if size != self._size and (self._size is None or self.panels.canvas.fitted):
            self.panels.fill_page()
        self._size = size
        self._show_figures()
        self._telling.show_file()
        if self.past_shown:
            self._want_epoch(self.panels.time.epoch)
        elif not self._runs or time.perf_counter() > self._counted_at + RECOUNT:
            self._counted_at = time.perf_counter()
            self.loader.count(place, picture)
        self.picture_shown.emit()

    def show_trouble(self, error: StudioError) -> None:
        """Nothing can be shown, and why."""
        self.picture, self._read, self.counts = None, None, Counts()
        self.looking.show_picture(None)
        self.panels.has_past = False
        self.panels.trouble.show_error(error)
        self.panels.show_trouble()
        self._show_figures()
        self._telling.show_file()
        self.status.setAccessibleDescription(sentences(error.what, error.why, error.do))
        self.picture_shown.emit()

    def _counted(self, place: int, counts: Counts) -> None:
        self.counts = counts
        assert self.collection is not None
        if self.picture is not None and self.picture.by_hand and not self.panels.editing:
            self.collection.entries[place]["corrected_iou"] = counts.mean_iou
        self._show_figures()

    def _show_figures(self) -> None:
        """Shares and IoUs: as counted, and until then as the collection tells."""
        counts, classes = self.counts, self.panels.classes
        assert self.collection is not None
        entry = self.collection.entries[max(0, self.place)]
        of_truth = self.looking.look.mode == "truth" or (self.picture is not None and self.picture.prediction is None)
        shares, ious = counts.shares(of_truth=of_truth), counts.ious()
        by_hand = self.picture is not None and self.picture.by_hand and not self.past_shown
        known = self.picture is not None and not self.past_shown and not by_hand
        if known and not ious:
            ious = list(entry.get("per_class") or ())
        if known and not shares and not of_truth:
            shares = list(entry.get("shares") or ())
        defined = [iou for iou in ious if iou is not None]
        classes.show_figures(shares, ious, sum(defined) / len(defined) if defined else None, by_hand=by_hand)
        there = self._read is not None and self._read.corrected is not None and not self.past_shown
        classes.show_correction(there, by_hand, changeable=not self.panels.editing)
        classes.show_difference(counts.found(self.looking.look.solo))

    @property
    def past_shown(self) -> bool:
        """Whether the mask on the screen is that of an earlier epoch."""
        return self.panels.has_past and self.panels.time.epoch != -1

    def _look_changed(self) -> None:
        look = self.looking.look
        seen = (look.mode, look.solo, look.classes)
        if seen == self._seen or self.collection is None or self.place < 0:  # an opacity is being dragged
            return
        self._seen = seen
        self.status.show_classes(look.classes)
        self._show_figures()

    def _place_changed(self) -> None:
        order = self.strip.order
        self.panels.bar.show_place(order.index(self.place) if self.place in order else -1, len(order))

    # through time

    def _past_found(self) -> None:
        self.panels.film.show_past(self.past.places)
        if self.picture is not None:
            self.panels.time.show_epochs(self.past.epochs(self.place), best=not self._of_an_epoch)
            self.panels.has_past = self.place in self.past.places
            self.panels.arrange()

    @property
    def _of_an_epoch(self) -> bool:
        """Whether the masks of an earlier epoch themselves are open."""
        return self.collection is not None and Path(self.collection.source).parent.name == "masks"

    def _want_epoch(self, epoch: int) -> None:
        if self.picture is not None:
            self.past.want(self.place, epoch, (self.picture.width, self.picture.height))

    def _show_past(self, place: int, epoch: int, labels: Labels | None) -> None:
        """labels: the mask after that epoch, None for the collection's own."""
        picture = self.picture
        if place != self.place or picture is None or epoch != self.panels.time.epoch:
            return
        if labels is None:
            if epoch == -1:
                self.loader.want(place)
            return
        self.picture = replace(picture, prediction=labels, confidence=None, entropy=None, by_hand=False)
        self.panels.show_picture(self.picture, keep_view=True)
        self.loader.count(place, self.picture)
