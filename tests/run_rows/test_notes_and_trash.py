"""Notes, tags, runs from elsewhere, and the trash."""

from __future__ import annotations

from pathlib import Path

import pytest

from tlstudio import api, places
from tlstudio.errors import InputError
from tlstudio.recipe import Recipe
from tlstudio.run_rows import notes, search
from tlstudio.runs import Run
from tlstudio.studies.folder import StudyFolder


@pytest.fixture
def run() -> Run:
    made = Run.create(Recipe().set({"name": "Ants", "data.path": "/photos/ants"}), places.runs() / "ants-1")
    made.write_text("events.jsonl", "")
    return made


def test_note_and_tags(run: Run) -> None:
    assert notes.read(run) == {"note": "", "tags": []}
    said = api.note_run(str(run.path), note=" for the poster ", tags=["Poster", "poster", " two  words "])
    assert said == {"run": str(run.path), "note": "for the poster", "tags": ["Poster", "two words"]}
    assert api.note_run(str(run.path), tags=[])["note"] == "for the poster"
    with pytest.raises(InputError, match="comma"):
        api.note_run(str(run.path), tags=["a, b"])
    run.write_text("notes.json", "[1, 2")
    assert notes.read(run) == {"note": "", "tags": []}


def test_search_takes_words_in_any_order(run: Run) -> None:
    api.note_run(str(run.path), note="Too high", tags=["poster"])
    row = api.list_runs()[0]
    assert search.found(row, "high ANTS")
    assert search.found(row, "poster efficientnet", ["Poster"])
    assert not search.found(row, "ants bees")
    assert not search.found(row, "", ["other"])


def test_runs_from_elsewhere_are_listed_and_left(run: Run, tmp_path: Path) -> None:
    far = Run.create(Recipe().set({"name": "Far"}), tmp_path / "cluster" / "far")
    with pytest.raises(InputError, match="no run folder"):
        api.open_run(str(tmp_path / "cluster"))  # a recipe alone is no run
    far.write_text("events.jsonl", "")
    assert api.open_run(str(tmp_path / "cluster"))["title"] == "Far"
    assert api.open_run(str(far.path))["elsewhere"]
    assert {row["title"]: row["elsewhere"] for row in api.list_runs()} == {"Ants": False, "Far": True}
    api.open_run(str(run.path))  # one of ours needs no list
    api.leave_run(str(far.path))
    assert [row["title"] for row in api.list_runs()] == ["Ants"]
    assert (far.path / "recipe.toml").exists()


def test_trash_gives_back_and_is_emptied(run: Run) -> None:
    (run.path / "best.safetensors").write_bytes(bytes(1000))
    run.to_trash()
    thrown = api.trash()
    assert [(one["name"], one["title"]) for one in thrown] == [("ants-1", "Ants")]
    assert thrown[0]["bytes"] > 1000
    run.path.mkdir()
    with pytest.raises(InputError, match="there already"):
        api.restore("ants-1")
    run.path.rmdir()
    assert api.restore("ants-1") == {"run": str(run.path)}
    assert api.trash() == []
    run.to_trash()
    assert api.empty_trash([])["runs"] == 0
    assert api.empty_trash()["bytes"] > 1000
    assert list(places.trash().iterdir()) == []
    with pytest.raises(InputError, match="no run"):
        api.restore("ants-1")


def test_a_study_in_the_trash_goes_back_to_the_studies_and_not_among_the_runs() -> None:
    made = StudyFolder.create("queue", "tonight", title="Tonight", question="", asked={})
    api.discard_study("tonight")
    gone = api.empty_trash()
    assert (gone["runs"], gone["studies"]) == (0, 1)
    made = StudyFolder.create("queue", "tonight", title="Tonight", question="", asked={})
    gone = api.discard_study("tonight")
    assert [(one["kind"], one["title"], one["path"]) for one in api.trash()] == [("study", "Tonight", gone["trash"])]
    assert api.restore("tonight") == {"run": str(made.path)}
    assert [one["study"] for one in api.studies()] == ["tonight"]
