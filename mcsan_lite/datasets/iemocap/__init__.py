"""IEMOCAP: its release read, and simulated."""
