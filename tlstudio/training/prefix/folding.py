"""BatchNorm of the prefix, which stands still, folded into the convolutions before it."""

from __future__ import annotations

from typing import Any

import torch
from torch import fx

from tlstudio.models.folding import folded

aten = torch.ops.aten
_LAYERS = (aten.conv1d.default, aten.conv2d.default, aten.conv3d.default, aten.linear.default)


def fold(whole: fx.GraphModule) -> fx.GraphModule:
    """The same with less to do. Layers whose output is needed by others as well, or whose weights are made in passing, stay as they are."""
    graph = fx.Graph()
    graph.output(graph.graph_copy(whole.graph, {}))
    module = fx.GraphModule(whole, graph)
    graph = module.graph
    for norm in list(graph.nodes):
        if norm.target is not aten.batch_norm.default:
            continue
        layer, scale, shift, mean, variance, training, _, eps, *_ = norm.args
        weight, bias = (*layer.args, None)[1:3] if layer.target in _LAYERS else (None, None)
        given = [weight, bias, scale, shift, mean, variance]
        plain = all(one is None or (isinstance(one, fx.Node) and one.op == "get_attr") for one in given)
        # Of tokens the last dimension holds the channels, of BatchNorm the second one.
        fits = layer.target is not aten.linear.default or layer.meta.get("dims") == 2
        if training or weight is None or mean is None or not plain or not fits or len(layer.users) > 1:
            continue
        tensors: list[Any] = [None if one is None else getattr(module, str(one.target)) for one in given]
        name = f"folded_{norm.name}"
        for part, tensor in zip(("weight", "bias"), folded(*tensors, eps=eps), strict=True):
            module.register_buffer(f"{name}_{part}", tensor)
        with graph.inserting_before(layer):
            new = [graph.create_node("get_attr", f"{name}_{part}") for part in ("weight", "bias")]
            layer_and_norm = graph.call_function(layer.target, (layer.args[0], *new, *layer.args[3:]), layer.kwargs)
        norm.replace_all_uses_with(layer_and_norm)
        graph.erase_node(norm)
        graph.erase_node(layer)
    for node in reversed(list(graph.nodes)):
        if node.op == "get_attr" and not node.users:
            graph.erase_node(node)
            delattr(module, str(node.target))
    module.recompile()
    return module
