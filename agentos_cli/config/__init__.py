"""Settings: what they are (`model`), where they come from (`load`), and the file people copy (`example`).

Flags > environment (`AGENTOS_SECTION__KEY`) > project file (`./agentos.toml`) > user file
(`$XDG_CONFIG_HOME/agentos/config.toml`) > defaults. `AGENTOS_CONFIG` names one file instead of both.
"""
