"""Rows of tensors kept on disk by key, so that what was decoded or computed once is not made again: next epoch, next run, after a restart.

    store = open_store("prefix", {"weights": digest, "prefix": prefix_hash, "size": 224})
    missing = [key for key in keys if key not in store.have(keys)]
    with store.writer() as writer:
        for key in missing:
            writer.add(key, [features])       # False once nothing more can be kept; writer.trouble says why
    features, = store.stacked(keys)           # (N, ...) in memory
    picture, = store.read(key)                # zero copy, over the file

A store is a folder for one kind of row made in one way (`facts`). Nothing here is ever the only copy: a store may be damaged, full,
read-only or emptied at any time, and what it cannot give is made again. Importing this needs no torch.
"""

from __future__ import annotations

from tlstudio.data.row_store.shelf import KINDS, clear, limit, trim, usage
from tlstudio.data.row_store.store import RowStore, open_store
from tlstudio.data.row_store.writer import Writer

__all__ = ["KINDS", "RowStore", "Writer", "clear", "limit", "open_store", "trim", "usage"]
