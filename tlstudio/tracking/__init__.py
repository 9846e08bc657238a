"""Trackers: other places for a run's figures, one file each, fed from the event stream."""
