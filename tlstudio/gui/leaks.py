"""Pictures that are learned from and tested on: their training copies are left out."""

from __future__ import annotations

from tlstudio.gui.background import Background
from tlstudio.gui.session import Session


def leave_copies_out(session: Session) -> None:
    """As one step that can be undone, once the list of images was read."""
    document = session.data.document
    excluded = session.recipe.data.exclude

    # numpy comes with these: the window is on the screen before.
    from tlstudio.gui import image_index, problem_kinds

    def done(pictures: image_index.ImageIndex) -> None:
        found = [line for line in problem_kinds.lines(document, pictures, excluded) if line.kind == "leak" and line.remedy == "fix"]
        if found and document is session.data.document:
            left_out = tuple(sorted({*excluded, *found[0].exclude}))
            session.edit({"data.exclude": left_out}, problem_kinds.step_words(found[0]))

    Background(lambda: image_index.read(document["index"], document["root"]), done)
