"""The layer tree: a model over the rows of a `layers` document, a delegate that draws them, a view with its keys."""

from tlstudio.gui.widgets.layer_tree.layer_model import LayerModel
from tlstudio.gui.widgets.layer_tree.layer_view import LayerTree

__all__ = ["LayerModel", "LayerTree"]
