"""The demo company as Stripe tells it."""
