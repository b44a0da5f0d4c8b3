"""Finished tables beside each other: the same rows in two worlds, or at several learning rates.

In: the tables that the repository ships, or a folder of such tables. Out: frames. Nothing is
trained.
"""
