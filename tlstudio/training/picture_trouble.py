"""What is the matter with the pictures that are kept on the disk, for the user: each thing once in a run."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import closing

from tlstudio.data.picture_store import PictureStore
from tlstudio.events import EpochEnded, Event, Note, PrefixCached


class PictureTrouble:
    """store: of the run; None: no pictures are kept."""

    def __init__(self, store: PictureStore | None) -> None:
        self._store = store
        self._told: set[str] = set()
        self._heard = ""

    def beside(self, events: Generator[Event, None, None]) -> Iterator[Event]:
        """The events, and behind those after which pictures were read for the first time what is the matter with them."""
        with closing(events):
            for event in events:
                yield event
                if isinstance(event, PrefixCached):
                    self._heard += event.sentence  # of a full disk it speaks, too
                if isinstance(event, EpochEnded | PrefixCached):
                    yield from self.news()

    def news(self) -> Iterator[Note]:
        """What was not told yet."""
        for said in self._store.troubles if self._store is not None else ():
            gist = re.sub(r"[\d,]+", "", said)  # that a few more are damaged is nothing new
            if gist not in self._told and said not in self._heard:
                self._told.add(gist)
                yield Note(level="warn", message=said)
