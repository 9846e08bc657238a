"""The table of `make bench`: contestants (a script and a process each), cells (a contestant in one mode), rows (what is compared)."""
