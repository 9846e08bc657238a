"""The columns of the layer tree: what they are called, what they say of themselves, how wide they are."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

LAYER, TYPE, INPUT, OUTPUT, PARAMS, SHARE, MULT_ADDS, FIELD, STATE, RATE, NORM, SIGNAL = range(12)
COUNT = SIGNAL + 1
CHOOSABLE = tuple(column for column in range(COUNT) if column != SIGNAL)
"""SIGNAL comes and goes with a run."""
NUMBERS = frozenset({PARAMS, MULT_ADDS, FIELD, RATE})
KEYS = ("layer", "type", "input", "output", "params", "share", "mult_adds", "receptive_field", "state", "rate", "batchnorm")
"""What the settings call them."""
# Least widths. Where nobody has chosen, these are shown; where not all have room, the last of them goes first: Mult-adds, then Share, Type,
# Output, Rate, Params. The signals of a run keep their room beside the layers' names.
FITTING = {LAYER: 146, PARAMS: 76, RATE: 58, OUTPUT: 98, TYPE: 108, SHARE: 46, MULT_ADDS: 72}
WIDTHS = FITTING | {INPUT: 98, FIELD: 98, STATE: 84, NORM: 104, SIGNAL: 88}
SIGNAL_MOST = 128  # of what is left over a curve takes so much, the names have the rest


@dataclass(frozen=True)
class Column:
    """What the header says."""

    title: str
    tip: str


def tr(text: str) -> str:
    return QCoreApplication.translate("layer_columns", text)


def described(column: int, batch: int = 1) -> Column:
    """batch: images at once, as the document has it."""
    images = tr("one image") if batch == 1 else tr("a batch of %1 images").replace("%1", str(batch))
    return {
        LAYER: lambda: Column(tr("Layer"), tr("A tick freezes a layer: it keeps what it knows. An empty box learns.")),
        TYPE: lambda: Column(tr("Type"), tr("The layer's class")),
        INPUT: lambda: Column(tr("Input"), tr("Shape of what comes into the layer, for one image")),
        OUTPUT: lambda: Column(tr("Output"), tr("Shape of what the layer gives for one image; of a weight, its own shape")),
        PARAMS: lambda: Column(tr("Params"), tr("Numbers that can be learned, in the layer and all that is in it")),
        SHARE: lambda: Column(tr("Share"), tr("Share of all parameters of the network")),
        MULT_ADDS: lambda: Column(tr("Mult-adds"), tr("Multiplications with addition for %1").replace("%1", images)),
        FIELD: lambda: Column(tr("Receptive field"), tr("Side of the square of the picture that one number of the output can see")),
        STATE: lambda: Column(tr("State"), tr("Whether the layer learns or is frozen")),
        RATE: lambda: Column(
            tr("Rate"),
            tr("Learning rate beside the head's: × 0.1 learns at a tenth of it, ≤ 0.1 at most so. Bold: a multiplier of its own."),
        ),
        SIGNAL: lambda: Column(
            tr("Signal"),
            tr("How each layer learned in the run, chosen above the tree; a closed lock: frozen, and proven not to have moved."),
        ),
        NORM: lambda: Column(tr("BatchNorm"), tr("What a BatchNorm layer does with the averages it learned")),
    }[column]()
