"""The Data page's cards and what they ask of each other; made when the first data set is there."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QWidget

from tlstudio.data.masks import Coding
from tlstudio.gui import theme
from tlstudio.gui.image_index import EVERY, SPLITS, ImageIndex
from tlstudio.gui.metric import MASKS
from tlstudio.gui.model_choice import entry_of
from tlstudio.gui.picture_lists import ClassPictures, problem_pictures
from tlstudio.gui.problem_kinds import ProblemLine, leaking, lines, step_words
from tlstudio.gui.session import Session
from tlstudio.gui.widgets import thumbnails
from tlstudio.gui.widgets.augment_preview import AugmentPreview
from tlstudio.gui.widgets.augment_strengths import AugmentStrengths
from tlstudio.gui.widgets.balance import Balance
from tlstudio.gui.widgets.card_rows import Arrangement, CardRows
from tlstudio.gui.widgets.class_strip import ClassStrip
from tlstudio.gui.widgets.gallery import Gallery
from tlstudio.gui.widgets.masks_card import MasksCard
from tlstudio.gui.widgets.parts import GAP, IconLabel, card, column, header, label, row, widget
from tlstudio.gui.widgets.picture_view import PictureView
from tlstudio.gui.widgets.problems import ProblemsTable
from tlstudio.gui.widgets.resize_tiles import ResizeTiles
from tlstudio.gui.widgets.size_histogram import SizeHistogram
from tlstudio.gui.widgets.split_card import SplitCard
from tlstudio.gui.words import count

_LEFT, _RIGHT, _MIDDLE = 248, 264, 320
_MASKS, _MORE = (("masks", 0),), (("strengths", 0),)
ARRANGEMENTS = (
    Arrangement(
        980,
        (
            _MASKS,
            (("split", _LEFT), ("strip", 0), ("balance", _RIGHT)),
            (("problems", 0), ("resize", _MIDDLE), ("augment", _RIGHT)),
            _MORE,
        ),
    ),
    Arrangement(
        680,
        (
            _MASKS,
            (("split", _LEFT), ("strip", 0)),
            (("balance", _RIGHT), ("problems", 0)),
            (("resize", 0), ("augment", 0)),
            _MORE,
        ),
    ),
    Arrangement(0, tuple(((name, 0),) for name in ("masks", "split", "strip", "balance", "problems", "resize", "augment", "strengths"))),
)
_STRIP, _PROBLEMS, _HISTOGRAM, _BARS, _MANY_BARS = 208, 200, 82, 100, 148  # heights below which these would show too little
_EXAMPLES = 200  # pictures among which the one for the previews is looked for


class DataCards(QScrollArea):
    """Everything below the summary."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.pictures = ImageIndex()
        self._example = 0
        self.split, self.strip, self.balance = SplitCard(session), ClassStrip(), Balance()
        self.histogram, self.problems = SizeHistogram(), ProblemsTable()
        self.resize_tiles, self.augment, self.strengths = ResizeTiles(session), AugmentPreview(session), AugmentStrengths(session)
        self._legend = widget(row(IconLabel("copy", "warn", 14), label(self.tr("also in another split"), "small"), None))
        self.masks = MasksCard(session)
        self._ratio, self._sum = label("", "small"), label("", "small")
        self._none = widget(row(IconLabel("check-circle", "good"), label(self.tr("Nothing is wrong with these images."), "muted"), None))
        self._images, self._balance = label(self.tr("Images by class"), "section"), label(self.tr("Balance"), "section")
        hint = label(self.tr("Click a picture to see it large"), "small")
        sizes = header(self.tr("Sizes"), label(self.tr("images"), "small"))
        self._bars = column(header(self._balance, self._ratio), (self.balance, 3), 4, sizes, (self.histogram, 2), spacing=4)
        cards: dict[str, QWidget] = {
            "split": card(column(self.split)),
            "strip": card(column(header(self._images, hint), (self.strip, 1), self._legend, spacing=6)),
            "balance": card(self._bars),
            "problems": card(column(header(self.tr("Problems"), self._sum), 8, self._none, (self.problems, 1), spacing=0)),
            "resize": card(column(self.resize_tiles)),
            "augment": card(column(self.augment)),
            "strengths": card(column(self.strengths)),
            "masks": card(column(self.masks)),
        }
        self._more, self._how = cards["strengths"], cards["masks"]
        for folded in (self._more, self._how):
            folded.hide()
        for view in (self.strip, self.balance, self.problems, self.histogram):  # they take what is left, and scroll
            view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.rows = CardRows(cards, ARRANGEMENTS, still=frozenset({"strengths", "masks"}))
        self.setWidget(self.rows)
        self.strip.class_chosen.connect(self.show_class)
        self.balance.class_chosen.connect(self.show_class)
        self.strip.picture_chosen.connect(self.show_picture)
        self.problems.show_asked.connect(self.show_problem)
        self.problems.remedy_asked.connect(self.mend)
        self.resize_tiles.another_asked.connect(self.take_another)
        self.augment.unfolded.connect(self._show_strengths)
        self.strengths.folded.connect(lambda: self.augment.fold.setChecked(False))
        session.recipe_changed.connect(self._show_model_side)
        self._fit()

    @property
    def busy(self) -> bool:
        """Whether previews or thumbnails are still on their way."""
        return self.resize_tiles.job.busy or self.augment.job.busy or thumbnails.shared().busy

    # what is shown

    def show_document(self) -> None:
        """Show the session's `data` document; the pictures follow."""
        document = self.session.data.document
        classes = document["classes"]
        masks = document.get("task") == MASKS
        self._images.setText(self.tr("Images and masks") if masks else self.tr("Images by class"))
        self._balance.setText(self.tr("Pixels") if masks else self.tr("Balance"))
        if masks:
            self.strip.show_all(int(document["images"]))
            self.masks.show_document(document)
        else:
            self.strip.show_classes(classes)
            self.unfold_masks(False)
        self.balance.show_classes(classes)
        self._ratio.setText(self.balance.balance())
        self._show_model_side()
        self._show_problems()
        self._fit()

    def expect(self, root: str) -> None:
        """The pictures of that folder will follow; those of another are taken away."""
        if self.pictures.root != Path(root):
            self.show_pictures(ImageIndex(root))

    def show_pictures(self, pictures: ImageIndex) -> None:
        """The index of the document has been read."""
        moved = pictures.root != self.pictures.root or len(pictures) == 0
        self.pictures = pictures
        coding = self.session.data.document.get("coding")
        pictures.coding = Coding.from_json(coding) if coding else None
        marked = leaking(self.session.data.document, pictures)
        self._legend.setVisible(bool(marked))
        self.strip.show_pictures(pictures, marked)
        if len(pictures):
            self._show_problems()  # what a remedy would leave out is known only now
        if moved:
            self._example = -1
        self.take_another(0 if not moved else 1)

    def take_another(self, step: int = 1) -> None:
        """Try resizing and augmentation on another picture; preferably one that is far from square, where the ways differ."""
        rows = [row for row in range(min(_EXAMPLES, len(self.pictures))) if _oblong(self.pictures, row)]
        rows = rows or list(range(min(_EXAMPLES, len(self.pictures))))
        if rows:
            self._example = (self._example + step) % len(rows)
            path, mask = self.pictures.facts(rows[self._example]).path, self.pictures.mask_of(rows[self._example])
            self.resize_tiles.show_picture(path, mask)
            self.augment.show_picture(path, mask)

    def unfold_masks(self, shown: bool) -> None:
        """How masks are read shall be seen, or no longer."""
        self._how.setVisible(shown)
        if shown:
            QTimer.singleShot(0, self, lambda: self.ensureWidgetVisible(self._how, 0, GAP))

    def _show_strengths(self, shown: bool) -> None:
        self._more.setVisible(shown)
        if shown:
            QTimer.singleShot(0, self, lambda: self.ensureWidgetVisible(self._more, 0, GAP))

    def _show_model_side(self) -> None:
        recipe = self.session.recipe
        side = recipe.data.image_size or entry_of(recipe).input_size
        self.histogram.show_sizes(self.session.data.document.get("sizes", {}), side)

    def _show_problems(self) -> None:
        document = self.session.data.document
        found = lines(document, self.pictures, self.session.recipe.data.exclude)
        self.problems.show_lines(found)
        self._none.setVisible(not found)
        n = sum(max(1, line.count) for line in found)
        stops = any(line.kind == "single_class" for line in found)
        said = self.tr("%1 in %2, none stops training")
        if stops:
            said = self.tr("it stops training") if len(found) == 1 else self.tr("%1 in %2, one stops training")
        files = count(int(document.get("files", 0)), self.tr("file"), self.tr("files"))
        self._sum.setText(said.replace("%1", f"{n:,}").replace("%2", files) if found else "")
        self._fit()

    # what is done

    def show_class(self, label_: int) -> None:
        """All pictures of a class; where there are masks all pictures, with that class alone of their masks."""
        names = self.session.classes
        every = label_ == EVERY or self.pictures.coding is not None
        rows, solo = (EVERY, label_) if every else (label_, EVERY)
        words = {"train": self.tr("Train"), "val": self.tr("Validation"), "test": self.tr("Test")}
        has = {self.pictures.facts(int(row)).split for row in self.pictures.rows_of(rows)}
        choices = {"": self.tr("All"), **{split: words[split] for split in SPLITS if split in has}}
        Gallery(
            self.tr("All images") if label_ == EVERY else names[label_],
            lambda split: ClassPictures(self.pictures, names, rows, split, solo),
            choices=choices if len(has) > 1 else None,
            parent=self,
        ).show()

    def show_picture(self, label_: int, row_: int) -> None:
        """One picture of a class large; the arrow keys go through its class."""
        pictures = ClassPictures(self.pictures, self.session.classes, label_)
        PictureView(pictures, pictures.rows.index(row_), self).show()

    def show_problem(self, line: ProblemLine) -> None:
        """The files of a kind of problem, each with what is the matter with it."""
        files = problem_pictures(line, self.pictures, self.session.classes)
        Gallery(line.title, lambda _: files, captions=True, broken="file-x", parent=self).show()

    def mend(self, line: ProblemLine) -> None:
        """Leave out, or take in again, what the line says; a step that can be undone."""
        before = set(self.session.recipe.data.exclude)
        after = before - set(line.exclude) if line.remedy == "use" else before | set(line.exclude)
        self.session.edit({"data.exclude": tuple(sorted(after))}, step_words(line))

    # sizes

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "rows"):
            self._fit()

    def _fit(self) -> None:
        self.strip.setMinimumHeight(theme.px(_STRIP) if len(self.session.classes) > 1 else theme.px(120))
        self.balance.setMaximumHeight(self.balance.height_for_all())
        many = len(self.session.classes) > 5  # then they need the room more than the sizes do
        self._bars.setStretchFactor(self.balance, 12 if many else 3)
        self.balance.setMinimumHeight(min(self.balance.height_for_all(), theme.px(_MANY_BARS if many else _BARS)))
        self.problems.setMinimumHeight(min(self.problems.height_for_all(), theme.px(_PROBLEMS)))
        self.histogram.setMinimumHeight(theme.px(_HISTOGRAM))


def _oblong(pictures: ImageIndex, row_: int) -> bool:
    facts = pictures.facts(row_)
    return max(facts.width, facts.height) > 1.2 * min(facts.width, facts.height)
