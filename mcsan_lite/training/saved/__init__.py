"""What a run has left on disk, read back and checked: its checkpoint and its result."""
