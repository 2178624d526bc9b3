"""The half of agentos that touches the world. `__main__` is the way in, `app` wires everything."""

__version__ = "0.1.0"
