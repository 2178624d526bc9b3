"""What the importers read, and that they only read it."""
