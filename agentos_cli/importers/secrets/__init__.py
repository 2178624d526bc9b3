"""Secrets in texts: found by what is known, by shape and by what stands before them, and taken out."""
