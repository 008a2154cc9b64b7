"""Spans: the SQL and rules for a single span, shared by every package that reads spans."""
