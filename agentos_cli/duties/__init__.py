"""The second room of the root: builds what the house does by itself, one file a duty, on an `App`."""
