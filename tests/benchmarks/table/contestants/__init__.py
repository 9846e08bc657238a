"""One script a contestant, run as a process of its own. It says what happens as lines of JSON on stdout, see table/said.py."""
