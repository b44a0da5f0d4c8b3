"""What the German lesson says of its results: the functions of the English one, in German."""
