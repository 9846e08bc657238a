"""The pictures of the data as columns, and reading them without holding up the window."""

from __future__ import annotations

import json
from pathlib import Path

from pytestqt.qtbot import QtBot

from tlstudio.gui.image_index import ImageIndex, IndexReader, read


def _lines(n: int, classes: int = 2) -> list[dict[str, object]]:
    splits = ("train", "train", "val", "test")
    return [
        {"path": f"c{i % classes}/{i}.jpg", "label": i % classes, "split": splits[i % 4], "width": 100 + i, "height": 80} for i in range(n)
    ]


def _file(path: Path, n: int) -> str:
    path.write_text("".join(json.dumps(line) + "\n" for line in _lines(n)), encoding="utf-8")
    return str(path)


def test_facts_are_those_of_the_line(tmp_path: Path) -> None:
    index = read(_file(tmp_path / "i.jsonl", 2500), str(tmp_path))
    assert len(index) == 2500
    facts = index.facts(2002)
    assert facts.path == str(tmp_path / "c0/2002.jpg")
    assert (facts.label, facts.split, facts.width, facts.height) == (0, "val", 2102, 80)


def test_rows_of_a_class_keep_the_order_and_samples_spread_over_it(tmp_path: Path) -> None:
    index = ImageIndex(tmp_path, _lines(100))
    assert index.rows_of(1).tolist() == list(range(1, 100, 2))
    assert index.rows_of(7).tolist() == []
    assert index.sample_of(0, 5) == [0, 20, 40, 60, 80]
    assert index.sample_of(0, 500) == list(range(0, 100, 2))


def test_a_damaged_or_missing_file_gives_what_could_be_read(tmp_path: Path) -> None:
    path = tmp_path / "i.jsonl"
    _file(path, 1000)
    with path.open("a") as file:
        file.write('{"path": "torn')
    assert len(read(str(path), str(tmp_path))) == 1000
    assert len(read(str(tmp_path / "gone"), str(tmp_path))) == 0


def test_only_the_newest_wish_is_answered(tmp_path: Path, qtbot: QtBot) -> None:
    reader = IndexReader()
    found: list[int] = []
    reader.ready.connect(lambda index: found.append(len(index)))
    reader.ask(_file(tmp_path / "old.jsonl", 30_000), str(tmp_path))
    reader.ask(_file(tmp_path / "new.jsonl", 10), str(tmp_path))
    assert reader.busy
    qtbot.waitUntil(lambda: bool(found))
    qtbot.wait(50)
    assert found == [10]
    assert not reader.busy
    reader.close()


def test_closing_does_not_wait_for_a_long_file(tmp_path: Path, qtbot: QtBot) -> None:
    reader = IndexReader()
    reader.ask(_file(tmp_path / "long.jsonl", 100_000), str(tmp_path))
    qtbot.wait(20)
    reader.close()
    assert not reader.busy
