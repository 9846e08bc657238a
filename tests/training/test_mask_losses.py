"""Losses on masks: against their definitions written out pixel by pixel, and where they might break."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from tlstudio.errors import InputError
from tlstudio.recipe import Loss, Recipe
from tlstudio.training import losses
from tlstudio.training.losses.class_weights import Weighted, weights_of

CLASSES, COUNTS = ["sky", "road", "sign"], [6000, 3000, 100]
MASK_LOSSES = [kind for kind, found in losses.REGISTRY.kinds().items() if found.suits("segmentation")]
torch.manual_seed(5)
LOGITS = torch.randn(2, 3, 5, 7, dtype=torch.float64) * 2
LABELS = torch.randint(0, 3, (2, 5, 7))
LABELS[0, 1:3, 2:5] = 255
VALID = LABELS != 255


def classes_of(kind: str) -> tuple[list[str], list[int]]:
    return (CLASSES[:2], COUNTS[:2]) if kind == "bce" else (CLASSES, COUNTS)


def criterion(kind: str, **options: object) -> losses.Criterion:
    return losses.make(Loss(kind=kind, options=options), *classes_of(kind))


def shown(kind: str) -> tuple[Tensor, Tensor]:
    """Logits and labels for that loss."""
    return (LOGITS[:, :2], torch.where(VALID, LABELS.clamp_max(1), LABELS)) if kind == "bce" else (LOGITS, LABELS)


@pytest.mark.parametrize("kind", MASK_LOSSES)
def test_every_loss_falls_along_its_gradient_and_ignored_pixels_have_none(kind: str) -> None:
    logits, labels = shown(kind)
    logits = logits.clone().requires_grad_()
    before = criterion(kind)(logits, labels)
    before.backward()
    assert before.shape == ()
    assert logits.grad is not None
    assert logits.grad.abs().amax(1)[VALID].min() > 0
    assert not logits.grad.abs().amax(1)[~VALID].any()
    with torch.no_grad():
        assert float(criterion(kind)(logits - 0.5 * logits.grad, labels)) < float(before)


@pytest.mark.parametrize("kind", MASK_LOSSES)
def test_nothing_to_learn_from_is_zero_with_zero_gradients(kind: str) -> None:
    logits = shown(kind)[0].clone().requires_grad_()
    options: dict[str, object] = {"class_weights": "balanced"} if kind in ("cross_entropy", "focal", "bce", "mixture") else {}
    loss = criterion(kind, **options)(logits, torch.full((2, 5, 7), 255))
    loss.backward()
    assert float(loss.detach()) == 0.0
    assert logits.grad is not None
    assert not logits.grad.any()


@pytest.mark.parametrize("kind", MASK_LOSSES)
def test_what_ignored_pixels_say_changes_nothing(kind: str) -> None:
    logits, labels = shown(kind)
    other = torch.where(VALID[:, None], logits, 50.0)
    assert float(criterion(kind)(other, labels)) == pytest.approx(float(criterion(kind)(logits, labels)), rel=1e-12)


@pytest.mark.parametrize("kind", MASK_LOSSES)
def test_a_perfect_mask_costs_next_to_nothing(kind: str) -> None:
    logits, labels = shown(kind)
    sure = 200.0 * functional.one_hot(labels.where(VALID, 0), logits.shape[1]).movedim(3, 1).double()
    assert float(criterion(kind)(sure, labels)) == pytest.approx(0.0, abs=1e-6)


def test_cross_entropy_is_the_mean_over_pixels_that_count() -> None:
    p = LOGITS.log_softmax(1).movedim(1, 3)[VALID]
    each = -p[range(len(p)), LABELS[VALID]]
    assert float(criterion("cross_entropy")(LOGITS, LABELS)) == pytest.approx(float(each.mean()), rel=1e-6)
    weights = weights_of(Weighted(class_weights="balanced"), CLASSES, COUNTS)
    assert weights is not None
    by_hand = (weights.double()[LABELS[VALID]] * each).mean()
    assert float(criterion("cross_entropy", class_weights="balanced")(LOGITS, LABELS)) == pytest.approx(float(by_hand), rel=1e-6)
    smooth = (0.9 * each - 0.1 * p.mean(1)).mean()
    assert float(criterion("cross_entropy", label_smoothing=0.1)(LOGITS, LABELS)) == pytest.approx(float(smooth), rel=1e-6)
    by_weight = (0.8 * weights.double()[LABELS[VALID]] * each - 0.2 * (weights.double() * p).mean(1)).mean()
    both = criterion("cross_entropy", class_weights="balanced", label_smoothing=0.2)(LOGITS, LABELS)
    assert float(both) == pytest.approx(float(by_weight), rel=1e-6)


def test_weights_balanced_by_pixels_make_every_class_count_the_same() -> None:
    weights = weights_of(Weighted(class_weights="balanced"), CLASSES, COUNTS)
    assert weights is not None
    assert [float(w) * n for w, n in zip(weights, COUNTS, strict=True)] == pytest.approx([9100 / 3] * 3)


def test_focal_by_hand() -> None:
    p = LOGITS.softmax(1).movedim(1, 3)[VALID]
    p = p[range(len(p)), LABELS[VALID]]
    each = -((1 - p) ** 2) * p.log()
    assert float(criterion("focal")(LOGITS, LABELS)) == pytest.approx(float(each.mean()), rel=1e-6)
    own = torch.tensor([1.0, 5.0, 1.0], dtype=torch.float64)
    own = own * sum(COUNTS) / (own * torch.tensor(COUNTS)).sum()
    weighed = criterion("focal", class_weights="own", weights={"road": 5.0})(LOGITS, LABELS)
    assert float(weighed) == pytest.approx(float((own[LABELS[VALID]] * each).mean()), rel=1e-6)


def test_dice_by_hand() -> None:
    # Two pixels, both of class 0 of three: p(0) is 0.8 and 0.6. Overlap 1.4, areas 1.4 and 2: 1 - (2.8 + s) / (3.4 + s).
    logits = torch.tensor([[0.8, 0.1, 0.1], [0.6, 0.3, 0.1]]).log().T.reshape(1, 3, 1, 2)
    labels = torch.zeros(1, 1, 2, dtype=torch.int64)
    assert float(criterion("dice", smooth=0.0)(logits, labels)) == pytest.approx(1 - 2.8 / 3.4, rel=1e-5)
    assert float(criterion("dice", smooth=2.0)(logits, labels)) == pytest.approx(1 - 4.8 / 5.4, rel=1e-5)


def test_dice_is_the_mean_over_the_classes_that_are_there_summed_over_the_batch() -> None:
    labels = torch.where(LABELS == 2, 0, LABELS)
    p = LOGITS.softmax(1).movedim(1, 3)[VALID]
    said = []
    for c in (0, 1):
        truth = (labels[VALID] == c).double()
        said.append(1 - (2 * (p[:, c] * truth).sum() + 1) / (p[:, c].sum() + truth.sum() + 1))
    assert float(criterion("dice")(LOGITS, labels)) == pytest.approx(float(sum(said) / 2), rel=1e-6)


def jaccard_loss(wrong: Tensor, truth: Tensor) -> float:
    """1 - IoU of a class when the pixels `wrong` are, as Berman et al. define it on sets."""
    return float((wrong.sum() / (truth | wrong).sum()).item())


def test_lovasz_is_the_jaccard_loss_itself_where_the_network_is_sure() -> None:
    said = torch.randint(0, 3, LABELS.shape)
    sure = 500.0 * functional.one_hot(said, 3).movedim(3, 1).double()
    by_hand = [jaccard_loss((said[VALID] == c) != (LABELS[VALID] == c), LABELS[VALID] == c) for c in range(3)]
    assert float(criterion("lovasz")(sure, LABELS)) == pytest.approx(sum(by_hand) / 3, rel=1e-6)


def test_lovasz_is_the_sum_over_sorted_errors() -> None:
    p = LOGITS.softmax(1).movedim(1, 3)[VALID]
    by_hand = []
    for c in range(3):
        truth = LABELS[VALID] == c
        errors = torch.where(truth, 1 - p[:, c], p[:, c])
        order = sorted(range(len(errors)), key=lambda i: -float(errors[i]))
        total, before = 0.0, 0.0
        for n in range(1, len(order) + 1):
            wrong = torch.zeros_like(truth)
            wrong[order[:n]] = True
            now = jaccard_loss(wrong, truth)
            total += float(errors[order[n - 1]]) * (now - before)
            before = now
        by_hand.append(total)
    assert float(criterion("lovasz")(LOGITS, LABELS)) == pytest.approx(sum(by_hand) / 3, rel=1e-5)


def test_binary_cross_entropy_by_one_logit() -> None:
    z = LOGITS[:, :1].clone().requires_grad_()
    labels = torch.where(VALID, LABELS.clamp_max(1), LABELS)
    loss = criterion("bce")(torch.cat([torch.zeros_like(z), z], 1), labels)
    expected = functional.binary_cross_entropy_with_logits(z[:, 0][VALID], labels[VALID].double())
    loss.backward()
    assert float(loss.detach()) == pytest.approx(float(expected.detach()), rel=1e-6)
    assert z.grad is not None
    assert z.grad[:, 0][VALID].detach().numpy() == pytest.approx(
        ((z[:, 0].sigmoid() - labels) / VALID.sum())[VALID].detach().numpy(), rel=1e-5
    )
    counts = weights_of(Weighted(class_weights="balanced"), *classes_of("bce"))
    assert counts is not None
    z = z.detach()
    each = functional.binary_cross_entropy_with_logits(z[:, 0][VALID], labels[VALID].double(), reduction="none")
    weighed = criterion("bce", class_weights="balanced")(torch.cat([torch.zeros_like(z), z], 1), labels)
    assert float(weighed) == pytest.approx(float((counts.double()[labels[VALID]] * each).mean()), rel=1e-6)


def test_a_sum_of_losses_is_their_sum() -> None:
    parts = {"cross_entropy": 0.5, "dice": 2.0, "focal": 1.5, "lovasz": 0.25}
    by_hand = sum(share * float(criterion(kind)(LOGITS, LABELS)) for kind, share in parts.items())
    assert float(criterion("mixture", **parts)(LOGITS, LABELS)) == pytest.approx(by_hand, rel=1e-6)
    weighed = {"class_weights": "balanced"}
    only = criterion("mixture", dice=0.0, **weighed)(LOGITS, LABELS)
    assert float(only) == pytest.approx(float(criterion("cross_entropy", **weighed)(LOGITS, LABELS)), rel=1e-12)
    with pytest.raises(InputError, match="at least one of the losses"):
        criterion("mixture", cross_entropy=0.0, dice=0.0)


@pytest.mark.parametrize("kind", MASK_LOSSES)
def test_gradients_are_the_slopes(kind: str) -> None:
    logits, labels = shown(kind)
    assert torch.autograd.gradcheck(lambda x: criterion(kind)(x, labels[:, :3, :3]), logits[:, :, :3, :3].clone().requires_grad_())


def test_a_class_255_of_whole_images_is_no_ignored_one() -> None:
    names = [f"class {i}" for i in range(300)]
    made = losses.make(Loss(), names, [1] * 300)
    logits, labels = torch.randn(4, 300), torch.tensor([255, 0, 255, 7])
    assert float(made(logits, labels)) == float(functional.cross_entropy(logits, labels))
    weighed = losses.make(Loss(options={"class_weights": "balanced"}), names, [1] * 300)
    assert float(weighed(logits, labels)) == pytest.approx(float(functional.cross_entropy(logits, labels)), rel=1e-6)


def test_a_loss_for_another_task_is_refused_with_those_that_go() -> None:
    with pytest.raises(InputError, match="made for masks") as told:
        losses.check_fits(Recipe().set({"loss.kind": "dice"}))
    assert "cross_entropy" in told.value.do
    assert "hinge" in told.value.do
    masks = Recipe().set({"data.task": "segmentation", "head.kind": "lraspp"})
    for kind in MASK_LOSSES:
        losses.check_fits(masks.set({"loss.kind": kind}))
    for kind in ("hinge", "nll"):
        with pytest.raises(InputError, match="classes of whole images") as told:
            losses.check_fits(masks.set({"loss.kind": kind}))
        assert "lovasz" in told.value.do
        assert "hinge" not in told.value.do


def test_one_logit_is_for_two_classes() -> None:
    assert losses.one_logit(Loss(kind="bce"))
    assert not losses.one_logit(Loss(kind="dice"))
    with pytest.raises(InputError, match="two classes apart"):
        losses.make(Loss(kind="bce"), CLASSES, COUNTS)
