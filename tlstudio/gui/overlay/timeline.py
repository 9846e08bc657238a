"""The panel below a video or a camera's picture: play, where one is, how many frames a second are shown."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QWidget

from tlstudio.gui import theme
from tlstudio.gui.jobs import JobHandle
from tlstudio.gui.overlay.floating import RIM, Floating
from tlstudio.gui.overlay.reel import Reel
from tlstudio.gui.overlay.scrubber import HIGH, Scrubber
from tlstudio.gui.widgets.parts import ToolButton, column, label, row, widget

PICTURES = 24
_WIDE, _ROOM = 620, 420  # size of the page from which on there is room for all of it


class Timeline(Floating):
    """objectName overlayTimeline; playVideo, predictVideo. Signals say what was pressed; `show_place` and `show_state` what is so.

    Like the film strip it has an `order`: all frames, one after the other.
    """

    play_asked = Signal()
    predict_asked = Signal()
    sought = Signal(int, bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "overlayTimeline")
        self.play = ToolButton("play", self.tr("Play, or stop playing"), shortcut="K", on=self.play_asked.emit)
        self.play.setObjectName("playVideo")
        self.scrubber = Scrubber()
        self.scrubber.sought.connect(self.sought)
        self._time, self._whole = label("", "section"), label("", "small")
        self._pace = label("", "small", align=Qt.AlignmentFlag.AlignRight)
        self._pace.setObjectName("videoPace")
        self.predict = ToolButton(
            "magic-wand", self.tr("Predict every frame and write the masks, and the video with them"), text=self.tr("Whole video…"),
            role="accent", on=self.predict_asked.emit,
        )  # fmt: skip
        self.predict.setObjectName("predictVideo")
        self._quiet = label("", "muted", wrap=True)
        self._quiet.setObjectName("cameraNote")
        self._left = widget(column(None, self._time, self._whole, None, spacing=0))
        self._right = widget(column(None, self._pace, row(None, self.predict, spacing=0), None, spacing=2))
        self.set_content(row(self.play, self._left, (self.scrubber, 1), (self._quiet, 1), self._right, spacing=8, margins=(6, 2, 8, 2)))
        self.reel: Reel | None = None
        self._strip: JobHandle | None = None
        self._small = False
        self._words = self._of = ""
        self._fit()

    @property
    def order(self) -> Sequence[int]:
        return range(len(self.reel)) if self.reel is not None and not self.reel.live else ()

    def next_to(self, place: int, step: int) -> int | None:
        """The frame so many before or after that one; None beyond the ends, and of a camera."""
        to = place + step
        return to if self.reel is not None and not self.reel.live and 0 <= to < len(self.reel) else None

    def mark(self, place: int) -> None:
        """Show where one is."""
        reel = self.reel
        if reel is None or reel.live:
            return
        if not self.scrubber.isSliderDown():
            self.scrubber.setValue(place)
        seconds = float(reel.times[min(max(0, place), len(reel) - 1)])
        self._time.setText(clock(seconds, reel.seconds))
        self.scrubber.setAccessibleDescription(self._time.text())

    def show_reel(self, reel: Reel | None) -> None:
        """Another video, or a camera."""
        if self._strip is not None:
            self._strip.forget()
            self._strip = None
        self.reel = reel
        self.scrubber.show_pictures([])
        if reel is None:
            return
        self.scrubber.setVisible(not reel.live)
        self._quiet.setVisible(reel.live)
        self.predict.setVisible(not reel.live)
        if reel.live:
            self._time.setText(self.tr("Camera"))
        else:
            self.scrubber.setRange(0, len(reel) - 1)
            self.scrubber.setPageStep(max(1, round(reel.rate)))
            self.scrubber.setValue(0)
            self._of = self.tr("of %1").replace("%1", clock(reel.seconds, reel.seconds))
            self._strip = reel.strip(PICTURES, 2 * HIGH, self.scrubber.show_pictures)
            self.mark(0)
        self.show_state(playing=False, waiting=False, fps=0.0, dropped=0)
        self._fit()

    def show_state(self, *, playing: bool, waiting: bool, fps: float, dropped: int, late: str = "") -> None:
        """playing: a camera is on; waiting: for the first frame; dropped: frames left out since it plays; late: as the player has it."""
        reel = self.reel
        if reel is None:
            return
        stop = "stop" if reel.live else "pause"
        self.play.show_icon(stop if playing else "play")
        if reel.live:
            self.play.setAccessibleName(self.tr("Stop the camera") if playing else self.tr("Start the camera"))
            self._of = self.tr("on") if playing else self.tr("off")
            on = self.tr("The camera is on. Nothing is recorded, and nothing leaves this computer.")
            off = self.tr("The camera is off. Nothing was recorded.")
            self._quiet.setText(on if playing else off)
        else:
            self.play.setAccessibleName(self.tr("Pause") if playing else self.tr("Play"))
        words = ""
        if waiting:
            loading = reel.predicts and not reel.warm
            words = self.tr("Loading the model…") if loading else self.tr("One moment…")
        elif playing and fps:
            words = self._paced(reel, fps, late)
        self._words = words
        self._write()
        tip = self._why(reel, late)
        left_out = self.tr("%1 frames left out since it plays.").replace("%1", f"{dropped:,}") if dropped and playing else ""
        self._pace.setToolTip(" ".join(part for part in (tip, left_out) if part))
        self._pace.setAccessibleDescription(self._pace.toolTip())

    def _paced(self, reel: Reel, fps: float, late: str) -> str:
        """How many frames a second are shown, and of how many where that is not all; whether the model is the reason."""
        shown = f"{fps:.0f}" if fps >= 9.95 else f"{fps:.1f}"
        if not late:
            return self.tr("%1 frames/s").replace("%1", shown)
        words = self.tr("Model: %1 of %2 frames/s") if late == "model" else self.tr("%1 of %2 frames/s")
        return words.replace("%1", shown).replace("%2", f"{reel.rate:.0f}")

    def _why(self, reel: Reel, late: str) -> str:
        if late == "model":
            words = self.tr("The model takes %1 s for a frame, more than the video gives it; so frames are left out, in the right time.")
            way = self.tr("Without the model (key I) every frame is played; 'Whole video' predicts them all.")
            return words.replace("%1", f"{reel.predicting:.2f}") + " " + way
        if late == "video":
            return self.tr("The frames cannot be read as fast as they follow each other; so some are left out and the time stays right.")
        return self.tr("Frames shown a second")

    def height_for(self, page: QSize) -> int:
        """For a page of that size: where it is small, one line, on which the frames a second stand in the place of the whole time."""
        self._small = page.height() < theme.px(_ROOM) or page.width() < theme.px(_WIDE)
        self.scrubber.set_low(self._small)
        beside = Qt.ToolButtonStyle.ToolButtonIconOnly if self._small else Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        self.predict.setToolButtonStyle(beside)
        self._pace.setVisible(not self._small)
        self._write()
        one, other = self._time.fontMetrics().height(), self._whole.fontMetrics().height()
        live = self.reel is not None and self.reel.live
        words = one + other if not self._small or live or self._words else one
        right = self.predict.sizeHint().height() + (0 if self._small else other + 2)
        return max(self.scrubber.sizeHint().height(), words, right, self.play.sizeHint().height()) + 4 + 2 * RIM + 4

    def _write(self) -> None:
        live = self.reel is not None and self.reel.live
        self._pace.setText(self._words)
        said = self._words if self._small and self._words else self._of
        if said != self._whole.text():
            self._whole.setText(said)
            self._fit()
        self._whole.setVisible(live or not self._small or bool(self._words))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_quiet"):
            self._fit()

    def _fit(self) -> None:
        """Room for the longest words, so that nothing moves while it plays."""
        longest = [clock(self.reel.seconds, self.reel.seconds) if self.reel is not None and not self.reel.live else self.tr("Camera")]
        for part in (self._time, self._pace):
            part.ensurePolished()
        wide = max(self._time.fontMetrics().horizontalAdvance(word) for word in longest)
        self._left.setMinimumWidth(max(wide, self._whole.fontMetrics().horizontalAdvance(self._whole.text())) + 6)
        said = max(self.tr("Model: %1 of %2 frames/s").replace("%1", "9.9").replace("%2", "60"), self.tr("Loading the model…"), key=len)
        self._pace.setMinimumWidth(self._pace.fontMetrics().horizontalAdvance(said) + 2)


def clock(seconds: float, whole: float) -> str:
    """0:03.48; 1:02:03 where the whole is more than an hour. whole: seconds of all."""
    if whole >= 3600:
        return f"{int(seconds // 3600)}:{int(seconds % 3600 // 60):02}:{int(seconds % 60):02}"
    return f"{int(seconds // 60)}:{seconds % 60:05.2f}" if whole < 600 else f"{int(seconds // 60)}:{int(seconds % 60):02}"
