"""The recipe: TOML and back, bounds, the nearest key."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tlstudio.errors import InputError
from tlstudio.recipe import STRATEGY_NAMES, Recipe, choices, field_info, keys
from tlstudio.runs import Run


def test_toml_round_trip_keeps_everything() -> None:
    recipe = Recipe().set(
        {
            "name": "Blätter",
            "data.pad_colour": (1, 2, 3),
            "data.mean": (0.1, 0.2, 0.3),
            "head.options.dropout": 0.3,
            "data.exclude": ("a b.jpg",),
        }
    )
    assert Recipe.from_toml(recipe.to_toml()) == recipe


def test_values_may_be_texts_as_from_a_command_line() -> None:
    recipe = Recipe().set(
        {"training.epochs": "5", "optimizer.lr": "1e-3", "data.pad_colour": "[255, 0, 9]", "augment.enabled": "true", "name": "x y"}
    )
    assert (recipe.training.epochs, recipe.optimizer.lr, recipe.data.pad_colour) == (5, 0.001, (255, 0, 9))
    assert recipe.augment.enabled is True
    assert recipe.name == "x y"


@pytest.mark.parametrize(
    ("key", "text"), [("data.path", "2024"), ("data.path", "2024-05-03"), ("name", "7"), ("name", "None"), ("name", "true")]
)
def test_a_text_that_looks_like_something_else_stays_a_text(key: str, text: str) -> None:
    assert Recipe().set({key: text}).get(key) == text


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("data.options.path", 3, "nearest is"),
        ("training.epoch", 3, "nearest is 'training.epochs'"),
        ("optimiser.lr", 3, "nearest is 'optimizer.lr'"),
        ("training.epochs", 0, "greater than or equal to 1"),
        ("optimizer.lr", "fast", "valid number"),
        ("data.resize", "stretch", "'crop', 'pad' or 'squash'"),
        ("frozen.paths", "conv_stem", "list in brackets"),
        ("data.std", (0, 1, 1), "above 0"),
        ("data.std", (float("inf"), 1, 1), "finite number"),
        ("data.mean", (float("nan"), 0, 0), "finite number"),
        ("data.mean", (2.0, 0, 0), "from 0 to 1"),
        ("schedule.warmup", float("inf"), "finite number"),
        ("optimizer.multipliers", {"layer1": float("inf")}, "finite number"),
        ("augment.scale", (0.9, 0.2), "smaller first"),
        ("data.val_share", 0.85, "too little is left"),
        ("stages.own", [{"learns": "head", "epoch": 3}], r"no key 'stages.own.0.epoch'. The nearest is 'epochs'"),
        ("stages.longer", [{"shares": 0.5}], r"no key 'stages.longer.0.shares'. The nearest is 'share'"),
    ],
)
def test_what_cannot_be_used_is_said(key: str, value: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Recipe().set({key: value})


def test_bad_files_are_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        Recipe.load(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("[training\nepochs = 3")
    with pytest.raises(InputError, match=r"The recipe .*bad\.toml is not valid TOML"):
        Recipe.load(tmp_path / "bad.toml")
    (tmp_path / "old.toml").write_bytes(b'name = "B\xe4ume"')
    with pytest.raises(InputError, match="not UTF-8"):
        Recipe.load(tmp_path / "old.toml")
    (tmp_path / "flat.toml").write_text("training = 3")
    with pytest.raises(InputError, match=r"Write \[training\]"):
        Recipe.load(tmp_path / "flat.toml")
    (tmp_path / "key.toml").write_text("[training]\nepoch = 3")
    with pytest.raises(InputError, match=r"nearest is 'training\.epochs'"):
        Recipe.load(tmp_path / "key.toml")


@pytest.mark.parametrize("strategy", STRATEGY_NAMES)
def test_strategies_set_weights_that_fit(strategy: str) -> None:
    recipe = Recipe().with_strategy(strategy)
    assert recipe.frozen.strategy == strategy
    assert (recipe.model.weights == "random") == (strategy == "scratch")
    assert recipe.with_strategy("head").model.weights == "pretrained"


def test_a_strategy_keeps_a_weights_file() -> None:
    assert Recipe().set({"model.weights": "mine.pt"}).with_strategy("full").model.weights == "mine.pt"


def test_unknown_strategy_names_the_nearest() -> None:
    with pytest.raises(InputError, match="nearest: last-block"):
        Recipe().with_strategy("last_block")


def test_every_field_has_words_for_a_form() -> None:
    for key in keys():
        if not key.endswith(".options"):
            info = field_info(key)
            assert info.title, key
            assert info.description, key
    assert choices("data.resize") == ("crop", "pad", "squash")
    assert choices("training.epochs") == ()


def test_a_recipe_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Recipe().training.epochs = 3


def test_a_file_saved_by_notepad(tmp_path: Path) -> None:
    (tmp_path / "marked.toml").write_bytes(b"\xef\xbb\xbf[training]\nepochs = 3")
    assert Recipe.load(tmp_path / "marked.toml").training.epochs == 3


def test_an_option_is_no_table_of_options() -> None:
    with pytest.raises(InputError, match=r"no key 'head.options.hidden.x'. Head.options.hidden is one value"):
        Recipe().set({"head.options.hidden": [8], "head.options.hidden.x": 1})


def test_a_name_that_is_no_text_is_refused_in_a_sentence(tmp_path: Path) -> None:
    folder = os.fsdecode(b"caf\xe9")
    with pytest.raises(InputError, match="no UTF-8 text"):
        Run.create(Recipe().set({"data.path": f"/photos/{folder}"}), tmp_path / "run")
    assert not (tmp_path / "run").exists()
