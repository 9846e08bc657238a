"""What a choice of frozen layers costs, from the rows of a `layers` document. Fast enough for every tick; no torch here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def learning(rows: Sequence[Mapping[str, Any]], paths: Iterable[str], batchnorm: str = "eval") -> dict[str, Any]:
    """{params, learning, share}: all parameters, those that learn when `paths` are frozen, and the latter's share 0..1.

    rows come depth first, as `tree.layers` gives them. A parameter that is shared counts once, and is frozen as soon as one path
    covers it. Under the policy train, scale and shift of a frozen BatchNorm learn.
    """
    given = set(paths)
    covered: dict[str, bool] = {}
    frozen: set[str] = set()
    for row in rows:
        path = row["path"]
        covered[path] = path in given or (path != "" and covered[path.rpartition(".")[0]])
        if covered[path] and row["kind"] == "parameter" and not (batchnorm == "train" and row["batchnorm"]):
            frozen.add(row["shared_with"] or path)
    params = sum(row["own_params"] for row in rows)
    learns = sum(row["own_params"] for row in rows if row["own_params"] and row["path"] not in frozen)
    return {"params": params, "learning": learns, "share": learns / params if params else 0.0}
