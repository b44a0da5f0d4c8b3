"""Finished tables read beside each other: the same rows in two worlds, and at two learning rates.

In: the tables that the repository ships, or a folder of such tables. Out: frames. Nothing is
trained.
"""
