"""resnet18's feature pass as a share of the machine's convolution peak."""

from __future__ import annotations

from table.figures import spread
from table.results import Results
from table.row import Row, Side, single

CELLS = ("peak",)


def rows(results: Results) -> list[Row]:
    peak = spread(results.values("peak", lambda sample: sample["figures"].get("peak_gflops")).values())
    return [
        single(
            results,
            "resnet18 feature pass, share of the measured convolution peak",
            Side("peak", lambda sample: sample["figures"].get("share")),
            target=">= 85 %",
            good=lambda value: value >= 0.85,
            form=lambda value: f"{100 * value:.0f} %",
            note=f"peak {peak.text(lambda value: f'{value:.0f}')} GFLOP/s" if peak else "",
        )
    ]
