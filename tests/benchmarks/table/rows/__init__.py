"""One file a row of the table: the cells it needs, and what they say side by side."""
