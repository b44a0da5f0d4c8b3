"""Tables on disk, our own and those that somebody brings, and how what they hold is spelled."""
