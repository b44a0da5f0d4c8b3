"""What is written: how much of it the word vectors know, their files, and what a terminal shows."""
