from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional

from tlstudio.errors import InputError
from tlstudio.recipe import Loss, Recipe
from tlstudio.training import losses

CLASSES, COUNTS = ["ants", "bees", "wasps"], [60, 30, 10]
LOGITS = torch.tensor([[2.0, -1.0, 0.5], [0.1, 0.2, 0.3], [-3.0, 4.0, 0.0]])
LABELS = torch.tensor([0, 2, 1])


def loss(kind: str, logits: torch.Tensor = LOGITS, **options: object) -> float:
    return float(losses.make(Loss(kind=kind, options=options), CLASSES, COUNTS)(logits, LABELS))


@pytest.mark.parametrize("kind", [kind for kind, found in losses.REGISTRY.kinds().items() if found.suits("classification")])
def test_every_loss_falls_as_the_truth_gets_likelier_and_gives_gradients(kind: str) -> None:
    criterion = losses.make(Loss(kind=kind), CLASSES, COUNTS)
    logits = LOGITS.log_softmax(1).requires_grad_() if kind == "nll" else LOGITS.clone().requires_grad_()
    before = criterion(logits, LABELS)
    before.backward()
    assert before.shape == ()
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()
    with torch.no_grad():
        assert float(criterion(logits - 0.1 * logits.grad, LABELS)) < float(before)


def test_plain_cross_entropy_is_torchs_own_and_nll_is_the_same_on_log_softmax() -> None:
    expected = float(functional.cross_entropy(LOGITS, LABELS))
    assert loss("cross_entropy") == expected
    assert loss("nll", LOGITS.log_softmax(1)) == pytest.approx(expected)


def test_label_smoothing_by_hand() -> None:
    log_p = LOGITS.log_softmax(1)
    by_hand = sum(-(0.9 * log_p[i, label] + 0.1 * log_p[i].mean()) for i, label in enumerate(LABELS)) / 3
    assert loss("cross_entropy", label_smoothing=0.1) == pytest.approx(float(by_hand), rel=1e-6)


def test_balanced_weights_make_every_class_count_the_same_and_keep_the_mean() -> None:
    from tlstudio.training.losses.class_weights import Weighted, weights_of

    weights = weights_of(Weighted(class_weights="balanced"), CLASSES, COUNTS)
    assert weights is not None
    assert [float(w) * n for w, n in zip(weights, COUNTS, strict=True)] == pytest.approx([100 / 3] * 3)
    each = functional.cross_entropy(LOGITS, LABELS, reduction="none")
    assert loss("cross_entropy", class_weights="balanced") == pytest.approx(float((weights[LABELS] * each).mean()), rel=1e-6)
    assert weights_of(Weighted(class_weights="balanced"), CLASSES, [5, 0, 5]).tolist() == [1.0, 0.0, 1.0]


def test_own_weights_go_by_name_and_a_wrong_name_is_told() -> None:
    own = {"class_weights": "own", "weights": {"wasps": 4.0}}
    each = functional.cross_entropy(LOGITS, LABELS, reduction="none")
    scale = 100 / (60 + 30 + 40)
    by_hand = float((each * torch.tensor([1.0, 4.0, 1.0]) * scale).mean())
    assert loss("cross_entropy", **own) == pytest.approx(by_hand, rel=1e-6)
    with pytest.raises(InputError, match="weighs a class") as told:
        loss("cross_entropy", class_weights="own", weights={"wasp": 2.0})
    assert "wasps" in told.value.do
    with pytest.raises(InputError, match="no training image counts"):
        loss("focal", class_weights="own", weights=dict.fromkeys(CLASSES, 0.0))


def test_class_weights_are_brought_to_a_device_once() -> None:
    from tlstudio.training.losses.class_weights import beside

    weights = beside(torch.tensor([1.0, 0.5]))
    with torch.inference_mode():
        first = weights(torch.zeros(1, dtype=torch.float64))
    assert first.dtype == torch.float64
    assert not first.is_inference()  # a step that learns takes it next
    assert weights(torch.ones(3, dtype=torch.float64)) is first
    assert weights(torch.ones(3)).dtype == torch.float32


@pytest.mark.parametrize("kind", sorted(set(losses.REGISTRY.kinds()) - {"lovasz"}))  # which asks once, to sort but the classes there are
def test_no_loss_waits_for_the_device(kind: str) -> None:
    """On `meta` there are no numbers: whatever asks for one, as a wait for a card would, fails there."""
    criterion = losses.make(Loss(kind=kind), ["ants", "bees"], [60, 30])
    masks = not losses.REGISTRY.find(kind).suits("classification")
    logits = torch.zeros((2, 2, 4, 4) if masks else (3, 2), device="meta", requires_grad=True)
    criterion(logits, torch.zeros((2, 4, 4) if masks else 3, dtype=torch.int64, device="meta")).backward()
    assert logits.grad is not None


def test_focal_is_cross_entropy_at_gamma_zero_and_forgives_what_is_right() -> None:
    assert loss("focal", gamma=0.0) == pytest.approx(loss("cross_entropy"), rel=1e-5)
    p = LOGITS.softmax(1)[range(3), LABELS]
    by_hand = float((-((1 - p) ** 2) * p.log()).mean())
    assert loss("focal") == pytest.approx(by_hand, rel=1e-5)
    sure = torch.tensor([[80.0, 0.0, 0.0]], requires_grad=True)
    value = losses.make(Loss(kind="focal", options={"gamma": 0.5}), CLASSES, COUNTS)(sure, torch.tensor([0]))
    value.backward()
    assert sure.grad is not None
    assert torch.isfinite(sure.grad).all()


def test_hinge_by_hand() -> None:
    # leads of the truth: 2.0 - 0.5, 0.3 - 0.2, 4.0 - 0.0; short of the margin 1 is only the second, by 0.9
    assert loss("hinge") == pytest.approx(0.9 / 3, rel=1e-5)
    assert loss("hinge", power="squared") == pytest.approx(0.81 / 3, rel=1e-5)
    assert loss("hinge", margin=2.0) == pytest.approx((0.5 + 1.9) / 3, rel=1e-5)


def test_a_loss_that_does_not_fit_the_head_is_refused() -> None:
    with pytest.raises(InputError, match="logarithms of probabilities"):
        losses.check_fits(Recipe().set({"loss.kind": "nll"}))
    losses.check_fits(Recipe())
    assert math.isfinite(loss("cross_entropy"))
