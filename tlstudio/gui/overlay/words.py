"""What modes are called, and what they show; with the keys that choose them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from tlstudio.gui.overlay.picture import Mode

KEYS: dict[Mode, str] = {"image": "I", "prediction": "P", "truth": "G", "difference": "D", "contour": "C", "swipe": "S"}


def tr(text: str) -> str:
    return QCoreApplication.translate("overlay", text)


def mode_words() -> dict[Mode, str]:
    """In the order in which they are offered."""
    return {
        "image": tr("Image"),
        "prediction": tr("Prediction"),
        "truth": tr("Truth"),
        "difference": tr("Difference"),
        "contour": tr("Contour"),
        "swipe": tr("Swipe"),
        "side": tr("Side by side"),
        "confidence": tr("Confidence"),
        "entropy": tr("Entropy"),
    }


def mode_tips() -> dict[Mode, str]:
    """What each shows, and when to choose it."""
    return {
        "image": tr("The picture alone"),
        "prediction": tr("What the model says of each pixel"),
        "truth": tr("The mask that belongs to the picture"),
        "difference": tr("Where prediction and truth agree and where not; with one class alone, what of it was found, missed or invented"),
        "contour": tr("Only the outlines, so that the picture stays free"),
        "swipe": tr("Prediction left and truth right of a line that one drags"),
        "side": tr("Prediction and truth beside each other, moved and zoomed together"),
        "confidence": tr("How sure the model is of its answer, pixel by pixel"),
        "entropy": tr("How undecided the model is between all classes, pixel by pixel"),
    }


def share(part: float) -> str:
    """9.9 %, < 0.1 %, – for nothing."""
    return "–" if part <= 0 else "< 0.1 %" if part < 0.001 else f"{100 * part:.1f} %"


def score(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def whole_percent(part: float) -> str:
    return f"{100 * part:.0f} %"
