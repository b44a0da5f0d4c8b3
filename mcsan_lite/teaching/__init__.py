"""For teachers: which exercises there are, marks of a class's notebooks, and slides of a lesson."""
