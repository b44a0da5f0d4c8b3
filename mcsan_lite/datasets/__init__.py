"""Readers: a folder on disk becomes a Corpus, one reader a file."""
