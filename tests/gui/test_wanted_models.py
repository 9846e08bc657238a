"""What narrows the catalogue and how it is sorted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tlstudio.gui.wanted_models import Ranges, Shelf, Span, Wanted, score
from tlstudio.models import catalogue
from tlstudio.models.catalogue import Entry

BASE = catalogue.find("efficientnet_lite0")


def entry(name: str, **facts: object) -> Entry:
    return replace(BASE, **{"name": name, "title": name.upper(), "source": "timm", "family": "", "weights_url": "https://x/y", **facts})  # type: ignore[arg-type]


ENTRIES = [
    entry("small", params=2_000_000, mult_adds=50_000_000, accuracy=0.7, source="torchvision"),
    entry("large_224", params=90_000_000, mult_adds=17_000_000_000, accuracy=0.85, family="vit"),
    entry("odd", params=20_000_000, mult_adds=None, accuracy=None, input_size=384),
    entry("masks", params=40_000_000, mult_adds=200_000_000_000, accuracy=None, task="segmentation", miou=0.66),
]
SHELF = Shelf(ENTRIES, lambda one: "cached" if one.name == "odd" else "download")


def names(**wishes: object) -> list[str]:
    return [one.name for one in SHELF.find(Wanted(**wishes))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wishes", "found"),
    [
        ({}, ["small", "large_224", "odd", "masks"]),
        ({"text": "VIT"}, ["large_224"]),
        ({"text": "224 large"}, ["large_224"]),
        ({"text": "large nothing"}, []),
        ({"small": True}, ["small"]),
        ({"on_disk": True}, ["odd"]),
        ({"tasks": frozenset({"segmentation"})}, ["masks"]),
        ({"tasks": frozenset({"segmentation", "classification"})}, ["small", "large_224", "odd", "masks"]),
        ({"ranges": Ranges(params=Span(2e6, 2e7))}, ["small", "odd"]),
        ({"ranges": Ranges(mult_adds=Span(None, 1e9))}, ["small"]),
        ({"ranges": Ranges(input_size=Span(300))}, ["odd"]),
        ({"ranges": Ranges(source="torchvision")}, ["small"]),
        ({"sort": "params"}, ["small", "odd", "masks", "large_224"]),
        ({"sort": "mult_adds", "descending": True}, ["masks", "large_224", "small", "odd"]),
        ({"sort": "score", "descending": True}, ["large_224", "small", "odd", "masks"]),
        ({"sort": "score"}, ["small", "large_224", "odd", "masks"]),
    ],
)
def test_what_is_found_and_in_which_order(wishes: dict[str, object], found: list[str]) -> None:
    assert names(**wishes) == found


def test_segmentation_models_are_judged_by_their_overlap() -> None:
    assert score(ENTRIES[3], frozenset({"segmentation"})) == 0.66
    assert score(ENTRIES[3], frozenset({"segmentation", "classification"})) is None


def test_how_many_ranges_are_asked() -> None:
    assert Ranges().asked == 0
    assert Ranges(Span(1), source="timm").asked == 2
    assert SHELF.sources() == ["torchvision", "timm"]
