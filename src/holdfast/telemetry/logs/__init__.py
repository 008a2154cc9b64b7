"""Logs: search with facets, patterns, a live tail, and the way from a line to its trace and back."""
