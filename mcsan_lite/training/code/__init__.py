"""Whether the code has changed: syntax trees of all that a function reaches, as a key."""
