"""Run folders: what is noted on them, those that lie elsewhere, those in the trash."""

from __future__ import annotations

from tlstudio import runs
from tlstudio.api.given import Document


def note_run(run: str, note: str | None = None, tags: list[str] | None = None) -> Document:
    """Write a note and tags to a run; None leaves what is there. {run, note, tags} as they stand now."""
    from tlstudio.run_rows import notes

    opened = runs.Run.open(run)
    return {"run": str(opened.path), **notes.write(opened, note=note, tags=tags)}


def open_run(path: str) -> Document:
    """Take a run folder from elsewhere, or a folder of such, into the list of runs; the row of the newest of them."""
    from tlstudio.run_rows import elsewhere, row

    return row(elsewhere.add(path))


def leave_run(path: str) -> None:
    """Take a run folder from elsewhere off the list of runs; the folder stays."""
    from tlstudio.run_rows import elsewhere

    elsewhere.remove(path)


def trash() -> list[Document]:
    """The runs and studies in the trash, last thrown first: [{name, kind, title, path, from, thrown, bytes}]."""
    from tlstudio.run_rows import trash as trash_

    return trash_.listed()


def restore(name: str) -> Document:
    """Take a run, or a study, out of the trash, by its name or its folder there: {run: its folder now}."""
    from tlstudio.run_rows import trash as trash_

    return {"run": str(trash_.restore(name))}


def empty_trash(paths: list[str] | None = None) -> Document:
    """Delete what is in the trash for good, or only these folders of it: {runs, studies, bytes} that went."""
    from tlstudio.run_rows import trash as trash_

    return dict(trash_.empty(paths))
