"""Metrics as senders report them: lists, attributes and plots."""
