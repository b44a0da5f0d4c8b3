"""One spec, one fold, resumable."""
