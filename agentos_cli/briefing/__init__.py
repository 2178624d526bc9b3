"""The morning: what is known becomes a snapshot, seven agents read it, one briefing comes out."""
