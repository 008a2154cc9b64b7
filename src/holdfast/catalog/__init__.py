"""Floor 1: reliability as code."""
