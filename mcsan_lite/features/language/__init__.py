"""What is written: how it is spelled, how much of it the word vectors know, and their files."""
