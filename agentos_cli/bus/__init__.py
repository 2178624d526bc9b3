"""Carries events from the outbox to whoever wants them."""
