"""Checks that watch the house and the figures, and the alerts that they raise once."""
