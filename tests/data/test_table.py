"""Tables beside images, through the scan."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from tlstudio.data.report import DatasetReport
from tlstudio.data.scan import scan
from tlstudio.errors import InputError


@pytest.fixture
def flat(tmp_path: Path, photo) -> Path:
    """A folder with 12 images i00.png ... i11.png."""
    for n in range(12):
        photo(tmp_path / "flat" / f"i{n:02}.png", n)
    return tmp_path / "flat"


def rows(line: str = "{file},{label}", **more: str) -> list[str]:
    return [line.format(file=f"i{n:02}.png", stem=f"i{n:02}", label=("ant", "bee")[n % 2], n=n, **more) for n in range(12)]


def write(folder: Path, *lines: str, name: str = "labels.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


def is_whole(report: DatasetReport) -> bool:
    """Every image with its right class."""
    return [(i.path.rpartition("/")[2], report.classes[i.label]) for i in report.items] == [
        (f"i{n:02}.png", ("ant", "bee")[n % 2]) for n in range(12)
    ]


@pytest.mark.parametrize("file", ["file", "filename", "File_Name", "path", "image", "Image Path", "image_id"])
@pytest.mark.parametrize("label", ["label", "class", "Category", "target", "class_name"])
def test_columns_by_name(flat, file, label):
    write(flat, f"nr,{label},{file}", *rows("{n},{label},{file}"))
    report = scan(flat)
    assert is_whole(report)
    assert report.split_source == "carved"
    assert report.problems == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_delimiters_and_encodings(flat, delimiter, encoding):
    write(flat, delimiter.join(("file", "label")), *rows("{file}" + delimiter + "{label}"), encoding=encoding)
    assert is_whole(scan(flat))


def test_the_table_itself_may_be_named(flat):
    path = write(flat, "file,label", *rows())
    report = scan(path)
    assert is_whole(report)
    assert report.source == path
    assert report.root == flat


def test_old_encoding_quotes_and_blank_lines(flat):
    lines = ['"file" , "label"', "", '"i00.png", "Wespe, groß"', '"i01.png", "Biene"', "   ", ""]
    write(flat, *lines, encoding="cp1252")
    assert scan(flat).classes == ["Biene", "Wespe, groß"]


def test_without_a_header(flat):
    write(flat, *rows())
    assert is_whole(scan(flat))


def test_columns_by_content(flat):
    write(flat, "plate,insect", *rows())
    assert is_whole(scan(flat))


def test_labels_that_look_like_numbers_stay_text(flat):
    write(flat, "file,label", *[f"i{n:02}.png,{('007', '7', '1e3')[n % 3]}" for n in range(12)])
    assert scan(flat).classes == ["007", "1e3", "7"]


@pytest.mark.parametrize(
    "called", ["{stem}", "./{file}", "photos\\{file}", "photos/{file}", "data/flat/photos/{file}", "/elsewhere/{file}"]
)
def test_ways_to_name_a_file(flat, called):
    (flat / "photos").mkdir()
    for image in flat.glob("*.png"):
        image.rename(flat / "photos" / image.name)
    write(flat, "file,label", *rows(called + ",{label}"))
    report = scan(flat)
    assert is_whole(report)
    assert report.items[0].path == "photos/i00.png"


def test_absolute_paths(flat):
    write(flat, "file,label", *rows(f"{flat}/{{file}},{{label}}"))
    assert is_whole(scan(flat))


@pytest.mark.parametrize("column", ["split", "set", "Subset", "fold"])
def test_split_column(flat, column):
    words = ["train"] * 4 + ["Training"] * 2 + ["val", "valid", "validation", "dev"] + ["test", "testing"]
    write(flat, f"file,label,{column}", *[f"{row},{word}" for row, word in zip(rows(), words, strict=True)])
    report = scan(flat)
    assert report.split_source == "table"
    assert Counter(item.split for item in report.items) == {"train": 6, "val": 4, "test": 2}
    assert {problem.kind for problem in report.problems} <= {"few_images"}


def test_numbered_folds_are_no_splits(flat):
    write(flat, "file,label,fold", *rows("{file},{label},{n}"))
    report = scan(flat)
    assert report.split_source == "carved"
    assert [problem.kind for problem in report.problems] == ["no_split"]


def test_one_table_a_split(flat):
    write(flat, "file,label", *rows()[:8], name="train.csv")
    write(flat, "file,label", *rows()[8:], name="val.csv")
    report = scan(flat)
    assert report.split_source == "table"
    assert Counter(item.split for item in report.items) == {"train": 8, "val": 4}


def test_a_file_in_two_splits_stays_in_one(flat):
    write(flat, "file,label", *rows()[:8], name="train.csv")
    write(flat, "file,label", *rows()[6:], name="val.csv")
    report = scan(flat)
    assert Counter(item.split for item in report.items) == {"train": 8, "val": 4}
    leaks = [p for p in report.problems if p.kind == "leak"]
    assert [Path(p.path).name for p in leaks] == ["i06.png", "i07.png"]
    assert "stays in train" in leaks[0].message


def test_bad_lines_are_listed_and_left_out(flat):
    good = [f"{row},train" for row in rows()[:8]] + [f"{row},val" for row in rows()[8:10]]
    bad = ["gone.png,ant,train", "i10.png,,train", "i11.png,ant,holdout", "i00.png,bee,train", "../outside.png,ant,train", "short"]
    write(flat, "file,label,split", *good, *bad)
    report = scan(flat)
    said = {(Path(p.path).name, p.kind): p.message for p in report.problems if p.kind not in ("few_images",)}
    assert said.keys() == {
        ("gone.png", "missing_file"),
        ("outside.png", "missing_file"),
        ("short", "missing_file"),
        ("i10.png", "no_label"),
        ("i11.png", "bad_split"),
        ("i00.png", "conflict"),
    }
    assert said["gone.png", "missing_file"].startswith("Line 12 of labels.csv")
    assert len(report.items) == 9


def test_a_line_given_twice_counts_once(flat):
    write(flat, "file,label", *rows(), *rows()[:3])
    assert is_whole(scan(flat))


def test_images_that_are_not_in_the_table_are_told_once(flat):
    write(flat, "file,label", *rows()[:10])
    report = scan(flat)
    assert [p.message for p in report.problems if p.kind == "stray"] == ["Not in the table, and left out: 2 images (such as i10.png)."]
    assert len(report.items) == 10


def test_a_name_that_could_be_several_files_is_not_guessed(flat):
    for folder in ("a", "b"):
        (flat / folder).mkdir()
        shutil.copy(flat / "i00.png", flat / folder / "twin.png")
    write(flat, "file,label", *rows(), "twin.png,ant")
    assert [Path(p.path).name for p in scan(flat).problems if p.kind == "missing_file"] == ["twin.png"]


def test_a_table_about_something_else_does_not_hide_the_class_folders(two_classes):
    write(two_classes, "id,label", "1,sunny", "2,rainy", name="weather.csv")
    assert scan(two_classes).classes == ["ants", "bees"]


def test_a_table_counts_more_than_folders(two_classes):
    lines = [f"{path.relative_to(two_classes)},{'big' if n % 2 else 'small'}" for n, path in enumerate(sorted(two_classes.rglob("*.*g")))]
    write(two_classes, "file,label", *lines)
    assert scan(two_classes).classes == ["big", "small"]


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        ([], "empty"),
        (["file,label"], r"The table \S+\.csv names no images"),
        (["file,label", "x.png,a", "y.png,b"], "x.png"),
        (["a,b,c", "1,2,3"], "a, b, c"),
        (["file,one,two", "i00.png,1,2"], "such as 'label'"),
        (["file,label", "i00.png,\0"], "not a text table"),
    ],
)
def test_tables_that_cannot_be_used(flat, lines, word):
    path = write(flat, *lines)
    for named in (path, flat):
        with pytest.raises(InputError, match=word) as caught:
            scan(named)
        assert caught.value.do


def test_several_tables_must_be_told_apart(flat):
    write(flat, "file,label", *rows(), name="one.csv")
    write(flat, "file,label", *rows(), name="two.csv")
    with pytest.raises(InputError, match=r"one\.csv, two\.csv"):
        scan(flat)
    assert is_whole(scan(flat / "two.csv"))
