"""The systems that the paper compares MCSAN with, one per file."""
