"""Who the demo company is: one seeded, consistent story, as of one instant. `world` is the whole."""
