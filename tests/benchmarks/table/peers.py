"""An environment for the peers, made by the bench: the project's own packages (its torch among them), and beside them the peer.

It lies in .bench-venv at the top of the checkout, or where TLSTUDIO_BENCH_VENV says. Nothing in the project's environment changes.
"""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

# The peer itself without what it asks for, as it would bring a torch of its own or packages for text; then what it needs here.
PEERS = {
    "fastai": (
        ("fastai>=2.8,<2.9",),
        (
            *("fastcore>=2.2,<3", "fasttransform>=0.0.3", "plum-dispatch<2.10", "fastprogress<1.1", "fastdownload>=0.0.8,<2"),
            *("cloudpickle", "matplotlib", "packaging", "pandas", "pyyaml", "requests", "scikit-learn", "scipy"),
        ),
    ),
    "lightning": (
        ("lightning>=2.6,<2.7", "pytorch-lightning>=2.6,<2.7"),
        ("lightning-utilities", "torchmetrics", "fsspec[http]", "packaging", "pyyaml", "tqdm", "typing-extensions"),
    ),
}
_PROBES = {
    "fastai": "import fastai.vision.learner, fastai.vision.data; print(fastai.__version__)",
    "lightning": "import lightning; print(lightning.__version__)",
}
_KEPT = ("torch", "torchvision", "numpy", "pillow", "timm")  # stay at the project's versions
_TIMEOUT = 900


class PeerMissing(Exception):
    """Why a peer cannot take part, as a sentence."""


def environment() -> Path:
    return Path(os.environ.get("TLSTUDIO_BENCH_VENV") or Path(__file__).parents[3] / ".bench-venv").absolute()


def python_of(peer: str) -> str:
    """The interpreter that can import the peer; it is installed on the way. Raises PeerMissing."""
    folder = environment()
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        _run([sys.executable, "-m", "venv", str(folder)], f"no environment could be made in {folder.name}")
    _join(python)
    if _imports(python, peer) is None:
        print(f"installing {peer} into {folder.name}", flush=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        itself, needs = PEERS[peer]
        with tempfile.TemporaryDirectory() as temporary:
            constraints = Path(temporary) / "constraints.txt"
            constraints.write_text("\n".join(f"{name}=={importlib.metadata.version(name)}" for name in _KEPT))
            _run([*pip, "--no-deps", *itself], f"{peer} cannot be installed")
            _run([*pip, "--constraint", str(constraints), *needs], f"what {peer} needs cannot be installed")
        _run([str(python), "-c", _PROBES[peer]], f"{peer} is installed and cannot be imported")
    return str(python)


def _join(python: Path) -> None:
    """Let the environment see the packages of the project's, after its own."""
    for site in python.parents[1].glob("[Ll]ib/**/site-packages"):
        paths = dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
        (site / "project.pth").write_text("".join(f"import site; site.addsitedir({path!r})\n" for path in paths))
        return


def _imports(python: Path, peer: str) -> str | None:
    done = subprocess.run([str(python), "-c", _PROBES[peer]], capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def _run(command: list[str], what: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerMissing(f"{what}: {type(error).__name__}") from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("WARNING")]
        wrong = next((line for line in reversed(said) if "rror" in line), said[-1] if said else "no reason was given")
        raise PeerMissing(f"{what}: {wrong.strip()[:240]}")
