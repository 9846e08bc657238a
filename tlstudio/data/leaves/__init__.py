"""Pictures of leaves, computed: shape (the botanical curve), surface, grounds, litter, and the picture put together."""

from tlstudio.data.leaves.picture import NAMES, draw_picture

__all__ = ["NAMES", "draw_picture"]
