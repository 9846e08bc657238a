"""Colours and type: our own light and dark palette on Fusion, one accent, Inter with tabular figures.

`current()` is the theme in force. Widgets that draw themselves ask for it when they paint; icons and plots draw themselves
anew in `changeEvent`, which Qt sends to every widget when `apply` sets palette and style sheet.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from tlstudio import places
from tlstudio.data.palettes import OKABE_ITO
from tlstudio.gui.style import style_sheet


@dataclass(frozen=True)
class Theme:
    """Colours by role, as #RRGGBB. Text roles have a contrast of at least 4.5:1 on window, surface and raised."""

    name: str
    window: str  # behind everything
    surface: str  # cards, tables, canvas frame
    raised: str  # hover, headers, popups
    text: str
    muted: str  # secondary text
    line: str  # hairlines
    control: str  # outline of what can be clicked or filled in
    accent: str
    accent_text: str
    accent_soft: str  # selection, active rail item
    good: str
    warn: str
    bad: str
    frozen: str  # cold blue-grey of a frozen layer
    trainable: str  # warm tone of a layer that learns
    classes: tuple[str, ...]  # Okabe-Ito, in the order in which classes take them


_CLASSES = tuple("#{:02X}{:02X}{:02X}".format(*colour) for colour in OKABE_ITO)

LIGHT = Theme(
    name="light",
    window="#F4F6F8",
    surface="#FFFFFF",
    raised="#EEF1F4",
    text="#1A1E24",
    muted="#59626E",
    line="#DDE2E8",
    control="#C3CAD3",
    accent="#2563EB",
    accent_text="#FFFFFF",
    accent_soft="#E9F0FE",
    good="#157347",
    warn="#8F5400",
    bad="#B3261E",
    frozen="#566C7E",
    trainable="#B5500A",
    classes=_CLASSES,
)
DARK = Theme(
    name="dark",
    window="#14171C",
    surface="#1C2026",
    raised="#252A32",
    text="#E6E9ED",
    muted="#9BA5B1",
    line="#323943",
    control="#454E5A",
    accent="#7AA7FF",
    accent_text="#0E1420",
    accent_soft="#22324F",
    good="#5CC98E",
    warn="#E5A84B",
    bad="#F28B82",
    frozen="#8FA9BF",
    trainable="#F4A261",
    classes=_CLASSES,
)

_state: dict[str, object] = {"theme": LIGHT, "scale": 1.0, "fonts": False}


def current() -> Theme:
    """The theme in force."""
    theme = _state["theme"]
    assert isinstance(theme, Theme)
    return theme


def scale() -> float:
    """How much larger text is than usual: 1 to 2."""
    value = _state["scale"]
    assert isinstance(value, float)
    return value


def system_theme() -> Theme:
    """What the desktop asks for; light where it does not say."""
    hints = QGuiApplication.styleHints()
    return DARK if hints.colorScheme() == Qt.ColorScheme.Dark else LIGHT


def apply(app: QApplication, theme: Theme, text_scale: float = 1.0) -> None:
    """Set palette, font and style sheet on the whole application; open widgets follow at once."""
    if not _state["fonts"]:
        for file in sorted((places.resources() / "fonts").glob("*.otf")):
            QFontDatabase.addApplicationFont(str(file))
        app.setStyle("Fusion")
        _state["fonts"] = True
    _state["theme"], _state["scale"] = theme, float(text_scale)
    palette = QPalette()
    role = QPalette.ColorRole
    colours = {
        role.Window: theme.window,
        role.Base: theme.surface,
        role.AlternateBase: theme.raised,
        role.Button: theme.surface,
        role.Text: theme.text,
        role.WindowText: theme.text,
        role.ButtonText: theme.text,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.muted,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.accent_text,
        role.Link: theme.accent,
        role.Mid: theme.line,
        role.Midlight: theme.raised,
        role.Light: theme.surface,
        role.Dark: theme.line,
        role.Shadow: theme.line,
    }
    for which, colour in colours.items():
        palette.setColor(which, QColor(colour))
    for which in (role.Text, role.WindowText, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(theme.muted))
    app.setStyleSheet("")  # to take the sheet away first is five times as fast as to put one in another's place
    app.setPalette(palette)
    app.setFont(font(10))
    app.setStyleSheet(style_sheet(theme, text_scale))


def font(points: float = 10.0, *, bold: bool = False) -> QFont:
    """Inter at that size (times the text scale), all figures of one width, so that live numbers do not dance."""
    out = QFont()
    out.setFamilies(["Inter", QFont().defaultFamily()])
    out.setPointSizeF(points * scale())
    out.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    out.setFeature(QFont.Tag("tnum"), 1)
    return out


def px(length: float) -> int:
    """A length that holds text (a row, a bar, a column), grown with the text scale."""
    return round(length * scale())


def restyles(event: QEvent) -> bool:
    """Whether a changeEvent says that theme or text size changed."""
    return event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange)


def class_colour(index: int) -> QColor:
    """Okabe-Ito, repeated; from the eighth on a hatch has to tell them apart."""
    return QColor(current().classes[index % len(current().classes)])


def class_text(index: int) -> QColor:
    """The class's colour dark or light enough to be read as text."""
    colour = class_colour(index)
    return colour.darker(160) if current().name == "light" else colour
