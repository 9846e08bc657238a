"""The panel at the picture: what is open, opacity, the classes, and what the colours mean."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QCheckBox, QColorDialog, QLabel, QSlider, QWidget

from tlstudio.gui import theme
from tlstudio.gui.overlay.class_heads import ClassHeads
from tlstudio.gui.overlay.class_list import ROW, ClassList
from tlstudio.gui.overlay.class_menu import class_menu
from tlstudio.gui.overlay.floating import Floating
from tlstudio.gui.overlay.legends import DifferenceLegend, HeatLegend
from tlstudio.gui.overlay.looking import Looking
from tlstudio.gui.overlay.reading import Found
from tlstudio.gui.overlay.words import score, whole_percent
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.jump_slider import JumpSlider
from tlstudio.gui.widgets.parts import GAP, Button, SearchField, column, hairline, label, row, widget

WIDTH = 280
MANY = 20  # classes from which on a filter helps
_LEAST_LIST = 1.5  # lines of the list that stay, however low the window


class ClassPanel(Floating):
    """head: the line at the top, which says what is open. Opacity, contour and the classes follow `looking`."""

    lines_changed = Signal()
    """Something was shown or hidden, and the panel is of another height."""
    correction_shown = Signal(bool)
    """Whether the user wants to see the mask as it was corrected by hand, or as it was predicted."""
    predict_asked = Signal()
    """There are no masks, and the user wants some."""

    def __init__(self, looking: Looking, head: QWidget, heat: Sequence[QColor], found: Sequence[QColor], parent: QWidget) -> None:
        """heat: the scale of the heat maps; found: colours of found, invented, missed."""
        super().__init__(parent, "overlayClasses")
        self._looking, self._heat = looking, heat
        self.opacity, self._opacity_word = self._slider("opacitySlider", 0, 100)
        self.opacity.setAccessibleName(self.tr("Opacity of the masks"))
        self.opacity.setToolTip(self.tr("How much of the picture the masks cover: [ and ] make them thinner and thicker"))
        self.opacity.setPageStep(10)
        self.contour, self._contour_word = self._slider("contourSlider", 1, 12)
        self.contour.setAccessibleName(self.tr("Width of the outlines"))
        self.contour.setToolTip(self.tr("Width of the outlines in pixels of the screen"))
        self.list = ClassList()
        self._heads = ClassHeads(self.list)
        self._filter = SearchField(self.tr("Filter classes"), "classFilter")
        self._filter.setToolTip(self.tr("Show only the classes whose name holds this"))
        self._mean_word, self._mean = ElidedLabel("small", mode=Qt.TextElideMode.ElideRight), label("", "section")
        self._mean.setObjectName("pictureIou")
        self.corrected = QCheckBox(self.tr("Corrected"))
        self.corrected.setObjectName("showCorrection")
        self.corrected.setToolTip(
            self.tr("The mask as it was corrected by hand, with its mean IoU; unticked: as it was predicted. The run keeps its own figures")
        )
        self.corrected.clicked.connect(self.correction_shown)
        self.difference, self.heat = DifferenceLegend(found), HeatLegend()
        opacity_word, contour_word = label(self.tr("Opacity"), "small"), label(self.tr("Outline"), "small")
        sides = (GAP - 3, 0, GAP - 3, 0)
        self._contour_line = widget(row(contour_word, (self.contour, 1), self._contour_word, spacing=12, margins=sides))
        self._filter_line = widget(row((self._filter, 1), margins=(GAP - 7, 2, GAP - 7, 2)))
        self._mean_line = widget(column(hairline(), row((self.corrected, 1), (self._mean_word, 1), self._mean, margins=sides), spacing=6))
        self._difference_line = widget(column(hairline(), self.difference, spacing=6))
        self._heat_line = widget(column(hairline(), self.heat, spacing=6))
        self._classes = widget(
            column(
                row(opacity_word, (self.opacity, 1), self._opacity_word, spacing=12, margins=sides),
                self._contour_line, hairline(), self._filter_line, self._heads, self.list,
                self._mean_line, self._difference_line, self._heat_line,
                spacing=6,
            )
        )  # fmt: skip
        self._bare_words, self.predict = label("", "small", wrap=True), Button("", "primary", on=self.predict_asked.emit)
        self.predict.setObjectName("predictHere")
        self._bare = widget(column(self._bare_words, row(self.predict, None), spacing=8, margins=(GAP - 3, 4, GAP - 3, 6)))
        self.set_content(column(head, hairline(), self._classes, self._bare, None, spacing=6, margins=(0, 2, 0, 8)))
        self.opacity.valueChanged.connect(lambda value: looking.set_opacity(value / 100))
        self.contour.valueChanged.connect(lambda value: looking.set_contour(float(value)))
        self._filter.textChanged.connect(self._sift)
        self.list.eye_pressed.connect(self._toggle)
        self.list.solo_pressed.connect(looking.toggle_solo)
        self.list.colour_wanted.connect(self._choose_colour)
        self.list.menu_wanted.connect(self._menu)
        self.list.columns_moved.connect(self._heads.place)
        self._heads.all_pressed.connect(looking.show_all)
        self._heads.palette_chosen.connect(looking.set_palette)
        looking.changed.connect(self._follow)
        self._rest_of: tuple[object, ...] = ()
        self._rest_height = 0
        self._gone: tuple[QWidget, ...] = ()
        self.corrected.hide()
        self._has_mean = False
        self._lines: tuple[object, ...] = ()
        self._seen: tuple[object, ...] = ()
        self._fit_words()
        self.show_bare()
        self._follow()

    def show_bare(self, words: str = "", way: str = "", tip: str = "") -> None:
        """What stands in the place of classes where there are none: why, and the way to some. Without words: pictures without masks."""
        words = words or self.tr("There are no masks with these pictures. A trained run can make them.")
        if words == self._bare_words.text():
            return
        self._bare_words.setText(words)
        self.predict.setText(way or self.tr("Predict masks…"))
        self.predict.setToolTip(tip or self.tr("Ask a run for the mask of each"))
        self.forget_sizes()
        self.lines_changed.emit()

    def show_figures(self, shares: Sequence[float], ious: Sequence[float | None], mean: float | None, *, by_hand: bool = False) -> None:
        """Of the picture that is seen, one a class; empty where nothing is known. by_hand: of a mask that was corrected."""
        if by_hand:
            tip = self.tr("Of the mask as it was corrected; it is not in the figures of the run")
            self._mean_word.show_text(self.tr("Mean IoU, corrected"), tip, short=self.tr("Mean IoU"))
        else:
            tip = self.tr("The mean over the classes that are in the prediction or the truth of this picture")
            self._mean_word.show_text(self.tr("Mean IoU of this picture"), tip, short=self.tr("Mean IoU"))
        self.list.lines.show_figures(shares, ious)
        self._mean.setText(score(mean))
        self._has_mean = mean is not None
        self._show_mean()
        known = any(iou is not None for iou in ious)
        if known != self.list.ious:
            self.list.ious = known
            self.list.viewport().update()
            self._heads.place()
        self._tell()

    def show_correction(self, there: bool, shown: bool, *, changeable: bool) -> None:
        """there: whether the prediction was corrected by hand; shown: whether that is what is seen."""
        self.corrected.setVisible(there)
        self._mean_word.setVisible(not there)
        self._show_mean()
        self.corrected.setChecked(shown)
        self.corrected.setEnabled(changeable)
        self._tell()

    def show_difference(self, counts: Found | None) -> None:
        solo = self._looking.look.solo
        self.difference.show_counts(counts, "" if solo is None else self._looking.look.classes[solo].name)
        self._tell()

    def size_for(self, width: int, most: int) -> QSize:
        """How large the panel is where it may be at most so high; the list scrolls where that is not enough."""
        self._give_way(())  # what it all takes is measured with all of it
        wanted, rest = self.list.height_needed(), self._rest(width)
        least, gone = min(wanted, round(_LEAST_LIST * theme.px(ROW))), list[QWidget]()
        for part in (self._mean_line, self._heads):
            if self._looking.look.classes and most - rest < least and not part.isHidden():
                rest -= part.sizeHint().height() + 6
                gone.append(part)
        self._give_way(gone)
        tall = max(least, min(wanted, most - rest))
        self.list.setFixedHeight(tall)
        return QSize(width, rest + (tall if self._looking.look.classes else 0))

    def _rest(self, width: int) -> int:
        """The height of all but the list; it takes a while to find out."""
        key = (width, theme.scale(), *self._lines)
        if key != self._rest_of:
            self._rest_of = key
            self._rest_height = self._height(width) - (self.list.minimumHeight() if self._looking.look.classes else 0)
        return self._rest_height

    def _height(self, width: int) -> int:
        layout = self.layout()
        assert layout is not None
        for part in reversed(self.findChildren(QWidget)):  # what was just shown or hidden counts at once, not after the next event
            part.updateGeometry()
        layout.invalidate()
        return layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.totalSizeHint().height()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_rest_of"):
            self._fit_words()
            self.forget_sizes()

    def forget_sizes(self) -> None:
        """Fonts changed."""
        self._rest_of = ()

    # inside

    def _give_way(self, parts: Sequence[QWidget]) -> None:
        """Leave those out, for there is no room for them, and no others."""
        self._gone = tuple(parts)
        self._heads.setVisible(self._heads not in self._gone)
        self._show_mean()

    def _show_mean(self) -> None:
        self._mean_line.setVisible((self._has_mean or not self.corrected.isHidden()) and self._mean_line not in self._gone)

    def _slider(self, name: str, low: int, high: int) -> tuple[QSlider, QLabel]:
        slider = JumpSlider()
        slider.setObjectName(name)
        slider.setRange(low, high)
        return slider, label("", "small", align=Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def _follow(self) -> None:
        looking, look = self._looking, self._looking.look
        for slider, value in ((self.opacity, round(100 * look.opacity)), (self.contour, round(look.contour))):
            slider.blockSignals(True)
            slider.setValue(value)
            slider.blockSignals(False)
        self._opacity_word.setText(whole_percent(look.opacity))
        self._contour_word.setText(self.tr("%1 px").replace("%1", f"{look.contour:.0f}"))
        seen = (look.mode, look.solo, look.classes, looking.palette)
        if seen == self._seen:  # an opacity is being dragged
            return
        self._seen = seen
        heat, classes = look.mode in ("confidence", "entropy"), bool(look.classes)
        self._classes.setVisible(classes)
        self._bare.setVisible(not classes)
        self._contour_line.setVisible(look.mode == "contour")
        self._filter_line.setVisible(len(look.classes) > MANY)
        self._difference_line.setVisible(look.mode == "difference")
        self._heat_line.setVisible(heat)
        if look.mode == "confidence":
            self.heat.show_scale(self._heat, self.tr("Confidence"), self.tr("0: a guess"), self.tr("1: certain"))
        elif look.mode == "entropy":
            self.heat.show_scale(self._heat, self.tr("Entropy"), self.tr("0: decided"), self.tr("1: undecided"))
        self.list.lines.show_look(look)
        hidden = look.solo is not None or any(not one.visible for one in look.classes)
        self._heads.show_state(looking.palette, hidden=hidden, own=looking.has_own)
        self._tell()

    def _tell(self) -> None:
        parts = (self._classes, self._contour_line, self._filter_line, self._mean_line, self._difference_line, self._heat_line)
        lines = (*(part.isHidden() for part in parts), self.difference.lines, len(self.list.lines.labels))
        if lines != self._lines:
            self._lines = lines
            self.lines_changed.emit()

    def _fit_words(self) -> None:
        for word, longest in ((self._opacity_word, "100 %"), (self._contour_word, self.tr("%1 px").replace("%1", "12"))):
            word.setMinimumWidth(word.fontMetrics().horizontalAdvance(longest) + 2)

    def _sift(self, text: str) -> None:
        self.list.lines.filter_by(text)
        self._tell()

    def _toggle(self, label_: int) -> None:
        look = self._looking.look
        if look.solo is not None:
            self._looking.toggle_solo(look.solo)
        self._looking.set_class(label_, visible=not look.shows(label_))

    def _choose_colour(self, label_: int) -> None:
        one = self._looking.look.classes[label_]
        dialog = QColorDialog(one.colour, self)
        dialog.setObjectName("classColour")
        dialog.setWindowTitle(self.tr("Colour of %1").replace("%1", one.name))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(lambda colour: self._looking.set_colour(label_, colour))
        dialog.open()

    def _menu(self, label_: int, at: QPoint) -> None:
        class_menu(self, self._looking, label_, self._choose_colour).popup(at)
