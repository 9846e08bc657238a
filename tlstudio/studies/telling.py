"""What a run of a study is told, and what the study tells of it."""

from __future__ import annotations

import time

from tlstudio.control import Control, Tell
from tlstudio.errors import Cancelled
from tlstudio.events import Event, Progress, StudyStep


class OfRun(Control):
    """The control of one run. A pause of the study is its pause; when the study is stopped or cancelled, the run is cancelled, so that it
    can be gone on with as if nothing had been; to stop the run itself ends it in good order, with the best it has. Its rates cannot be
    changed: the others had theirs."""

    def __init__(self, study: Control) -> None:
        super().__init__()
        self._study = study

    def check(self) -> None:
        self._study.check()
        if self._study.stopping:
            raise Cancelled("The study was stopped")
        super().check()

    @property
    def paused(self) -> bool:
        return self._study.paused or super().paused

    def clock(self) -> float:
        return self._study.clock()


class Telling:
    """Progress of the whole study out of that of its runs.

    done: runs through with. The time that is left is reckoned from the runs of this session; while there is none, from the present one.
    """

    def __init__(self, study: str, of: int, done: int, tell: Tell) -> None:
        self._study, self.of, self.done, self._tell = study, of, done, tell
        self._took: list[float] = []
        self._began = time.monotonic()
        self._present = StudyStep(study=study, index=0, of=of, run="", title="")

    def begin(self, index: int, run: str, title: str) -> None:
        self._began = time.monotonic()
        self._present = StudyStep(study=self._study, index=index, of=self.of, run=run, title=title)
        self._tell(self._present)
        self._progress(0.0, None)

    def pass_on(self, event: Event) -> None:
        """An event of the present run."""
        self._tell(event)
        if isinstance(event, Progress) and event.overall is not None:
            self._progress(event.overall, event.remaining)

    def end(self, state: str, value: float | None = None, why: str = "") -> None:
        if state == "done":
            self._took.append(time.monotonic() - self._began)
        self.done += 1
        self._tell(self._present.replace(state=state, value=value, why=why, at=time.time()))
        self._progress(0.0, None)

    def _progress(self, share: float, left: tuple[float, float] | None) -> None:
        """share, left: of the present run."""
        ahead = max(0, self.of - self.done - (1 if share else 0))
        usual = sum(self._took) / len(self._took) if self._took else None
        if usual is None and left is not None:
            usual = time.monotonic() - self._began + sum(left) / 2
        remaining = None
        if usual is not None:
            own = left if left is not None else (0.0, 0.0)
            remaining = (own[0] + 0.85 * usual * ahead, own[1] + 1.15 * usual * ahead)
        overall = min(1.0, (self.done + share) / max(1, self.of))
        self._tell(Progress(phase="study", done=min(self.done, self.of), total=self.of, unit="runs", overall=overall, remaining=remaining))
