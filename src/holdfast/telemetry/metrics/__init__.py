"""Metrics: what was measured and counted, as it was reported; lists, attributes and plots of it."""
