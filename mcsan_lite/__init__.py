"""mcsan_lite: a course on, and a reproduction of, MCSAN (ICASSP 2021)."""

__version__ = "0.1.0"
