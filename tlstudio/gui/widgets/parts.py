"""Small parts that every page uses: labels, rows, cards, icons, buttons. Layout constants stand here, once (8-pixel grid)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tlstudio.gui import theme
from tlstudio.gui.icons import glyph, picture

MARGIN = 24  # page edge to content (16 at the top)
GAP = 16  # card to card, and inside a card from edge to content
TIGHT = 8  # control to control
RADIUS = 8
ICON = 16  # icon beside a word; 20 in the rail, 24 or more on an entry card
CONTROL = 30  # height of a control

L = TypeVar("L", bound=QBoxLayout)
Item = QWidget | QBoxLayout | int | None | tuple[QWidget | QBoxLayout, int]


def label(text: str = "", kind: str = "", *, wrap: bool = False, align: Qt.AlignmentFlag | None = None) -> QLabel:
    """kind: title, hero, figure, section, muted, small, smallText, tiny, link, good, warn, bad (see style.py) or plain."""
    out = QLabel(text)
    out.setTextFormat(Qt.TextFormat.PlainText)  # names of files and classes are never markup
    if kind:
        out.setProperty("kind", kind)
    out.setWordWrap(wrap)
    if align is not None:
        out.setAlignment(align)
    return out


def row(*items: Item, spacing: int = TIGHT, margins: tuple[int, int, int, int] = (0, 0, 0, 0)) -> QHBoxLayout:
    """Widgets side by side; None stretches, a number is a gap, (widget, n) takes stretch n."""
    return _filled(QHBoxLayout(), items, spacing, margins)


def column(*items: Item, spacing: int = TIGHT, margins: tuple[int, int, int, int] = (0, 0, 0, 0)) -> QVBoxLayout:
    """Like `row`, from top to bottom."""
    return _filled(QVBoxLayout(), items, spacing, margins)


def _filled(layout: L, items: Sequence[Item], spacing: int, margins: tuple[int, int, int, int]) -> L:
    layout.setSpacing(spacing)
    layout.setContentsMargins(*margins)
    for item in items:
        what, stretch = item if isinstance(item, tuple) else (item, 0)
        if what is None:
            layout.addStretch(1)
        elif isinstance(what, int):
            layout.addSpacing(what)
        elif isinstance(what, QWidget):
            layout.addWidget(what, stretch)
        else:
            layout.addLayout(what, stretch)
    return layout


def widget(layout: QBoxLayout, name: str = "") -> QWidget:
    """A bare widget around a layout."""
    out = QWidget()
    out.setLayout(layout)
    out.setObjectName(name)
    return out


def card(layout: QBoxLayout, padding: int = GAP, name: str = "") -> QFrame:
    """The one kind of box there is. Never put a card in a card: inside, use space and hairlines."""
    out = QFrame()
    out.setProperty("kind", "card")
    out.setObjectName(name)
    layout.setContentsMargins(*[padding - 1] * 4)  # the hairline frame takes the missing pixel
    out.setLayout(layout)
    return out


def header(title: str | QLabel, *right: Item) -> QWidget:
    """First line of a card: its title, equally high in every card, so that neighbours stand on one line."""
    line = row(title if isinstance(title, QLabel) else label(title, "section"), None, *right)
    line.addStrut(theme.px(24))  # not a minimum height of the widget: that would hide what larger text needs
    return widget(line)


def hairline(vertical: bool = False) -> QFrame:
    out = QFrame()
    out.setProperty("kind", "hairline")
    (out.setFixedWidth if vertical else out.setFixedHeight)(1)
    return out


def colour(role: str) -> QColor:
    """A colour by its role in the theme ("muted", "accent", ...), or by its own #RRGGBB."""
    return QColor(role if role.startswith("#") else getattr(theme.current(), role))


def icon(name: str, role: str = "text") -> QIcon:
    """A Phosphor icon in the colour of a role."""
    return glyph(name, colour(role), colour("muted"))


def paint_icon(painter: QPainter, box: QRect, name: str, role: str) -> None:
    """Draw an icon into a square; for what is painted rather than put together."""
    painter.drawPixmap(box.topLeft(), picture(name, colour(role), box.width(), painter.device().devicePixelRatio()))


class IconLabel(QLabel):
    """An icon that follows the theme."""

    def __init__(self, name: str, role: str = "muted", size: int = ICON) -> None:
        super().__init__()
        self._name, self._role, self._size = name, role, size
        self._draw()

    def show_icon(self, name: str, role: str) -> None:
        if (name, role) != (self._name, self._role):
            self._name, self._role = name, role
            self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._draw()

    def _draw(self) -> None:
        side = theme.px(self._size)  # beside a word, so it grows with the words
        self.setFixedSize(side, side)
        self.setPixmap(picture(self._name, colour(self._role), side, self.devicePixelRatioF()))


class Button(QPushButton):
    """kind: primary (one a page), danger, quiet or plain. edge: no side padding, so that a quiet button's word ends at the card's margin.
    Its icon follows the theme."""

    def __init__(
        self, text: str, kind: str = "", icon_name: str = "", *, edge: bool = False, tip: str = "", on: Callable[[], Any] | None = None
    ) -> None:
        super().__init__(text)
        self._kind, self._icon = kind, icon_name
        self.setProperty("kind", kind)
        self.setProperty("edge", edge)
        self.setToolTip(tip)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        if on is not None:
            self.clicked.connect(lambda: on())
        self._draw()

    def show_icon(self, name: str) -> None:
        if name != self._icon:  # an icon that is set has the window laid out anew, also where it is the same
            self._icon = name
            self._draw()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """A button that goes away or dead because it was pressed marks no other one; the next Tab goes on from here."""
        around = self.parentWidget()
        if around is None or (self.isEnabled() and self.isVisible()):
            return super().focusNextPrevChild(forward)
        around.setFocus()
        return True

    def set_kind(self, kind: str) -> None:
        """Change how it looks, for a button that becomes the page's main action, or ceases to be it."""
        if kind != self._kind:
            self._kind = kind
            self.setProperty("kind", kind)
            self.style().unpolish(self)
            self.style().polish(self)
            self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._draw()

    def _draw(self) -> None:
        self.setIconSize(QSize(theme.px(ICON), theme.px(ICON)))
        if self._icon:
            self.setIcon(icon(self._icon, {"primary": "accent_text", "danger": "bad", "quiet": "accent"}.get(self._kind, "text")))


class ToolButton(QToolButton):
    """A flat button with an icon (and a word beside it); its icon follows the theme."""

    def __init__(
        self, icon_name: str, tip: str, *, text: str = "", role: str = "text", shortcut: str = "", on: Callable[[], Any] | None = None
    ) -> None:
        super().__init__()
        self._icon, self._role = icon_name, role
        self.setText(text)
        self._tip = f"{tip} ({QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)})" if shortcut else tip
        self.setToolTip(self._tip)
        self.setAccessibleName(text or tip)
        if text and icon_name:
            self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        if on is not None:
            self.clicked.connect(lambda: on())
        self._draw()

    def name_step(self, step: str) -> None:
        """Name in the tooltip what a click would take back or do again."""
        self.setToolTip(f"{self._tip}: {step}" if step else self._tip)

    def show_icon(self, name: str) -> None:
        if name != self._icon:
            self._icon = name
            self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._draw()

    def _draw(self) -> None:
        self.setIconSize(QSize(theme.px(18), theme.px(18)))
        if self._icon:
            self.setIcon(icon(self._icon, self._role))


class Segments(QFrame):
    """A segmented control: one of a few words is chosen. chosen(key) is called when the user picks another."""

    def __init__(
        self, words: dict[str, str], current: str, chosen: Callable[[str], Any], *, name: str = "", tips: dict[str, str] | None = None
    ) -> None:
        super().__init__()
        self.setProperty("kind", "segments")
        self.setObjectName(name)
        self.buttons: dict[str, QToolButton] = {}
        self._group = QButtonGroup(self)
        for key, word in words.items():
            button = QToolButton()
            button.setText(word)
            button.setCheckable(True)
            button.setChecked(key == current)
            button.setProperty("kind", "segment")
            button.setToolTip((tips or {}).get(key, ""))
            button.setAccessibleName(word)
            button.clicked.connect(lambda _=False, key=key: chosen(key))
            self._group.addButton(button)
            self.buttons[key] = button
        self.setLayout(row(*self.buttons.values(), spacing=0, margins=(2, 2, 2, 2)))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_choice(self, key: str) -> None:
        if key in self.buttons:
            self.buttons[key].setChecked(True)


class Swatch(QLabel):
    """The colour of a class or split, beside its name."""

    def __init__(self, role: str, size: int = 10) -> None:
        super().__init__()
        self._role = role
        self.setFixedSize(size, size)
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()

    def _draw(self) -> None:
        sheet = f"background: {colour(self._role).name()}; border-radius: 2px;"
        if sheet != self.styleSheet():  # setting one changes the palette, which calls this again
            self.setStyleSheet(sheet)


class SearchField(QLineEdit):
    """A line edit with a magnifying glass and a button that clears it."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setPlaceholderText(text)
        self.setAccessibleName(text)
        self.setClearButtonEnabled(True)
        self._action = self.addAction(icon("magnifying-glass", "muted"), QLineEdit.ActionPosition.LeadingPosition)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_action"):
            self._action.setIcon(icon("magnifying-glass", "muted"))
