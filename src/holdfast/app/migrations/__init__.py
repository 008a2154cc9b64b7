"""How the state database came to its form, one file per step, applied in order at start."""
