"""Work shared out to several processes, with a bar that says how much is left."""
