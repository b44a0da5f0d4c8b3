"""Results as one html page each, for anyone who would rather look than read a terminal."""
