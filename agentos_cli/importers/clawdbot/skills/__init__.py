"""Skills: which counts, where it came from, what is odd about it."""
