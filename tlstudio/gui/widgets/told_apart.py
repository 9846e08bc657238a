"""Pictures that one run gets right and the other wrong; of masks, those on which the one is better by most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from tlstudio.gui import theme
from tlstudio.gui.page_keys import pages_on
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import GAP, IconLabel, Segments, ToolButton, column, label, row
from tlstudio.gui.widgets.picture import Picture
from tlstudio.run_rows.judged import MASKS, Judged, Pair

WIDE, MOST = 190, 8  # of a tile; tiles at once


class _Tile(QWidget):
    """A picture, what it is, what either run said."""

    def __init__(self) -> None:
        super().__init__()
        self.picture = Picture(opens=True)
        self._marks = (IconLabel("check-circle", "good"), IconLabel("x-circle", "bad"))
        self._lines = (ElidedLabel("smallText"), ElidedLabel("smallText"))
        self._is = ElidedLabel("small")
        lines = [row(mark, (line, 1), spacing=6) for mark, line in zip(self._marks, self._lines, strict=True)]
        self.setLayout(column((self.picture, 1), 2, self._is, *lines, spacing=2))

    def show_answers(self, path: str, is_: str, answers: Sequence[tuple[str, bool]]) -> None:
        """answers: of the first and the second run, and whether it is the better one."""
        self.picture.show_file(path)
        self._is.show_text(is_, path)
        for mark, line, (text, right) in zip(self._marks, self._lines, answers, strict=True):
            mark.show_icon(*(("check-circle", "good") if right else ("x-circle", "bad")))
            line.show_text(text)
        self.picture.setAccessibleName(". ".join([path, is_, *(text for text, _ in answers)]))
        self.picture.setToolTip(self.tr("%1\nClick to see it in Results").replace("%1", path))


class ToldApart(QWidget):
    """objectNames toldApart, toldApartSide. opened(run, place): the picture at that place among those of run 0 or 1 is asked for."""

    opened = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("toldApart")
        self.setAccessibleName(self.tr("Pictures that only one of the runs gets right"))
        self._names = ("", "")
        self._runs: tuple[Judged, Judged] | None = None
        self._pair: Pair | None = None
        self._side, self._first = "second", 0
        self.side = Segments({"second": "", "first": ""}, "second", self._choose, name="toldApartSide")
        self._where, self._words = ElidedLabel("small"), label("", "muted", align=Qt.AlignmentFlag.AlignCenter, wrap=True)
        self._where.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._before = ToolButton("caret-left", self.tr("Those before"), on=lambda: self.turn(-1))
        self._next = ToolButton("caret-right", self.tr("The next ones"), on=lambda: self.turn(1))
        self._test = ElidedLabel("small", mode=Qt.TextElideMode.ElideRight)
        self.tiles: list[_Tile] = []
        self._line = QHBoxLayout()
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(GAP)
        self.setLayout(
            column(row(self.side, 8, (self._test, 2), (self._where, 1), self._before, self._next), self._words, (self._line, 1), spacing=6)
        )

    def show_pair(self, names: Sequence[str], runs: tuple[Judged, Judged], found: Pair) -> None:
        self._names, self._runs, self._pair, self._first = (names[0], names[1]), runs, found, 0
        masks = runs[0].task == MASKS
        if not len(found.only_second) and len(found.only_first):
            self._side = "first"
        elif not len(found.only_first):
            self._side = "second"
        form = self.tr("%1 better: %2") if masks else self.tr("Only %1 right: %2")
        for key, name, places in (("second", names[1], found.only_second), ("first", names[0], found.only_first)):
            short = name if len(name) <= 24 else name[:12] + "…" + name[-11:]
            self.side.buttons[key].setText(form.replace("%1", short).replace("%2", f"{len(places):,}"))
            self.side.buttons[key].setAccessibleName(form.replace("%1", name).replace("%2", f"{len(places):,}"))
        self.side.show_choice(self._side)
        said = short = tip = ""
        if found.p_value is not None:
            said = self.tr("of %1 images in both; that uneven by chance: p = %2").replace("%1", f"{len(found.first):,}")
            said = said.replace("%2", f"{found.p_value:.2g}")
            short = f"p = {found.p_value:.2g}"
            tip = said + "\n" + self.tr("Exact McNemar test of these two runs on these images; other seeds may turn out otherwise.")
        self._test.show_text(said, tip, short=short)
        self._arrange()

    @property
    def places(self) -> list[int]:
        """Places in the pair of the pictures that are shown, best told apart first."""
        if self._pair is None:
            return []
        return [int(i) for i in (self._pair.only_second if self._side == "second" else self._pair.only_first)]

    def turn(self, by: int) -> None:
        first = self._first + by * max(1, len(self.tiles))
        if 0 <= first < len(self.places):
            self._first = first
            self._draw()

    def _choose(self, side: str) -> None:
        self._side, self._first = side, 0
        self._draw()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if by := pages_on(event):
            self.turn(by)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and getattr(self, "tiles", None):
            self._arrange()

    def _arrange(self) -> None:
        wanted = min(MOST, max(1, self.width() // theme.px(WIDE)))
        for i in range(len(self.tiles), wanted):
            tile = _Tile()
            tile.picture.clicked.connect(lambda i=i: self._open(i))
            self.tiles.append(tile)
            self._line.addWidget(tile, 1)
        for tile in self.tiles[wanted:]:
            tile.hide()
            tile.deleteLater()
        del self.tiles[wanted:]
        self._draw()

    def _open(self, tile: int) -> None:
        pair, places = self._pair, self.places
        if pair is not None and self._first + tile < len(places):
            wrong = 0 if self._side == "second" else 1  # the run that got it wrong: there one sees why
            self.opened.emit(wrong, int((pair.first, pair.second)[wrong][places[self._first + tile]]))

    def _draw(self) -> None:
        runs, pair, places = self._runs, self._pair, self.places
        if runs is None or pair is None:
            return
        n, last = len(places), min(len(places), self._first + len(self.tiles))
        where = self.tr("%1 to %2 of %3").replace("%1", str(self._first + 1)).replace("%2", str(last)).replace("%3", f"{n:,}")
        short = f"{self._first + 1}–{last} / {n:,}"
        self._where.show_text(where if n else "", short=short)
        self._where.setMinimumWidth(self._where.fontMetrics().horizontalAdvance(short) + 2 if n else 0)
        self._before.setEnabled(self._first > 0)
        self._next.setEnabled(last < n)
        nothing = self.tr("Both are right, or both wrong, on every image") if not (len(pair.only_first) or len(pair.only_second)) else ""
        self._words.setText(nothing or ("" if n else self.tr("There is none")))
        self._words.setVisible(not n)
        for i, tile in enumerate(self.tiles):
            there = self._first + i < n
            policy = tile.sizePolicy()
            policy.setRetainSizeWhenHidden(bool(n))
            tile.setSizePolicy(policy)
            tile.setVisible(there)
            if there:
                self._show(tile, runs, pair, places[self._first + i])

    def _show(self, tile: _Tile, runs: tuple[Judged, Judged], pair: Pair, place: int) -> None:
        at = int(pair.first[place]), int(pair.second[place])
        path = runs[0].paths[at[0]]
        if runs[0].task == MASKS:
            scores = [float(one.scores[i]) for one, i in zip(runs, at, strict=True)]
            words = [self.tr("%1: IoU %2").replace("%1", n).replace("%2", f"{s:.2f}") for n, s in zip(self._names, scores, strict=True)]
            best = int(np.argmax(scores))
            tile.show_answers(path, path.replace("\\", "/").rpartition("/")[2], [(word, i == best) for i, word in enumerate(words)])
            return
        truth = int(runs[0].truth[at[0]])
        answers = []
        for one, i, name in zip(runs, at, self._names, strict=True):
            said = int(one.said[i])
            answers.append((self.tr("%1: %2").replace("%1", name).replace("%2", one.classes[said]), said == truth))
        tile.show_answers(path, self.tr("is %1").replace("%1", runs[0].classes[truth]), answers)
