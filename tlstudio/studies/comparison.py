"""A fair comparison: each choice with several seeds, on the same split, for as many epochs, judged by the same pictures."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlstudio import runs
from tlstudio.control import Control, Tell
from tlstudio.errors import InputError
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.studies import judged
from tlstudio.studies.arms import Arm, arms_of
from tlstudio.studies.folder import StudyFolder
from tlstudio.studies.queue import Entry, Queue
from tlstudio.studies.verdict import verdict

_SPLITS = ("val", "test")
_MOST = 100


@dataclass(frozen=True)
class Asked:
    """What a comparison asks, see `api.compare_choices`."""

    recipe: Recipe
    arms: Sequence[str | Mapping[str, Any]]
    seeds: int = 5
    shares: Sequence[float] = (1.0,)
    epochs: int | None = None
    split: str = "val"

    def to_json(self) -> dict[str, Any]:
        """What study.json keeps; lists, not tuples, so that it equals what is read back."""
        said = {
            "recipe": self.recipe.model_dump(mode="json"),
            "arms": [one if isinstance(one, str) else dict(one) for one in self.arms],
            "seeds": self.seeds,
            "shares": sorted(set(self.shares)),
            "epochs": self.epochs,
            "split": self.split,
        }
        kept: dict[str, Any] = json.loads(json.dumps(said))
        return kept

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Asked:
        return cls(
            Recipe.parse(said["recipe"]), tuple(said["arms"]), said["seeds"], tuple(said["shares"]), said.get("epochs"), said["split"]
        )

    def checked(self) -> list[Arm]:
        """The arms. Raises InputError for what cannot be compared."""
        from tlstudio.training.consistent import check

        if not 1 <= self.seeds <= _MOST:
            raise InputError(f"{self.seeds} seeds cannot be taken", "", f"Take 1 to {_MOST}; 5 are usual")
        if not self.shares or not all(0 < share <= 1 for share in self.shares):
            raise InputError("A share of the images lies above 0 and is at most 1", "", "Write 0.25 for a quarter")
        if self.split not in _SPLITS:
            raise InputError(f"There is no split '{self.split}' to judge by", "", f"Take {' or '.join(_SPLITS)}")
        if self.epochs is not None and self.epochs < 1:
            raise InputError(f"A run of {self.epochs} epochs learns nothing", "", "Take 1 or more")
        arms = arms_of(self.recipe, self.arms, self.epochs, self.seeds)
        if len(arms) < 2:
            raise InputError("A comparison needs two choices", f"only '{arms[0].name}' is named", "Name another one")
        for arm in arms:
            check(arm.recipe)
        return arms


def create(asked: Asked, *, name: str = "", question: str = "") -> StudyFolder:
    """The study, with its runs queued. One of that name that asks the same is taken, and given the seeds and shares it does not have yet.

    Raises InputError for what cannot be compared, and for a name that stands for another question.
    """
    recipe = asked.recipe.set({"data.path": str(runs.absolute(asked.recipe.data.path))})
    asked = Asked(recipe, asked.arms, asked.seeds, asked.shares, asked.epochs, asked.split)
    arms = asked.checked()
    question = question or f"{' or '.join(arm.name for arm in arms)}?"
    title = recipe.name or Path(recipe.data.path).stem

    def again(before: Mapping[str, Any]) -> Mapping[str, Any]:
        if before["kind"] != "comparison" or _core(Asked.from_json(before["asked"])) != _core(asked):
            raise InputError(f"The study {name} asks something else", "a name stands for one question", "Take another name, or none")
        shares = sorted({*asked.shares, *before["asked"]["shares"]})
        return {**asked.to_json(), "seeds": max(asked.seeds, before["asked"]["seeds"]), "shares": shares}

    folder = StudyFolder.create("comparison", name, title=title, question=question, asked=asked.to_json(), again=again)
    wanted = Asked.from_json(folder.said()["asked"])
    Queue(folder.path).fill(lambda there: _lacking(wanted, there))
    return folder


def judge(folder: StudyFolder, entry: Entry, tell: Tell, control: Control) -> None:
    """Look at every picture with the run that was just trained, while it is known: later nobody has to."""
    assert entry.run is not None
    judged.scores(Run.open(entry.run), folder.said()["asked"]["split"], tell, control)


def unjudged(folder: StudyFolder) -> list[Entry]:
    """Runs that are done, but whose weights are newer than what is known of each picture: they were trained longer by themselves."""
    split = folder.said()["asked"]["split"]
    done = [one for one in Queue(folder.path).entries() if one.state == "done" and one.finished()]
    return [one for one in done if one.run is not None and not judged.is_known(Run(Path(one.run)), split)]


def answer(folder: StudyFolder) -> dict[str, Any]:
    """The verdict so far, on the runs that are done and judged; written as verdict.json. Needs no torch."""
    said = folder.said()
    asked = Asked.from_json(said["asked"])
    found: dict[Path, Mapping[str, float]] = {}
    rows = []
    entries = [one for one in Queue(folder.path).entries() if one.state == "done" and one.finished()]
    for share in asked.shares:
        for arm in arms_of(asked.recipe, asked.arms, asked.epochs, asked.seeds):
            of = []
            for entry in entries:
                if (entry.arm, entry.share) != (arm.name, share) or entry.run is None:
                    continue
                run = Run(Path(entry.run))
                known = judged.known_scores(run, asked.split)
                if known:
                    found[run.path] = known
                    of.append(run)
            if of:
                rows.append((arm.name, share, arm.changes, of))
    if not rows:
        return verdict([], question=said["question"], split=asked.split)
    document = judged.of_arms(rows, found, split=asked.split, question=said["question"])
    folder.write("verdict.json", document)
    return document


def _lacking(asked: Asked, there: Sequence[Entry]) -> list[Entry]:
    """The runs that are not there yet, seed by seed, so that a study that is ended early has some of each arm."""
    several = len(asked.shares) > 1
    wanted = []
    arms = arms_of(asked.recipe, asked.arms, asked.epochs, asked.seeds)
    like = {arm.name: arm.recipe.model_dump_json() for arm in arms}
    own: dict[tuple[str | None, float | None], int] = defaultdict(int)
    taken: dict[tuple[str | None, float | None], set[int | None]] = defaultdict(set)  # by arms that are the same: they share no seed
    for one in there:
        own[one.arm, one.share] += 1
        taken[like.get(one.arm or ""), one.share].add(one.seed)
    for n in range(asked.seeds):
        for share in asked.shares:
            for arm in arms:
                if own[arm.name, share] > n:
                    continue
                own[arm.name, share] += 1
                used = taken[like[arm.name], share]
                seed = next(seed for seed in itertools.count(arm.first_seed) if seed not in used)
                used.add(seed)
                title = f"{arm.name}{f', {100 * share:g} % of the images' if several else ''}, seed {seed}"
                recipe = arm.recipe.set({"name": title, "training.seed": seed, "data.train_share": share})
                wanted.append(Entry(title=title, recipe=recipe.model_dump(mode="json"), arm=arm.name, share=share, seed=seed))
    return wanted


def _core(asked: Asked) -> dict[str, Any]:
    """What makes it the same question: all but how many seeds and which shares."""
    return {key: value for key, value in asked.to_json().items() if key not in ("seeds", "shares")}
