"""Floor 2: OTLP in, ClickHouse schema, roll-ups out."""
