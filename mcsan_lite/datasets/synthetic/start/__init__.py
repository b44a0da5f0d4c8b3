"""Four short clips that come with the package, so that lesson 00 starts without a corpus."""
