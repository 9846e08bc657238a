"""What every rank but the first does: the very training that rank 0 leads, in silence, until there is no more."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

from tlstudio.errors import StudioError
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training import parting
from tlstudio.training.distributed import Ended, Lost, ranks


def follow() -> int:
    """Train what rank 0 says, one run after another; the exit code. What goes wrong here rank 0 tells, or where it is gone this does.

    A run that fails is over for all, and the next one may come; only where another rank is gone this one ends too.
    """
    try:
        together = ranks()
    except StudioError as error:
        sys.stderr.write(f"tlstudio: {error}\n")
        return error.exit_code
    while True:
        try:
            work = together.work()
        except (StudioError, RuntimeError):  # rank 0 is gone, and has said why
            return 1
        if work is None:
            break
        from tlstudio.training.fit import fit

        recipe, run = Recipe.model_validate(work["recipe"]), Run(Path(work["run"]))
        try:
            for _ in together.led(fit(recipe, run), recipe, run):
                pass
        except Lost as error:
            if not error.told:
                parting.say(error, run, holds=False)
            return 1
        except Ended as error:
            return error.exit_code
        except StudioError:  # rank 0 has met the same, or hears of it
            continue
        except Exception:  # it hears in one line what only a programmer can make use of
            traceback.print_exc()
    together.end()
    return 0
