"""Commands that write a page to open in a browser."""
