"""What api functions are given, and what they give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tlstudio.recipe import Recipe

Document = dict[str, Any]


def recipe_of(given: Recipe | Mapping[str, Any]) -> Recipe:
    return given if isinstance(given, Recipe) else Recipe.parse(given)
