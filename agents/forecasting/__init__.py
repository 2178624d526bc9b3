"""What each morning expects of the coming weeks, by simple methods, and how such expectations are scored."""
