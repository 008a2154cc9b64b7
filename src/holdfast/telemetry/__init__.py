"""Telemetry: OTLP in, the ClickHouse schema, and roll-ups, traces, logs and metrics out."""
