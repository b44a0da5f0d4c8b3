"""Scores as pages: the floors of a corpus, a table of the paper, every run on disk."""
