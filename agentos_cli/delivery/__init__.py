"""Delivery to people: what is announced becomes a message, and goes out by every channel that wants it."""
