"""The idea garden and the idea vault, in every shape."""
