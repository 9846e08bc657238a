"""A network cut in two does what it did whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tlstudio.models.freezing import Policy, freeze, hold
from tlstudio.training.prefix import Cut, NoCut, cut

CPU = torch.device("cpu")


class Net:
    """As much of a Network as is asked for."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module


def conv(a: int, b: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(a, b, 3, stride, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU(inplace=True))


class Plain(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.middle, self.last = conv(3, 8, 2), conv(8, 8), conv(8, 16)
        self.dropout, self.head = nn.Dropout(0.5), nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Any:
        x = self.stem(x)
        x = x + self.middle(x)
        return self.head(self.dropout(self.last(x).mean((2, 3))))


class Skips(Plain):
    """Two maps cross, one of them written to behind the cut; a dict comes out."""

    def forward(self, x: Tensor) -> Any:
        fine = self.stem(x)
        coarse = functional.max_pool2d(self.middle(fine), 2)
        up = functional.interpolate(self.last(coarse), fine.shape[2:], mode="bilinear", align_corners=False)
        fine += up[:, :8]
        return {"out": self.head(fine.mean((2, 3)).repeat(1, 2)), "aux": fine if self.training else fine.mean()}


class Wilful(Plain):
    """Goes on as the numbers say."""

    def forward(self, x: Tensor) -> Any:
        x = self.middle(self.stem(x))
        x = self.last(x)
        if x.mean() > 1e6:
            x = -x
        return self.head(self.dropout(x.mean((2, 3))))


class WilfulEarly(Plain):
    """How many of the numbers it takes depends on them, before anything learns."""

    def forward(self, x: Tensor) -> Any:
        many = int((x[:, 0, 0, 0] > 0).sum())
        return self.head(self.last(self.stem(x) * (1 + many)).mean((2, 3)))


def made(kind: type[nn.Module], frozen: tuple[str, ...] = ("stem", "middle"), policy: Policy = "eval") -> nn.Module:
    torch.manual_seed(0)
    module = kind().to(memory_format=torch.channels_last)
    for child in module.modules():
        if isinstance(child, nn.BatchNorm2d):
            nn.init.uniform_(child.running_var, 0.5, 2.0)
            nn.init.normal_(child.running_mean)
    freeze(module, frozen, policy)
    module.train()
    hold(module, frozen, policy)
    return module


def pictures(n: int, side: int = 32) -> Tensor:
    return torch.randn(n, 3, side, side).contiguous(memory_format=torch.channels_last)


def taken(module: nn.Module) -> Cut:
    out = cut(Net(module), (32, 32), device=CPU)  # type: ignore[arg-type]
    assert isinstance(out, Cut), out
    return out


def learned(module: nn.Module, run: Callable[[], Any]) -> tuple[list[Tensor], list[Tensor | None], list[Tensor]]:
    before = [buffer.clone() for buffer in module.buffers()]
    torch.manual_seed(5)
    answer = run()
    answers = list(answer.values()) if isinstance(answer, dict) else [answer]
    loss = torch.stack([one.square().mean() for one in answers]).sum()
    gradients = torch.autograd.grad(loss, [p for p in module.parameters() if p.requires_grad], allow_unused=True)
    after = [buffer.clone() for buffer in module.buffers()]
    with torch.no_grad():
        for buffer, value in zip(module.buffers(), before, strict=True):
            buffer.copy_(value)
    return answers, list(gradients), after


@pytest.mark.parametrize(("kind", "how"), [(Plain, "graph"), (Skips, "graph"), (Wilful, "modules")])
def test_it_learns_and_answers_as_the_whole(kind: type[nn.Module], how: str) -> None:
    module = made(kind)
    parts = taken(module)
    x = pictures(5)
    with torch.inference_mode():
        kept = [one.clone() for one in parts.prefix(x)]
    given = [one.clone() for one in kept]
    assert parts.how == how
    assert bool(parts.why) == (how == "modules"), "what is kept in a coarser way says why"
    assert [tuple(one.shape[1:]) for one in kept] == [one.shape for one in parts.crossing]
    assert all(one.is_contiguous() for one in kept)
    parts.suffix.train()
    for a, b in zip(learned(module, lambda: module(x)), learned(module, lambda: parts.suffix(*given)), strict=True):
        for ours, theirs in zip(a, b, strict=True):
            assert (ours is None) == (theirs is None)
            if ours is not None:
                torch.testing.assert_close(theirs, ours, rtol=1e-4, atol=1e-5)
    assert all(torch.equal(a, b) for a, b in zip(kept, given, strict=True))  # nothing was written to what is kept
    flags = [child.training for child in module.modules()]
    parts.suffix.eval()
    answer = parts.suffix(*given)
    assert [child.training for child in module.modules()] == flags
    module.eval()
    whole = module(x)
    for name in whole if isinstance(whole, dict) else ():
        torch.testing.assert_close(answer[name], whole[name], rtol=1e-4, atol=1e-5)
    if not isinstance(whole, dict):
        torch.testing.assert_close(answer, whole, rtol=1e-4, atol=1e-5)


def test_parameters_and_averages_are_the_networks_own() -> None:
    module = made(Plain)
    parts = taken(module)
    learning = {id(p) for p in module.parameters() if p.requires_grad}
    assert learning == {id(p) for p in parts.suffix.parameters() if p.requires_grad}
    x = pictures(4)
    parts.suffix.eval()
    with torch.no_grad():
        before = parts.suffix(*parts.prefix(x))
        module.head.bias.add_(1.0)
        torch.testing.assert_close(parts.suffix(*parts.prefix(x)), before + 1.0)
        counted = module.last[1].num_batches_tracked.clone()
        parts.suffix.train()(*parts.prefix(x))
    assert module.last[1].num_batches_tracked == counted + 1


def test_looking_changes_nothing() -> None:
    module = made(Plain)
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    chances = torch.get_rng_state()
    taken(module)
    assert torch.equal(torch.get_rng_state(), chances)
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())
    assert all(p.grad is None for p in module.parameters())


def test_batches_do_not_matter() -> None:
    parts, x = taken(made(Plain)), pictures(7)
    for whole, *pieces in zip(parts.prefix(x), parts.prefix(x[:5]), parts.prefix(x[5:]), strict=True):
        torch.testing.assert_close(torch.cat(pieces), whole)


def test_only_the_smallest_of_what_is_cheap_crosses() -> None:
    class Enlarged(Plain):
        def forward(self, x: Tensor) -> Any:
            small = self.stem(x)
            large = functional.interpolate(small, scale_factor=2.0)
            return self.head(self.last(torch.cat([large.relu(), large.relu()], 1)[:, :8]).mean((2, 3)))

    parts = taken(made(Enlarged))
    assert [one.shape for one in parts.crossing] == [(16, 16, 8)]
    assert parts.bytes_per_image == 16 * 16 * 8 * 4
    assert 0 < parts.share < 1


def test_statistics_of_the_batch_are_never_kept() -> None:
    out = cut(Net(made(Plain, policy="adapt")), (32, 32), device=CPU)  # type: ignore[arg-type]
    assert not isinstance(out, Cut) or out.crossing[0].shape == (16, 16, 8)  # the first convolution, its BatchNorm behind it


def test_images_of_other_sizes_are_judged() -> None:
    module = made(Skips)
    parts = taken(module)
    assert parts.takes((32, 32))
    assert parts.takes((64, 32))
    x = torch.randn(1, 3, 64, 32).contiguous(memory_format=torch.channels_last)
    parts.suffix.eval()
    module.eval()
    torch.testing.assert_close(parts.suffix(*parts.prefix(x))["out"], module(x)["out"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("kind", "frozen"), [(Plain, ()), (Plain, ("last",)), (WilfulEarly, ("stem",))])
def test_where_there_is_nothing_to_keep_it_says_why(kind: type[nn.Module], frozen: tuple[str, ...]) -> None:
    out = cut(Net(made(kind, frozen)), (32, 32), device=CPU)  # type: ignore[arg-type]
    assert isinstance(out, NoCut) or out.how == "modules"
    assert not isinstance(out, NoCut) or out.why
