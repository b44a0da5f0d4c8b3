"""What a lesson says of its results: sentences that are computed from the numbers of this run."""
