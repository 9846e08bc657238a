from __future__ import annotations

import io
import os
import shutil
import stat
import tarfile
import threading
import time
import zipfile
from pathlib import Path

import pytest

from tlstudio import places
from tlstudio.control import Control
from tlstudio.data import archives
from tlstudio.data.scan import scan
from tlstudio.errors import Cancelled, InputError, StudioError
from tlstudio.events import Progress


def packed(folder: Path, to: Path) -> Path:
    """The folder with its own name at the top, as file managers pack it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if to.suffix == ".zip":
        with zipfile.ZipFile(to, "w") as archive:
            for path in files:
                archive.write(path, path.relative_to(folder.parent))
        return to
    kind = {".tar": "w", ".gz": "w:gz", ".tgz": "w:gz", ".bz2": "w:bz2", ".xz": "w:xz"}[to.suffix]
    with tarfile.open(to, kind) as archive:
        archive.add(folder, folder.name)
    return to


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        scan(path)
    assert not [left for left in (places.cache() / "archives").glob("*") if left.is_dir()]  # nothing half unpacked stays
    return str(caught.value)


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz", "x.tgz", "x.tar.bz2", "x.tar.xz", "Über 9.ZIP"])
def test_archives_of_class_folders(two_classes, tmp_path, name):
    path = packed(two_classes, tmp_path / "x.zip") if name.endswith("ZIP") else packed(two_classes, tmp_path / name)
    path = path.rename(tmp_path / name)
    report = scan(path)
    assert report.classes == ["ants", "bees"]
    assert len(report.items) == 16
    assert report.source == path
    assert places.cache() in report.root.parents
    assert report.problems == []


def test_an_archive_with_a_table(tmp_path, photo):
    content = {f"i{n}.png": photo(tmp_path / f"i{n}.png", n).read_bytes() for n in range(6)}
    table = "file,label\n" + "\n".join(f"i{n}.png,{'ab'[n % 2]}" for n in range(6))
    report = scan(zipped(tmp_path / "x.zip", **content, **{"labels.csv": table.encode()}))
    assert report.classes == ["a", "b"]


@pytest.mark.parametrize("kind", ["w", "w:gz"])
def test_a_tar_of_the_current_folder_with_an_empty_class(two_classes, tmp_path, kind):
    (two_classes / "crickets").mkdir()
    with tarfile.open(tmp_path / "x.tar", kind) as archive:
        archive.add(two_classes, ".")
    report = scan(tmp_path / "x.tar")
    assert report.classes == ["ants", "bees"]
    assert [problem.kind for problem in report.problems] == ["empty_class"]


def test_unpacked_once(two_classes, tmp_path):
    path = packed(two_classes, tmp_path / "x.zip")
    told: list[Progress] = []
    first = scan(path, tell=told.append)
    stamp = (first.root / first.items[0].path).stat().st_ino
    second = scan(path)
    assert second == first
    assert (second.root / second.items[0].path).stat().st_ino == stamp
    os.utime(path, (1, 1))  # a changed archive is another one
    assert scan(path).root != first.root


@pytest.mark.parametrize("name", ["../evil.png", "a/../../evil.png", "/tmp/evil.png", "..\\evil.png", "C:\\evil.png", "C:/evil.png"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_no_path_escapes(tmp_path, photo, name, kind):
    good = photo(tmp_path / "good.png").read_bytes()
    path = tmp_path / f"x.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("ants/a.png", good)
            info = zipfile.ZipInfo("x")
            info.filename = name  # as a hostile program writes it
            archive.writestr(info, good)
    else:
        with tarfile.open(path, "w") as archive:
            for called in ("ants/a.png", name):
                info = tarfile.TarInfo(called)
                info.size = len(good)
                archive.addfile(info, io.BytesIO(good))
    before = set(tmp_path.rglob("*"))
    assert "not safe" in refused(path)
    assert set(tmp_path.rglob("*")) == before
    assert not Path("/tmp/evil.png").exists()


def test_links_are_not_unpacked(two_classes, tmp_path):
    (two_classes / "ants" / "secret.png").symlink_to("/etc/passwd")
    report = scan(packed(two_classes, tmp_path / "x.tar"))
    assert [Path(p.path).name for p in report.problems if p.kind == "link"] == ["secret.png"]
    assert not list(report.root.rglob("secret.png"))
    assert scan(tmp_path / "x.tar").problems == report.problems  # also told when it was unpacked before
    with zipfile.ZipFile(packed(two_classes, tmp_path / "y.zip"), "a") as archive:
        info = zipfile.ZipInfo("insects/ants/link.png")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    assert [Path(p.path).name for p in scan(tmp_path / "y.zip").problems if p.kind == "link"] == ["link.png"]


def test_a_hard_link_out_of_the_archive(two_classes, tmp_path):
    path = packed(two_classes, tmp_path / "x.tar")
    with tarfile.open(path, "a") as archive:
        info = tarfile.TarInfo("insects/ants/hard.png")
        info.type, info.linkname = tarfile.LNKTYPE, "../../../etc/passwd"
        archive.addfile(info)
    assert [Path(p.path).name for p in scan(path).problems] == ["hard.png"]


@pytest.mark.parametrize(
    ("limit", "value", "word"),
    [("MAX_FILES", 10, "more than 10 files"), ("MAX_FILE_BYTES", 700, "a file of more than"), ("MAX_BYTES", 9_000, "unpacks to more than")],
)
@pytest.mark.parametrize("name", ["x.zip", "x.tar.gz"])
def test_limits(two_classes, tmp_path, monkeypatch, limit, value, word, name):
    monkeypatch.setattr(archives, limit, value)
    assert word in refused(packed(two_classes, tmp_path / name))


@pytest.mark.parametrize("name", ["x.zip", "x.tar.gz"])
def test_what_unpacks_to_hundreds_of_times_its_size(tmp_path, name):
    if name == "x.zip":
        path = zipped(tmp_path / name, **{"ants/a.bmp": bytes(80 << 20)})
    else:
        path = tmp_path / name
        with tarfile.open(path, "w:gz") as archive:
            info = tarfile.TarInfo("ants/a.bmp")
            info.size = 80 << 20
            archive.addfile(info, io.BytesIO(bytes(info.size)))
    assert "200 times its own size" in refused(path)


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz", "x.tar.bz2", "x.tar.xz"])
@pytest.mark.parametrize("damage", ["half", "noise", "empty", "flipped"])
def test_damaged_archives(two_classes, tmp_path, name, damage):
    path = packed(two_classes, tmp_path / name)
    whole = path.read_bytes()
    middle = whole.index(b"insects/bees") - 100 if name == "x.tar" else len(whole) // 2  # a tar sums up its headers only
    path.write_bytes(
        {
            "half": whole[:middle],
            "noise": os.urandom(5000),
            "empty": b"",
            "flipped": whole[:middle] + bytes(b ^ 0xFF for b in whole[middle : middle + 200]) + whole[middle + 200 :],
        }[damage]
    )
    assert "damaged" in refused(path)


def test_a_tar_without_its_end(two_classes, tmp_path):
    path = packed(two_classes, tmp_path / "x.tar")
    with tarfile.open(path) as archive:
        half = archive.getmembers()[8].offset  # where tarfile itself sees a whole, shorter archive
    path.write_bytes(path.read_bytes()[:half])
    assert "its end is missing" in refused(path).lower()


@pytest.mark.parametrize("names", [["ants/a.png", "ants"], ["ants", "ants/a.png"], [f"ants/{'a' * 300}.png"]])
def test_names_that_cannot_be_files_here(tmp_path, photo, names):
    picture = photo(tmp_path / "good.png").read_bytes()
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name in names:
            archive.writestr(name, picture)
    assert "names that this computer cannot give" in refused(tmp_path / "x.zip")


def test_an_archive_of_nothing_useful_is_named_itself(tmp_path):
    for name, inside in (("empty.zip", []), ("text.zip", ["a.txt"])):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for file in inside:
                archive.writestr(file, "text")
        with pytest.raises(InputError) as caught:
            scan(tmp_path / name)
        assert str(tmp_path / name) in str(caught.value)
        assert str(places.cache()) not in str(caught.value)


def test_a_protected_zip(tmp_path):
    path = zipped(tmp_path / "x.zip", **{"ants/a.png": b"x"})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x03\x04") + 6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert "password" in refused(path)


def test_cancel_leaves_nothing(two_classes, tmp_path):
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        scan(packed(two_classes, tmp_path / "x.zip"), control=control)
    assert not list((places.cache() / "archives").iterdir())


def test_two_at_once(two_classes, tmp_path):
    path = packed(two_classes, tmp_path / "x.tar")
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(archives.unpack(path)[0])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 4
    assert len(list((places.cache() / "archives").iterdir())) == 1


def test_what_a_killed_process_left_is_swept_up(two_classes, tmp_path):
    old = places.cache() / "archives" / ".unpacking-old"
    fresh = places.cache() / "archives" / ".unpacking-fresh"
    for left in (old, fresh):
        left.mkdir(parents=True)
    os.utime(old, (time.time() - 2 * 86_400,) * 2)
    scan(packed(two_classes, tmp_path / "x.zip"))
    assert not old.exists()
    assert fresh.exists()  # perhaps of another process at work


@pytest.mark.parametrize("harm", ["a note cut short", "no note", "no files"])
def test_what_is_left_of_an_unpacked_archive_is_unpacked_anew(two_classes, tmp_path, harm):
    path = packed(two_classes, tmp_path / "x.zip")
    folder, _ = archives.unpack(path)
    note = folder.parent / "archive.json"
    note.write_text(note.read_text()[:20])
    if harm != "a note cut short":
        note.unlink() if harm == "no note" else shutil.rmtree(folder)
    again, _ = archives.unpack(path)
    assert again == folder
    assert len([file for file in again.rglob("*") if file.is_file()]) == 16
    assert [left.name for left in (places.cache() / "archives").iterdir()] == [folder.parent.name]


def test_a_zip_with_a_damaged_name(tmp_path):
    path = zipped(tmp_path / "x.zip", **{"ä.png": b"x", "b.png": b"y"})
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02")  # the directory, which is read before any file
    content[at + 46] = 0xFF  # begins no letter of UTF-8
    path.write_bytes(content)
    assert "damaged" in refused(path)


def test_a_cache_that_cannot_be_written(two_classes, tmp_path):
    (places.cache() / "archives").parent.mkdir(parents=True, exist_ok=True)
    (places.cache() / "archives").write_text("a file where the folder should be")
    with pytest.raises(StudioError, match="cannot be written") as caught:
        scan(packed(two_classes, tmp_path / "x.zip"))
    assert not isinstance(caught.value, InputError)
