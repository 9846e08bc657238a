"""Where everything the program writes lies: the platform's directories, or under `$TLSTUDIO_HOME` if that is set."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

NAME = "tlstudio"


def _place(kind: str, standard: str) -> Path:
    home = os.environ.get("TLSTUDIO_HOME")
    return (Path(home).expanduser().absolute() / kind) if home else Path(standard) / kind


def runs() -> Path:
    """One folder a run."""
    return _place("runs", platformdirs.user_data_dir(NAME, appauthor=False))


def studies() -> Path:
    """One folder a study: what several runs were trained to find out."""
    return _place("studies", platformdirs.user_data_dir(NAME, appauthor=False))


def trash() -> Path:
    """Runs thrown away, until the trash is emptied."""
    return _place("trash", platformdirs.user_data_dir(NAME, appauthor=False))


def samples() -> Path:
    """Data sets that the program generated."""
    return _place("samples", platformdirs.user_data_dir(NAME, appauthor=False))


def cache() -> Path:
    """What can be made again: scans, unpacked archives, features, thumbnails."""
    return _place("cache", platformdirs.user_cache_dir(NAME, appauthor=False))


def logs() -> Path:
    """What the engines print."""
    return _place("logs", platformdirs.user_log_dir(NAME, appauthor=False))


def settings() -> Path:
    """The window's own settings (theme, size, recent folders), a file."""
    return _place("settings", platformdirs.user_config_dir(NAME, appauthor=False)) / "settings.ini"


def torch_weights() -> Path:
    """torch's own weight cache, found without importing torch (`torch.hub.get_dir()` + checkpoints)."""
    cache_home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    torch_home = Path(os.environ.get("TORCH_HOME") or cache_home / "torch")
    return torch_home.expanduser() / "hub" / "checkpoints"


def weights() -> Path:
    """Downloaded weights for which torch's cache has no file name of their own."""
    return cache() / "weights"


def hub_weights() -> Path:
    """The Hugging Face hub's cache, where timm on its own keeps downloads; read only, found without importing huggingface_hub."""
    cache_home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    hub_home = Path(os.environ.get("HF_HOME") or cache_home / "huggingface")
    return Path(os.environ.get("HF_HUB_CACHE") or hub_home / "hub").expanduser()


def resources() -> Path:
    """Icons, palettes, fonts: in the wheel beside the code, in a checkout at the top level."""
    inside = Path(__file__).parent / "resources"
    return inside if inside.is_dir() else Path(__file__).parents[1] / "resources"
