from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from tlstudio.control import Control
from tlstudio.errors import Cancelled
from tlstudio.training import mask_tiles
from tlstudio.training.mask_tiles import OVERLAP, STEP, Windows, blended


def pointwise(pixels: Tensor) -> Tensor:
    """A network that sees one pixel: two classes."""
    x = pixels.float()
    return torch.stack([x[0] - x[1], x[2] * 0.5])


@pytest.mark.parametrize(("height", "width", "side"), [(64, 64, 64), (96, 256, 64), (32, 320, 128), (160, 96, 50), (512, 32, 96)])
def test_a_network_that_sees_one_pixel_says_the_same_through_windows(height: int, width: int, side: int) -> None:
    pixels = torch.randint(0, 256, (3, height, width), dtype=torch.uint8)
    through = blended(pointwise, pixels, side)
    assert through.shape == (2, height, width)
    assert torch.allclose(through, pointwise(pixels), rtol=1e-6, atol=1e-4)


def test_windows_cover_the_picture_overlap_and_keep_to_the_grid() -> None:
    seen: list[tuple[int, int, int, int]] = []
    pixels = torch.arange(224 * 352).reshape(224, 352).expand(3, -1, -1)

    def forward(part: Tensor) -> Tensor:
        top, left = divmod(int(part[0, 0, 0]), 352)
        seen.append((top, left, *part.shape[-2:]))
        return torch.zeros(2, *part.shape[-2:])

    blended(forward, pixels, 128)
    assert len(seen) == len(set(seen)) == 2 * 4
    assert all(number % 32 == 0 for window in seen for number in window)
    assert {window[2:] for window in seen} == {(128, 128)}
    columns = sorted({left for _, left, _, _ in seen})
    assert columns[0] == 0
    assert columns[-1] + 128 == 352
    assert all(after <= before + (1 - OVERLAP) * 128 for before, after in itertools.pairwise(columns))


def test_where_windows_disagree_the_nearer_middle_counts_more_and_nothing_jumps() -> None:
    pixels = torch.arange(160).expand(3, 32, -1)

    def forward(part: Tensor) -> Tensor:  # each window says its own place
        return torch.full((1, *part.shape[-2:]), 1.0 if int(part[0, 0, 0]) == 0 else 2.0)

    line = blended(forward, pixels, 96)[0, 16]  # windows 0..96 and 64..160
    assert line[:64].eq(1).all()
    assert line[96:].eq(2).all()
    assert line[80].item() == pytest.approx(1.5, abs=0.05)
    steps = line.diff()
    assert steps.min() >= 0
    assert steps.max() < 0.1


def test_a_picture_no_larger_than_a_window_is_looked_at_once() -> None:
    pixels = torch.randint(0, 256, (3, 64, 96), dtype=torch.uint8)
    asked: list[Tensor] = []
    assert blended(lambda part: asked.append(part) or pointwise(part), pixels, 128).equal(pointwise(pixels))  # type: ignore[func-returns-value]
    assert len(asked) == 1


def test_very_many_logits_are_kept_in_half_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = torch.randint(0, 256, (3, 96, 160), dtype=torch.uint8)
    monkeypatch.setattr(mask_tiles, "_FINE", 1000)
    through = blended(pointwise, pixels, 64)
    assert through.dtype == torch.float16
    assert torch.allclose(through.float(), pointwise(pixels), atol=0.3)  # a thousandth of 255


def test_cancel_is_heard_between_windows() -> None:
    control, asked = Control(), []

    def forward(part: Tensor) -> Tensor:
        asked.append(1)
        control.cancel()
        return pointwise(part)

    with pytest.raises(Cancelled):
        blended(forward, torch.zeros(3, 256, 256), 64, control)
    assert len(asked) == 1


@pytest.mark.parametrize("view", [(512, 512), (1024, 1024), (512, 2048), (2048, 3072)])
def test_windows_become_narrower_by_halves_until_they_are_of_no_use(view: tuple[int, int]) -> None:
    windows, at_once = Windows(), []
    while True:
        at_once.append(min(view[0], windows.side) * min(view[1], windows.side) if windows.needed(view) else view[0] * view[1])
        before = windows.to_json()
        if not windows.narrow(view):
            break
        assert windows.needed(view)
        assert windows.side % STEP == 0
        assert windows.side**2 <= windows.whole  # what is looked at whole may be no less than a window
    assert windows.to_json() == before
    assert all(after <= now / 2 for now, after in itertools.pairwise(at_once))
    assert mask_tiles.LEAST**2 <= at_once[-1] < 4 * mask_tiles.LEAST**2
    assert vars(Windows.from_json(windows.to_json())) == vars(windows)
    assert not windows.needed((128, 128))


@pytest.mark.parametrize("said", [None, "wide", {}, {"whole": 100}, {"whole": "100", "side": 32}, {"whole": 0, "side": -3}])
def test_a_record_that_says_nothing_of_windows_leaves_them_as_usual(said: object) -> None:
    assert Windows.from_json(said).to_json() is None
