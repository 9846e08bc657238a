"""How the images are split: the bar, shares and counts, the seed. A split that the data brings is shown, not edited."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from tlstudio.errors import InputError
from tlstudio.gui import theme
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.form import RecipeField
from tlstudio.gui.widgets.parts import Button, Swatch, column, hairline, header, label, row, widget
from tlstudio.gui.widgets.split_bar import ROLES, SplitBar

_PAUSE = 120  # milliseconds without a move after which the recipe follows a dragged border
SPLITS = ("train", "val", "test")


class SplitCard(QWidget):
    """objectName splitCard."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setObjectName("splitCard")
        self.bar = SplitBar()
        self.bar.setAccessibleName(self.tr("Train, validation and test"))
        self.bar.moved.connect(self._moved)
        words = (self.tr("Train"), self.tr("Validation"), self.tr("Test"))
        tips = (
            self.tr("What the model learns from"),
            self.tr("Judges each epoch; the best one is kept"),
            self.tr("Kept for the final figure; never looked at before"),
        )
        self._shares, self._counts = [_right("muted") for _ in SPLITS], [_right("section") for _ in SPLITS]
        grid = self._grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        grid.addWidget(_right("small", self.tr("share")), 0, 2)
        grid.addWidget(_right("small", self.tr("images")), 0, 3)
        for line, (word, role, tip) in enumerate(zip(words, ROLES, tips, strict=True), 1):
            name = label(word)
            name.setToolTip(tip)
            for at, part in enumerate((Swatch(role), name, self._shares[line - 1], self._counts[line - 1])):
                grid.addWidget(part, line, at)
        table = QWidget()
        table.setLayout(grid)
        seed = RecipeField(session, "data.split_seed")
        reroll = Button(
            self.tr("Reroll"), "quiet", "dice-five", edge=True, tip=self.tr("Another seed: other images in each split"), on=self._reroll
        )
        self._seed = widget(row(label(self.tr("Seed")), seed, None, reroll))
        self._says = label("", "small", wrap=True)
        self._says.setObjectName("splitSentence")
        self.setLayout(column(header(self.tr("Split")), self.bar, table, None, hairline(), 4, self._seed, self._says, spacing=8))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE)
        self._timer.timeout.connect(self._give)
        session.recipe_changed.connect(self.refresh)
        session.data_changed.connect(self.refresh)
        self._fit()
        self.refresh()

    def refresh(self) -> None:
        """Show the split of the open data."""
        if self._timer.isActive():
            return  # a border is being moved: what it shows is newer
        document, data = self.session.data.document, self.session.recipe.data
        counts = [int(document.get("splits", {}).get(name, 0)) for name in SPLITS]
        total = max(1, sum(counts))
        carved = carved_splits(document)
        shares = [n / total for n in counts]
        if carved == ("val", "test"):
            self.bar.show_shares(data.val_share, data.test_share, carved)
        elif carved:
            self.bar.show_shares(data.val_share * (1 - shares[2]), shares[2], carved)
        else:
            self.bar.show_shares(shares[1], shares[2], ())
        self._seed.setVisible(bool(carved))
        self._says.setText(self._sentence(carved, str(document.get("split_source", "carved")), counts))
        self._show_numbers(counts, exact=True)

    def _show_numbers(self, counts: list[int], *, exact: bool) -> None:
        """Counts as the scan says them, or, while a border is moved, about what they will be."""
        shares = (1 - self.bar.val - self.bar.test, self.bar.val, self.bar.test)
        for i, n in enumerate(counts):
            self._shares[i].setText(f"{shares[i]:.0%}" if shares[i] else "–")
            self._counts[i].setText(f"{n:,}" if exact else f"≈ {n:,}")

    def _sentence(self, carved: tuple[str, ...], source: str, counts: list[int]) -> str:
        if carved == ("val", "test"):
            return self.tr("Each class is split in the same shares.")
        of = self.tr("its folders") if source == "folders" else self.tr("its table")
        if carved:
            return self.tr(
                "The data came split by %1, without validation: that is taken from train, each class in the same share."
            ).replace("%1", of)
        said = self.tr("The data came split by %1, and stays so.").replace("%1", of)
        return said if counts[2] else f"{said} {self.tr('There is no test split.')}"

    def _moved(self, val: float, test: float) -> None:
        total = sum(int(n) for n in self.session.data.document.get("splits", {}).values())
        self._show_numbers([round(total * share) for share in (1 - val - test, val, test)], exact=False)
        self._timer.start()

    def _give(self) -> None:
        test = self.bar.test
        changes = {"data.val_share": round(self.bar.val, 4), "data.test_share": round(test, 4)}
        if carved_splits(self.session.data.document) == ("val",):  # a share of train and validation alone
            changes = {"data.val_share": round(self.bar.val / max(1e-9, 1 - test), 4)}
        try:
            self.session.edit(changes, self.tr("move the split"))
        except InputError as error:
            self.session.trouble.emit(error)
        self.refresh()

    def _reroll(self) -> None:
        seed = (self.session.recipe.data.split_seed + 1) % 2**31
        self.session.edit({"data.split_seed": seed}, self.tr("split with seed %1").replace("%1", str(seed)))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_grid"):
            self._fit()

    def _fit(self) -> None:
        for column_, width in ((2, 44), (3, 52)):
            self._grid.setColumnMinimumWidth(column_, theme.px(width))


def carved_splits(document: dict[str, object]) -> tuple[str, ...]:
    """Which splits are cut out by the recipe's shares: ("val", "test"), ("val",) where only that is missing, or none."""
    said = document.get("carved")
    if isinstance(said, list):
        return tuple(name for name in ("val", "test") if name in said)
    return ("val", "test") if document.get("split_source", "carved") == "carved" else ()


def _right(kind: str, text: str = "") -> QLabel:
    return label(text, kind, align=Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
