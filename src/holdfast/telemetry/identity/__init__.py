"""Identity: which service sent telemetry, distinguished by environment and namespace."""
