"""The documents of studies, see the room's docstring. Needs no torch."""

from __future__ import annotations

import contextlib
from typing import Any

from tlstudio.data.report import counted
from tlstudio.errors import InputError, StudioError
from tlstudio.studies import comparison
from tlstudio.studies.folder import StudyFolder, all_studies
from tlstudio.studies.queue import Entry, Queue

_OUTCOME = "outcome.json"


def document(name: str) -> dict[str, Any]:
    """The `study` document as far as it has come. Raises InputError where there is none."""
    folder = StudyFolder.open(name)
    said = folder.said()
    if said["kind"] == "sweep":
        from tlstudio.studies.trials import outcome

        out = outcome(folder)
        folder.write(_OUTCOME, out)
        return {**_head(folder, said, *_of_sweep(said, out)), "entries": [], "verdict": None, "why": "", **out}
    entries = Queue(folder.path).entries()
    verdict, why = None, ""
    try:
        if said["kind"] == "comparison":
            verdict, missing = comparison.answer(folder), len(comparison.unjudged(folder))
            if missing:
                why = f"{counted(missing, 'run')} of it had other weights since they were judged: go on with the study to judge them anew."
    except InputError as error:  # the runs are there all the same
        why = str(error)
    head = _head(folder, said, *_of_queue(entries))
    return {**head, "entries": [entry.to_json() for entry in entries], "verdict": verdict, "why": why}


def rows() -> list[dict[str, Any]]:
    """The `studies` document: what is known without asking Optuna or judging anew. What cannot be read is left out."""
    out = []
    for folder in all_studies():
        with contextlib.suppress(StudioError):
            said = folder.said()
            if said["kind"] == "sweep":
                kept = folder.read(_OUTCOME) or {}
                row, headline = _head(folder, said, *_of_sweep(said, kept)), kept.get("sentence", "")
            else:
                row = _head(folder, said, *_of_queue(Queue(folder.path).entries()))
                headline = (folder.read("verdict.json") or {}).get("headline", "")
            out.append({**{key: value for key, value in row.items() if key != "asked"}, "headline": headline})
    return out


def _head(folder: StudyFolder, said: dict[str, Any], done: int, failed: int, of: int, begun: bool) -> dict[str, Any]:
    left = done + failed < of
    state = "running" if folder.is_live() else "waiting" if left and not begun else "unfinished" if left else "finished"
    return {
        "study": folder.name,
        "path": str(folder.path),
        **{key: said.get(key) for key in ("kind", "title", "question", "created")},
        "asked": _shown(said["asked"]),
        "state": state,
        "done": done,
        "failed": failed,
        "of": of,
    }


def _shown(asked: dict[str, Any]) -> dict[str, Any]:
    """What was asked, without the password of a storage."""
    if not asked.get("storage"):
        return asked
    from tlstudio.studies.sweep import without_password

    return {**asked, "storage": without_password(asked["storage"])}


def _of_queue(entries: list[Entry]) -> tuple[int, int, int, bool]:
    counted = [one for one in entries if one.state != "skipped"]
    done, failed = (sum(one.state == state for one in counted) for state in ("done", "failed"))
    return done, failed, len(counted), any(one.state != "waiting" for one in counted)


def _of_sweep(said: dict[str, Any], out: dict[str, Any]) -> tuple[int, int, int, bool]:
    states = [one["state"] for one in out.get("trials", ())]
    done = sum(state in ("done", "pruned") for state in states)
    return done, states.count("failed"), said["asked"]["trials"], bool(states)
