"""What every section of a recipe is made of: a closed, frozen model, and fields that say how a form shows them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=0.9)]
Rate = Annotated[float, Field(gt=0.0, le=100.0)]
Multiplier = Annotated[float, Field(gt=0.0, le=1000.0)]


class Section(BaseModel):
    """One section of the recipe: frozen, closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False, defer_build=True)


def titled(default: Any, title: str, help: str, *, unit: str = "", advanced: bool = False, task: str = "", **bounds: Any) -> Any:
    """A field with what a form needs to show it: title, help (tooltip), unit, whether it is folded away, the one task that it is for."""
    return Field(default, title=title, description=help, json_schema_extra={"unit": unit, "advanced": advanced, "task": task}, **bounds)
