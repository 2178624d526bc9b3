"""Ways out to people and their programs: one file a kind of channel."""
