"""Recurring revenue of a large company in columns: how its spans are packed, and how they are asked."""
