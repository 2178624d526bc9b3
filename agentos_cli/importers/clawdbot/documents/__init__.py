"""Documents of workspaces, and what was remembered."""
