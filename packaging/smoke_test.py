"""Install what was built, each into a fresh environment, and use it: `tlstudio doctor`, then the demonstration without a display.

python packaging/smoke_test.py DIST_FOLDER
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path


def try_out(archive: Path) -> None:
    """Raises CalledProcessError or AssertionError where the installed program does not do its job."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        venv.create(home / "venv", with_pip=True)
        scripts = home / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
        subprocess.run([scripts / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(archive)], check=True)
        environment = {**os.environ, "TLSTUDIO_HOME": str(home / "home"), "QT_QPA_PLATFORM": "offscreen"}
        environment.pop("PYTHONPATH", None)

        def run(*args: str) -> str:
            done = subprocess.run([scripts / "tlstudio", *args], check=True, cwd=home, env=environment, stdout=subprocess.PIPE, text=True)
            return done.stdout

        checks = json.loads(run("doctor", "--json"))
        assert checks["ok"], checks
        said = run("demo", "--run")
        print(said)
        accuracy = re.search(r"validation accuracy: ([0-9.]+)", said)
        assert accuracy is not None
        assert float(accuracy[1]) >= 0.9, said
    print(f"{archive.name}: installs, examines itself, trains")


if __name__ == "__main__":
    built = [path for path in sorted(Path(sys.argv[1]).iterdir()) if path.name.endswith((".whl", ".tar.gz"))]
    if not built:
        sys.exit(f"nothing was built in {sys.argv[1]}")
    for path in built:
        try_out(path.absolute())
