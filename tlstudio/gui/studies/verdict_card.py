"""The verdict on compared runs: one sentence, what it rests on, and every difference with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from tlstudio.errors import StudioError, sentences
from tlstudio.events import Progress
from tlstudio.gui.studies.forest import Forest
from tlstudio.gui.widgets.parts import GAP, TIGHT, Button, IconLabel, ToolButton, card, column, header, label, row, widget
from tlstudio.gui.widgets.scrolling import scrolling
from tlstudio.gui.words import percent, remaining, took

if TYPE_CHECKING:
    from tlstudio.gui.studies.share_curve import ShareCurve

LONG = 140  # characters of a headline that is written smaller


class VerdictCard(QWidget):
    """objectName verdictCard; copyVerdict, compareFairly (where somebody listens, see `offer`), shareCurve.

    Shows a `verdict` document, that one is being worked out, or why there is none.
    """

    fair_asked = Signal()
    """Several seeds of several choices are wanted."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("verdictCard")
        self._document: Mapping[str, Any] = {}
        self._mark = IconLabel("equals", "muted", 24)
        self._headline, self._detail = label("", "figure", wrap=True), label("", "muted", wrap=True)
        self._headline.setObjectName("verdictHeadline")
        self._forest, self._arms = Forest(), label("", "small", wrap=True)
        self.copy = ToolButton("copy", self.tr("Copy the verdict with all its figures, as text"), on=self._copy)
        self.copy.setObjectName("copyVerdict")
        self._fair = Button(
            self.tr("Compare fairly…"),
            "quiet",
            "scales",
            edge=True,
            tip=self.tr("Train several seeds of each choice on the same split: what one run of each cannot tell, these can"),
            on=self.fair_asked.emit,
        )
        self._fair.setObjectName("compareFairly")
        self._fair.hide()
        self._curve: ShareCurve | None = None
        words = widget(column(self._headline, self._detail, spacing=6))
        self._lines = column(
            row(widget(column(self._mark, None)), 8, (words, 1)), 12, self._forest, 8, self._arms, None, spacing=0, margins=(0, 0, TIGHT, 0)
        )
        inside = widget(self._lines)
        self.setLayout(
            column(card(column(header(self.tr("Verdict"), self._fair, self.copy), 8, (scrolling(inside), 1), spacing=0), GAP), spacing=0)
        )
        self.show_nothing(self.tr("Tick two finished runs, or more, to hear whether they differ."))

    def offer(self) -> None:
        """Somebody listens to `fair_asked`: show the button that asks for it."""
        self._fair.show()

    @property
    def text(self) -> str:
        """All of it, as the clipboard gets it."""
        return as_text(self._document) if self._document else self._headline.text()

    def show_nothing(self, why: str) -> None:
        self._show("scales", "muted", why, "")

    def show_busy(self, progress: Progress | None = None) -> None:
        more = f"{progress.overall:.0%}" if progress is not None and progress.overall is not None else ""
        left = remaining(progress.remaining) if progress is not None else ""
        self._show("hourglass", "muted", self.tr("Comparing picture by picture…"), ", ".join(part for part in (more, left) if part))

    def show_error(self, error: StudioError) -> None:
        self._show("info", "muted", error.what, sentences(error.why, error.do))

    def show_verdict(self, document: Mapping[str, Any]) -> None:
        told_apart = any(pair["verdict"] != "none" for pair in document["pairs"])
        self._show("arrow-fat-up" if told_apart else "equals", "good" if told_apart else "muted", document["headline"], document["detail"])
        self._document = document
        self._arms.setText("\n".join(arm_line(arm) for arm in document["arms"]))
        self._arms.setVisible(bool(document["arms"]))
        self._forest.show_pairs(document["pairs"], document["metric"])
        self._show_curve(document.get("curve") or [])
        self.copy.setVisible(True)

    def _show_curve(self, curve: Sequence[Mapping[str, Any]]) -> None:
        if curve and self._curve is None:
            from tlstudio.gui.studies.share_curve import ShareCurve

            self._curve = ShareCurve()
            self._lines.insertWidget(self._lines.indexOf(self._forest) + 1, self._curve)
        if self._curve is not None:
            self._curve.setVisible(len({one["share"] for one in curve}) > 1)
            if curve:
                self._curve.show_curve(curve)

    def _show(self, icon: str, role: str, headline: str, detail: str) -> None:
        self._document = {}
        self._mark.show_icon(icon, role)
        self._headline.setText(headline)
        kind = "figure" if len(headline) <= LONG else "section"  # many choices make a long sentence
        if kind != self._headline.property("kind"):
            self._headline.setProperty("kind", kind)
            self._headline.style().unpolish(self._headline)
            self._headline.style().polish(self._headline)
        self._detail.setText(detail)
        self._detail.setVisible(bool(detail))
        self._arms.hide()
        self._forest.show_pairs([], "accuracy")
        self._show_curve([])
        self.copy.setVisible(False)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text)


def arm_line(arm: Mapping[str, Any]) -> str:
    """Everything: 93.9 %, 5 seeds, 42 s each."""
    share = f" ({arm['share']:.0%})" if arm.get("share", 1) != 1 else ""
    said = f"{arm['name']}{share}: {percent(arm['accuracy'])}"
    if arm.get("interval"):
        said += f" ({percent(arm['interval'][0])} – {percent(arm['interval'][1])})"
    return said + (f", {took(arm['seconds'])}" if arm.get("seconds") else "")


def as_text(document: Mapping[str, Any]) -> str:
    """Plain lines: the verdict, what it rests on, the choices and the pairs."""
    lines: Sequence[str] = [
        *(one for one in (document["question"], document["headline"], document["detail"]) if one),
        "",
        *(arm_line(arm) for arm in document["arms"]),
        "",
        *(" ".join(part for part in (pair["sentence"] + ".", pair.get("time", "")) if part) for pair in document["pairs"]),
    ]
    return "\n".join(lines).strip() + "\n"
