"""Floor 7: the composition root."""
