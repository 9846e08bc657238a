"""To which study a run belongs."""

from __future__ import annotations

from pathlib import Path

from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.studies.folder import StudyFolder
from tlstudio.studies.membership import study_of
from tlstudio.studies.queue import Entry, Queue


def test_runs_of_queues_and_sweeps_are_found_and_others_belong_to_none(home: Path) -> None:
    first, trial, alone = (Run.create(Recipe().set({"name": name})) for name in ("first", "leaves: trial 3 of rates", "alone"))
    queue = StudyFolder.create("queue", "tonight", title="Tonight", question="", asked={})
    Queue(queue.path).add([Entry(run=str(first.path), state="running"), Entry()])
    StudyFolder.create("sweep", "rates", title="Rates", question="", asked={"trials": 5})
    broken = StudyFolder.create("queue", "broken", title="", question="", asked={})
    (broken.path / "queue.json").write_text("{")
    said = study_of(first.path)
    assert said is not None
    assert (said["study"], said["state"], said["of"]) == ("tonight", "unfinished", 2)
    swept = study_of(trial.path)
    assert swept is not None
    assert swept["study"] == "rates"
    assert study_of(alone.path) is None
