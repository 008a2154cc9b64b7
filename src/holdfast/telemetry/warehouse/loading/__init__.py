"""Loading: converts a segment's OTLP to rows, by statements that the engine runs itself."""
