"""`tlstudio find-rate`: the document, and the words for people."""

from __future__ import annotations

import pytest

from tlstudio.cli import find_rate, output

FOUND = {
    "rates": [1e-6, 1e-3, 1.0], "losses": [0.7, 0.4, None], "smoothed": [0.7, 0.4, None], "suggestion": 0.0032, "backbone_share": 0.1,
    "why": "The loss falls fastest at 0.001.",
}  # fmt: skip


def test_what_to_put_into_the_recipe_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    output.show(FOUND, False, find_rate.draw)
    said = capsys.readouterr().out
    assert "suggestion 0.0032 (--set optimizer.lr=0.0032 --set optimizer.backbone_lr=0.00032)" in said
    assert "The loss falls fastest at 0.001." in said
    assert "0.4000" in said
    assert "–" in said


def test_without_a_suggestion_there_is_only_the_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    output.show({**FOUND, "suggestion": None, "backbone_share": None}, False, find_rate.draw)
    assert "suggestion" not in capsys.readouterr().out
