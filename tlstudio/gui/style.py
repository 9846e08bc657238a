"""The style sheet: everything that is the same on every page stands here, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlstudio import places

if TYPE_CHECKING:
    from tlstudio.gui.theme import Theme


def style_sheet(t: Theme, scale: float = 1.0) -> str:
    """The sheet of a theme; `scale` enlarges all text together (200 % font, presentation)."""

    def pt(points: float) -> str:
        return f"{points * scale:.1f}pt"

    def px(length: float) -> str:
        return f"{round(length * scale)}px"

    def icon(name: str) -> str:
        return (places.resources() / "icons" / f"{name}_{t.name}.svg").as_posix()

    fields = "QLineEdit, QComboBox, QSpinBox, QDoubleSpinBox, QPlainTextEdit"
    return f"""
    QLabel[kind="title"] {{ font-size: {pt(17)}; font-weight: 600; }}
    QLabel[kind="hero"] {{ font-size: {pt(26)}; font-weight: 600; }}
    QLabel[kind="figure"] {{ font-size: {pt(15)}; font-weight: 600; }}
    QLabel[kind="section"] {{ font-weight: 600; }}
    QLabel[kind="muted"] {{ color: {t.muted}; }}
    QLabel[kind="small"] {{ color: {t.muted}; font-size: {pt(9)}; }}
    QLabel[kind="smallText"] {{ font-size: {pt(9)}; }}
    QLabel[kind="tiny"] {{ color: {t.muted}; font-size: {pt(8)}; }}
    QLabel[kind="link"] {{ color: {t.accent}; }}
    QLabel[kind="bad"] {{ color: {t.bad}; }}
    QLabel[kind="good"] {{ color: {t.good}; }}
    QLabel[kind="warn"] {{ color: {t.warn}; }}
    QFrame[kind="card"] {{ background: {t.surface}; border: 1px solid {t.line}; border-radius: 8px; }}
    QFrame[kind="pane"] {{ background: {t.surface}; border: none; }}
    QLabel#plotMessage {{ background: {t.surface}; border: 1px solid {t.line}; border-radius: 6px; padding: 8px 16px; }}
    QFrame[kind="hairline"] {{ background: {t.line}; border: none; }}
    QFrame[kind="titleStrip"] {{ background: {t.window}; border: none; border-bottom: 1px solid {t.line}; }}
    QFrame[kind="runBar"] {{ background: {t.surface}; border: none; border-top: 1px solid {t.line}; }}
    QFrame[kind="dropZone"] {{ border: 2px dashed {t.control}; border-radius: 8px; background: transparent; }}
    QFrame[kind="dropZone"]:focus {{ border-color: {t.accent}; }}
    QFrame[kind="dropZone"][over="true"] {{ border-color: {t.accent}; background: {t.accent_soft}; }}
    QFrame[kind="choice"] {{ background: {t.surface}; border: 1px solid {t.line}; border-radius: 8px; }}
    QFrame[kind="choice"]:hover {{ background: {t.raised}; }}
    QFrame[kind="choice"]:focus {{ border: 2px solid {t.accent}; }}
    QFrame[kind="choice"][chosen="true"] {{ background: {t.accent_soft}; border: 2px solid {t.accent}; }}

    QPushButton {{ padding: 6px 14px; border: 1px solid {t.line}; border-radius: 6px; background: {t.surface}; }}
    QPushButton:hover {{ background: {t.raised}; }}
    QPushButton:focus {{ border: 2px solid {t.accent}; padding: 5px 13px; }}
    QPushButton:disabled {{ color: {t.muted}; background: {t.raised}; border: 1px solid {t.line}; }}
    QPushButton[kind="primary"] {{ background: {t.accent}; color: {t.accent_text}; border: 1px solid {t.accent}; font-weight: 600; }}
    QPushButton[kind="primary"]:hover {{ background: {_mixed(t.accent, t.text, 0.12)}; }}
    QPushButton[kind="primary"]:focus {{ border: 2px solid {t.text}; }}
    QPushButton[kind="primary"]:disabled {{ color: {t.muted}; background: {t.raised}; border: 1px solid {t.line}; }}
    QPushButton[kind="danger"] {{ color: {t.bad}; }}
    QPushButton[kind="quiet"] {{ border: 2px solid transparent; background: transparent; color: {t.accent}; padding: 2px 6px; }}
    QPushButton[kind="quiet"]:hover {{ background: {t.accent_soft}; }}
    QPushButton[kind="quiet"]:focus {{ border: 2px solid {t.accent}; }}
    QPushButton[kind="quiet"]:disabled {{ color: {t.muted}; }}
    QPushButton[edge="true"] {{ padding: 2px 0px; }}

    QToolButton {{ padding: 5px 9px; border: 2px solid transparent; border-radius: 6px; }}
    QToolButton:hover {{ background: {t.raised}; }}
    QToolButton:focus {{ border: 2px solid {t.accent}; }}
    QToolButton:checked {{ background: {t.accent_soft}; color: {t.accent}; }}
    QToolButton:disabled {{ color: {t.muted}; }}
    QToolButton[edge="true"] {{ padding: 2px 6px 2px 0px; }}
    QToolButton[edge="true"]:checked {{ background: transparent; color: {t.text}; }}
    QToolButton::menu-indicator {{ image: none; }}
    QToolButton[kind="segment"] {{ padding: 2px 9px; border-radius: 4px; color: {t.muted}; font-size: {pt(9)}; }}
    QToolButton[kind="segment"]:checked {{ background: {t.surface if t.name == "light" else t.line}; color: {t.text}; font-weight: 600; }}
    QToolButton[kind="segment"]:disabled {{ color: {t.control}; }}
    QToolButton[kind="chip"] {{ padding: 1px 8px; border: 1px solid {t.line}; border-radius: {px(10)};
        min-height: {px(18)}; font-size: {pt(8.5)}; color: {t.muted}; }}
    QToolButton[kind="chip"]:checked {{ background: {t.accent_soft}; border-color: {t.accent}; color: {t.accent}; }}
    QToolButton[kind="chip"]:focus {{ border-color: {t.accent}; }}
    QFrame[kind="segments"] {{ background: {t.raised}; border: none; border-radius: 6px; }}

    {fields} {{ padding: 4px 8px; border: 1px solid {t.control}; border-radius: 6px; background: {t.surface}; min-height: 20px;
        selection-background-color: {t.accent}; selection-color: {t.accent_text}; }}
    QLineEdit:focus, QComboBox:focus, QSpinBox:focus, QDoubleSpinBox:focus, QPlainTextEdit:focus {{
        border: 2px solid {t.accent}; padding: 3px 7px; }}
    QLineEdit[wrong="true"], QSpinBox[wrong="true"], QDoubleSpinBox[wrong="true"] {{ border: 2px solid {t.bad}; padding: 3px 7px; }}
    QLineEdit:disabled, QComboBox:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled {{ color: {t.muted}; background: {t.raised}; }}
    QSpinBox, QDoubleSpinBox {{ padding: 4px 20px 4px 6px; }}
    QSpinBox:focus, QDoubleSpinBox:focus {{ padding: 3px 19px 3px 5px; }}
    QAbstractSpinBox QLineEdit {{ border: none; padding: 0; min-height: 0; background: transparent; }}
    QComboBox::drop-down {{ border: none; width: 24px; }}
    QComboBox::down-arrow {{ image: url({icon("chevron_down")}); width: {px(12)}; height: {px(12)}; }}
    QComboBox QAbstractItemView {{ background: {t.surface}; border: 1px solid {t.line}; border-radius: 6px; padding: 4px;
        selection-background-color: {t.accent_soft}; selection-color: {t.text}; outline: 0; }}
    QSpinBox::up-button, QDoubleSpinBox::up-button {{ subcontrol-position: top right; width: 20px; border: none; background: transparent; }}
    QSpinBox::down-button, QDoubleSpinBox::down-button {{
        subcontrol-position: bottom right; width: 20px; border: none; background: transparent; }}
    QSpinBox::up-arrow, QDoubleSpinBox::up-arrow {{ image: url({icon("chevron_up")}); width: {px(10)}; height: {px(10)}; }}
    QSpinBox::down-arrow, QDoubleSpinBox::down-arrow {{ image: url({icon("chevron_down")}); width: {px(10)}; height: {px(10)}; }}
    QCheckBox {{ spacing: 8px; }}
    QCheckBox::indicator {{ width: {px(16)}; height: {px(16)}; border: 1px solid {t.muted}; border-radius: 4px; background: {t.surface}; }}
    QCheckBox::indicator:checked {{ background: {t.accent}; border-color: {t.accent}; image: url({icon("check")}); }}
    QCheckBox::indicator:disabled {{ border-color: {t.line}; }}
    QCheckBox::indicator:focus {{ border: 2px solid {t.accent}; width: {px(14)}; height: {px(14)}; }}
    QCheckBox::indicator:checked:focus {{ border-color: {t.text}; }}
    QCheckBox:focus {{ color: {t.accent}; }}

    QRadioButton {{ spacing: 8px; }}
    QRadioButton::indicator {{ width: {px(14)}; height: {px(14)}; border: {px(1)} solid {t.muted}; border-radius: {px(8)};
        background: {t.surface}; }}
    QRadioButton::indicator:checked {{ width: {px(6)}; height: {px(6)}; border: {px(5)} solid {t.accent}; }}
    QRadioButton:focus {{ color: {t.accent}; }}

    QTreeView, QTableView, QListView {{ background: {t.surface}; border: 1px solid {t.line}; border-radius: 8px; outline: 0; }}
    QTreeView:focus, QTableView:focus, QListView:focus {{ border-color: {t.accent}; }}
    QTreeView::item, QTableView::item {{ padding: 4px 6px; border: none; }}
    QTreeView::item:selected, QTableView::item:selected, QListView::item:selected {{ background: {t.accent_soft}; color: {t.text}; }}
    QHeaderView {{ background: transparent; border: none; }}
    QHeaderView::section {{ background: transparent; color: {t.muted}; border: none; border-bottom: 1px solid {t.line}; padding: 6px 9px; }}
    QTableCornerButton::section {{ background: transparent; border: none; }}
    QListWidget#navigationRail {{ background: {t.window}; border: none; border-right: 1px solid {t.line}; border-radius: 0; }}
    QScrollArea {{ border: none; background: transparent; }}
    QScrollArea > QWidget > QWidget {{ background: transparent; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; margin: 2px; }}
    QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 2px; }}
    QScrollBar::handle {{ background: {t.control}; border-radius: 3px; min-height: 24px; min-width: 24px; }}
    QScrollBar::handle:hover {{ background: {t.muted}; }}
    QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{
        background: none; border: none; width: 0; height: 0; }}

    QProgressBar {{ border: none; background: {t.raised}; border-radius: 3px; max-height: 6px; min-height: 6px; text-align: center; }}
    QProgressBar::chunk {{ background: {t.accent}; border-radius: 3px; }}
    QProgressBar[state="failed"]::chunk {{ background: {t.bad}; }}
    QProgressBar[state="done"]::chunk {{ background: {t.good}; }}
    QSlider::groove:horizontal {{ height: 4px; background: {t.line}; border-radius: 2px; }}
    QSlider::sub-page:horizontal {{ background: {t.accent}; border-radius: 2px; }}
    QSlider::handle:horizontal {{ width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; background: {t.accent}; }}
    QSlider::handle:horizontal:focus {{ background: {t.text}; }}
    QSplitter::handle {{ background: {t.line}; }}
    QMenuBar {{ background: transparent; border: none; }}
    QMenuBar::item {{ background: transparent; padding: 5px 10px; margin: 0px 1px; border-radius: 6px; }}
    QMenuBar::item:selected, QMenuBar::item:pressed {{ background: {t.raised}; color: {t.text}; }}
    QMenu {{ background: {t.surface}; border: 1px solid {t.line}; padding: 4px; }}
    QMenu::item {{ padding: 6px 24px 6px 12px; border-radius: 4px; }}
    QMenu::item:selected {{ background: {t.accent_soft}; color: {t.text}; }}
    QMenu::item:disabled {{ color: {t.muted}; }}
    QMenu::separator {{ height: 1px; background: {t.line}; margin: 4px 8px; }}
    QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
    QToolTip {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.line}; padding: 4px; }}
    """


def _mixed(a: str, b: str, share: float) -> str:
    """The colour that is `share` of the way from a to b."""
    pair = [(int(a[i : i + 2], 16), int(b[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(x + (y - x) * share):02X}" for x, y in pair)
