"""The chart for the README: how long contestants take, as bars in SVG, one file for light pages and one for dark."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from html import escape

from table import figures
from table.figures import spread
from table.results import Results
from table.row import Figure, seconds

WIDTH, BAR, GAP, LEFT, RIGHT, TOP = 820, 22, 10, 250, 120, 64
TONES = {
    "light": {"ground": "#ffffff", "edge": "#d5dae1", "ink": "#1d2530", "quiet": "#5b6675", "ours": "#2563c9", "theirs": "#a7b1bf"},
    "dark": {"ground": "#161b22", "edge": "#30363d", "ink": "#e8ecf1", "quiet": "#9aa5b4", "ours": "#5b9bf5", "theirs": "#56616f"},
}


@dataclass(frozen=True)
class Bar:
    """mark: "≈ " for what is extrapolated, "> " for what did not get there in that time."""

    title: str
    seconds: float
    ours: bool
    mark: str = ""


def panels(results: Results) -> list[tuple[str, list[Bar]]]:
    """Titled groups of bars; those that were not measured are absent."""
    low = results.accuracies["head"]
    tutorial = results.cells.get("tutorial-head")
    all_epochs = (tutorial.extrapolated_to or tutorial.epochs) if tutorial else 0
    mark = "≈ " if tutorial and tutorial.extrapolated_to else ""
    ours = f"{results.cells['ours-head'].epochs} epochs" if "ours-head" in results.cells else ""
    reach, epoch = partial(figures.time_to, accuracy=low), figures.epoch_seconds
    named: dict[str, list[Bar | None]] = {
        "A new head, the whole training": [
            _bar(results, "ours-head", f"tlstudio, {ours}, second run", partial(figures.total, series="again"), True),
            _bar(results, "ours-head", f"tlstudio, {ours}", figures.total, True),
            _bar(results, "fastai", "fastai fine_tune(1)", figures.total),
            _bar(results, "tutorial-head", f"tutorial loop, {all_epochs} epochs", partial(figures.total, all_epochs=all_epochs), mark=mark),
        ],
        f"A new head, to a validation accuracy of {low:g}": [
            _bar(results, "ours-head", "tlstudio", reach, True),
            _bar(results, "tutorial-head", "tutorial loop", reach),
            _bar(results, "fastai", "fastai fine_tune(1)", reach),
        ],
        "The last block learns, an epoch": [
            _bar(results, "ours-last-block", "tlstudio", epoch, True),
            _bar(results, "tutorial-last-block", "tutorial loop", epoch),
        ],
        "Everything learns, an epoch": [
            _bar(results, "ours-full", "tlstudio", epoch, True),
            _bar(results, "tutorial-full", "tutorial loop", epoch),
            _bar(results, "lightning-full", "Lightning", epoch),
        ],
    }
    found = [(title, [bar for bar in bars if bar is not None]) for title, bars in named.items()]
    return [(title, bars) for title, bars in found if len(bars) > 1]


def _bar(results: Results, cell: str, title: str, figure: Figure, ours: bool = False, *, mark: str = "") -> Bar | None:
    of = spread(results.values(cell, figure).values())
    if of is not None and math.isinf(of.median):
        of, mark = spread(results.values(cell, figures.time_measured).values()), "> "
    return None if of is None else Bar(title, of.median, ours, mark)


def svg(results: Results, tone: str) -> str | None:
    """None where there is nothing to compare."""
    found = panels(results)
    if not found:
        return None
    c, y, parts = TONES[tone], TOP, []
    for title, bars in found:
        parts.append(_text(24, y + 14, title, c["ink"], 15, weight=600))
        y += 28
        longest = max(bar.seconds for bar in bars)
        for bar in bars:
            length = max(2.0, (WIDTH - LEFT - RIGHT) * bar.seconds / longest)
            parts.append(_text(LEFT - 12, y + BAR - 6, bar.title, c["ink" if bar.ours else "quiet"], 14, anchor="end"))
            fill = c["ours" if bar.ours else "theirs"]
            parts.append(f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" rx="3" fill="{fill}"/>')
            said = bar.mark + seconds(bar.seconds)
            parts.append(_text(LEFT + length + 8, y + BAR - 6, said, c["ink"], 14, weight=600 if bar.ours else 400))
            y += BAR + GAP
        y += 18
    about = results.about
    photos, cores = about["photos"], about["machine"]["cores"].partition(" ")[0]
    said = f"Medians on {cores} CPU cores; EfficientNet-Lite0, {photos['train']} + {photos['val']} photos; shorter is better"
    frame = f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{y - 1}" rx="10" fill="{c["ground"]}" stroke="{c["edge"]}"/>'
    head = _text(24, 36, said, c["quiet"], 14)
    font = "font-family=\"Inter, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif\""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}" role="img" {font}>\n'
        f"<title>{escape(said)}</title>\n" + "\n".join([frame, head, *parts]) + "\n</svg>\n"
    )


def _text(x: float, y: float, words: str, colour: str, size: int, *, weight: int = 400, anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}"'
    return f'<text {place} fill="{colour}">{escape(words)}</text>'
