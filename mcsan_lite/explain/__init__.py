"""Why did the model decide? Maps, readings, and how well they point at the evidence."""
