"""The pages' JavaScript, style and texts, and the functions that put a page together."""
