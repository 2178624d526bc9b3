"""What the settings say: agents, models, and what has no place here."""
