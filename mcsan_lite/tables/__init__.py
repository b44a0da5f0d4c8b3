"""Tables on disk: our own, which are never guessed at, and those that somebody brings."""
