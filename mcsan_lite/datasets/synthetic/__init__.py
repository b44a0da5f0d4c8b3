"""The generated corpus of speech, in which the truth is known."""
