"""The bar above the picture: from picture to picture, what is laid over it, how large it is seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from tlstudio.gui import theme
from tlstudio.gui.overlay.floating import RIM, Floating
from tlstudio.gui.overlay.picture import Mode
from tlstudio.gui.overlay.words import KEYS, mode_tips, mode_words, whole_percent
from tlstudio.gui.widgets.parts import Segments, ToolButton, icon, label, row, widget

HEIGHT = 44
_SPACING, _MARGIN = 6, 6
MORE: tuple[Mode, ...] = ("side", "confidence", "entropy")


class ModeSegments(Segments):
    """objectName overlayMode. Six modes as segments, the rarer ones in the menu of a seventh; or all of them in one menu."""

    def __init__(self, chosen: Callable[[Any], Any]) -> None:
        words = mode_words()
        super().__init__({key: word for key, word in words.items() if key not in MORE}, "", chosen, name="overlayMode")
        self.setStyleSheet("QToolButton { padding: 2px 4px; }")
        self.setAccessibleName(self.tr("What is shown"))
        self.more = QToolButton()
        self.more.setObjectName("overlayMoreModes")
        self.more.setProperty("kind", "segment")
        self.more.setCheckable(True)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the arrow after the word
        menu = QMenu(self.more)
        menu.setToolTipsVisible(True)
        self.more.setMenu(menu)
        self.actions_: dict[Mode, QAction] = {}
        group = QActionGroup(self)
        for key, word in words.items():
            action = QAction(word, self)
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, key=key: chosen(key))
            group.addAction(action)
            menu.addAction(action)
            self.actions_[key] = action
        self._group.addButton(self.more)
        layout = self.layout()
        assert layout is not None
        layout.addWidget(self.more)
        self._mode: Mode = "image"
        self._compact = False
        self._draw()

    @property
    def word(self) -> str:
        """What is chosen, in words."""
        return mode_words()[self._mode]

    def set_compact(self, compact: bool) -> None:
        """All modes in the menu, where there is no room for words."""
        if compact != self._compact:
            self._compact = compact
            self._draw()

    def show_mode(self, mode: Mode, missing: Mapping[Mode, str]) -> None:
        """missing: why a mode cannot be chosen."""
        self._mode = mode
        tips = mode_tips()
        for key, action in self.actions_.items():
            tip = missing.get(key) or tips[key]
            keyed = f"{tip} ({KEYS[key]})" if key in KEYS else tip
            action.setEnabled(key not in missing)
            action.setToolTip(keyed)
            action.setChecked(key == mode)
            if key in self.buttons:
                self.buttons[key].setEnabled(key not in missing)
                self.buttons[key].setToolTip(keyed)
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_compact"):
            self._draw()

    def _draw(self) -> None:
        for key, action in self.actions_.items():
            if key in self.buttons:
                self.buttons[key].setVisible(not self._compact)
                action.setVisible(self._compact)
        word, rare = mode_words()[self._mode], self._mode in MORE
        self.more.setText(word)
        self.more.setAccessibleName(word if rare or self._compact else self.tr("Other ways to look"))
        self.more.setToolTip(self.tr("Other ways to look") + (f": {word}" if rare else ""))
        beside, alone = Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly
        self.more.setToolButtonStyle(beside if self._compact else alone)
        side = theme.px(12 if self._compact else 16)
        self.more.setIconSize(QSize(side, side))
        self.more.setIcon(icon("caret-down" if self._compact else "dots-three", "accent" if rare else "muted"))
        (self.more if rare or self._compact else self.buttons[self._mode]).setChecked(True)


class ModeBar(Floating):
    """Signals say what was pressed; `show_place`, `show_mode` and `show_zoom` what is so."""

    stepped = Signal(int)
    mode_chosen = Signal(str)
    zoomed = Signal(int)
    fitted = Signal()
    one_to_one = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "overlayBar")
        self.back = ToolButton("caret-left", self.tr("The picture before this"), shortcut="Left", on=lambda: self.stepped.emit(-1))
        self.on = ToolButton("caret-right", self.tr("The picture after this"), shortcut="Right", on=lambda: self.stepped.emit(1))
        self._place = label("", "small")
        self._place.setAccessibleName(self.tr("Which picture of how many"))
        self.modes = ModeSegments(self.mode_chosen.emit)
        smaller = ToolButton("minus", self.tr("Smaller"), shortcut="-", on=lambda: self.zoomed.emit(-1))
        self._zoom = label("", "small", align=Qt.AlignmentFlag.AlignCenter)
        self._zoom.setAccessibleName(self.tr("How large a pixel of the picture is on the screen"))
        larger = ToolButton("plus", self.tr("Larger"), shortcut="+", on=lambda: self.zoomed.emit(1))
        fit = ToolButton("corners-out", self.tr("The whole picture"), shortcut="0", on=self.fitted.emit)
        exact = ToolButton("", self.tr("One pixel of the picture on one pixel of the screen"), text="1:1", on=self.one_to_one.emit)
        exact.setProperty("kind", "segment")
        for button, name in (
            (self.back, "previousPicture"),
            (self.on, "nextPicture"),
            (smaller, "zoomOut"),
            (larger, "zoomIn"),
            (fit, "zoomFit"),
            (exact, "zoomExact"),
        ):
            button.setObjectName(name)
            button.setStyleSheet("QToolButton { padding: 4px 2px; }")
        exact.setStyleSheet("QToolButton { padding: 3px 2px; }")
        self._dispensable = (self._place, self._zoom, exact)
        self._left = widget(row(self.back, self.on, self._place, spacing=2))
        self._right = widget(row(smaller, self._zoom, larger, fit, exact, spacing=2))
        self.set_content(row(self._left, None, self.modes, None, self._right, spacing=_SPACING, margins=(_MARGIN, 0, _MARGIN, 0)))
        self._most = 1
        self._needed: dict[tuple[int, float, int, str], int] = {}
        self._fit_numbers()

    def show_place(self, place: int, n: int) -> None:
        """place: 0 is the first."""
        self._most = n
        self._place.setText(self.tr("%1 of %2").replace("%1", f"{place + 1:,}").replace("%2", f"{n:,}") if n else "")
        self.back.setEnabled(place > 0)
        self.on.setEnabled(place < n - 1)
        self._fit_numbers()

    def show_mode(self, mode: Mode, missing: Mapping[Mode, str]) -> None:
        self.modes.show_mode(mode, missing)

    def show_zoom(self, zoom: float) -> None:
        """Screen pixels a pixel of the picture."""
        self._zoom.setText(whole_percent(zoom) if zoom >= 0.0995 else f"{100 * zoom:.1f} %")

    def set_level(self, level: int) -> None:
        """0: all words; 1: a menu of the modes in their place; 2: and only the most needed beside it."""
        self.modes.set_compact(level > 0)
        for part in self._dispensable:
            part.setVisible(level < 2)

    def width_needed(self, level: int) -> int:
        """How wide the bar has to be at that level."""
        key = (level, theme.scale(), self._most, self.modes.word)
        if key not in self._needed:
            self._needed = {old: width for old, width in self._needed.items() if old[1:] == key[1:]} | {key: self._measured(level)}
        return self._needed[key]

    def _measured(self, level: int) -> int:
        self.set_level(level)
        for part in (self._left, self._right):
            layout = part.layout()
            assert layout is not None
            layout.invalidate()
        parts = sum(part.sizeHint().width() for part in (self._left, self.modes, self._right))
        return parts + 2 * _SPACING + 2 * _MARGIN + 2 * RIM

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_needed"):
            self._fit_numbers()
            self.forget_sizes()

    def forget_sizes(self) -> None:
        """Fonts changed."""
        self._needed.clear()

    def _fit_numbers(self) -> None:
        """Room for the longest number, so that nothing moves while one goes through the pictures."""
        longest = self.tr("%1 of %2").replace("%1", f"{self._most:,}").replace("%2", f"{self._most:,}")
        for part, text in ((self._place, longest), (self._zoom, "6400 %")):
            part.ensurePolished()
            part.setMinimumWidth(part.fontMetrics().horizontalAdvance(text) + 2)
