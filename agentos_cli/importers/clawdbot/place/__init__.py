"""Where a home is, of which era, and where the workspaces of its agents are."""
