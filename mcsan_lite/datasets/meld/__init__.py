"""MELD: its release read, fetched and simulated."""
