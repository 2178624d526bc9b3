"""When to call a source, when to wait and when to leave it alone."""
