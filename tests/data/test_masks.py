"""Mask files: what is read from each kind of file, and that what is written is read back identically."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlstudio.data import masks
from tlstudio.data.images import ImageProblem
from tlstudio.data.masks import IGNORE, Coding, MaskClass
from tlstudio.errors import InputError

LABELS = np.array([[0, 0, 1, 1], [0, 2, 2, 1], [3, 3, 2, IGNORE], [3, 3, IGNORE, IGNORE]], np.uint8)
COLOURS = [(0, 0, 0), (230, 159, 0), (86, 180, 233), (0, 158, 115)]
OWN = masks.own(["ground", "ant", "bee", "wasp"], COLOURS)
RGB = Coding("rgb", tuple(MaskClass(name, colour, colour) for name, colour in zip(OWN.names, COLOURS, strict=True)), ((9, 9, 9),))


def test_written_and_read_back_identical(tmp_path: Path) -> None:
    masks.write(tmp_path / "m.png", LABELS, OWN)
    assert np.array_equal(masks.read(tmp_path / "m.png", OWN), LABELS)
    with Image.open(tmp_path / "m.png") as image:
        assert image.mode == "P"
        assert image.tile[0].args == "P"  # 8 bits a pixel
        assert np.array_equal(np.asarray(image), LABELS)
        assert image.convert("RGB").getpixel((2, 0)) == (230, 159, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["m.png"]


@pytest.mark.parametrize(
    "coding",
    [
        OWN,
        RGB,
        Coding(
            "index", tuple(MaskClass(name, 40 * i + 7, colour) for i, (name, colour) in enumerate(zip("abcd", COLOURS, strict=True))), (1,)
        ),
        Coding(
            "index", tuple(MaskClass(name, 900 * i, colour) for i, (name, colour) in enumerate(zip("abcd", COLOURS, strict=True))), (5, 6)
        ),
    ],
    ids=["own", "colours", "sparse", "16 bits"],
)
def test_saved_in_the_coding_of_the_data_and_read_back_identical(tmp_path: Path, coding: Coding) -> None:
    masks.write_coded(tmp_path / "m.png", LABELS, coding)
    assert np.array_equal(masks.read(tmp_path / "m.png", coding), LABELS)
    with Image.open(tmp_path / "m.png") as image:
        assert np.array_equal(np.asarray(image), masks.encode(LABELS, coding))
    assert masks.Coding.from_json(coding.to_json()) == coding


def test_what_is_left_out_needs_a_value() -> None:
    black_and_white = Coding("index", (MaskClass("background", 0, (0, 0, 0)), MaskClass("leaf", 255, (1, 1, 1))))
    assert masks.encode(np.array([[0, 1]], np.uint8), black_and_white).tolist() == [[0, 255]]
    with pytest.raises(InputError, match="no value for pixels that are left out"):
        masks.encode(LABELS, black_and_white)


def test_a_palette_with_alpha_gives_its_indices(tmp_path: Path) -> None:
    image = Image.fromarray(LABELS)
    image.putpalette([level for colour in COLOURS for level in colour] * 64)
    image.save(tmp_path / "p.png", transparency=bytes([0, 10, 255, 7]))
    assert np.array_equal(masks.read(tmp_path / "p.png", OWN), LABELS)


def test_colours_with_alpha_are_those_colours(tmp_path: Path) -> None:
    colours = np.array([*COLOURS, (9, 9, 9)], np.uint8)[np.minimum(LABELS, 4)]
    alpha = np.random.default_rng(0).integers(0, 256, (4, 4, 1), dtype=np.uint8)
    Image.fromarray(np.concatenate([colours, alpha], axis=2)).save(tmp_path / "c.png")
    assert np.array_equal(masks.read(tmp_path / "c.png", RGB), LABELS)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_grey_files_of_few_bits_give_the_numbers_in_them(tmp_path: Path, bits: int) -> None:
    labels = np.minimum(LABELS, 2**bits - 1)[:, :4]
    if bits == 1:
        Image.fromarray(labels.astype(bool)).save(tmp_path / "g.png")
    else:
        (tmp_path / "g.png").write_bytes(_grey_png(labels, bits))
    coding = masks.own([str(i) for i in range(2**bits)], [(i, i, i) for i in range(2**bits)])
    assert np.array_equal(masks.read(tmp_path / "g.png", coding), labels)


def _grey_png(values: np.ndarray, bits: int) -> bytes:
    """Pillow writes no grey of 2 or 4 bits: a palette file of as many bits, with the kind of colours put right."""
    import zlib

    image = Image.fromarray(values)
    image.putpalette([0] * 3 * 2**bits)
    file = io.BytesIO()
    image.save(file, "PNG", bits=bits)
    raw = bytearray(file.getvalue())
    raw[25] = 0
    raw[29:33] = zlib.crc32(raw[12:29]).to_bytes(4, "big")
    at = raw.index(b"PLTE") - 4
    del raw[at : at + 12 + int.from_bytes(raw[at : at + 4], "big")]
    return bytes(raw)


def test_16_bits(tmp_path: Path) -> None:
    Image.fromarray(LABELS.astype(np.uint16)).save(tmp_path / "d.png")
    assert np.array_equal(masks.read(tmp_path / "d.png", OWN), LABELS)
    Image.fromarray(LABELS.astype(np.float32)).save(tmp_path / "f.tif")
    assert np.array_equal(masks.read(tmp_path / "f.tif", OWN), LABELS)
    Image.fromarray(LABELS.astype(np.float32) / 2).save(tmp_path / "f.tif")
    with pytest.raises(ImageProblem, match="fractions"):
        masks.read(tmp_path / "f.tif", OWN)


def test_one_pixel(tmp_path: Path) -> None:
    masks.write(tmp_path / "1.png", np.array([[3]], np.uint8), OWN)
    assert masks.read(tmp_path / "1.png", OWN).tolist() == [[3]]


def test_jpeg_only_where_it_was_black_and_white(tmp_path: Path) -> None:
    labels = np.zeros((64, 64), np.uint8)
    labels[20:44, 16:40] = 1
    coding = Coding("index", (MaskClass("no", 0, (0, 0, 0)), MaskClass("yes", 255, (255, 255, 255))))
    Image.fromarray(labels * 255).save(tmp_path / "w.jpg")
    assert np.array_equal(masks.read(tmp_path / "w.jpg", coding), labels)
    Image.fromarray(np.tile(LABELS[:, :3] * 9, (16, 20))).save(tmp_path / "i.jpg")
    with pytest.raises(ImageProblem, match="PNG") as caught:
        masks.read(tmp_path / "i.jpg", OWN)
    assert caught.value.kind == "lossy_mask"


@pytest.mark.parametrize(("name", "coding", "said"), [("i.png", OWN, "the value 37"), ("c.png", RGB, "the colour 37, 37, 37")])
def test_a_value_that_is_no_class(tmp_path: Path, name: str, coding: Coding, said: str) -> None:
    Image.fromarray(np.full((4, 4) if name == "i.png" else (4, 4, 3), 37, np.uint8)).save(tmp_path / name)
    with pytest.raises(ImageProblem, match=f"{said}, which is none of the 4 classes") as caught:
        masks.read(tmp_path / name, coding)
    assert caught.value.kind == "mask_value"


def test_files_of_other_kinds_in_between(tmp_path: Path) -> None:
    """Grey saved as colours among indices, a palette among colours."""
    Image.fromarray(np.repeat(LABELS[..., None], 3, axis=2)).save(tmp_path / "g.png")
    assert np.array_equal(masks.read(tmp_path / "g.png", OWN), LABELS)
    image = Image.fromarray(np.minimum(LABELS, 4))
    image.putpalette([level for colour in [*COLOURS, (9, 9, 9)] for level in colour])
    image.save(tmp_path / "p.png")
    assert np.array_equal(masks.read(tmp_path / "p.png", RGB), LABELS)
    Image.fromarray(np.array([[[1, 2, 3]]], np.uint8)).save(tmp_path / "c.png")
    with pytest.raises(ImageProblem, match="coloured"):
        masks.read(tmp_path / "c.png", OWN)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    masks.write(tmp_path / "m.png", np.zeros((40, 50), np.uint8), OWN)
    whole = (tmp_path / "m.png").read_bytes()
    (tmp_path / "short.png").write_bytes(whole[:-30])
    (tmp_path / "empty.png").touch()
    for name, kind, limit in (("short.png", "truncated", 10**6), ("empty.png", "empty_file", 10**6), ("m.png", "bomb", 1999)):
        with pytest.raises(ImageProblem) as caught:
            masks.read(tmp_path / name, OWN, max_pixels=limit)
        assert caught.value.kind == kind


@pytest.mark.parametrize(("kind", "first"), [("index", 7), ("rgb", (1, 2, 3))])
def test_a_class_that_the_files_do_not_have_cannot_be_written_and_hinders_no_other(kind: Any, first: Any) -> None:
    coding = Coding(kind, (MaskClass("leaf", first, (0, 0, 0)), MaskClass("stem", masks.NO_VALUE, (0, 0, 0))))
    leaves = np.zeros((2, 3), np.uint8)
    assert (masks.encode(leaves, coding) == first).all()
    leaves[0, 0] = 1
    with pytest.raises(InputError, match="no value for the class 'stem'"):
        masks.encode(leaves, coding)
