"""Runs in rows, for tables: read, kept in an index, noted on, set beside each other, thrown away and taken back."""

from __future__ import annotations

from tlstudio.run_rows.reading import row

__all__ = ["row"]
