"""The warehouse: where telemetry is kept, embedded or on a server, behind one small protocol."""
