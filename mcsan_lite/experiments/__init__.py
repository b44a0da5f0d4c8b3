"""Programs that open a corpus, run a grid and return a table."""
