from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from tlstudio.errors import InputError
from tlstudio.models import heads
from tlstudio.models.heads import HeadKind

ALL = heads.kinds()
KINDS = [kind.kind for kind in heads.kinds("classification")]
WIDTHS = (8, 12, 16, 24, 32)
PYRAMID = [torch.randn(2, width, 32 >> i, 32 >> i) for i, width in enumerate(WIDTHS)]
COPY = [one.clone() for one in PYRAMID]
MAPS = {"low": torch.randn(2, 8, 12, 12), "high": torch.randn(2, 16, 6, 6)}


def test_linear_comes_first_and_every_head_is_offered_for_its_task() -> None:
    assert KINDS[0] == "linear"
    assert set(KINDS) == {"linear", "dropout_linear", "mlp", "mlp_log_softmax", "extra_layer", "cosine"}
    own = {"deeplab", "fcn", "lraspp"}
    decoders = {"unet", "unetplusplus", "fpn", "deeplabv3plus", "segformer", "linknet", "pspnet", "pan", "manet", "upernet"}
    assert {kind.kind for kind in heads.kinds("segmentation")} == own | decoders
    assert heads.default("classification").kind == "linear"
    assert heads.default("segmentation").kind == "deeplab"


@pytest.mark.parametrize("kind", KINDS)
def test_every_head_learns_a_fixed_batch(kind: str) -> None:
    torch.manual_seed(0)
    head = heads.make(kind, {}, 32, 3)
    criterion = nn.functional.nll_loss if heads.find(kind).log_probabilities else nn.functional.cross_entropy
    x, truth = torch.randn(12, 32), torch.arange(12) % 3
    assert head(x).shape == (12, 3)
    steps = torch.optim.SGD(head.parameters(), lr=0.5)
    before = criterion(head.eval()(x), truth).item()
    head.train()
    for _ in range(20):
        steps.zero_grad()
        criterion(head(x), truth).backward()
        steps.step()
    assert criterion(head.eval()(x), truth).item() < 0.5 * before


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind.task == "segmentation"], ids=lambda kind: kind.kind)
def test_every_mask_head_learns_a_fixed_batch(kind: HeadKind) -> None:
    torch.manual_seed(0)
    width: Any = {"map": 16, "maps": (8, 16), "pyramid": tuple(zip((2, 4, 8, 16, 32), WIDTHS, strict=True))}[kind.takes]
    head = heads.make(kind.kind, {}, width, 3)
    x = {"map": MAPS["high"], "maps": MAPS, "pyramid": PYRAMID}[kind.takes]
    given = head(x)
    assert given.shape[:2] == (2, 3)
    if kind.takes == "pyramid":
        step = 64 // given.shape[-1]
        assert 64 % given.shape[-1] == 0
        assert step in (1, 2, 4, 8, 32)
    truth = torch.arange(given[:, 0].numel()).reshape(given[:, 0].shape) % 3
    steps = torch.optim.Adam(head.parameters(), lr=1e-3)
    losses = []
    for _ in range(6):
        steps.zero_grad()
        torch.manual_seed(1)  # dropout hides the same features in each step
        loss = nn.functional.cross_entropy(head(x), truth)
        loss.backward()
        steps.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    assert all(torch.equal(a, b) for a, b in zip(PYRAMID, COPY, strict=True))  # what is kept of a backbone is not written into


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.kind)
def test_every_head_and_option_says_what_it_is(kind: HeadKind) -> None:
    assert kind.title
    assert kind.help.endswith(".")
    assert heads.validate(kind.kind, {}) == kind.Options().model_dump()
    for field in kind.Options.model_fields.values():
        assert field.title
        assert field.description


def test_options_are_completed_and_used() -> None:
    assert heads.validate("dropout_linear", {}) == {"dropout": 0.2}
    head = heads.make("dropout_linear", {"dropout": 0.7}, 8, 2)
    assert [one.p for one in head.modules() if isinstance(one, nn.Dropout)] == [0.7]
    assert heads.make("fcn", {"dropout": 0.4}, 16, 2).get_submodule("3").p == 0.4
    assert heads.make("lraspp", {"width": 24}, (8, 16), 2).get_submodule("high_classifier").in_channels == 24
    unet = heads.make(
        "unet", {"channels": [64, 48, 32, 16, 20], "attention": "scse"}, tuple(zip((2, 4, 8, 16, 32), WIDTHS, strict=True)), 2
    )
    assert unet.get_submodule("last").in_channels == 20
    assert len(heads.make("deeplab", {"rates": [2, 4]}, 16, 2).get_submodule("0.convs")) == 4


def test_an_mlp_is_laid_out_as_said() -> None:
    head = heads.make("mlp", {"hidden": [16, 4], "activation": "tanh", "dropout": 0.5, "batch_norm": True}, 8, 2)
    block = [nn.Linear, nn.BatchNorm1d, nn.Tanh, nn.Dropout]
    assert [type(one) for one in head.children()] == [*block, *block, nn.Linear]
    assert [one.out_features for one in head.children() if isinstance(one, nn.Linear)] == [16, 4, 2]


def test_log_softmax_gives_logarithms_of_probabilities_and_says_so() -> None:
    given = heads.make("mlp_log_softmax", {}, 8, 5)(torch.randn(4, 8))
    assert torch.allclose(given.exp().sum(1), torch.ones(4))
    assert [kind.kind for kind in ALL if kind.log_probabilities] == ["mlp_log_softmax"]


def test_cosine_sees_the_direction_of_the_features_alone() -> None:
    head = heads.make("cosine", {"scale": 8.0}, 6, 3)
    x = torch.randn(5, 6)
    assert torch.allclose(head(x), head(100 * x), atol=1e-5)
    assert head(x).abs().max() <= 8.0
    assert head(x[:1] * 0).abs().max() == 0
    assert {name for name, _ in head.named_parameters()} == {"weight", "scale"}


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(InputError, match=r"no head 'linaer'.*nearest is 'linear'"):
        heads.validate("linaer", {})
    with pytest.raises(InputError, match=r"no option 'droput'.*nearest is 'dropout'"):
        heads.validate("dropout_linear", {"droput": 0.1})
    with pytest.raises(InputError, match=r"no option 'dropout'.*Leave it out"):
        heads.validate("linear", {"dropout": 0.1})
    with pytest.raises(InputError, match=r"(?i)head\.options\.dropout.*less than or equal to 0\.9.*given: 1"):
        heads.validate("dropout_linear", {"dropout": 1})
    with pytest.raises(InputError, match=r"(?i)head\.options\.dropout"):
        heads.make("dropout_linear", {"dropout": "much"}, 8, 2)
    for hidden in ([], [0], [1] * 9):
        with pytest.raises(InputError, match=r"(?i)head\.options\.hidden.*such as 512"):
            heads.validate("mlp", {"hidden": hidden})
    for kind in ("deeplab", "deeplabv3plus"):
        with pytest.raises(InputError, match=r"(?i)head\.options\.rates.*such as 12, 24, 36"):
            heads.validate(kind, {"rates": [0, 1, 2]})
    for channels in ([64, 32], [0] * 5):
        with pytest.raises(InputError, match=r"(?i)head\.options\.channels.*such as 256, 128, 64, 32, 16"):
            heads.validate("unet", {"channels": channels})


def test_a_head_for_another_task_is_refused() -> None:
    with pytest.raises(InputError, match=r"FCN does not fit on ResNet-18.*linear"):
        heads.check("fcn", "classification", title="ResNet-18")
    with pytest.raises(InputError, match=r"Linear does not fit.*made for masks.*deeplab"):
        heads.check("linear", "segmentation", title="DeepLabV3")
