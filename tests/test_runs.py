"""Run folders: creation, locks, torn files, atomic writes, history across a resume."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock

from tlstudio import places, runs
from tlstudio.errors import InputError, StudioError
from tlstudio.event_log import EventLog
from tlstudio.events import CheckpointWritten, EpochEnded, Event, MasksKept, Note, RunStarted, Steps, Watched, WentBack
from tlstudio.recipe import Recipe
from tlstudio.runs import Run, all_runs, cannot_write, write_atomic


def _started(resumed_from: tuple[int, int] | None = None) -> RunStarted:
    return RunStarted(
        run="r", name="", task="classification", model="m", strategy="head", epochs=3, steps_per_epoch=4, n_train=8, n_val=2, n_test=0,
        classes=["a", "b"], device="cpu", params=2, params_learning=1, cached=True, resumed_from=resumed_from,
    )  # fmt: skip


def _steps(epoch: int, first: int, n: int) -> Steps:
    values = [epoch + (first + i) / 10 for i in range(n)]
    return Steps(epoch=epoch, first=first, loss=values, accuracy=values, lr=values, backbone_lr=values)


def _epoch(epoch: int) -> EpochEnded:
    return EpochEnded(
        epoch=epoch, stage="head", train_loss=1, train_accuracy=0, val_loss=1, val_accuracy=0.5, correct=1, n=2, lr=0.1, backbone_lr=0.1,
        seconds=1, images_per_second=8, best=True,
    )  # fmt: skip


def _log(run: Run, said: list[Event]) -> None:
    log = EventLog(run)
    try:
        for event in said:
            log.write(event)
    finally:
        log.close()


def test_create_writes_the_recipe_and_names_are_never_taken_twice() -> None:
    recipe = Recipe().set({"name": "Ants & bees / ünïcode"})
    first, second = Run.create(recipe), Run.create(recipe)
    assert first.path != second.path
    assert first.path.parent == places.runs()
    assert first.recipe() == recipe
    assert [run.path for run in all_runs()] == sorted([first.path, second.path], reverse=True) or len(all_runs()) == 2


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("x")
    with pytest.raises(InputError, match="not empty"):
        Run.create(Recipe(), tmp_path)
    with pytest.raises(InputError, match="is a file"):
        Run.create(Recipe(), tmp_path / "thesis.doc")


def test_open_by_folder_or_name_and_a_sentence_for_neither(tmp_path: Path) -> None:
    run = Run.create(Recipe())
    assert Run.open(run.name).path == Run.open(str(run.path)).path == run.path
    with pytest.raises(InputError, match="There is no run 'nothing'"):
        Run.open("nothing")


def test_the_lock_is_seen_from_another_process_and_goes_with_its_holder(tmp_path: Path) -> None:
    run = Run.create(Recipe(), tmp_path / "run")
    code = (
        "import sys\nfrom pathlib import Path\nfrom tlstudio.runs import Run\n"
        "with Run(Path(sys.argv[1])).locked():\n print('held', flush=True)\n sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(run.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == "held"
        assert run.state() == "live"
        with pytest.raises(InputError, match="being trained right now"), run.locked():
            pass
        with pytest.raises(InputError, match="Stop it first"):
            run.to_trash()
        holder.kill()
    assert run.state() == "unfinished"
    with run.locked():
        pass


def test_history_tells_what_a_resume_did_again_only_once(tmp_path: Path) -> None:
    run = Run.create(Recipe(), tmp_path / "run")
    _log(run, [_started(), _steps(1, 1, 4), _epoch(1), _steps(2, 1, 3), _epoch(2)])
    _log(run, [_started((1, 2)), _steps(2, 3, 2), _epoch(2)])
    said = run.history()
    assert [event.loss for event in said if isinstance(event, Steps)] == [[1.1, 1.2, 1.3, 1.4], [2.1, 2.2], [2.3, 2.4]]
    assert [event.epoch for event in said if isinstance(event, EpochEnded)] == [1, 2]


def test_history_of_a_run_that_had_to_begin_anew_holds_it_once(tmp_path: Path) -> None:
    run = Run.create(Recipe(), tmp_path / "run")
    _log(run, [_started(), _steps(1, 1, 4), _epoch(1)])  # killed before its first checkpoint
    _log(run, [_started(), _steps(1, 1, 4), _epoch(1), _steps(2, 1, 1)])
    said = run.history()
    assert [event.loss for event in said if isinstance(event, Steps)] == [[1.1, 1.2, 1.3, 1.4], [2.1]]
    assert [event.epoch for event in said if isinstance(event, EpochEnded)] == [1]


def _back(epochs: int, best: int | None = None) -> WentBack:
    return WentBack(epochs=epochs, steps=0, sentence="", best=best)


def test_history_forgets_what_a_run_made_beyond_the_place_it_went_back_to(tmp_path: Path) -> None:
    run = Run.create(Recipe(), tmp_path / "run")
    beyond: list[Event] = []
    for epoch in (1, 2, 3):
        watched = Watched(epoch=epoch, paths=[], truth=[], labels=[], probabilities=[])
        saved = CheckpointWritten(epoch=epoch, step=0, best=True)
        beyond += [_steps(epoch, 1, 4), MasksKept(epoch=epoch, folder="/m"), watched, _epoch(epoch), saved]
    on = [CheckpointWritten(epoch=1, step=0, best=True), _steps(2, 1, 2)]
    _log(run, [_started(), *beyond, _back(1, best=1), *on])
    said = run.history()
    assert [event.epoch for event in said if isinstance(event, MasksKept)] == [1]
    assert [event.epoch for event in said if isinstance(event, Watched)] == [1]
    assert [(event.epoch, event.step) for event in said if isinstance(event, CheckpointWritten)] == [(1, 0), (1, 0)]
    assert [len(event.loss) for event in said if isinstance(event, Steps)] == [4, 2]


@pytest.mark.parametrize(("best", "left"), [(None, [1, 2]), (2, [1, 2]), (1, [1]), (0, [])])
def test_history_marks_no_epoch_as_the_best_whose_weights_are_gone(tmp_path: Path, best: int | None, left: list[int]) -> None:
    run = Run.create(Recipe(), tmp_path / "run")
    _log(run, [_started(), _epoch(1), _epoch(2), _epoch(3), _back(2, best)])
    assert [event.epoch for event in run.history() if isinstance(event, EpochEnded) and event.best] == left


def test_a_run_that_was_killed_before_a_checkpoint_knew_that_it_went_back_had_not(tmp_path: Path) -> None:
    run = Run.create(Recipe(), tmp_path / "run")
    saved = CheckpointWritten(epoch=2, step=1, best=True)
    _log(run, [_started(), _steps(1, 1, 4), _epoch(1), _steps(2, 1, 4), _epoch(2), _steps(3, 1, 1), saved, _back(1)])
    assert [event.epoch for event in run.history() if isinstance(event, EpochEnded)] == [1]
    assert [event.epoch for event in run.history(saved=True) if isinstance(event, EpochEnded)] == [1, 2]
    _log(run, [_started((2, 1)), _steps(3, 2, 1)])
    said = run.history()
    assert [event.loss for event in said if isinstance(event, Steps)] == [[1.1, 1.2, 1.3, 1.4], [2.1, 2.2, 2.3, 2.4], [3.1], [3.2]]
    _log(run, [_back(1), CheckpointWritten(epoch=1, step=0, best=True), _steps(2, 1, 2)])
    assert run.history() == run.history(saved=True)
    assert [event.epoch for event in run.history() if isinstance(event, Steps)] == [1, 2]


def test_a_line_cut_short_by_power_loss_costs_only_itself(tmp_path: Path) -> None:
    run = Run.create(Recipe(), tmp_path / "run")
    _log(run, [Note(message="one"), Note(message="two")])
    path = run.path / "events.jsonl"
    path.write_bytes(path.read_bytes()[:-9])
    _log(run, [Note(message="three")])
    assert [event.message for event in run.events() if isinstance(event, Note)] == ["one", "three"]


def test_runs_begun_at_the_same_time_get_a_folder_each() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: Run.create(Recipe()), range(32)))
    assert len({run.path for run in made}) == 32


def test_a_look_at_the_state_does_not_keep_a_run_from_starting(tmp_path: Path) -> None:
    run = Run.create(Recipe(), tmp_path / "run")
    assert not run.is_live()
    assert not (run.path / ".lock").exists()
    looked, begun = FileLock(run.path / ".lock"), threading.Event()

    def look() -> None:
        with looked:
            begun.set()
            time.sleep(0.03)

    thread = threading.Thread(target=look)
    thread.start()
    begun.wait()
    with run.locked():
        assert run.is_live()
    thread.join()


def test_a_trash_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    run = Run.create(Recipe(), tmp_path / "run")
    places.trash().parent.mkdir(parents=True, exist_ok=True)
    places.trash().write_text("a file in the way")
    with pytest.raises(StudioError, match="cannot be written"):
        run.to_trash()
    assert run.path.is_dir()


def test_documents_hold_null_for_what_is_no_number(tmp_path: Path) -> None:
    run = Run.create(Recipe(), tmp_path / "run")
    run.write_json("summary.json", {"metrics": {"val_loss": float("nan")}})
    assert run.summary() == {"metrics": {"val_loss": None}}


def test_trash_keeps_the_run(tmp_path: Path) -> None:
    run = Run.create(Recipe())
    there = run.to_trash()
    assert not run.path.exists()
    assert (there / "recipe.toml").is_file()
    assert there.parent == places.trash()


def test_write_atomic_leaves_the_old_file_when_it_fails(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def full(file: object) -> None:
        raise OSError(28, os.strerror(28))

    with pytest.raises(StudioError, match="disk is full"):
        write_atomic(path, full)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_sentences_for_writes_that_fail() -> None:
    assert "read-only" in str(cannot_write(Path("/x"), OSError(30, "")))
    assert "another folder" in str(cannot_write(Path("/x"), OSError(13, "")))
    assert "full" in str(cannot_write(Path("/x"), OSError(28, "")))


def test_absolute_expands_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert runs.absolute("~/a/../b") == tmp_path / "b"
