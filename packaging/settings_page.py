"""Write docs/recipe.md: every key of a recipe with its default and help, and what can be chosen, as the program itself knows them.

python packaging/settings_page.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from tlstudio import api
from tlstudio.recipe import Longer, Recipe, Stage

PAGE = Path(__file__).parents[1] / "docs" / "recipe.md"
BEGINNING = """\
# Every setting

*Written by `python packaging/settings_page.py` from the settings themselves.*

A *recipe* is all that determines a run: a TOML file with a section for each table below. The command line takes each key as
`--set section.key=value`, in a sweep as `--vary`. What a recipe leaves out has its default; `tlstudio train recipe.toml` trains one. Every
run folder holds its own, ready to be changed, and the window saves one with Ctrl+S.

    tlstudio train --data photos/ --set training.batch_size=16 --set 'augment.scale=[0.5, 1.0]' --set head.kind=mlp

A strategy brings rates and epochs that suit it, in place of these defaults; so do pictures with masks.

"""
KINDS = {
    "head": ("Heads", "The new layers on top of the backbone."),
    "optimizer": ("Optimizers", "How gradients become changes of weights."),
    "schedule": ("Schedules", "How the rates change over the run."),
    "loss": ("Losses", "What training makes small."),
}


def page() -> str:
    """The whole text."""
    recipe = Recipe()
    parts = [BEGINNING, _table("", [_row("name", Recipe.model_fields["name"])])]
    for name, field in Recipe.model_fields.items():
        section = getattr(recipe, name)
        if isinstance(section, BaseModel):
            rows = [_row(f"{name}.{key}", of) for key, of in type(section).model_fields.items() if key != "options"]
            parts.append(f"\n## {name}\n\n{_first(type(section).__doc__)}\n\n{_table('', rows)}")
            if name == "stages":
                parts += [_of_tables("stages.own", Stage), _of_tables("stages.longer", Longer)]
        else:
            assert field.title  # one value, above
    for section, (title, about) in KINDS.items():
        rows = [_kind(kind) for kind in api.kinds(section).values()]
        asked = f"{about} `--set {section}.kind=WORD`, and `--set {section}.options.OPTION=value` for what it can be told."
        parts.append(f"\n## {title}\n\n{asked}\n\n{_table('word', rows, 'options, with their defaults')}")
    return "".join(parts)


def _of_tables(key: str, kind: type[BaseModel]) -> str:
    rows = [_row(name, field) for name, field in kind.model_fields.items()]
    return f"\nEach `[[{key}]]`:\n\n{_table('', rows)}"


def _table(first: str, rows: list[tuple[str, str, str]], last: str = "") -> str:
    heads = (first, "", last) if first else ("key", "default", "")
    lines = [heads, ("---",) * 3, *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _row(key: str, field: Any) -> tuple[str, str, str]:
    words = [word for word in get_args(field.annotation) if isinstance(word, str)]
    told = (field.json_schema_extra or {}).get("unit")
    unit = f" ({told})" if told and told != "×" else ""
    choices = f" One of {', '.join(f'`{word}`' for word in words)}." if words else ""
    return f"`{key}`", _value(field), f"{_sentence(field.description)}{choices}{unit}".replace("|", "\\|")


def _kind(kind: Any) -> tuple[str, str, str]:
    options = [f"`{name}` {_value(field)}".strip() for name, field in kind.Options.model_fields.items()]
    of = " *For masks.*" if kind.task == "segmentation" else ""
    return f"`{kind.kind}`", f"{_sentence(kind.help)}{of}".replace("|", "\\|"), ", ".join(options)


def _value(field: Any) -> str:
    default = field.get_default(call_default_factory=True)
    return "" if default in ("", None, (), {}) else f"`{json.dumps(default) if not isinstance(default, str) else default}`"


def _sentence(text: str | None) -> str:
    said = " ".join((text or "").split())
    return said if not said or said.endswith((".", "?")) else f"{said}."


def _first(text: str | None) -> str:
    """The first sentence of a docstring: the others are for programmers."""
    return _sentence((text or "").partition(". ")[0])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
