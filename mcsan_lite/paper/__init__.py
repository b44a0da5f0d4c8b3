"""What the paper printed and claims, and our verdicts."""
