"""What learns, as a row of cards of which one is chosen: radio buttons in the shape of cards."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QRadioButton, QWidget

from tlstudio.gui import theme
from tlstudio.gui.metric import MASKS
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.parts import GAP, RADIUS, TIGHT, IconLabel, colour, column, label, row, widget
from tlstudio.gui.words import strategy_word

_ICONS = {
    "head": "snowflake",
    "last-block": "stack",
    "gradual": "arrow-fat-lines-up",
    "full": "flame",
    "scratch": "dice-five",
    "custom": "sliders",
}
HEIGHT = 64
BRIEF = 44
_NARROWEST, _BRIEFEST = 168, 132
_STEPS = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}


def tr(text: str) -> str:
    return QCoreApplication.translate("strategies", text)


def _lines() -> dict[str, str]:
    return {
        "head": tr("New head learns; fastest"),
        "last-block": tr("Head and last block learn"),
        "gradual": tr("Head, then more joins in"),
        "full": tr("All layers learn; slowest"),
        "scratch": tr("Needs far more images"),
        "custom": tr("As ticked on the model page"),
    }


def _tips(task: str) -> dict[str, str]:
    of_masks = tr("The pretrained encoder stays as it is; only the new head learns, which makes masks of what the encoder sees. ")
    return {
        "head": of_masks + tr("Right for a first try and for few images.")
        if task == MASKS
        else tr(
            "The pretrained backbone stays as it is and looks at each image once; only the new head learns. "
            "Right for a first try and for few images."
        ),
        "last-block": tr(
            "The last block of the backbone learns too, at a small rate. "
            "Try it when the head alone is not good enough, from some hundred images on."
        ),
        "gradual": tr(
            "The head learns first; then the last blocks join in, a few at a time and at falling rates. "
            "Careful with what the backbone knows; try it when Last block helped and Everything did not."
        ),
        "full": tr("Every layer learns, the pretrained ones at a small rate. For many images that look unlike everyday photos."),
        "scratch": tr("Forget what the model learned elsewhere and start from random weights. To compare, or with very many images."),
        "custom": tr("The layers you ticked on the model page are frozen, the others learn."),
    }


class StrategyCard(QRadioButton):
    """A radio button (to hands and screen readers) that looks like a card: icon, name, one line, mark."""

    def __init__(self, strategy: str) -> None:
        super().__init__()
        self.strategy = strategy
        self.setObjectName(f"strategy_{strategy}")
        self.show_task("")
        self.setAccessibleName(strategy_word(strategy))
        self.setAccessibleDescription(_lines()[strategy])
        self._icon = IconLabel(_ICONS[strategy], "muted", 24)
        self._mark = IconLabel("circle", "muted")
        self._line, self._gap = label(_lines()[strategy], "small", wrap=True), widget(row(spacing=0))
        words = column(None, label(strategy_word(strategy), "section"), self._line, None, spacing=2)
        self._row = row(self._icon, self._gap, (words, 1), self._mark, spacing=6)
        self._brief = False
        self.setLayout(self._row)
        self.toggled.connect(self._show)
        self._fit()

    def show_task(self, task: str) -> None:
        """What the strategy means for that task."""
        self.setToolTip(_tips(task)[self.strategy])

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen, focus = self.isChecked(), self.hasFocus()
        strong = chosen or focus
        painter.setPen(QPen(colour("accent" if strong else "line"), 2 if strong else 1))
        painter.setBrush(colour("accent_soft" if chosen else "raised" if self.underMouse() else "surface"))
        edge = 1.0 if strong else 0.5
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(edge, edge, -edge, -edge), RADIUS, RADIUS)
        if chosen and focus:  # the chosen card has the accent frame already: a second line says where the keys go
            painter.setPen(QPen(colour("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(4.5, 4.5, -4.5, -4.5), RADIUS - 3, RADIUS - 3)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _STEPS:
            event.ignore()  # the row of cards moves the choice
        else:
            super().keyPressEvent(event)

    def hitButton(self, at: object) -> bool:
        return True  # all of the card, not only where a radio button has its dot

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        super().mousePressEvent(event)

    def _show(self, chosen: bool) -> None:
        self._icon.show_icon(_ICONS[self.strategy], "accent" if chosen else "muted")
        self._mark.show_icon("check-circle" if chosen else "circle", "accent" if chosen else "muted")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_mark"):
            self._fit()

    def show_brief(self, brief: bool) -> None:
        """Its name alone, where there is little room; the rest stands in the tooltip."""
        if brief != self._brief:
            self._brief = brief
            for part in (self._icon, self._gap, self._line):
                part.setHidden(brief)
            self._fit()

    def _fit(self) -> None:
        side = 12 if self._brief else GAP
        self._row.setContentsMargins(side, 4, side - 2, 4)
        self.setFixedHeight(theme.px(BRIEF if self._brief else HEIGHT))


class StrategyCards(QWidget):
    """objectName strategyCards. Arrow keys move the choice; the card for one's own layers is there only while it is in force."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setObjectName("strategyCards")
        self.setAccessibleName(self.tr("Strategy: what learns"))
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)
        self.setLayout(self._grid)
        self.cards = {strategy: StrategyCard(strategy) for strategy in _ICONS}
        for strategy, card in self.cards.items():
            card.setParent(self)
            card.clicked.connect(lambda _=False, strategy=strategy: self._choose(strategy))
        self._shape: tuple[int, bool, bool] | None = None
        session.recipe_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        chosen = self.session.recipe.frozen.strategy
        self.cards[chosen].setChecked(True)
        for card in self.cards.values():
            card.show_task(self.session.recipe.data.task)
        self._arrange()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEPS.get(Qt.Key(event.key()), 0)
        if not step:
            super().keyPressEvent(event)
            return
        shown = [card for card in self.cards.values() if not card.isHidden()]
        at = next((i for i, card in enumerate(shown) if card.isChecked()), 0)
        card = shown[(at + step) % len(shown)]
        card.setFocus(Qt.FocusReason.TabFocusReason)
        card.click()

    def _choose(self, strategy: str) -> None:
        if strategy != self.session.recipe.frozen.strategy:
            self.session.choose_strategy(strategy)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """One row where the cards fit, at least with their names alone; else three columns, or two."""
        own = self.session.recipe.frozen.strategy == "custom"
        many = len(self.cards) if own else len(self.cards) - 1
        brief = self.width() < many * theme.px(_NARROWEST) + (many - 1) * GAP
        gap, narrowest = (TIGHT, _BRIEFEST) if brief else (GAP, _NARROWEST)
        across = next((n for n in (many, 3, 2) if self.width() >= n * theme.px(narrowest) + (n - 1) * gap), 2)
        if self._shape == (across, own, brief):
            return
        self._shape = (across, own, brief)
        self._grid.setSpacing(gap)
        for card in self.cards.values():
            card.show_brief(brief)
        self.cards["custom"].setVisible(own)
        shown = [card for strategy, card in self.cards.items() if own or strategy != "custom"]
        for card in self.cards.values():
            self._grid.removeWidget(card)
        for i, card in enumerate(shown):
            self._grid.addWidget(card, i // across, i % across)
        for i in range(len(self.cards)):
            self._grid.setColumnStretch(i, 1 if i < across else 0)
