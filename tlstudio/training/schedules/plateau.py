"""The rate falls when the validation loss has stopped falling, as torch's ReduceLROnPlateau with a relative threshold."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pydantic import Field

from tlstudio.recipe import Section
from tlstudio.registry import Kind
from tlstudio.training.schedules.factor import Factor


class Options(Section):
    """How long to wait and how far to fall."""

    patience: int = Field(
        3, ge=1, title="Patience", description="Epochs without a better loss before the rate falls.", json_schema_extra={"unit": "epochs"}
    )
    factor: float = Field(0.1, gt=0.0, lt=1.0, title="Factor", description="What the rate is multiplied with at each fall.")
    threshold: float = Field(0.0001, ge=0.0, lt=1.0, title="Better by", description="Share of the loss that counts as better.")


def _make(options: Options, epochs: int, steps_per_epoch: int) -> Factor:
    def factor(step: int, losses: Sequence[float]) -> float:
        # Worked out from all losses anew: it then cannot depend on whether a run was interrupted.
        best, waited, falls = math.inf, 0, 0
        for loss in losses[: step // steps_per_epoch]:
            if loss < best * (1 - options.threshold):
                best, waited = loss, 0
            else:
                waited += 1
            if waited > options.patience:
                falls, waited = falls + 1, 0
        return float(options.factor**falls)

    return factor


KIND = Kind("plateau", "On plateau", "Falls when the validation loss has not become better for some epochs.", Options, _make)
