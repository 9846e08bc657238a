"""Where else the figures of runs go: a tick for each tracker, and what the one that leaves the run folder has to know."""

from __future__ import annotations

import functools

from PySide6.QtWidgets import QCheckBox, QWidget

from tlstudio.errors import InputError, sentences
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.form import RecipeForm
from tlstudio.gui.widgets.parts import column, label
from tlstudio.recipe import Tracking

_ELSEWHERE = "wandb"


class TrackingForm(QWidget):
    """objectName trackingForm; track_KIND are its ticks. A tracker that is not installed cannot be ticked, and says what brings it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        from tlstudio import api

        self.session = session
        self.setObjectName("trackingForm")
        info = Tracking.model_fields["to"]
        title = label(info.title or "")
        title.setToolTip(info.description or "")
        self.ticks: dict[str, QCheckBox] = {}
        for key, kind in api.kinds("tracking").items():
            tick = QCheckBox(kind.title.replace("&", "&&"))  # else it would mark a key
            tick.setObjectName(f"track_{key}")
            tick.setAccessibleName(f"{info.title}: {kind.title}")
            tick.clicked.connect(functools.partial(self._choose, key))
            self.ticks[key] = tick
        self.where = RecipeForm(session, ["tracking.project", "tracking.offline"])
        self.setLayout(column(title, *self.ticks.values(), self.where, spacing=6))
        session.recipe_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        from tlstudio import api

        chosen = self.session.recipe.tracking.to
        for key, tick in self.ticks.items():
            tick.setChecked(key in chosen)
            missing = _missing(key)
            tick.setEnabled(not missing or key in chosen)  # one can always be rid of it
            tick.setToolTip(missing or api.kinds("tracking")[key].help)
        self.where.setVisible(_ELSEWHERE in chosen)

    def _choose(self, key: str) -> None:
        before = self.session.recipe.tracking.to
        on = key not in before
        to = (*before, key) if on else tuple(one for one in before if one != key)
        form = self.tr("write to %1 too") if on else self.tr("do not write to %1")
        self.session.edit({"tracking.to": to}, form.replace("%1", self.ticks[key].text().replace("&&", "&")))


def _missing(key: str) -> str:
    """What a tracker needs that is not installed; "" where it can be used."""
    from tlstudio import tracking

    try:
        tracking.check(Tracking(to=(key,)))
    except InputError as error:
        return f"{error.what}. {sentences(error.why, error.do)}"
    return ""
