"""Traces: found by what their spans say, read whole, and told apart."""
