from __future__ import annotations

import numpy as np
import pytest

from tlstudio.data.images import ImageProblem, load_rgb
from tlstudio.data.previews import augment_previews, resize_previews
from tlstudio.data.transforms import Pipeline
from tlstudio.recipe import Augment, Data


def test_the_three_ways_to_resize(tmp_path, photo):
    path = photo(tmp_path / "x.jpg", size=(300, 100))
    out = resize_previews(path, Data(resize="squash", pad_colour=(255, 0, 0)), 48)
    assert list(out) == ["crop", "pad", "squash"]
    assert {(image.mode, image.size) for image in out.values()} == {("RGB", (48, 48))}
    assert out["pad"].getpixel((24, 2)) == (255, 0, 0)
    assert len({image.tobytes() for image in out.values()}) == 3


def test_augmented_views_are_those_of_training(tmp_path, photo):
    path = photo(tmp_path / "x.jpg", size=(300, 200))
    augment = Augment(enabled=True, hue=0.1)
    views = augment_previews(path, Data(), augment, 48, seed=5)
    assert len(views) == 9
    assert len({view.tobytes() for view in views}) == 9
    pipeline = Pipeline(Data(), augment, size=48, mean=(0.485, 0.456, 0.406), std=(1, 1, 1))
    image = load_rgb(path, at_least=pipeline.decode_size)
    expected = pipeline.augmented(image, (5, 2, 0)).permute(1, 2, 0).numpy()
    assert np.array_equal(np.asarray(views[2]), expected)


def test_reroll(tmp_path, photo):
    path = photo(tmp_path / "x.jpg", size=(300, 200))
    first, again, other = (augment_previews(path, Data(), Augment(), 48, seed, n=3) for seed in (1, 1, 2))
    assert [a.tobytes() for a in first] == [b.tobytes() for b in again]
    assert [a.tobytes() for a in first] != [b.tobytes() for b in other]


def test_a_broken_picture(tmp_path):
    (tmp_path / "x.jpg").write_bytes(b"text")
    with pytest.raises(ImageProblem, match=r"x\.jpg"):
        resize_previews(tmp_path / "x.jpg", Data(), 48)
    with pytest.raises(ImageProblem, match=r"x\.jpg"):
        augment_previews(tmp_path / "x.jpg", Data(), Augment(), 48, 1)
