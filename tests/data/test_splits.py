from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tlstudio.data.report import DatasetReport, Item
from tlstudio.data.splits import Splits, assign
from tlstudio.recipe import Data


def report(*items: Item, root: str = "/data", classes: int = 3) -> DatasetReport:
    return DatasetReport(
        source=Path(root),
        root=Path(root),
        task="classification",
        classes=[f"c{n}" for n in range(classes)],
        items=list(items),
        problems=[],
        split_source="carved",
        files=len(items),
        bytes=0,
    )


def items(*sizes: int, split: str | None = None, start: int = 0) -> list[Item]:
    """As many items of each class, all of different content."""
    return [
        Item(f"c{label}/{n:05}.png", label, split, 64, 64, f"{start + 100_000 * label + n:032x}")
        for label, size in enumerate(sizes)
        for n in range(size)
    ]


def per_class(of: DatasetReport, indices: list[int]) -> dict[int, int]:
    return dict(Counter(of.items[i].label for i in indices))


def is_partition(of: DatasetReport, splits: Splits) -> bool:
    return sorted(splits.train + splits.val + splits.test) == list(range(len(of.items)))


def test_shares_of_each_class():
    of = report(*items(100, 200, 50))
    splits = assign(of, Data(val_share=0.2, test_share=0.1))
    assert is_partition(of, splits)
    assert per_class(of, splits.val) == {0: 20, 1: 40, 2: 10}
    assert per_class(of, splits.test) == {0: 10, 1: 20, 2: 5}


def test_the_sum_is_right_though_no_class_divides_evenly():
    of = report(*items(*[7] * 30), classes=30)
    splits = assign(of, Data(val_share=0.2, test_share=0.1))
    assert is_partition(of, splits)
    assert len(splits.val) == round(210 * 0.2)
    assert set(per_class(of, splits.val).values()) == {1, 2}
    assert len(splits.test) == 30  # one of each class of at least five, though 21 would be the share


@pytest.mark.parametrize("size", range(1, 12))
@pytest.mark.parametrize(("val", "test"), [(0.2, 0.1), (0.45, 0.45), (0.9, 0.0), (0.0, 0.0), (0.01, 0.01)])
def test_small_classes_always_have_something_to_learn_from(size, val, test):
    of = report(*items(size, 40))
    splits = assign(of, Data(val_share=val, test_share=test))
    assert is_partition(of, splits)
    assert per_class(of, splits.train).get(0, 0) >= 1
    assert (per_class(of, splits.val).get(0, 0) >= 1) == (size >= 3 and val > 0)
    if size >= 5 and test > 0 and val < 0.4:
        assert per_class(of, splits.test).get(0, 0) >= 1


def test_seeds():
    of = report(*items(40, 40))
    assert assign(of, Data(split_seed=1)) == assign(of, Data(split_seed=1))
    assert assign(of, Data(split_seed=1)).val != assign(of, Data(split_seed=2)).val


def test_neither_order_nor_place_nor_names_matter():
    all_items = items(30, 21, 13)
    here = report(*all_items)
    data = Data(val_share=0.25, test_share=0.15)
    expected = {here.items[i].digest for i in assign(here, data).val}
    shuffled = all_items[:]
    random.Random(3).shuffle(shuffled)
    there = report(*shuffled, root="/elsewhere/entirely")
    assert {there.items[i].digest for i in assign(there, data).val} == expected
    renamed = report(*[Item(f"new/{item.path}", item.label, None, 1, 1, item.digest) for item in all_items])
    assert {renamed.items[i].digest for i in assign(renamed, data).val} == expected


def test_a_new_picture_moves_few_others():
    before = report(*items(100))
    after = report(*items(101))
    moved = set(assign(before, Data()).val) ^ set(assign(after, Data()).val)
    assert len(moved) <= 2


def test_moving_one_share_leaves_the_other_split_alone():
    of = report(*items(60, 60))
    assert assign(of, Data(val_share=0.2, test_share=0.1)).val == assign(of, Data(val_share=0.2, test_share=0.4)).val
    assert assign(of, Data(val_share=0.2, test_share=0.1)).test == assign(of, Data(val_share=0.5, test_share=0.1)).test
    assert set(assign(of, Data(val_share=0.1)).val) < set(assign(of, Data(val_share=0.3)).val)


def test_copies_stay_together_also_across_classes():
    twins = [Item(f"c{n % 2}/twin{n}.png", n % 2, None, 64, 64, f"{n // 4:032x}") for n in range(200)]
    of = report(*twins, *items(50, 50, start=10_000))
    for seed in range(5):
        splits = assign(of, Data(split_seed=seed, val_share=0.3, test_share=0.2))
        assert is_partition(of, splits)
        digests = [{of.items[i].digest for i in part} for part in (splits.train, splits.val, splits.test)]
        assert not digests[0] & digests[1]
        assert not digests[0] & digests[2]
        assert not digests[1] & digests[2]
        assert len(splits.val) == pytest.approx(90, abs=6)


def test_a_class_of_copies_only_is_learned_from():
    of = report(*[Item(f"c0/{n}.png", 0, None, 64, 64, "a" * 32) for n in range(10)])
    assert assign(of, Data(val_share=0.4)) == Splits(list(range(10)), [], [])


def test_given_splits_are_kept():
    of = report(*items(10, 10, split="train"), *items(4, 4, split="val", start=50_000))
    assert assign(of, Data(val_share=0.5, test_share=0.4)) == Splits(list(range(20)), list(range(20, 28)), [])


@pytest.mark.parametrize("test", [True, False])
def test_validation_is_carved_from_training_where_it_is_not_given(test):
    given = items(4, 4, split="test", start=50_000) if test else []
    of = report(*items(20, 20, split="train"), *given)
    splits = assign(of, Data(val_share=0.25, test_share=0.25))
    assert splits.test == list(range(40, 40 + len(given)))
    assert per_class(of, splits.val) == {0: 5, 1: 5}
    assert {of.items[i].split for i in splits.val} == {"train"}


def test_what_is_left_out_is_in_no_split():
    of = report(*items(10, 10))
    splits = assign(of, Data(exclude=("c0/00003.png", "c1\\00004.png")))
    assert sorted(splits.train + splits.val + splits.test) == [i for i in range(20) if i not in (3, 14)]
    everything = assign(of, Data(exclude=tuple(item.path for item in of.items)))
    assert everything == Splits([], [], [])


def test_leaving_out_all_of_a_given_validation_split_does_not_carve_another():
    of = report(*items(10, split="train"), *items(2, split="val", start=50_000))
    assert assign(of, Data(exclude=("c0/00000.png", "c0/00001.png"))).val == []


def test_many():
    of = report(*items(*[100] * 100), classes=100)
    splits = assign(of, Data(val_share=0.25))
    assert set(per_class(of, splits.val).values()) == {25}
    assert set(per_class(of, splits.test).values()) == {10}


def test_few_pictures_of_many_classes_of_masks_are_split_all_the_same():
    scenes = replace(report(*items(1, 1, 2, 2, 1, 1, 1, 1)), task="segmentation")
    splits = assign(scenes, Data())
    assert is_partition(scenes, splits)
    assert [len(part) for part in (splits.train, splits.val, splits.test)] == [7, 2, 1]


def of_masks(*sizes: int, pictures: list[int]) -> DatasetReport:
    """pictures: how many show each class at all, not only as their rarest."""
    return replace(report(*items(*sizes), classes=len(sizes)), task="segmentation", pictures=pictures)


def test_rare_classes_of_masks_leave_validation_its_share():
    scenes = of_masks(30, *[1] * 20, pictures=[50, *[9] * 20])
    splits = assign(scenes, Data(val_share=0.2, test_share=0.1))
    assert is_partition(scenes, splits)
    assert (len(splits.val), len(splits.test)) == (10, 5)
    assert per_class(scenes, splits.val)[0] == 6  # a fifth of the large stratum, a fifth of all others together


def test_what_only_one_or_two_pictures_show_is_learned_from():
    scenes = of_masks(12, 4, *[2] * 4, *[1] * 4, pictures=[28, 9, *[2] * 4, *[1] * 4])
    splits = assign(scenes, Data(val_share=0.25, test_share=0.0))
    assert is_partition(scenes, splits)
    assert len(splits.val) == 7  # of all 28, taken from the classes that can spare them
    assert set(per_class(scenes, splits.val)) == {0, 1}
    assert all(per_class(scenes, splits.train)[label] >= 2 for label in (0, 1))


def test_one_common_class_does_not_pay_for_many_rare_ones_with_more_than_half():
    scenes = of_masks(4, *[1] * 20, pictures=[24, *[1] * 20])
    assert len(assign(scenes, Data(val_share=0.4, test_share=0.0)).val) == 2


def test_a_share_of_training_lies_within_the_larger_ones_and_keeps_every_class():
    of = report(*items(100, 40, 3))
    whole = assign(of, Data())
    before: set[int] = set()
    for share in (0.02, 0.1, 0.25, 0.5, 0.9):
        splits = assign(of, Data(train_share=share))
        assert (splits.val, splits.test) == (whole.val, whole.test)
        assert before < set(splits.train) < set(whole.train)
        before = set(splits.train)
        assert set(per_class(of, splits.train)) == {0, 1, 2}
    half, all_of = per_class(of, assign(of, Data(train_share=0.5)).train), per_class(of, whole.train)
    assert all(abs(half[label] - all_of[label] / 2) <= 1 for label in all_of)


def test_which_share_follows_from_the_split_seed_and_not_from_the_order_of_files():
    listed = items(30, 30)
    shuffled = random.Random(1).sample(listed, len(listed))

    def paths(of: DatasetReport, seed: int) -> set[str]:
        return {of.items[i].path for i in assign(of, Data(train_share=0.3, split_seed=seed, val_share=0.0, test_share=0.0)).train}

    assert paths(report(*listed), 7) == paths(report(*shuffled), 7)
    assert paths(report(*listed), 7) != paths(report(*listed), 8)


def test_a_share_of_given_training_takes_copies_together_and_leaves_validation_alone():
    train = items(10, 10, split="train")
    copies = [replace(item, path=f"copy/{item.path}") for item in train]
    of = report(*train, *copies, *items(4, 4, split="val", start=10**7))
    splits = assign(of, Data(train_share=0.5))
    taken = Counter(of.items[i].digest for i in splits.train)
    assert len(splits.val) == 8
    assert len(taken) == 10
    assert set(taken.values()) == {2}
