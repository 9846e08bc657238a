"""The panels never lie over each other nor outside the page, however small it is and large the text."""

from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtCore import QRect, QSize

from tlstudio.gui.overlay.arrangement import EDGE, Arrangement, Sizes, arrange


def arranged(width: int, height: int, scale: float, *, everything: bool) -> Arrangement:
    def px(length: float) -> int:
        return round(length * scale)

    asked = Sizes(
        bar=(px(746), px(420), px(260)),
        bar_height=px(44),
        least=px(200),
        classes_width=px(280),
        classes=lambda wide, most: QSize(wide, min(px(460), most)),
        film=66 + px(38),
        time=px(40) if everything else None,
        minimap=QSize(px(160), px(120)),
        edit=(lambda most: QSize(min(most, px(450)), px(90))) if everything else None,
        notice=(lambda most: QSize(min(most, px(400)), px(70))) if everything else None,
    )
    return arrange(QSize(width, height), asked)


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("page", [(1096, 672), (840, 572), (760, 500), (2400, 1300)])
def test_no_panel_lies_over_another(page: tuple[int, int], scale: float, everything: bool) -> None:
    now = arranged(*page, scale, everything=everything)
    panels = [now.bar, now.classes, now.film, now.time, now.minimap, now.edit, now.notice]
    there = [panel for panel in panels if panel is not None]
    for one, other in combinations(there, 2):
        assert not one.intersects(other), (one, other)
    for panel in there:
        assert QRect(0, 0, page[0], page[1]).contains(panel)


def test_at_the_usual_size_the_bar_has_all_words_beside_the_classes() -> None:
    now = arranged(1096, 672, 1.0, everything=False)
    assert now.level == 0
    assert now.classes.top() == now.bar.top() == EDGE
    assert now.film is not None
    assert now.insets[3] >= now.film.height()


def test_in_a_small_window_the_words_stay_and_the_classes_go_below_the_bar() -> None:
    now = arranged(840, 572, 1.0, everything=False)
    assert now.level == 0
    assert now.classes.top() > now.bar.bottom()


def test_large_text_in_a_small_window_takes_the_menu_and_no_film_strip() -> None:
    now = arranged(840, 500, 2.0, everything=False)
    assert now.level > 0
    assert now.film is None
