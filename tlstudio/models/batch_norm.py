"""BatchNorm behind a global pooling, where a batch of one image leaves a single value a channel."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import batch_norm


class BatchNorm2d(nn.BatchNorm2d):
    """As torch's, but it takes a single value a channel while training: that one is normalised by the running averages.

    torch refuses it, as there is no deviation of one value. Everything else is torch's own.
    """

    def forward(self, x: Tensor) -> Tensor:
        if self.training and x.numel() == x.shape[1]:
            return batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps)
        return super().forward(x)


def take_single_values(module: nn.Module) -> nn.Module:
    """Let every BatchNorm2d in there be one that takes single values, in place."""
    for child in module.modules():
        if type(child) is nn.BatchNorm2d:
            child.__class__ = BatchNorm2d
    return module
