"""Brings over what a person has in another program: look, plan, apply in one transaction, undo."""
