"""What the window needs from the system: libraries for Qt, a font, a display."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tlstudio import places
from tlstudio.doctor.check import Check

# Library -> Debian's package. What libQt6Gui and libQt6DBus load, without which the window's code cannot even be imported:
_QT = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libX11.so.6": "libx11-6",
}
# and what Qt's X11 plugin loads besides, without which no window appears:
_X11 = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
_FONTS = (".ttf", ".otf", ".ttc", ".pfb")


def checks() -> list[Check]:
    display = has_display(os.environ)
    out = [
        Check("display", "ok", "there is one")
        if display
        else Check("display", "warn", "there is none: the window cannot be shown here", "tlstudio demo --run")
    ]
    if sys.platform.startswith("linux"):
        out.append(_libraries("Qt", _QT, "bad", "the window cannot be opened"))
        out.append(_libraries("Qt on X11", _X11, "bad" if os.environ.get("DISPLAY") else "warn", "no window appears on an X11 display"))
        out.append(_fonts())
    return out


def has_display(environ: Mapping[str, str]) -> bool:
    """Whether a window can be shown (or Qt was told to draw elsewhere)."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(environ.get(name) for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"))


def _libraries(name: str, needed: Mapping[str, str], state: str, without: str) -> Check:
    missing = [library for library in needed if not _loads(library)]
    if not missing:
        return Check(name, "ok", f"all {len(needed)} system libraries are there")
    return Check(
        name,
        "bad" if state == "bad" else "warn",
        f"{without} without {', '.join(missing)}",
        install([needed[library] for library in missing]),
    )


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def install(packages: Sequence[str]) -> str:
    """The command that installs these Debian packages, or a sentence where apt is not the system's tool."""
    names = " ".join(sorted(set(packages)))
    if shutil.which("apt-get"):
        return f"sudo apt-get install {names}"
    return f"Install what your system calls the Debian packages {names}"


def _fonts() -> Check:
    data_home = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    system = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), data_home / "fonts", Path.home() / ".fonts"]
    if any(_has_font(folder) for folder in system):
        return Check("fonts", "ok", "there are fonts")
    if _has_font(places.resources() / "fonts"):
        return Check("fonts", "ok", "the system has none; the program's own is used")
    return Check("fonts", "bad", "there is none: texts in the window would be empty boxes", install(["fonts-dejavu-core"]))


def _has_font(folder: Path) -> bool:
    return any(name.lower().endswith(_FONTS) for _, _, names in os.walk(folder) for name in names)
