"""Secrets of a home: which there are, and what takes their place. None is ever copied into the store."""
