"""How a recording is opened, and what is to be known of the libraries that read it."""
