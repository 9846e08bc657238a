"""The commands on studies; jobs are the real ones, in this process, with training that only leaves what it would."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.studies.invented import Invented
from tlstudio import api, cli
from tlstudio.control import Control, Tell, silent
from tlstudio.engine import foreground
from tlstudio.training import recorded


@pytest.fixture
def tlstudio(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run_job(job: str, args: Any, tell: Tell = silent) -> Any:
        return foreground.call(api.JOBS[job], json.loads(json.dumps(args)), tell, Control())

    monkeypatch.setattr(foreground, "run_job", run_job)
    monkeypatch.setattr(recorded, "train", Invented(lambda recipe: 0.9 if recipe.model.weights == "pretrained" else 0.5))

    def command(*words: object) -> tuple[int, str, str]:
        capfd.readouterr()
        code = cli.run([str(word) for word in words])
        return code, *capfd.readouterr()

    return command


def test_from_a_comparison_to_its_verdict(tlstudio: Any, tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text(f'name = "leaves"\n[data]\npath = "{tmp_path.as_posix()}"\n', encoding="utf-8")
    code, out, err = tlstudio(
        "study", "compare", tmp_path / "recipe.toml", "--arms", "head,scratch", "--seeds", 2, "--epochs", 2, "--name", "a"
    )
    assert code == 0
    assert "Head only is better than From scratch by " in out
    assert "95 % interval" in out
    assert "run 2 of 4: From scratch, seed 7" in err
    assert "epoch" not in err
    code, out, _ = tlstudio("study", "show", "a", "--json")
    runs = [entry["run"] for entry in json.loads(out)["entries"]]
    assert json.loads(out)["verdict"]["pairs"][0]["verdict"] == "better"
    code, out, _ = tlstudio("verdict", *runs)
    assert (code, out.splitlines()[0].startswith("Head only is better than From scratch by ")) == (0, True)
    code, out, _ = tlstudio("study", "list")
    assert "comparison" in out
    assert "4/4" in out

    code, out, _ = tlstudio("study", "scratch", tmp_path / "recipe.toml", "--seeds", 1, "--shares", "0.5,1", "--epochs", 1, "--json")
    assert code == 0
    assert [point["share"] for point in json.loads(out)["verdict"]["curve"]] == [0.5, 0.5, 1.0, 1.0]


def test_a_sweep(tlstudio: Any, tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text(f'[data]\npath = "{tmp_path.as_posix()}"\n', encoding="utf-8")
    words = ("study", "sweep", tmp_path / "recipe.toml", "--vary", "training.batch_size=8,16", "--trials", 2, "--epochs", 1, "--name", "b")
    code, out, _ = tlstudio(*words)
    assert code == 0
    assert "The best of 2 trials has" in out
    code, out, _ = tlstudio("study", "resume", "b", "--json")
    assert json.loads(out)["best"]["values"]["training.batch_size"] in (8, 16)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("study", "show", "x"), "no study 'x'"),
        (("study", "compare", "--arms", "head,half"), "no choice 'half'"),
        (("study", "compare", "--arms", "head"), "needs two choices"),
        (("study", "compare", "--shares", "ten"), "'ten' is no share"),
        (("study", "sweep", "--vary", "optimizer.rl=1..2"), "The nearest is 'optimizer.lr'"),
        (("study", "sweep"), "Nothing is varied"),
        (("study", "compare", "--what"), "See 'tlstudio study --help'"),
    ],
)
def test_wrong_input_is_said_in_a_line(tlstudio: Any, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    (tmp_path / "recipe.toml").write_text(f'[data]\npath = "{tmp_path.as_posix()}"\n', encoding="utf-8")
    takes = words[1] in ("compare", "sweep")
    code, out, err = tlstudio(*words[:2], *([tmp_path / "recipe.toml"] if takes else []), *words[2:])
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
