"""Watching a video or a camera: brings viewer, timeline and player together."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from tlstudio.errors import StudioError
from tlstudio.gui.overlay.collection import Collection
from tlstudio.gui.overlay.picture import Picture
from tlstudio.gui.overlay.player import Player
from tlstudio.gui.overlay.reel import Reel
from tlstudio.gui.overlay.viewer import Viewer

_TELL = 250  # ms between two words on the frames a second
_REST = 150  # ms that the hand rests while it drags, after which the model is asked


class Watching(QObject):
    """player: runs while it plays. What is sought or stepped to comes through the viewer, as any picture does."""

    changed = Signal()
    """It plays, or no more."""

    def __init__(self, viewer: Viewer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer, self._timeline = viewer, viewer.panels.timeline
        self.player = Player(self)
        self.reel: Reel | None = None
        self._tell = QTimer(self, interval=_TELL)
        self._tell.timeout.connect(self._show_state)
        self._rest = QTimer(self, singleShot=True, interval=_REST)
        self._rest.timeout.connect(self._predict)
        player, timeline = self.player, self._timeline
        player.shown.connect(self._shown)
        player.changed.connect(self._changed)
        player.failed.connect(self._failed)
        timeline.play_asked.connect(self.toggle)
        timeline.sought.connect(self.seek)
        viewer.looking.changed.connect(self._look_changed)
        viewer.opening.connect(self.player.pause)
        viewer.picture_shown.connect(self._picture_shown)

    def show_collection(self, collection: Collection) -> None:
        """Another collection was opened; one that is no video ends what was watched."""
        if self.reel is not None and self.reel is not collection.reel:
            self.player.show_reel(None)
            self.reel.close()
            self.reel.deleteLater()
        self.reel = collection.reel
        self.player.show_reel(self.reel)
        if self.reel is not None:
            self.reel.predicts = self.reel.live and self._wanted  # of a video the first picture comes alone
            if self.reel.live:
                self.toggle()

    def toggle(self) -> None:
        """Play, or stop."""
        if self.player.playing:
            self.player.pause()
        elif self.reel is not None:
            self._viewer.loader.rest()
            self.player.play(max(0, self._viewer.place))

    def stop(self) -> None:
        """Nobody looks any more: no camera is to be on."""
        self.player.pause()

    def seek(self, place: int, held: bool) -> None:
        """Go to a frame; held: the hand still drags, so that the picture alone comes first."""
        if self.reel is None:
            return
        self._rest.stop()
        self.reel.predicts = self._wanted and not held
        self._viewer.open_picture(place)
        if held and self._wanted:
            self._rest.start()

    # inside

    @property
    def _wanted(self) -> bool:
        """Whether one looks at what the model says."""
        return self.reel is not None and bool(self.reel.run) and self._viewer.looking.wanted != "image"

    def _predict(self) -> None:
        reel, picture, viewer = self.reel, self._viewer.picture, self._viewer
        if reel is None:
            return
        reel.predicts = self._wanted
        if reel.predicts and not self.player.playing and picture is not None and picture.pending:
            viewer.loader.want(viewer.place)

    def _look_changed(self) -> None:
        if self.reel is None or self.reel.predicts == self._wanted:
            return
        if self._wanted and self._rest.isActive():
            return  # the hand still drags
        self._rest.stop()
        self._predict()

    def _shown(self, place: int, picture: Picture) -> None:
        self._viewer.show_frame(place, picture)

    def _picture_shown(self) -> None:
        """The first picture of a video comes alone, for a model may take seconds to load; then what it says is asked for."""
        picture = self._viewer.picture
        reel = self.reel
        if reel is not None and not reel.predicts and picture is not None and picture.pending and self._wanted and not self.player.playing:
            self._rest.start()
        if not self.player.playing:
            self._show_state()

    def _changed(self) -> None:
        if self.player.playing:
            self._tell.start()
        else:
            self._tell.stop()
            self._viewer.panels.settle()
            self._viewer.labels_edited()  # of the frames that ran not all were counted
        self._show_state()
        self.changed.emit()

    def _show_state(self) -> None:
        player, loader = self.player, self._viewer.loader
        cold = self.reel is not None and self.reel.predicts and not self.reel.warm
        waiting = player.waiting or (cold and (loader.busy or player.playing))
        self._timeline.show_state(playing=player.playing, waiting=waiting, fps=player.fps, dropped=player.dropped, late=player.late)

    def _failed(self, error: StudioError) -> None:
        self._viewer.show_trouble(error)
