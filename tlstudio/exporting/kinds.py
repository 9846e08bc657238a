"""Which formats there are to export to, and which job of api writes each: imported by the command line, so itself it imports nothing.

A new format is a file here with its `FORMAT`, and a line in this table.
"""

from __future__ import annotations

MASKS = {
    "index": "index_png",
    "classes": "class_pngs",
    "composite": "composite",
    "coco": "coco",
    "labelme": "labelme",
    "areas": "areas",
}
"""Formats of masks by key, in the order in which they are shown, with the module of each."""

JOBS = dict.fromkeys(MASKS, "export_masks")
"""The job of each format: it takes source, format, out, split and which, and gives {folder, files, left_out}."""
