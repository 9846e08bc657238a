"""What should I freeze? Once asked: where one stands, what was measured, why, and one button that applies it."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QFrame, QProgressBar

from tlstudio.errors import sentences
from tlstudio.gui.advice import Advice
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.parts import GAP, Button, ToolButton, column, header, label, row, widget
from tlstudio.gui.widgets.quadrant import Quadrant
from tlstudio.gui.words import count, percent, strategy_word

# The table of Stanford's CS231n notes, by (large, similar), as in evaluation/advice.py, which needs torch.
_RULES = {(False, True): "head", (True, True): "full", (False, False): "last-block", (True, False): "full"}


class AdviceCard(QFrame):
    """objectName adviceCard; askAdvice, cancelAdvice, applyAdvice are its buttons. It explains and never decides.

    Hidden until `ask` is pressed, a button that has its place elsewhere.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setObjectName("adviceCard")
        self.setProperty("kind", "card")
        self.setAccessibleName(self.tr("Advice on what to freeze"))
        self.advice = Advice(session, self)
        tip = self.tr(
            "Measures how near your images are to what the model knows, and says what the rules of thumb make of it. Some seconds."
        )
        self.ask = Button(self.tr("What should I freeze?"), "quiet", edge=True, tip=tip, on=self._ask)
        self.ask.setObjectName("askAdvice")
        self.close_ = ToolButton("x", self.tr("Close the advice"), on=self._close)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("How far the measurement is"))
        self._phase = label("", "small")
        self.cancel = Button(self.tr("Cancel"), "quiet", edge=True, tip=self.tr("End the measurement"), on=self.advice.cancel)
        self.cancel.setObjectName("cancelAdvice")
        self._busy = widget(column(self._bar, row((self._phase, 1), self.cancel), spacing=4))
        self._wrong = label("", "", wrap=True)
        self.quadrant = Quadrant()
        self.found, self.why = label("", "", wrap=True), label("", "small", wrap=True)
        self.apply = Button(self.tr("Use it"), on=self._apply)
        self.apply.setObjectName("applyAdvice")
        self._said = widget(column(self.quadrant, self.found, self.why, row(self.apply, None)))
        out = column(
            header(label(self.tr("What should I freeze?"), "section"), self.close_), self._busy, self._wrong, self._said, spacing=6
        )
        out.setContentsMargins(*[GAP - 1] * 4)
        self.setLayout(out)
        self.advice.changed.connect(self.refresh)
        session.recipe_changed.connect(self._show_button)
        self.refresh()

    def refresh(self) -> None:
        loading = self.advice.loading
        self.setVisible(loading.state != "empty")
        self.ask.setEnabled(loading.state == "empty")
        self._busy.setVisible(loading.state == "busy")
        self._wrong.setVisible(loading.state == "failed")
        self._said.setVisible(loading.ready)
        if loading.state == "busy":
            self._show_progress()
        elif loading.error is not None:
            self._wrong.setText(sentences(loading.error.what, loading.error.why, loading.error.do))
        elif loading.ready:
            self._show_document(loading.document)

    def _show_progress(self) -> None:
        progress = self.advice.loading.progress
        self._bar.setRange(0, 100 if progress and progress.total else 0)
        if progress and progress.total:
            self._bar.setValue(round(100 * progress.done / progress.total))
            images = self.tr("%1 of %2 images").replace("%1", f"{progress.done:,}").replace("%2", f"{progress.total:,}")
            self._phase.setText(images if progress.phase == "probe" else self.tr("Reading the images"))
        else:
            self._phase.setText(self.tr("Loading the model"))

    def _show_document(self, document: dict[str, Any]) -> None:
        probe = document["probe"]
        self.quadrant.show_place(document["large"], document["similar"], _RULES)
        images = count(probe["n"], self.tr("image"), self.tr("images"))
        said = self.tr("A straight line through the pretrained features is right on %1 of %2; guessing gives %3.")
        self.found.setText(
            said.replace("%1", percent(probe["accuracy"], 0)).replace("%2", images).replace("%3", percent(probe["chance"], 0))
        )
        low, high = probe["interval"]
        self.found.setToolTip(self.tr("95% interval: %1 to %2").replace("%1", percent(low, 0)).replace("%2", percent(high, 0)))
        near = self.tr("The features tell your classes apart already: your images are similar to what the model knows.")
        far = self.tr("The features tell your classes apart only in part: your images are different from what the model knows.")
        few = self.tr("%1 to learn from are few (many: 2,000 or more): a whole network would learn them by heart.")
        many = self.tr("%1 to learn from are many: the whole network can learn.")
        size = (many if document["large"] else few).replace("%1", count(document["n_train"], self.tr("image"), self.tr("images")))
        self.why.setText(f"{near if document['similar'] else far} {size}")
        self._show_button()

    def _show_button(self) -> None:
        if not self.advice.loading.ready:
            return
        strategy = self.advice.loading.document["strategy"]
        used = self.session.recipe.frozen.strategy == strategy
        form = self.tr("%1 is in force") if used else self.tr("Use %1")
        self.apply.setText(form.replace("%1", strategy_word(strategy)))
        self.apply.setEnabled(not used)
        self.apply.setToolTip(self.tr("Take this strategy with the rates that suit it; it can be undone. A rule of thumb, not a verdict."))

    def _ask(self) -> None:
        self.advice.ask()
        self.close_.setFocus()  # keys go on in what has just opened

    def _apply(self) -> None:
        self.session.choose_strategy(self.advice.loading.document["strategy"])

    def _close(self) -> None:
        self.advice.close()
        self.ask.setFocus()
