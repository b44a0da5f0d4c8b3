"""Runs that learn how sure they may be, and what that is worth on utterances they never saw."""
