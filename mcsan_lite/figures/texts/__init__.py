"""What a reader sees in lens, explorer and figures, in one file per language.

`reading` gives the texts of a language. docs/translating.md says how to add one.
"""
