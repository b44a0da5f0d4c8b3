"""Features that other tools have written, as arrays in files."""
