"""What later homes keep in SQLite, read in memory."""
