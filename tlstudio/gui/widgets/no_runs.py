"""What Runs and Results say in their place while there is no run to show: the list is being read, cannot be read, or is empty."""

from __future__ import annotations

from collections.abc import Sequence

from tlstudio.gui.run_list import RunList
from tlstudio.gui.widgets.state_panel import Offer, StatePanel


class NoRuns(StatePanel):
    """A state panel that knows the list of runs and the ways to a first one."""

    def __init__(self, runs: RunList, name: str) -> None:
        super().__init__(name)
        self._runs = runs

    def show_list(self, icon_name: str, words: str, more: str, others: Sequence[Offer] = ()) -> None:
        """How the list stands; `words` and `more` where it is empty, and other ways to a run."""
        loading, session = self._runs.loading, self._runs.session
        if loading.state == "failed" and loading.error is not None:
            tip = self.tr("Read the list of runs again")
            self.show_error(loading.error, [Offer(self.tr("Try again"), tip, self._runs.refresh, "arrow-clockwise")])
            return
        if loading.state == "busy" and not self._runs.rows:
            self.show_busy(self.tr("Looking for runs"), None)
            return
        train = Offer(self.tr("Go to Train"), self.tr("Start a run there"), lambda: session.asked_for.emit("train"), "chart-line")
        tip = self.tr("200 generated leaves of five species, with no download")
        sample = Offer(self.tr("Take the sample"), tip, session.open_sample, "leaf", "primary")
        offers = [train._replace(kind="primary")] if session.data.ready else [sample, train]
        self.show_state(icon_name, "muted", words, more, [*offers, *others])
