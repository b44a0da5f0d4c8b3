"""Where a command ends otherwise than it was meant to: refused, stopped, or failed."""
