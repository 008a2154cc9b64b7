"""OTLP: what a request may hold, the doors it comes in by, and what its sender is answered."""
