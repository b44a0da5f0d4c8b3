"""Lesson 00 in German: its checks, and in `verdicts` what it says of its results."""
