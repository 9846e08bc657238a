"""Runs beside each other: their rows, what their recipes differ in, and which of the same images only one of them got right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tlstudio.errors import StudioError
from tlstudio.run_rows import judged, settings
from tlstudio.run_rows.judged import Judged
from tlstudio.run_rows.reading import row
from tlstudio.runs import Run


def rows(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """A row each, in that order, with settings, against_first and why_not (null where nothing is amiss); see `api.compare`."""
    out = [row(run) for run in runs]
    for one, own in zip(out, _settings(runs), strict=True):
        one |= {"settings": own, "against_first": None, "why_not": None}
    if len(out) < 2:
        return out
    first, why = _judged(runs[0], out[0])
    for run, one in zip(runs[1:], out[1:], strict=True):
        second, other = _judged(run, one)
        one["why_not"] = why or other
        if first is None or second is None:
            continue
        one["why_not"] = judged.obstacle([first, second], [runs[0].name, run.name]) or None
        if one["why_not"] is None:
            try:
                one["against_first"] = judged.document(first, second)
            except StudioError as error:
                one["why_not"] = str(error)
    return out


def _settings(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Of each run what differs; nothing where a recipe cannot be read, which its row says."""
    try:
        found = settings.differing([run.recipe() for run in runs])
    except StudioError:
        return [{} for _ in runs]
    return [{key: values[i] for key, values in found.items()} for i in range(len(runs))]


def _judged(run: Run, said: dict[str, Any]) -> tuple[Judged | None, str | None]:
    """What is known of each of its images, or why nothing is."""
    task = str(said.get("task") or "")
    if not judged.is_judged(run, task):
        return None, f"{run.name} was not measured since it was trained; tlstudio evaluate {run.name} does it"
    try:
        return judged.read(run, task), None
    except StudioError as error:
        return None, str(error)
