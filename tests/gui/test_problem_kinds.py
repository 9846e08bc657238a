"""Problems of a data set, gathered by kind, and what their remedies leave out."""

from __future__ import annotations

from typing import Any

from tlstudio.gui.image_index import ImageIndex
from tlstudio.gui.problem_kinds import leaking, lines, step_words

ROOT = "/photos"


def _problem(kind: str, path: str, level: str, group: str = "") -> dict[str, str]:
    said = {"kind": kind, "path": f"{ROOT}/{path}" if path else "", "message": f"about {path}", "level": level}
    return {**said, "group": group} if group else said


def _document(*problems: dict[str, str]) -> dict[str, Any]:
    return {"root": ROOT, "problems": list(problems)}


def _pictures(**split_of: str) -> ImageIndex:
    return ImageIndex(ROOT, [{"path": p, "label": 0, "split": s, "width": 9, "height": 9} for p, s in split_of.items()])


def test_one_line_a_kind_the_gravest_first() -> None:
    said = (("hidden", "x", "info"), ("small", "a", "warn"), ("unreadable", "b", "bad"), ("unreadable", "c", "bad"))
    found = lines(_document(*(_problem(*problem) for problem in said)), ImageIndex(), ())
    assert [(line.kind, line.count) for line in found] == [("unreadable", 2), ("small", 1), ("hidden", 1)]
    assert [path for path, _ in found[0].files] == [f"{ROOT}/b", f"{ROOT}/c"]


def test_a_problem_of_the_whole_data_says_its_own_message() -> None:
    (line,) = lines(_document({"kind": "imbalance", "path": "", "message": "10 to 1", "level": "warn"}), ImageIndex(), ())
    assert (line.count, line.files, line.sentence) == (0, (), "10 to 1")


def test_an_unknown_kind_is_shown_all_the_same() -> None:
    (line,) = lines(_document(_problem("odd_colours", "a", "warn")), ImageIndex(), ())
    assert (line.title, line.sentence, line.remedy) == ("Odd colours", "about a", "")


def test_a_leak_is_mended_by_leaving_out_what_is_in_train() -> None:
    document = _document(*(_problem("leak", path, "bad", "g") for path in ("a", "b", "c")))
    (line,) = lines(document, _pictures(a="train", b="train", c="val"), ())
    assert line.remedy == "fix"
    assert line.exclude == ("a", "b")
    assert "2" in step_words(line)


def test_of_duplicates_one_is_kept_of_each_group() -> None:
    document = _document(*(_problem("duplicate", path, "warn", group) for path, group in (("a", "1"), ("b", "1"), ("c", "2"), ("d", "2"))))
    (line,) = lines(document, _pictures(a="train", b="train", c="test", d="test"), ())
    assert line.exclude == ("b", "d")


def test_without_the_index_no_remedy_is_promised() -> None:
    (line,) = lines(_document(_problem("leak", "a", "bad", "g"), _problem("leak", "b", "bad", "g")), ImageIndex(), ())
    assert line.remedy == ""


def test_what_was_left_out_can_be_taken_in_again() -> None:
    document = _document(_problem("small", "a", "warn"), _problem("small", "b", "warn"))
    (line,) = lines(document, _pictures(), ["a", "b", "other"])
    assert (line.remedy, line.exclude, line.level) == ("use", ("a", "b"), "info")
    assert "2" in line.sentence


def test_only_pictures_still_used_in_two_splits_are_marked() -> None:
    document = _document(*(_problem("leak", path, "bad", group) for path, group in (("a", "1"), ("b", "1"), ("c", "2"), ("d", "2"))))
    assert leaking(document, _pictures(a="train", b="val", d="val")) == {"a", "b"}


def test_every_problem_of_masks_has_words() -> None:
    said = (
        *("missing_mask", "orphan_mask", "mask_size", "mask_value", "lossy_mask", "only_ignored", "unused_class", "corrected", "not_drawn"),
        *("smoothed_mask", "numbered_objects", "crowd"),
    )
    problems = [{"kind": kind, "path": f"/p/{kind}.png", "message": "what is the matter", "level": "warn"} for kind in said]
    found = {line.kind: line for line in lines({"problems": problems, "root": "/p"}, ImageIndex(), ())}
    assert found.keys() == set(said)
    for kind, line in found.items():
        assert line.title != kind.replace("_", " ").capitalize(), kind
        assert line.sentence != "what is the matter", kind
