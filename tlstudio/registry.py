"""Kinds that register themselves: one file each in a folder, with `KIND`. Read without importing torch.

To add a head, an optimizer or a schedule is to add one file; form, recipe, command line and tests pick it up.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from tlstudio.errors import InputError


@dataclass(frozen=True)
class Kind:
    """kind: the word in a recipe; title and help: for the form; Options: its fields with bounds, defaults and help.

    make: builds the thing; its first argument is an instance of Options, the rest is what the folder says. It imports torch
    when called, not before.
    task: the one that it is for; "" for any. log_probabilities: whether a head's output is the logarithm of probabilities, not plain
    scores. one_logit: a loss of two classes for which the network has a single output, the score of the second over the first.
    """

    kind: str
    title: str
    help: str
    Options: type[BaseModel]
    make: Callable[..., Any]
    task: str = ""
    log_probabilities: bool = False
    one_logit: bool = False

    def suits(self, task: str) -> bool:
        """Whether it can be chosen for that task; "" asks for none."""
        return not task or self.task in ("", task)


class Registry:
    """The kinds of one section of the recipe, found in the files of one package; the default stands first."""

    def __init__(self, package: str, section: str, default: str) -> None:
        self._package, self._section, self._default = package, section, default
        self._found: dict[str, Kind] = {}

    def kinds(self) -> dict[str, Kind]:
        """Every kind by its word."""
        if not self._found:
            package = importlib.import_module(self._package)
            modules = [importlib.import_module(f"{self._package}.{info.name}") for info in pkgutil.iter_modules(package.__path__)]
            found: list[Kind] = [module.KIND for module in modules if hasattr(module, "KIND")]
            self._found = {kind.kind: kind for kind in sorted(found, key=lambda kind: (kind.kind != self._default, kind.title))}
        return self._found

    def find(self, kind: str) -> Kind:
        """Raises InputError naming the nearest for an unknown kind."""
        if kind not in self.kinds():
            raise _unknown(f"There is no {self._section} '{kind}'", kind, self.kinds())
        return self.kinds()[kind]

    def options(self, kind: str, options: dict[str, Any]) -> BaseModel:
        """The options, checked and completed with defaults.

        Raises InputError that names the nearest for an unknown kind or option, and the bounds for a value out of them.
        """
        found = self.find(kind)
        for name in options:
            if name not in found.Options.model_fields:
                raise _unknown(f"The {self._section} '{kind}' has no option '{name}'", name, found.Options.model_fields)
        try:
            return found.Options.model_validate(options)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join([f"{self._section}.options", *(str(part) for part in first["loc"])])
            raise InputError(f"'{key}' cannot be used: {first['msg'].removeprefix('Value error, ')} (given: {first['input']!r})") from None

    def make(self, kind: str, options: dict[str, Any], *args: Any) -> Any:
        """What the kind builds from its options. Raises InputError as `options`."""
        checked = self.options(kind, options)
        return self.find(kind).make(checked, *args)


def _unknown(what: str, name: str, known: Iterable[str]) -> InputError:
    near = difflib.get_close_matches(name, known, 1, 0.4)
    do = f"The nearest is '{near[0]}'" if near else f"Take one of {', '.join(known)}" if list(known) else "Leave it out"
    return InputError(what, "", do)
