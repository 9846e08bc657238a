"""The index of all runs: one file that keeps each run's row as long as its files stay as they were, so that ten thousand runs are listed
by looking at their files' dates and reading nothing else.

SQLite, because it survives a crash in the middle of writing and two programs at once. What cannot be used is made anew, and where the
disk takes no index it is kept in memory: it only saves time.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tlstudio import __version__, events, places
from tlstudio.control import Control, Tell, silent
from tlstudio.events import Progress
from tlstudio.run_rows import elsewhere
from tlstudio.run_rows.reading import row
from tlstudio.runs import Run

Row = dict[str, Any]
CHUNK = 500  # rows that are parsed at once
_FORMAT = f"2 {__version__}"  # of the rows: another version of the program reads them anew
_READ = ("recipe.toml", "summary.json", "events.jsonl", "notes.json")
_TELL = 0.4  # seconds between two lots of rows that are written and told
_TABLES = """
DROP TABLE IF EXISTS about; CREATE TABLE about (format TEXT, id TEXT, seq INTEGER);
DROP TABLE IF EXISTS runs;
CREATE TABLE runs (path BLOB PRIMARY KEY, stamp TEXT, seq INTEGER, started REAL, state TEXT, said TEXT) WITHOUT ROWID;
CREATE INDEX by_seq ON runs (seq);
"""


def file() -> Path:
    return places.cache() / "runs.sqlite3"


def listed(tell: Tell = silent, control: Control | None = None) -> list[Row]:
    """Every run of the runs folder and those known elsewhere, newest first."""
    with _updated(tell, control) as (index, paths):
        rows = {one["path"]: one for chunk in index.rows() for one in chunk}
    return [rows[path] for path in paths if path in rows]


def changed(known: Mapping[str, Any], tell: Tell = silent, control: Control | None = None) -> dict[str, Any]:
    """What is new to somebody who knows the index up to `known` {id, seq}: {id, seq, paths: of all runs, newest first, rows: the new}.

    Rows are in the index, for `fresh`, before each Progress that is told.
    """
    with _updated(tell, control) as (index, paths):
        after = int(known.get("seq", 0)) if known.get("id") == index.id else 0
        return {**index.place(), "paths": paths, "rows": [one for chunk in index.rows(after) for one in chunk]}


def fresh(known: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], list[Row]]]:
    """What the index alone knows beyond `known` {id, seq}, in chunks, newest first, each with what is known then. Looks at no run."""
    if not file().exists():
        return
    with contextlib.suppress(sqlite3.Error, ValueError), contextlib.closing(Index(str(file()))) as index:
        place = index.place()
        after = int(known.get("seq", 0)) if known.get("id") == index.id else 0
        for chunk in index.rows(after):
            yield place, chunk


class Index:
    """path: of the file, or ":memory:". Raises sqlite3.Error where it cannot be used."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, timeout=5.0, isolation_level=None)
        try:
            self._db.execute("PRAGMA synchronous = NORMAL")
            if self._about() is None:
                begun = f"INSERT INTO about VALUES ('{_FORMAT}', '{uuid.uuid4().hex}', 0);"
                self._db.executescript(f"BEGIN IMMEDIATE; {_TABLES} {begun} COMMIT;")
        except sqlite3.Error:
            self._db.close()
            raise
        self.id = self._about() or ""

    def close(self) -> None:
        self._db.close()

    def _about(self) -> str | None:
        """The name of these rows, None where there are none of this format."""
        try:
            said = self._db.execute("SELECT id FROM about WHERE format = ?", (_FORMAT,)).fetchone()
        except sqlite3.OperationalError as error:
            if "no such" in str(error):
                return None
            raise
        return str(said[0]) if said else None

    def place(self) -> dict[str, Any]:
        """{id, seq}: what somebody knows who has read all of it."""
        return {"id": self.id, "seq": self._db.execute("SELECT seq FROM about").fetchone()[0]}

    def rows(self, after: int = 0) -> Iterator[list[Row]]:
        """Rows written after that place, newest first, in chunks."""
        found = self._db.execute("SELECT said FROM runs WHERE seq > ? ORDER BY started DESC", (after,))
        while lot := found.fetchmany(CHUNK):
            yield json.loads(f"[{','.join(said for (said,) in lot)}]")

    def update(self, tell: Tell, control: Control) -> list[str]:
        """Read what has changed; the paths of all runs, newest first."""
        there = _stamps()
        found = self._db.execute("SELECT path, stamp, state FROM runs")
        known = {os.fsdecode(path): (stamp, state) for path, stamp, state in found}  # a folder's name may be no UTF-8
        gone = [path for path in known if path not in there]
        if gone:
            self._write("DELETE FROM runs WHERE path = ?", [(os.fsencode(path),) for path in gone])
        stale = [path for path, (_, stamp) in there.items() if not _stands(path, stamp, known.get(path))]
        lot: list[tuple[str, str, Row]] = []
        due = time.monotonic() + _TELL
        for done, path in enumerate(stale):
            control.check()
            lot.append((path, there[path][1], row(Run(Path(path)))))
            if time.monotonic() >= due:
                self._keep(lot)
                tell(Progress(phase="runs", done=done + 1, total=len(stale), unit="runs", overall=(done + 1) / len(stale)))
                lot, due = [], time.monotonic() + _TELL
        self._keep(lot)
        return list(there)

    def _keep(self, lot: Sequence[tuple[str, str, Row]]) -> None:
        if lot:
            said = [(os.fsencode(path), stamp, one.get("started") or 0.0, one["state"], events.dumps(one)) for path, stamp, one in lot]
            self._write("INSERT OR REPLACE INTO runs VALUES (?, ?, (SELECT seq FROM about), ?, ?, ?)", said)

    def _write(self, what: str, rows: Sequence[Sequence[Any]]) -> None:
        """In one piece, as the next in order: whoever has read up to here finds it after that."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.execute("UPDATE about SET seq = seq + 1")
            self._db.executemany(what, rows)
            self._db.execute("COMMIT")
        except sqlite3.Error:
            self._db.execute("ROLLBACK")
            raise


@contextlib.contextmanager
def _updated(tell: Tell, control: Control | None) -> Iterator[tuple[Index, list[str]]]:
    """An index brought up to date. One that is damaged is thrown away once; else it is kept in memory."""
    control, place = control or Control(), file()
    for path in (str(place), str(place), ":memory:"):
        try:
            if path != ":memory:":
                place.parent.mkdir(parents=True, exist_ok=True)
            index = Index(path)
        except (OSError, sqlite3.Error) as error:
            _discard(error)
            continue
        with contextlib.closing(index):
            try:
                paths = index.update(tell, control)
                for _ in index.rows(index.place()["seq"] - 1):  # what was written last can be read
                    pass
            except (sqlite3.Error, ValueError) as error:
                _discard(error)
                continue
            yield index, paths
            return
    raise RuntimeError("SQLite cannot even keep an index in memory")


def _discard(error: Exception) -> None:
    """Damage is no OperationalError, which is a disk that is full or read-only, or a lock that is held for long."""
    if isinstance(error, sqlite3.DatabaseError | ValueError) and not isinstance(error, sqlite3.OperationalError):
        with contextlib.suppress(OSError):
            file().unlink()


def _stamps() -> dict[str, tuple[int, str]]:
    """{folder: (when its recipe was written, in ns; dates and sizes of what a row is made of)}, newest first."""
    folders = [str(path) for path in elsewhere.known()]
    with contextlib.suppress(OSError):
        folders += [entry.path for entry in os.scandir(places.runs().absolute()) if entry.is_dir()]
    out = {}
    for folder in folders:
        parts, written = [], 0
        for name in _READ:
            try:
                said = os.stat(f"{folder}/{name}")  # noqa: PTH116 - a Path for each of 40,000 files takes longer than the disk
            except OSError:
                parts.append("-")
                continue
            written = written or said.st_mtime_ns
            parts.append(f"{said.st_mtime_ns:x}.{said.st_size:x}")
        if parts[0] != "-":
            out[folder] = (written, " ".join(parts))
    return dict(sorted(out.items(), key=lambda item: (-item[1][0], item[0])))


def _stands(path: str, stamp: str, known: tuple[str, str] | None) -> bool:
    """Whether the row that is kept still holds. Who trains a run that is not finished, no file's date tells."""
    if known is None or known[0] != stamp:
        return False
    return known[1] == "finished" or (known[1] == "live") == Run(Path(path)).is_live()
