from __future__ import annotations

import contextlib
import io
import struct
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlstudio import errors
from tlstudio.data.images import ImageProblem, load_rgb


def problem(path: Path, **limits: int) -> ImageProblem:
    with pytest.raises(ImageProblem) as caught:
        load_rgb(path, **limits)
    return caught.value


def saved(tmp_path: Path, image: Image.Image, name: str, **options: object) -> Path:
    path = tmp_path / name
    image.save(path, **options)
    return path


def quarters() -> Image.Image:
    """Four colours in four corners, so that every turn and flip shows: (40, 24)."""
    out = Image.new("RGB", (40, 24))
    for corner, colour in {(0, 0): (255, 0, 0), (20, 0): (0, 255, 0), (0, 12): (0, 0, 255), (20, 12): (255, 255, 0)}.items():
        out.paste(colour, (*corner, corner[0] + 20, corner[1] + 12))
    return out


@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.gif", "x.webp", "x.bmp", "x.tif", "x.jp2", "x.ppm"])
def test_formats(tmp_path, draw, name):
    image = draw(3)
    options = {"quality": 95} if name.endswith(("jpg", "webp")) else {}
    out = load_rgb(saved(tmp_path, image, name, **options))
    assert out.mode == "RGB"
    assert out.size == (96, 72)
    assert np.abs(np.asarray(out, int) - np.asarray(image, int)).mean() < 12


def test_the_name_does_not_matter(tmp_path, photo):
    png = photo(tmp_path / "a.png")
    renamed = tmp_path / "holiday.JPEG.bak"
    renamed.write_bytes(png.read_bytes())
    assert load_rgb(renamed).tobytes() == load_rgb(png).tobytes()


def test_colours_that_cannot_be_brought_to_rgb_are_a_problem_of_the_picture(tmp_path, monkeypatch):
    path = saved(tmp_path, Image.new("CMYK", (4, 4)), "x.tif")

    def refuse(*_: object) -> None:  # as Pillow does with pairs of modes that it does not know
        raise ValueError("conversion from CMYK to RGB not supported")

    monkeypatch.setattr(Image.Image, "convert", refuse)
    assert problem(path).kind == "unreadable"
    assert "colours cannot be read" in str(problem(path))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["x.jpg", "x.png", "x.webp", "x.tif"])
def test_every_orientation_comes_out_upright(tmp_path, orientation, name):
    upright = quarters()
    turned = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    as_stored = upright.transpose(turned[orientation]) if orientation in turned else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95, "subsampling": 0} if name == "x.jpg" else {"lossless": True} if name == "x.webp" else {}
    out = load_rgb(saved(tmp_path, as_stored, name, exif=exif, **options))
    assert out.size == upright.size
    assert np.abs(np.asarray(out, int) - np.asarray(upright, int)).max() < 60
    assert out.getexif().get(0x0112, 1) == 1  # or a viewer turns it once more


def test_damaged_exif_does_not_lose_the_picture(tmp_path, draw):
    path = saved(tmp_path, draw(), "x.jpg", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01\x09\x00\xff\xff\xff\xff")
    assert load_rgb(path).size == (96, 72)


def test_transparency_is_laid_over_white(tmp_path):
    rgba = Image.new("RGBA", (4, 4), (200, 0, 0, 0))
    rgba.putpixel((0, 0), (200, 0, 0, 255))
    rgba.putpixel((1, 0), (0, 0, 0, 128))
    out = load_rgb(saved(tmp_path, rgba, "x.png"))
    assert out.getpixel((0, 0)) == (200, 0, 0)
    assert out.getpixel((1, 0)) == pytest.approx((127, 127, 127), abs=1)
    assert out.getpixel((3, 3)) == (255, 255, 255)


def test_grey_with_alpha(tmp_path):
    grey = Image.new("LA", (4, 4), (90, 255))
    grey.putpixel((2, 2), (90, 0))
    out = load_rgb(saved(tmp_path, grey, "x.png"))
    assert out.getpixel((0, 0)) == (90, 90, 90)
    assert out.getpixel((2, 2)) == (255, 255, 255)


@pytest.mark.parametrize("transparency", [1, bytes([255, 0])])
def test_palette_with_transparency(tmp_path, transparency):
    image = Image.new("P", (4, 4), 0)
    image.putpalette([10, 20, 30, 90, 90, 90])
    image.putpixel((1, 1), 1)
    out = load_rgb(saved(tmp_path, image, "x.png", transparency=transparency))
    assert out.getpixel((0, 0)) == (10, 20, 30)
    assert out.getpixel((1, 1)) == (255, 255, 255)


def test_one_bit_and_grey(tmp_path):
    assert load_rgb(saved(tmp_path, Image.new("1", (4, 4), 1), "a.png")).getpixel((0, 0)) == (255, 255, 255)
    assert load_rgb(saved(tmp_path, Image.new("L", (4, 4), 77), "b.png")).getpixel((0, 0)) == (77, 77, 77)


def test_cmyk(tmp_path):
    cyan = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    for name in ("x.jpg", "x.tif"):
        red, green, blue = load_rgb(saved(tmp_path, cyan, name)).getpixel((8, 8))
        assert red < 20
        assert green > 230
        assert blue > 230


@pytest.mark.parametrize("name", ["x.png", "x.tif", "x.pgm"])
def test_sixteen_bits_are_scaled_not_clipped(tmp_path, name):
    deep = np.array([[0, 257, 65535], [128 * 257, 300, 40000]], np.uint16)
    out = load_rgb(saved(tmp_path, Image.fromarray(deep), name))
    assert np.asarray(out)[..., 0].tolist() == [[0, 1, 255], [128, 1, 156]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0, 0.5, 1.0]], np.float32), [0, 128, 255]),
        (np.array([[0, 100, 255]], np.float32), [0, 100, 255]),
        (np.array([[-1000, 0, 1000]], np.float32), [0, 128, 255]),
        (np.array([[0, np.nan, 255]], np.float32), [0, 0, 255]),
        (np.array([[7, 7, 7]], np.float32), [7, 7, 7]),
        (np.array([[-5, -5, -5]], np.float32), [0, 0, 0]),
        (np.array([[0, 32768, 65535]], np.int32), [0, 128, 255]),
        (np.array([[0, 2**30, 2**31 - 1]], np.int32), [0, 128, 255]),
    ],
)
def test_deep_greys_use_the_whole_range(tmp_path, values, expected):
    out = load_rgb(saved(tmp_path, Image.fromarray(values), "x.tif"))
    assert np.asarray(out)[0, :, 0].tolist() == pytest.approx(expected, abs=1)


def test_animation_gives_its_first_frame(tmp_path):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
    for name in ("x.gif", "x.webp", "x.png", "x.tif"):
        path = saved(tmp_path, frames[0], name, save_all=True, append_images=frames[1:])
        red, green, _ = load_rgb(path).getpixel((4, 4))
        assert red > 250, name
        assert green < 5, name


def test_a_jpeg_may_be_decoded_smaller_but_not_below_what_is_needed(tmp_path, photo):
    path = photo(tmp_path / "x.jpg", size=(1600, 1200))
    assert load_rgb(path).size == (1600, 1200)
    assert load_rgb(path, at_least=300).size == (400, 300)
    assert load_rgb(path, at_least=301).size == (800, 600)
    assert load_rgb(photo(tmp_path / "x.png", size=(1600, 1200)), at_least=300).size == (1600, 1200)


def test_empty(tmp_path):
    (tmp_path / "x.jpg").write_bytes(b"")
    assert problem(tmp_path / "x.jpg").kind == "empty_file"


@pytest.mark.parametrize(
    "content", [b"this is no picture", b"BM but no bitmap at all, only text", b"P5 is the name of a plan", b"\0" * 99, b"\x89", b"BM"]
)
def test_not_an_image(tmp_path, content):
    (tmp_path / "x.jpg").write_bytes(content)
    assert problem(tmp_path / "x.jpg").kind == "not_image"


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"optimize": True, "quality": 95}])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
@pytest.mark.parametrize("at_least", [None, 1])
def test_a_jpeg_that_is_cut_short(tmp_path, photo, options, share, at_least):
    path = photo(tmp_path / "x.jpg", size=(640, 480), **options)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert problem(path, at_least=at_least).kind == "truncated"


@pytest.mark.parametrize("name", ["x.png", "x.gif", "x.webp", "x.bmp"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_other_formats_that_are_cut_short(tmp_path, photo, name, share):
    path = photo(tmp_path / name, size=(320, 240))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert problem(path).kind == "truncated"


@pytest.mark.parametrize("name", ["x.tif", "x.jp2", "x.ppm"])
def test_formats_without_a_mark_at_their_end(tmp_path, photo, name):
    path = photo(tmp_path / name, size=(320, 240))
    path.write_bytes(path.read_bytes()[:2000])
    assert problem(path).kind in ("truncated", "unreadable")


def test_a_damaged_png(tmp_path, photo):
    path = photo(tmp_path / "x.png", size=(320, 240))
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 40] = bytes(40)
    path.write_bytes(content)
    said = problem(path)
    assert said.kind == "unreadable"
    assert str(path) in str(said)


def test_noise_behind_every_signature_is_a_problem_and_nothing_else(tmp_path):
    noise = np.random.default_rng(0)
    starts = [
        b"\xff\xd8\xff\xe0",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"RIFF\x20\0\0\0WEBPVP8 ",
        b"BM",
        b"II*\0\x08\0\0\0",
        b"MM\0*",
        b"P6 9 9 255 ",
    ]
    starts += [b"\0\0\0\x0cjP  \r\n\x87\n", b"\0\0\0\x20ftypavif\0\0\0\0avifmif1"]
    for n in range(300):
        path = tmp_path / "x.jpg"
        path.write_bytes(starts[n % len(starts)] + noise.bytes(int(noise.integers(0, 400))))
        with contextlib.suppress(ImageProblem):
            load_rgb(path)


def big_png(width: int, height: int) -> bytes:
    """A PNG of one grey, a few kilobytes however large."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [9_500, 13_000, 20_000, 65_000])
def test_a_bomb_is_found_before_it_unpacks(tmp_path, side):
    (tmp_path / "x.png").write_bytes(big_png(side, side))
    said = problem(tmp_path / "x.png")
    assert said.kind == "bomb"
    assert f"{side * side:,}" in str(said)


def test_the_limit_of_pixels_is_exact(tmp_path, photo):
    path = photo(tmp_path / "x.png", size=(100, 60))
    assert load_rgb(path, max_pixels=6000).size == (100, 60)
    assert problem(path, max_pixels=5999).kind == "bomb"


def test_a_limit_above_that_of_pillow_is_obeyed(tmp_path, photo, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert load_rgb(photo(tmp_path / "x.png"), max_pixels=10_000).size == (96, 72)


def test_a_file_that_is_gone_or_a_folder(tmp_path):
    assert "not there" in str(problem(tmp_path / "nothing.jpg"))
    assert problem(tmp_path).kind == "unreadable"


def test_heic_is_named(tmp_path):
    (tmp_path / "x.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(50))
    assert "HEIC" in str(problem(tmp_path / "x.heic"))


def test_a_problem_crosses_from_an_engine_as_wrong_input(tmp_path):
    said = problem(tmp_path / "nothing.jpg")
    back = errors.from_json(said.to_json())
    assert isinstance(back, errors.InputError)
    assert back.exit_code == 2
    assert str(back) == str(said)


def test_many_threads_at_once(tmp_path, photo):
    """Odd metadata makes Pillow warn; warnings are errors here, in every thread."""
    before = set(threading.enumerate())
    path = photo(tmp_path / "x.jpg", exif=b"Exif\0\0II*\0\x08\0\0\0\x05\0" + b"\x12\x01\x03\0\xff\0\0\0\x06\0\xff\xff" * 5)
    tiff = photo(tmp_path / "x.tif")
    content = bytearray(tiff.read_bytes())
    start = int.from_bytes(content[4:8], "little")
    tags = io.BytesIO(content[start:])
    for n in range(int.from_bytes(tags.read(2), "little")):
        tag = int.from_bytes(content[start + 2 + 12 * n : start + 4 + 12 * n], "little")
        if tag in (282, 283):  # resolution: a value far outside the file
            content[start + 10 + 12 * n : start + 14 + 12 * n] = b"\xff\xff\xff\x7f"
    tiff.write_bytes(content)
    with ThreadPoolExecutor(8) as pool:
        sizes = {image.size for image in pool.map(lambda n: load_rgb((path, tiff)[n % 2]), range(64))}
    assert sizes == {(96, 72)}
    assert set(threading.enumerate()) <= before
