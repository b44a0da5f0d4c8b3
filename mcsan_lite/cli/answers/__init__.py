"""The answer to a recording: predict one or many, and how far to trust it."""
