"""Traces: searched by their spans, shown in full, and compared."""
