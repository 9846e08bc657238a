"""Optimizers: one file a kind, each with `KIND`.

make(options, groups, weight_decay): groups are torch's parameter groups with their rates, weight_decay per unit of rate.
"""

from tlstudio.recipe import Optimizer
from tlstudio.registry import Registry

REGISTRY = Registry(__name__, "optimizer", Optimizer().kind)
