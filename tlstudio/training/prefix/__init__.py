"""The frozen part of a network, cut off so that it is computed once."""

from tlstudio.training.prefix.cut import Cut, NoCut, cut

__all__ = ["Cut", "NoCut", "cut"]
