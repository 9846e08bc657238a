"""Rows to keep, and a store to keep them in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tlstudio.data.row_store import RowStore, open_store

Rows = dict[str, list[torch.Tensor]]


@pytest.fixture
def rows() -> Rows:
    """Twenty rows of one form: a map and a label."""
    generator = torch.Generator().manual_seed(1)
    return {f"{i:04x}": [torch.randn(3, 5, 7, generator=generator), torch.tensor(i)] for i in range(20)}


@pytest.fixture
def open_again() -> Callable[[], RowStore]:
    """The same store each time, as the next process opens it."""
    return lambda: open_store("prefix", {"weights": "w", "size": 32})


@pytest.fixture
def filled(rows: Rows, open_again: Callable[[], RowStore]) -> Path:
    """The folder of a store that was filled with the rows and closed."""
    store = open_again()
    with store.writer() as writer:
        assert all(writer.add(key, row) for key, row in rows.items())
    store.close()
    return store.folder
